import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cities.days import today
from cities.models import (
    City,
    CommissionOfficer,
    Coordinator,
    Country,
    CreativeField,
    Evaluator,
    FocalPointChange,
    HistoryEntry,
    Invitation,
    ProfileConfirmation,
)
from cities.services import focal_point_change as changes
from cities.services.invitation import invite
from tests.conftest import person

Role = Coordinator.Role
ROOT = "/admin/cities"
WHO = {"email": "new@example.org", "name": "New Person", "language": "fr"}


def letter() -> SimpleUploadedFile:
    return SimpleUploadedFile("letter.pdf", b"%PDF-1.7 %%EOF")


@pytest.fixture
def invitation(lyon, officer):
    return invite(kind="coordinator", email="e@example.org", language="en", by=officer, city=lyon, role=Role.EDITOR)


@pytest.fixture
def change(lyon, coordinator):
    return changes.request_change(
        city=lyon, email="new.lyon@example.org", name="New Person", language="fr", letter=letter(), by=coordinator
    )


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def paths(coordinator, commission_officer, evaluator, invitation, change):
    rows = {
        "coordinator": Coordinator.objects.get(user=coordinator).pk,
        "commissionofficer": CommissionOfficer.objects.get().pk,
        "evaluator": Evaluator.objects.get().pk,
        "invitation": invitation.pk,
        "focalpointchange": change.pk,
    }
    mandates = ("coordinator", "commissionofficer", "evaluator")
    return {
        "see": [f"{ROOT}/{model}/" for model in rows] + [f"{ROOT}/{model}/{pk}/change/" for model, pk in rows.items()],
        "act": [
            *(f"{ROOT}/{model}/appoint/" for model in mandates),
            *(f"{ROOT}/{model}/{rows[model]}/end/" for model in mandates),
            f"{ROOT}/invitation/{invitation.pk}/withdraw/",
            f"{ROOT}/invitation/{invitation.pk}/again/",
            f"{ROOT}/focalpointchange/{change.pk}/approve/",
            f"{ROOT}/focalpointchange/{change.pk}/refuse/",
        ],
        "administer": [f"{ROOT}/invitation/staff/"],
        "never": [f"{ROOT}/{model}/add/" for model in rows]
        + [f"{ROOT}/{model}/{pk}/delete/" for model, pk in rows.items()],
    }


@pytest.mark.parametrize(
    ("who", "sees", "acts", "administers"),
    [
        ("officer", 200, 200, 403),
        ("administrator", 200, 200, 200),
        ("auditor", 200, 403, 403),
        ("coordinator", 302, 302, 302),
    ],
)
def test_who_sees_and_who_acts(paths, request, signed_in, who, sees, acts, administers):
    client = signed_in(request.getfixturevalue(who))
    for kind, status in (("see", sees), ("act", acts), ("administer", administers)):
        for path in paths[kind]:
            assert client.get(path).status_code == status, path
    for path in paths["never"]:
        assert client.get(path).status_code in (302, 403), path


def test_an_auditor_is_offered_nothing_and_changes_nothing(paths, auditor, signed_in):
    client = signed_in(auditor)
    acts = HistoryEntry.objects.count()
    for path in paths["see"]:
        content = client.get(path).content.decode()
        for offered in ("appoint/", "/end/", "/withdraw/", "/again/", "/approve/", "/refuse/", "staff/"):
            assert f'{offered}"' not in content, path
    for path in [*paths["act"], *paths["administer"]]:
        assert client.post(path, WHO | {"seen": "0"}).status_code == 403
    assert HistoryEntry.objects.count() == acts


LISTS = {"coordinator": 11, "commissionofficer": 11, "evaluator": 13, "invitation": 11, "focalpointchange": 9}


@pytest.mark.parametrize("rows", [1, 30])
def test_lists_cost_the_same_with_1_and_30_rows(network, officer, staff, django_assert_num_queries, rows):
    film = CreativeField.objects.get(slug="film")
    for number, city in enumerate(City.objects.all()[:rows]):
        user = person(f"p{number}@example.org")
        Coordinator.objects.create(user=user, city=city, role=Role.FOCAL_POINT)
        CommissionOfficer.objects.create(user=user, country=Country.objects.get(pk="FR"))
        Evaluator.objects.create(user=user, panel="cities", field=film, city=city)
        invite(
            kind="coordinator", email=f"i{number}@example.org", language="en", by=officer, city=city, role=Role.EDITOR
        )
        changes.request_change(
            city=city, email=f"n{number}@example.org", name="N", language="en", letter=letter(), by=user
        )
    staff.get("/admin/")
    for model, queries in LISTS.items():
        with django_assert_num_queries(queries):
            page = staff.get(f"{ROOT}/{model}/")
        assert page.context["cl"].result_count == rows


@pytest.mark.parametrize("rows", [1, 30])
def test_confirmations_cost_the_same_with_1_and_30_rows(network, staff, officer, django_assert_num_queries, rows):
    for city in City.objects.all()[:rows]:
        ProfileConfirmation.objects.create(city=city, by=officer, day=today())
    with django_assert_num_queries(11):
        assert staff.get(f"{ROOT}/profileconfirmation/").context["cl"].result_count == rows


def test_an_officer_is_led_to_no_account(paths, staff, administrator, signed_in):
    """Accounts are for administrators and auditors: a link to one would be refused."""
    pages = [path for path in paths["see"] if path.endswith("/change/")]
    for path in pages:
        page = staff.get(path).content.decode()
        assert "/admin/rvcu/user/" not in page
        assert ">None<" not in page
    administrators = signed_in(administrator).get(pages[0]).content.decode()
    assert "/admin/rvcu/user/" in administrators


def test_lists_are_filtered_and_searched(coordinator, former_coordinator, alternate, other_coordinator, staff):
    def found(**query) -> list[str]:
        return sorted(
            row.user.email.partition("@")[0]
            for row in staff.get(f"{ROOT}/coordinator/", query).context["cl"].result_list
        )

    assert found(state="ended") == ["former.lyon"]
    assert found(state="in-force", role__exact="alternate") == ["alternate.lyon"]
    assert found(q="OSTERSUND") == ["coordinator.ostersund"]
    assert found(q="lyon", state="in-force") == ["alternate.lyon", "coordinator.lyon"]
    assert found(q="former.lyon@") == ["former.lyon"]
    assert found(q="?") == []


def test_appointing_a_person_with_an_account(lyon, staff, officer):
    known = person("new@example.org")
    page = staff.post(f"{ROOT}/coordinator/appoint/", WHO | {"city": lyon.pk, "role": "focal-point"}, follow=True)
    made = Coordinator.objects.get()
    assert (made.user, made.role, made.appointed_by) == (known, "focal-point", officer)
    assert page.redirect_chain == [(f"{ROOT}/coordinator/{made.pk}/change/", 302)]
    assert told(page) == ["The mandate of new@example.org has begun."]
    again = staff.post(f"{ROOT}/coordinator/appoint/", WHO | {"city": lyon.pk, "role": "editor"})
    assert "already a coordinator of the city" in str(again.context["errors"])
    assert Coordinator.objects.count() == 1


def test_inviting_a_person_without_one(lyon, staff):
    page = staff.post(f"{ROOT}/coordinator/appoint/", WHO | {"city": lyon.pk, "role": "focal-point"}, follow=True)
    made = Invitation.objects.get()
    assert page.redirect_chain == [(f"{ROOT}/invitation/{made.pk}/change/", 302)]
    assert told(page) == ["There is no account with this address: an invitation to new@example.org is on its way."]


def test_evaluators_of_the_cities_are_named_by_one(lyon, staff):
    film = CreativeField.objects.get(slug="film")
    wrong = staff.post(f"{ROOT}/evaluator/appoint/", WHO | {"panel": "cities", "field": film.pk})
    assert "is named by a city" in str(wrong.context["errors"]["city"])
    also = staff.post(f"{ROOT}/evaluator/appoint/", WHO | {"panel": "experts", "field": film.pk, "city": lyon.pk})
    assert "an expert is not" in str(also.context["errors"]["city"])
    given = {"panel": "cities", "field": film.pk, "city": lyon.pk, "max_load": 6}
    staff.post(f"{ROOT}/evaluator/appoint/", WHO | given)
    assert Invitation.objects.get().scope == film


def test_ending_a_mandate(lyon, coordinator, staff):
    held = Coordinator.objects.get(user=coordinator)
    path = f"{ROOT}/coordinator/{held.pk}/end/"
    assert any("without a focal point" in sentence for sentence in staff.get(path).context["what_happens"])
    assert told(staff.post(path, {"seen": "0"}, follow=True)) == [
        "The mandate of coordinator.lyon@example.org has ended."
    ]
    assert told(staff.post(path, {"seen": "0"}, follow=True)) == ["This mandate has ended already."]


def test_an_invitation_is_withdrawn_and_sent_again(invitation, staff):
    path = f"{ROOT}/invitation/{invitation.pk}"
    assert "on its way to e@example.org" in told(staff.post(f"{path}/again/", follow=True))[0]
    assert "is withdrawn" in told(staff.post(f"{path}/withdraw/", follow=True))[0]
    for act in ("again", "withdraw"):
        assert told(staff.post(f"{path}/{act}/", follow=True)) == ["This invitation is closed already."]


@pytest.mark.parametrize("state", ["open", "expired", "accepted", "withdrawn"])
def test_invitations_by_state(invitation, staff, state):
    rows = staff.get(f"{ROOT}/invitation/", {"state": state}).context["cl"].result_list
    assert list(rows) == ([invitation] if state == "open" else [])


def test_an_administrator_invites_staff(network, administrator, signed_in, officer):
    client = signed_in(administrator)
    group = officer.groups.get()
    page = client.post(f"{ROOT}/invitation/staff/", WHO | {"group": group.pk}, follow=True)
    made = Invitation.objects.get()
    assert (made.kind, made.group, told(page)) == ("staff", group, ["The invitation to new@example.org is on its way."])
    for act in ("again", "withdraw"):
        assert signed_in(officer).get(f"{ROOT}/invitation/{made.pk}/{act}/").status_code == 403
        assert client.get(f"{ROOT}/invitation/{made.pk}/{act}/").status_code == 200


def test_the_queue_of_changes_and_its_letter(change, staff):
    refused = change.pk
    changes.withdraw_change(change=change, by=change.requested_by)
    waiting = changes.request_change(
        city=change.city, email="b@example.org", name="B", language="en", letter=letter(), by=change.requested_by
    )
    rows = staff.get(f"{ROOT}/focalpointchange/").context["cl"].result_list
    assert [row.pk for row in rows] == [waiting.pk, refused]
    page = staff.get(f"{ROOT}/focalpointchange/{waiting.pk}/change/").content.decode()
    assert f'href="{waiting.letter.get_absolute_url()}"' in page
    assert "coordinator.lyon@example.org" in page


def test_approving_and_refusing(change, staff, coordinator):
    path = f"{ROOT}/focalpointchange/{change.pk}"
    assert "no account yet" in staff.get(f"{path}/approve/").context["what_happens"][0]
    empty = staff.post(f"{path}/refuse/", {"seen": str(HistoryEntry.objects.about(change).first().number)})
    assert "reason" in empty.context["errors"]
    stale = staff.post(f"{path}/approve/", {"seen": "1"})
    assert "Meanwhile" in str(stale.context["errors"])
    seen = {"seen": str(HistoryEntry.objects.about(change).first().number)}
    page = staff.post(f"{path}/approve/", seen, follow=True)
    assert told(page) == ["The change of the focal point of Lyon is approved."]
    for act in ("approve", "refuse"):
        late = staff.post(f"{path}/{act}/", seen | {"reason": "No."}, follow=True)
        assert told(late) == ["This request is decided already."]
    assert FocalPointChange.objects.get().status == "approved"


def test_refusing_in_words(change, staff):
    seen = str(HistoryEntry.objects.about(change).first().number)
    path = f"{ROOT}/focalpointchange/{change.pk}/refuse/"
    staff.post(path, {"seen": seen, "reason": "The letter is not signed."})
    change.refresh_from_db()
    assert (change.status, change.reason) == ("refused", "The letter is not signed.")
