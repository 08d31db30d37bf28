import datetime
import re

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cities.days import today
from cities.models import City, Coordinator, FocalPointChange, HistoryEntry, Invitation, PrivateFile
from cities.services import focal_point_change as changes
from cities.services.initiative import start_initiative
from cities.services.invitation import invite
from cities.services.mandate import end_mandate
from cities.services.partnership import ask
from cities.services.profile import confirm_profile
from tests.conftest import mandate, person

TEAM = "/en/my/cities/lyon/team/"
Role = Coordinator.Role
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
SOMEBODY = {"name": "New Editor", "email": "new.editor@example.org", "language": "fr", "role": "editor"}


def letter(content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.pdf", content, "application/pdf")


def somebody_else(**fields) -> dict:
    return {"name": "New Person", "email": "new.lyon@example.org", "language": "fr", "letter": letter(), **fields}


@pytest.fixture(autouse=True)
def no_limit_taken(db):
    cache.clear()


@pytest.fixture
def invitation(lyon, coordinator):
    return invite(kind="coordinator", email="e@example.org", language="en", by=coordinator, city=lyon, role=Role.EDITOR)


@pytest.fixture
def change(lyon, coordinator):
    return changes.request_change(
        city=lyon, email="new.lyon@example.org", name="New Person", language="fr", letter=letter(), by=coordinator
    )


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# Who


@pytest.fixture
def paths(lyon, alternate, invitation, change):
    held = Coordinator.objects.get(user=alternate)
    return {
        "see": [TEAM],
        "act": [
            f"{TEAM}invite/",
            f"{TEAM}{held.pk}/end/",
            f"{TEAM}invitations/{invitation.pk}/withdraw/",
            f"{TEAM}invitations/{invitation.pk}/again/",
            f"{TEAM}focal-point/",
            f"{TEAM}focal-point/withdraw/",
        ],
    }


@pytest.mark.parametrize(
    ("who", "sees", "acts"),
    [
        ("alternate", 200, 403),
        ("editor", 200, 403),
        ("other_coordinator", 404, 404),
        ("former_coordinator", 404, 404),
        ("commission_officer", 404, 404),
        ("evaluator", 404, 404),
        ("officer", 404, 404),
        ("auditor", 404, 404),
    ],
)
def test_colleagues_see_and_only_the_focal_point_acts(paths, request, signed_in, who, sees, acts):
    client = signed_in(request.getfixturevalue(who))
    before = HistoryEntry.objects.count()
    for path in paths["see"]:
        assert client.get(path).status_code == sees
    for path in paths["act"]:
        assert (client.get(path).status_code, client.post(path).status_code) == (acts, acts), path
    assert HistoryEntry.objects.count() == before


def test_a_visitor_is_asked_to_sign_in(paths, client):
    for path in [*paths["see"], *paths["act"]]:
        for response in (client.get(path), client.post(path)):
            assert (response.status_code, response.url) == (302, f"/en/account/login/?next={path}")


def test_reading_an_address_that_acts_does_nothing(paths, coordinator, signed_in):
    client = signed_in(coordinator)
    before = HistoryEntry.objects.count()
    for path in paths["act"]:
        assert client.get(path).status_code in (200, 302)
    assert HistoryEntry.objects.count() == before


def test_a_focal_point_reaches_nobody_of_another_city(coordinator, other_coordinator, signed_in, officer):
    client = signed_in(coordinator)
    theirs = City.objects.get(slug="ostersund")
    invitation = invite(
        kind="coordinator", email="e@example.org", language="en", by=officer, city=theirs, role="editor"
    )
    held = Coordinator.objects.get(user=other_coordinator)
    for path in (
        "/en/my/cities/ostersund/team/",
        f"{TEAM}{held.pk}/end/",
        f"/en/my/cities/ostersund/team/{held.pk}/end/",
        f"{TEAM}invitations/{invitation.pk}/withdraw/",
        f"{TEAM}invitations/{invitation.pk}/again/",
        "/en/my/cities/ostersund/team/focal-point/withdraw/",
    ):
        assert client.post(path).status_code == 404, path


# The page


def test_it_shows_who_is_in_office_and_who_is_invited(
    lyon, coordinator, alternate, editor, former_coordinator, invitation, change, signed_in
):
    page = signed_in(coordinator).get(TEAM)
    assert [held.role for held in page.context["mandates"]] == ["focal-point", "alternate", "editor"]
    assert [held.user for held in page.context["ended"]] == [former_coordinator]
    assert page.context["invitations"] == [invitation]
    assert page.context["change"] == change
    content = page.content.decode()
    assert "Withdraw the request" in content
    assert "New Person" in content
    seen = signed_in(editor).get(TEAM).content.decode()
    assert "e@example.org" in seen
    assert "<form" not in seen.partition("<main")[2]


@pytest.mark.parametrize(("language", "heading"), [("en", "The team of Lyon"), ("fr", "Lyon")])
def test_it_exists_in_both_languages(lyon, coordinator, signed_in, language, heading):
    content = signed_in(coordinator).get(f"/{language}/my/cities/lyon/team/").content.decode()
    assert heading in content
    assert f'<html lang="{language}"' in content


@pytest.mark.parametrize("rows", [1, 30])
def test_it_costs_the_same_with_1_and_30_people(lyon, coordinator, signed_in, django_assert_num_queries, rows):
    for number in range(rows):
        mandate(person(f"editor{number}@example.org"), "lyon", Role.EDITOR)
        ended = {"ends_at": timezone.now()}
        mandate(person(f"past{number}@example.org"), "lyon", Role.EDITOR, **ended)
        invite(
            kind="coordinator",
            email=f"i{number}@example.org",
            language="en",
            by=coordinator,
            city=lyon,
            role=Role.EDITOR,
        )
    client = signed_in(coordinator)
    client.get(TEAM)
    with django_assert_num_queries(TEAM_QUERIES):
        page = client.get(TEAM)
    assert len(page.context["mandates"]) == rows + 1
    assert len(page.context["invitations"]) == len(page.context["ended"]) == rows


TEAM_QUERIES = 9

# What the focal point does


def test_inviting_an_editor(lyon, coordinator, signed_in):
    client = signed_in(coordinator)
    page = client.post(f"{TEAM}invite/", SOMEBODY, follow=True)
    assert page.redirect_chain == [(TEAM, 302)]
    assert told(page) == ["The invitation to new.editor@example.org is on its way."]
    made = Invitation.objects.get()
    assert (made.city, made.role, made.language, made.invited_by) == (lyon, "editor", "fr", coordinator)
    twice = client.post(f"{TEAM}invite/", SOMEBODY)
    assert "open already" in str(twice.context["form"].errors)
    assert twice.context["form"]["name"].value() == "New Editor"
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "target"),
    [
        ({"email": "no address"}, "id_email"),
        ({"name": ""}, "id_name"),
        ({"language": "xx"}, "id_language"),
        ({"role": "focal-point"}, "id_role"),
    ],
)
def test_bad_input_gets_a_sentence_that_leads_to_the_field(lyon, coordinator, signed_in, wrong, target):
    page = signed_in(coordinator).post(f"{TEAM}invite/", SOMEBODY | wrong)
    assert page.status_code == 200
    body = page.content.decode()
    (leads_to,) = re.findall(r'<li><a href="#(id_[a-z_0-9]+)">', body)
    assert leads_to.startswith(target)
    assert f'id="{leads_to}"' in body
    assert Invitation.objects.count() == 0


def test_nobody_floods_the_world_with_mail(lyon, coordinator, signed_in, invitation):
    client = signed_in(coordinator)
    for number in range(19):
        client.post(f"{TEAM}invite/", SOMEBODY | {"email": f"n{number}@example.org"})
    client.post(f"{TEAM}invitations/{invitation.pk}/again/")
    page = client.post(f"{TEAM}invite/", SOMEBODY)
    assert (page.status_code, page.context["form"].non_field_errors()) == (
        429,
        ["Many invitations left for this city today. Send the next one tomorrow."],
    )
    again = client.post(f"{TEAM}invitations/{invitation.pk}/again/", follow=True)
    assert told(again) == ["Many invitations left for this city today. Send the next one tomorrow."]
    assert Invitation.objects.count() == 20


def test_ending_a_mandate_asks_first_and_acts_once(lyon, coordinator, alternate, signed_in):
    client = signed_in(coordinator)
    held = Coordinator.objects.get(user=alternate)
    path = f"{TEAM}{held.pk}/end/"
    assert "alternate of Lyon" in client.get(path).content.decode()
    assert held.is_in_force
    page = client.post(path, follow=True)
    assert told(page) == ["The mandate of alternate.lyon@example.org has ended."]
    assert told(client.post(path, follow=True)) == ["This mandate has ended already."]
    own = Coordinator.objects.get(user=coordinator)
    refused = client.post(f"{TEAM}{own.pk}/end/", follow=True)
    assert "letter of the mayor" in told(refused)[0]
    assert own.is_in_force


def test_withdrawing_and_sending_again(lyon, coordinator, invitation, signed_in):
    client = signed_in(coordinator)
    again = client.post(f"{TEAM}invitations/{invitation.pk}/again/", follow=True)
    assert told(again) == ["A new link is on its way to e@example.org; the one before no longer works."]
    gone = client.post(f"{TEAM}invitations/{invitation.pk}/withdraw/", follow=True)
    assert told(gone) == ["The invitation to e@example.org is withdrawn: its link no longer works."]
    twice = client.post(f"{TEAM}invitations/{invitation.pk}/withdraw/", follow=True)
    assert told(twice) == ["The invitation has been withdrawn."]


def test_asking_for_another_focal_point(lyon, coordinator, signed_in):
    client = signed_in(coordinator)
    page = client.post(f"{TEAM}focal-point/", somebody_else(), follow=True)
    assert told(page) == ["The request is with the secretariat. Until it decides, nothing changes."]
    twice = client.post(f"{TEAM}focal-point/", somebody_else())
    assert twice.context["form"].non_field_errors() == ["A change of the focal point is waiting for staff already."]
    withdrawn = client.post(f"{TEAM}focal-point/withdraw/", follow=True)
    assert told(withdrawn) == ["The request is withdrawn: you remain the focal point."]
    assert FocalPointChange.objects.get().status == "withdrawn"
    late = client.post(f"{TEAM}focal-point/withdraw/", follow=True)
    assert told(late) == ["This cannot be done: the request is “withdrawn” now."]


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "The file is empty"), (b"<html>", "no PDF, JPEG or PNG"), (PDF[:20], "breaks off")]
)
def test_a_letter_that_is_none_is_refused_at_its_field(lyon, coordinator, signed_in, content, sentence):
    page = signed_in(coordinator).post(f"{TEAM}focal-point/", somebody_else(letter=letter(content)))
    assert page.status_code == 200
    errors = page.context["form"].errors
    assert (list(errors), sentence in str(errors["letter"])) == (["letter"], True)
    assert page.context["form"]["name"].value() == "New Person"
    assert (FocalPointChange.objects.count(), PrivateFile.objects.count()) == (0, 0)


# The old focal point, in an open session


def test_who_handed_over_keeps_sight_and_loses_every_write(
    lyon, coordinator, alternate, editor, invitation, officer, signed_in
):
    client = signed_in(coordinator)
    asked = client.get(f"{TEAM}focal-point/")
    client.post(f"{TEAM}focal-point/", somebody_else(email=alternate.email))
    form = client.get(TEAM)
    assert (asked.status_code, form.status_code) == (200, 200)
    ending = f"{TEAM}{Coordinator.objects.get(user=editor).pk}/end/"
    assert client.get(ending).status_code == 200
    changes.approve_change(change=FocalPointChange.objects.get(), by=officer)
    acts = HistoryEntry.objects.count()
    for path, data in (
        (f"{TEAM}invite/", SOMEBODY),
        (ending, {}),
        (f"{TEAM}invitations/{invitation.pk}/withdraw/", {}),
        (f"{TEAM}invitations/{invitation.pk}/again/", {}),
        (f"{TEAM}focal-point/", somebody_else()),
        (f"{TEAM}focal-point/withdraw/", {}),
        ("/en/my/cities/lyon/confirm/", {}),
    ):
        assert client.post(path, data).status_code == 404, path
    assert client.get(TEAM).status_code == 404
    assert HistoryEntry.objects.count() == acts
    kept = client.get("/en/my/acts/")
    assert [act.verb for act in kept.context["acts"]] == ["focal_point.requested", "person.invited"]
    assert "Lyon" in kept.content.decode()
    assert "/admin/" not in kept.content.decode()
    letter_sent = client.get(PrivateFile.objects.get().get_absolute_url())
    assert b"".join(letter_sent.streaming_content) == PDF
    taken = signed_in(alternate)
    assert taken.get(TEAM).context["may_manage"] is True


def test_a_mandate_that_ends_by_its_date_ends_in_an_open_session(lyon, editor, signed_in):
    client = signed_in(editor)
    assert client.get(TEAM).status_code == 200
    Coordinator.objects.filter(user=editor).update(ends_at=timezone.now() - datetime.timedelta(seconds=1))
    assert client.get(TEAM).status_code == 404


# What I did


@pytest.mark.parametrize("rows", [1, 30])
def test_own_acts_cost_the_same_with_1_and_30(lyon, coordinator, signed_in, django_assert_num_queries, rows):
    for number in range(rows):
        held = mandate(person(f"editor{number}@example.org"), "lyon", Role.EDITOR)
        end_mandate(mandate=held, by=coordinator)
    client = signed_in(coordinator)
    client.get("/en/my/acts/")
    with django_assert_num_queries(5):
        page = client.get("/en/my/acts/")
    assert len(page.context["acts"]) == rows


def test_own_acts_are_the_own_only_and_have_pages(lyon, coordinator, editor, invitation, signed_in, client):
    assert client.get("/en/my/acts/").status_code == 302
    assert signed_in(editor).get("/en/my/acts/").context["acts"] == []
    own = signed_in(coordinator)
    assert [act.verb for act in own.get("/fr/my/acts/").context["acts"]] == ["person.invited"]
    for number in ("0", "2", "x", "9" * 30):
        assert own.get("/en/my/acts/", {"page": number}).status_code == 404


def test_own_acts_are_told_without_what_only_programs_read(lyon, coordinator, signed_in):
    confirm_profile(lyon, by=coordinator)
    body = signed_in(coordinator).get("/en/my/acts/").content.decode()
    assert timezone.localdate().isoformat() in body
    assert f"{timezone.localdate().isoformat()}…" not in body


# What the page says


def test_a_change_that_was_carried_out_is_told_by_the_mandates_only(lyon, alternate, coordinator, officer, signed_in):
    request = changes.request_change(
        city=lyon, email=alternate.email, name="Alternate", language="en", letter=letter(), by=coordinator
    )
    assert "has yet to decide" in signed_in(alternate).get(TEAM).content.decode()
    changes.approve_change(change=request, by=officer)
    page = signed_in(alternate).get(TEAM)
    assert page.context["change"] is None
    assert "secretariat approved" not in page.content.decode()


def test_the_summary_of_errors_names_the_fields(lyon, coordinator, signed_in):
    body = signed_in(coordinator).post(f"{TEAM}invite/", {"language": "en", "role": "editor"}).content.decode()
    assert ">Name: This field is required.</a>" in body
    assert ">E-mail address: This field is required.</a>" in body


@pytest.mark.parametrize("rows", [1, 10])
def test_own_acts_on_partnerships_cost_the_same(lyon, coordinator, signed_in, django_assert_num_queries, rows):
    initiative = start_initiative(lead=lyon, by=coordinator, title_en="A shared library", title_fr="")
    for city in City.objects.members(on=today()).exclude(pk=lyon.pk)[:rows]:
        ask(initiative=initiative, city=city, by=coordinator)
    client = signed_in(coordinator)
    client.get("/en/my/acts/")
    with django_assert_num_queries(5):
        body = client.get("/en/my/acts/").content.decode()
    assert initiative.slug not in body
