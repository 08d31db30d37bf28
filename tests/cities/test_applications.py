"""An application's beginning, its answers and its pages, for the candidate city's team."""

import datetime
import io
import itertools
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from docx import Document

from cities.exceptions import MandateRefused, TransitionNotAllowed
from cities.forms.application import Sheet
from cities.models import (
    Answer,
    Applicant,
    Application,
    Call,
    City,
    Country,
    CreativeField,
    Extension,
    HistoryEntry,
    Section,
)
from cities.services.answering import Closed, Given, progress, save_answers
from cities.services.application import AlreadyBegun, ApplicationRefused, begin_application, move
from cities.services.dossier import content, sections_for_display
from rvcu.models import User
from tests.conftest import person, sign_in
from tests.factories.calls import add_applicant, answer, make_application, make_call, make_endorsement

Status = Application.Status
pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def owner(network: None) -> User:
    return person("owner.besancon@example.org", name="Owner of Besançon")


@pytest.fixture
def call(network: None) -> Call:
    return make_call()


@pytest.fixture
def application(call: Call, owner: User) -> Application:
    return make_application(call, owner=owner)


@pytest.fixture
def late(network: None, owner: User) -> Application:
    """A draft whose time is over."""
    return make_application(make_call("screening"), owner=owner)


@pytest.fixture
def client(owner: User) -> Client:
    return sign_in(owner)


def begin(call: Call, by: User, **fields: Any) -> Application:
    known: dict[str, Any] = {"country": Country.objects.get(pk="FR"), "name_en": "Besançon", "language": "fr"}
    return begin_application(call=call, by=by, **known | fields)


def section_of(application: Application, key: str) -> Section:
    return Section.objects.prefetch_related("questions").get(call=application.call, key=key)


def address(application: Application, key: str) -> str:
    return f"/en/my/applications/{application.pk}/form/{key}/"


def sent(application: Application, key: str, **typed: Any) -> dict[str, Any]:
    """What a browser sends of a section's page: what stands there, with what is typed."""
    sheet = Sheet(Application.objects.get(pk=application.pk), section_of(application, key))
    data: dict[str, Any] = dict(sheet.hidden)
    for form in sheet.forms:
        data |= {name: value for name, value in form.data.items() if value is not None}
    return data | {name.replace("__", "-"): value for name, value in typed.items()}


def typed(**fields: Any) -> dict[str, Any]:
    return {f"q-{name.replace('__', '-')}": value for name, value in fields.items()}


# Beginning


def test_whoever_begins_is_the_owner_and_what_was_said_is_answered(call, owner):
    field = CreativeField.objects.get(slug="film")
    begun = begin(call, owner, name_fr="Besançon", field=field)
    assert (begun.number, begun.reference, begun.status, begun.field) == (1, "2027-001", Status.DRAFT, field)
    mandate = Applicant.objects.get(application=begun)
    assert (mandate.user, mandate.role) == (owner, Applicant.Role.OWNER)
    answers = {one.question.key: one.value for one in begun.answers.select_related("question")}
    assert answers["field"] == "film"
    assert (answers["city"]["name_en"], answers["city"]["latitude"]) == ("Besançon", "")
    assert HistoryEntry.objects.about(begun).get().verb == HistoryEntry.Verb.APPLICATION_BEGUN


def test_numbers_count_within_the_call(call, owner):
    first, second = begin(call, owner), begin(call, owner, name_en="Tours")
    other = make_call(slug="2029", form=False)
    assert [first.number, second.number, begin(other, owner).number] == [1, 2, 1]


@pytest.mark.parametrize("phase", ["scheduled", "screening", "evaluation", "decision"])
def test_nothing_begins_while_the_call_is_not_open(network, owner, phase):
    with pytest.raises(ApplicationRefused, match=r"not open yet\.|closed: no application"):
        begin(make_call(phase), owner)


def test_nothing_begins_in_a_call_that_is_not_published(network, owner):
    with pytest.raises(ApplicationRefused, match="closed"):
        begin(make_call(publish=False), owner)


def test_a_country_with_more_time_can_still_begin(network, owner, officer):
    call = make_call("screening")
    later = timezone.now() + datetime.timedelta(days=2)
    Extension.objects.create(call=call, country_id="FR", closes_at=later, reason="a storm", by=officer)
    assert begin(call, owner).pk
    with pytest.raises(ApplicationRefused, match="closed"):
        begin(call, owner, country=Country.objects.get(pk="PT"), name_en="Coimbra")


def test_edge_p_an_associate_member_may_apply_and_others_may_not(call, owner):
    associate = Country.objects.filter(unesco_status="associate").first()
    assert begin(call, owner, country=associate, name_en="A town of an Associate Member").country == associate
    Country.objects.filter(pk="PT").update(unesco_status="none")
    with pytest.raises(ApplicationRefused, match="neither a Member State nor an Associate Member"):
        begin(call, owner, country=Country.objects.get(pk="PT"), name_en="Coimbra")


def test_edge_h_two_cities_named_alike_are_two_applications(call, owner):
    one = begin(call, owner, name_en="Valencia", country=Country.objects.get(pk="ES"))
    other = begin(call, owner, name_en="Valencia", country=Country.objects.get(pk="VE"))
    assert one.pk != other.pk


def test_nobody_begins_twice_for_one_city(call, owner):
    first = begin(call, owner)
    with pytest.raises(AlreadyBegun) as refusal:
        begin(call, owner, name_en="  BESANCON ")
    assert refusal.value.application == first
    other = person("somebody.else@example.org")
    assert begin(call, other).number == 2  # two teams may; one of them submits


def test_a_withdrawn_application_can_be_begun_again(call, owner):
    make_application(call, owner=owner, status=Status.WITHDRAWN)
    assert begin(call, owner).pk


def test_language_and_field_are_those_of_the_call(network, owner):
    call = make_call(takes_english=False, publish=False)
    call.offered_fields.filter(field__slug="film").delete()
    call.status, call.published_at = Call.Status.PUBLISHED, timezone.now()
    call.save(update_fields=["status", "published_at"])
    with pytest.raises(ApplicationRefused, match="in that language"):
        begin(call, owner, language="en")
    with pytest.raises(ApplicationRefused, match="does not offer that creative field"):
        begin(call, owner, field=CreativeField.objects.get(slug="film"))


def test_a_member_is_not_a_former_member(call, owner):
    with pytest.raises(ApplicationRefused, match="has left the network"):
        begin(call, owner, former_city=City.objects.get(slug="lyon"))


def test_the_start_form_begins_and_a_second_click_finds_it(client, call):
    data = {"name_en": "Besançon", "name_fr": "Besançon", "country": "FR", "language": "fr", "field": ""}
    page = client.get("/en/calls/2027/apply/")
    assert page.status_code == 200
    first = client.post("/en/calls/2027/apply/", data)
    second = client.post("/en/calls/2027/apply/", data)
    assert Application.objects.count() == 1
    assert first.url == second.url == Application.objects.get().get_absolute_url()


def test_the_start_form_keeps_what_was_typed_and_says_why(client, call):
    Country.objects.filter(pk="PT").update(unesco_status="none")
    page = client.post("/en/calls/2027/apply/", {"name_en": "Coimbra", "country": "PT", "language": "en"})
    assert page.status_code == 200
    assert "neither a Member State nor an Associate Member" in page.content.decode()
    assert 'value="Coimbra"' in page.content.decode()


def test_a_visitor_asks_for_a_link_by_mail(call, mailoutbox, django_capture_on_commit_callbacks):
    visitor = Client()
    page = visitor.get("/fr/calls/2027/apply/")
    assert page.status_code == 200
    assert 'type="email"' in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = visitor.post("/fr/calls/2027/apply/", {"email": "mayor@example.org"})
    assert answer.url == "/fr/calls/2027/apply/?sent=1"
    assert [mail.to for mail in mailoutbox] == [["mayor@example.org"]]


def test_a_call_that_is_a_draft_has_no_start_page(network, client):
    make_call(publish=False)
    assert client.get("/en/calls/2027/apply/").status_code == 404


# The machine


# With a designation, which the database asks for: tested with the announcement.
PAIRS = [
    (before, after)
    for before, after in itertools.product(Status, Status)
    if before != Status.DESIGNATED and (before, after) != (Status.ELIGIBLE, Status.DESIGNATED)
]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_pair_of_statuses_is_allowed_or_refused(application, owner, before, after):
    allowed = after in Application.TRANSITIONS.get(before, set())
    Application.objects.filter(pk=application.pk).update(status=before, submitted_at=timezone.now())
    if allowed:
        moved = move(application, after, verb=HistoryEntry.Verb.APPLICATION_SUBMITTED, by=owner)
        assert moved.status == after
        entry = HistoryEntry.objects.about(application).get()
        assert entry.changes == {"status": [before, after]}
    else:
        with pytest.raises(TransitionNotAllowed, match="This cannot be done: the application is “"):
            move(application, after, verb=HistoryEntry.Verb.APPLICATION_SUBMITTED, by=owner)
        assert not HistoryEntry.objects.about(application).exists()


# Answers


VALID: dict[str, tuple[str, dict[str, Any], Any]] = {
    "text": ("presentation", {"presentation__text": "Clocks\r\nand  rivers "}, "Clocks\nand  rivers"),
    "sdgs": ("presentation", {"sdgs__goal-4": "on", "sdgs__goal-11": "on"}, [4, 11]),
    "city": (
        "city",
        {
            "city__name_en": "Besançon",
            "city__name_fr": "Besançon",
            "city__local_name": "",
            "city__latitude": "47,24",
            "city__longitude": "6.02",
            "city__population": "117 912",
            "city__population_year": "2021",
            "city__website": "www.besancon.fr",
        },
        {
            "name_en": "Besançon",
            "name_fr": "Besançon",
            "local_name": "",
            "latitude": "47.24",
            "longitude": "6.02",
            "population": "117912",
            "population_year": "2021",
            "website": "https://www.besancon.fr",
        },
    ),
    "field": ("city", {"field__field": "film"}, "film"),
    "facts": (
        "facts",
        {"facts__0-name": "Jobs", "facts__0-value": "12", "facts__0-year": "2024", "facts__0-source": "the census"},
        [{"name": "Jobs", "value": "12", "unit": "", "year": "2024", "source": "the census"}],
    ),
    "events": (
        "facts",
        {"events__0-name": "Book fair", "events__0-frequency": "yearly"},
        [{"name": "Book fair", "frequency": "yearly", "figures": "", "note": ""}],
    ),
    "links": (
        "annexes",
        {"links__0-label": "The city", "links__0-url": "example.org"},
        [{"label": "The city", "url": "https://example.org"}],
    ),
    "reports": ("commitments", {"reports__yes": "on"}, True),
    "local": (
        "plan",
        {"local__0-title": "A school", "local__0-sdgs": "11, 4", "local__0-cost": "1,250.50"},
        [
            {
                "title": "A school",
                "description": "",
                "objectives": "",
                "sdgs": [4, 11],
                "partners": "",
                "partner_cities": [],
                "groups": "",
                "schedule": "",
                "results": "",
                "cost": "1250.5",
            }
        ],
    ),
    "budget": (
        "plan",
        {"budget__currency": "eur", "budget__total": "12 500", "budget__own": "12500", "budget__note": "ours"},
        {
            "currency": "EUR",
            "total": "12500",
            "sources": {"own": "12500", "public": "", "private": "", "international": ""},
            "note": "ours",
        },
    ),
}


@pytest.mark.parametrize("kind", VALID)
def test_each_kind_keeps_its_shape_and_shows_it_again(client, application, kind):
    key, fields, value = VALID[kind]
    question = {"text": "presentation"}.get(kind, kind)
    data = sent(application, key) | typed(**fields)
    reply = client.post(address(application, key), data)
    assert (reply.status_code, reply.url) == (302, f"{address(application, key)}?saved={key}")
    stored = Answer.objects.get(application=application, question__key=question)
    assert (stored.value, stored.as_typed, stored.version) == (value, None, 1)
    # The page that follows sends the same: nothing is then saved anew.
    client.post(address(application, key), sent(application, key))
    stored.refresh_from_db()
    assert (stored.value, stored.version) == (value, 1)


def test_contacts_are_kept_person_by_person(client, application):
    data = sent(application, "contacts") | typed(
        **{"contacts__mayor-name": "The Mayor", "contacts__main-email": "main@example.org"}
    )
    client.post(address(application, "contacts"), data)
    value = Answer.objects.get(application=application).value
    assert set(value) == {"mayor", "representative", "main", "alternate"}
    assert (value["mayor"]["name"], value["main"]["email"]) == ("The Mayor", "main@example.org")


BAD = {
    "city": ("city", {"city__latitude": "north"}, "Write a number in digits."),
    "population": ("city", {"city__population": "0"}, "Give a number from 1 to 100000000."),
    "website": ("city", {"city__website": "no page"}, "This is no address of a page: https://…"),
    "field": ("city", {"field__field": "gardening"}, "Choose one of the fields that this call offers."),
    "email": ("contacts", {"contacts__main-email": "nobody"}, "This is not an e-mail address."),
    "goals": ("plan", {"local__0-title": "x", "local__0-sdgs": "18"}, "Give the numbers of the goals, from 1 to 17"),
    "cost": ("plan", {"local__0-title": "x", "local__0-cost": "much"}, "Write a number in digits."),
    "partner": (
        "plan",
        {"international__0-title": "x", "international__0-city_1": "Atlantis"},
        "There is no member city of this name",
    ),
    "currency": ("plan", {"budget__currency": "euros"}, "Give the three letters of the currency"),
    "link": ("annexes", {"links__0-label": "x", "links__0-url": ""}, "Give the address, or remove the row."),
    "too many links": (
        "annexes",
        {"links__TOTAL_FORMS": "5"} | {f"links__{nth}-url": f"https://example.org/{nth}" for nth in range(5)},
        "There are more than 4 rows.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_taken_over_stays_as_typed_with_its_sentence(client, application, case):
    key, fields, sentence = BAD[case]
    data = sent(application, key) | typed(**fields)
    reply = client.post(address(application, key), data, follow=True)
    page = reply.content.decode()
    assert sentence in page
    for value in fields.values():
        assert not value or str(value) in page or value == "gardening"
    stored = Answer.objects.get(application=application, as_typed__isnull=False)
    assert stored.value is None
    assert str(stored.question) in page
    # It stays over the next visit, and sending the page as it stands changes nothing.
    client.post(address(application, key), sent(application, key))
    stored.refresh_from_db()
    assert stored.version == 1


def test_the_last_valid_answer_stays_behind_what_cannot_be_taken_over(client, application):
    for text in ("12", "much"):
        data = sent(application, "plan") | typed(budget__currency="EUR", budget__total=text)
        client.post(address(application, "plan"), data)
    stored = Answer.objects.get(application=application)
    assert (stored.value["total"], stored.as_typed["total"]) == ("12", "much")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("12500", "12500"),
        ("12 500", "12500"),
        ("12\u202f500,50", "12500.5"),
        ("12,500.50", "12500.5"),
        ("12.500,50", "12500.5"),
        ("12,500", "12500"),
        ("1.250.000", "1250000"),
        ("12,5", "12.5"),
        ("0", "0"),
    ],
)
def test_numbers_are_read_as_both_languages_write_them(client, application, written, kept):
    client.post(address(application, "plan"), sent(application, "plan") | typed(budget__total=written))
    assert Answer.objects.get(application=application).value["total"] == kept


def test_two_windows_on_different_questions_never_meet(client, application):
    early = sent(application, "presentation")
    client.post(address(application, "presentation"), early | typed(presentation__text="One."))
    reply = client.post(address(application, "presentation"), early | typed(assets__text="Two."))
    assert reply.status_code == 302
    values = dict(Answer.objects.filter(application=application).values_list("question__key", "value"))
    assert values == {"presentation": "One.", "assets": "Two."}


def test_a_conflict_shows_both_texts_and_saving_again_wins(client, application):
    other = person("editor.besancon@example.org", name="Editor of Besançon")
    add_applicant(application, other, Applicant.Role.EDITOR)
    early = sent(application, "presentation")
    sign_in(other).post(address(application, "presentation"), early | typed(presentation__text="Theirs."))
    mine = early | typed(presentation__text="Mine.", assets__text="Kept at once.")
    reply = client.post(address(application, "presentation"), mine)
    page = reply.content.decode()
    assert reply.status_code == 409
    assert "Theirs." in page
    assert "Editor of Besançon saved another answer" in page
    assert ">Mine.</textarea>" in page.replace("\r\n", "").replace("\n", "")
    values = dict(Answer.objects.filter(application=application).values_list("question__key", "value"))
    assert values == {"presentation": "Theirs.", "assets": "Kept at once."}
    shown = reply.context["sheet"]
    again = dict(shown.hidden) | typed(presentation__text="Mine.", assets__text="Kept at once.")
    assert client.post(address(application, "presentation"), again).status_code == 302
    assert Answer.objects.get(question__key="presentation").value == "Mine."


def test_an_autosave_that_meets_a_conflict_saves_the_rest_and_says_so(client, application):
    early = sent(application, "presentation")
    client.post(address(application, "presentation"), early | typed(presentation__text="First."))
    data = early | typed(presentation__text="Second.", assets__text="Other.")
    reply = client.post(address(application, "presentation"), data, headers={"X-Autosave": "1"})
    assert (reply.status_code, reply.json()["state"]) == (409, "conflict")
    assert set(reply.json()["fields"]) == {"q-assets-seen", "q-assets-base"}
    assert Answer.objects.get(question__key="assets").value == "Other."


def test_a_form_that_saves_itself_twice_goes_on(client, application):
    data = sent(application, "presentation")
    for text in ("One.", "One. Two.", "One. Two. Three."):
        data |= typed(presentation__text=text)
        reply = client.post(address(application, "presentation"), data, headers={"X-Autosave": "1"})
        assert reply.json()["state"] == "saved"
        data |= reply.json()["fields"]
    stored = Answer.objects.get(application=application)
    assert (stored.value, stored.version) == ("One. Two. Three.", 3)


def test_the_same_text_saved_in_two_windows_is_no_conflict(client, application):
    early = sent(application, "presentation") | typed(presentation__text="The same.")
    for _window in range(2):
        assert client.post(address(application, "presentation"), early).status_code == 302
    assert Answer.objects.get(application=application).version == 1


# The deadline, and other ends


@pytest.mark.parametrize("automatic", [True, False])
def test_what_is_typed_past_the_deadline_is_shown_and_what_can_be_done(client, late, automatic):
    data = sent(late, "presentation") | typed(presentation__text="Typed as the clock struck.")
    headers = {"X-Autosave": "1"} if automatic else {}
    reply = client.post(address(late, "presentation"), data, headers=headers)
    assert reply.status_code == 409
    if automatic:
        assert reply.json()["state"] == "closed"
        assert reply.json()["message"].startswith("The time is over")
    else:
        page = reply.content.decode()
        assert "Typed as the clock struck." in page
        assert "data-closed" in page
        assert f"/en/my/applications/{late.pk}/export/docx/" in page
    assert not Answer.objects.exists()


def test_after_the_deadline_the_draft_is_there_to_read_and_to_take_away(client, late):
    answer(late, "presentation", "Written in time.")
    for path in ("", "form/presentation/", "read/"):
        page = client.get(f"/en/my/applications/{late.pk}/{path}")
        assert page.status_code == 200
    assert "Written in time." in page.content.decode()
    assert "Not submitted in time" in client.get(f"/en/my/applications/{late.pk}/").content.decode()
    assert client.get(f"/en/my/applications/{late.pk}/export/json/").status_code == 200


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.ELIGIBLE, Status.INELIGIBLE, Status.WITHDRAWN])
def test_only_what_is_editable_can_be_saved(application, owner, status):
    section = section_of(application, "presentation")
    question = section.questions.get(key="presentation")
    Application.objects.filter(pk=application.pk).update(status=status, submitted_at=timezone.now())
    with pytest.raises(Closed, match="nothing can be changed any more"):
        save_answers(application=application, section=section, given=[Given(question, 0, "x")], by=owner)


def test_a_returned_application_can_be_completed_until_its_day(late, owner):
    section = section_of(late, "presentation")
    question = section.questions.get(key="presentation")
    later = timezone.now() + datetime.timedelta(days=1)
    Application.objects.filter(pk=late.pk).update(
        status=Status.RETURNED, submitted_at=timezone.now(), return_until=later
    )
    application = Application.objects.get(pk=late.pk)
    saved = save_answers(application=application, section=section, given=[Given(question, 0, "x")], by=owner)
    assert saved.answers


def test_readers_and_strangers_save_nothing(application):
    section = section_of(application, "presentation")
    question = section.questions.get(key="presentation")
    reader = person("reader@example.org")
    add_applicant(application, reader, Applicant.Role.READER)
    for by in (reader, person("stranger@example.org")):
        with pytest.raises(MandateRefused, match="Only those who write this application"):
            save_answers(application=application, section=section, given=[Given(question, 0, "x")], by=by)


def test_who_was_signed_out_finds_what_was_typed(application, owner):
    data = sent(application, "presentation") | typed(presentation__text="Typed too long.", **{"sdgs__goal-4": "on"})
    browser = Client()
    reply = browser.post(address(application, "presentation"), data)
    assert reply.status_code == 302
    sign_in(owner, browser)
    page = browser.get(address(application, "presentation")).content.decode()
    assert "Typed too long." in page
    assert "data-unsaved" in page
    assert not Answer.objects.exists()


def test_switching_the_language_does_not_touch_the_application(client, application):
    client.post(
        address(application, "plan"),
        sent(application, "plan") | typed(**{"local__0-title": "A school", "local__0-city_1": "Lyon (France)"}),
    )
    before = list(Answer.objects.values_list("pk", "value", "version", "updated_at"))
    assert before[0][1][0]["partner_cities"] == ["lyon"]
    for language in ("fr", "en", "fr"):
        for path in ("", "form/plan/", "form/city/", "read/", "export/docx/"):
            assert client.get(f"/{language}/my/applications/{application.pk}/{path}").status_code == 200
    assert list(Answer.objects.values_list("pk", "value", "version", "updated_at")) == before
    # Sent as it stands in French, the page saves nothing new.
    with translation.override("fr"):
        data = sent(application, "plan")
    client.post(f"/fr/my/applications/{application.pk}/form/plan/", data)
    assert list(Answer.objects.values_list("pk", "value", "version", "updated_at")) == before
    application.refresh_from_db()
    assert (application.status, application.language) == (Status.DRAFT, "en")


# What answers carry over


def test_names_and_place_go_to_the_columns_that_lists_read(client, application):
    _key, fields, _value = VALID["city"]
    client.post(
        address(application, "city"), sent(application, "city") | typed(**fields | {"city__name_en": "Bezançon"})
    )
    application.refresh_from_db()
    assert (application.name_en, application.latitude, application.population) == ("Bezançon", 47.24, 117912)
    client.post(address(application, "city"), sent(application, "city") | typed(**fields | {"city__name_en": ""}))
    application.refresh_from_db()
    assert application.name_en == "Bezançon"  # a city keeps a name


def test_partner_cities_are_those_of_both_lists(client, application):
    data = sent(application, "plan") | typed(
        **{
            "local__0-title": "A",
            "local__0-city_1": "lyon (france)",
            "international__0-title": "B",
            "international__0-city_1": "Östersund",
            "international__0-city_2": "ostersund (Suède)",
        }
    )
    client.post(address(application, "plan"), data)
    assert set(application.partner_cities.values_list("slug", flat=True)) == {"lyon", "ostersund"}
    answer = Answer.objects.get(question__key="international")
    assert answer.value[0]["partner_cities"] == ["ostersund"]
    client.post(address(application, "plan"), sent(application, "plan") | typed(**{"local__0-city_1": ""}))
    assert set(application.partner_cities.values_list("slug", flat=True)) == {"ostersund"}


def test_edge_h_a_partner_of_two_cities_named_alike_is_named_with_its_country(client, application):
    data = sent(application, "plan") | typed(**{"international__0-title": "B", "international__0-city_1": "Granada"})
    page = client.post(address(application, "plan"), data, follow=True).content.decode()
    assert "Two member cities have this name: add the country in brackets." in page
    data = sent(application, "plan") | typed(**{"international__0-city_1": "Granada (Nicaragua)"})
    client.post(address(application, "plan"), data)
    (partner,) = application.partner_cities.all()
    assert partner.country_id == "NI"


def test_the_field_of_an_endorsed_application_stays(client, application):
    make_endorsement(application, "endorsed")
    reply = client.post(address(application, "city"), sent(application, "city") | typed(field__field="film"))
    page = reply.content.decode()
    assert reply.status_code == 409
    assert "The National Commission endorsed the application in the field “Literature”." in page
    application.refresh_from_db()
    assert application.field.slug == "literature"
    assert Answer.objects.get(question__key="field").as_typed == {"field": "film"}


def test_the_field_can_be_changed_before_that(client, application):
    client.post(address(application, "city"), sent(application, "city") | typed(field__field="film"))
    application.refresh_from_db()
    assert application.field.slug == "film"


# Enough or not


def lacking(application: Application, key: str) -> list[str]:
    state = progress(Application.objects.get(pk=application.pk))
    return [
        sentence
        for step in state.steps
        for question in step.section.questions.all()
        if question.key == key
        for sentence in step.lacking.get(question.pk, [])
    ]


def test_a_text_beyond_its_limit_is_kept_whole_and_is_no_answer(client, application):
    long = " ".join(["word"] * 101)
    client.post(
        address(application, "presentation"), sent(application, "presentation") | typed(presentation__text=long)
    )
    assert Answer.objects.get().value == long
    assert lacking(application, "presentation") == ["This text is too long: 100 words are allowed, it has 101."]
    page = client.get(address(application, "presentation")).content.decode()
    assert "This text is too long: 100 words are allowed, it has 101." in page


def test_no_relevant_information_is_an_answer(client, application):
    data = sent(application, "presentation") | {"q-presentation-nothing": "on"}
    client.post(address(application, "presentation"), data)
    assert lacking(application, "presentation") == []
    data = sent(application, "presentation") | typed(presentation__text="But yes.") | {"q-presentation-nothing": "on"}
    client.post(address(application, "presentation"), data)
    assert "take one of them away" in lacking(application, "presentation")[0]
    with translation.override("fr"):
        shown = sections_for_display(content(application))
    assert shown[2]["questions"][0]["nothing"] is True


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("presentation", None, "There is no answer yet."),
        ("city", {"name_en": "B", "name_fr": "B"}, "still to be filled in: Latitude, Longitude."),
        ("field", "gardening", "This call does not offer that creative field."),
        ("facts", [{"name": "Jobs", "value": "1"}], "Row 1: still to be filled in: Year, Source."),
        ("local", [{"title": "A"}], "Row 1: still to be filled in: What is to be done, Cost."),
        ("budget", {"currency": "EUR", "total": ""}, "still to be filled in: Total for four years."),
        ("links", [{"url": f"https://example.org/{nth}"} for nth in range(5)], "At most 4 links are allowed."),
    ],
)
def test_what_is_not_enough_says_what_is_missing(application, key, value, sentence):
    answer(application, key, value)
    assert lacking(application, key)[:1] == [sentence]


def test_each_contact_says_what_is_missing(application):
    full = {"name": "N", "function": "F", "email": "n@example.org"}
    answer(application, "contacts", {"mayor": full, "representative": full, "main": full, "alternate": {"name": "N"}})
    assert lacking(application, "contacts") == ["Alternative contact: still to be filled in: Function, E-mail address."]


def initiatives(*costs: str) -> list[dict[str, str]]:
    return [{"title": "A", "description": "B", "cost": cost} for cost in costs]


def test_a_budget_must_add_up_and_says_by_how_much_it_does_not(application):
    budget = answer(application, "budget", {"currency": "EUR", "total": "1000", "sources": {"own": "400"}})
    plan = answer(application, "local", initiatives("700", "800.50"))
    assert lacking(application, "budget") == [
        "The sources add up to 400: 600 less than the total of 1,000.",
        "The initiatives cost 1,500.50: 500.50 more than the total of 1,000.",
    ]
    plan.value = initiatives("500", "500")
    plan.save()
    budget.value = budget.value | {"sources": {"own": "400", "private": "600.00"}}
    budget.save()
    assert lacking(application, "budget") == []


def test_too_few_and_too_many_initiatives(application):
    plan = answer(application, "local", initiatives("1", "1", "1", "1"))
    assert lacking(application, "local") == ["The call takes at most 3 initiatives."]
    plan.value = []
    plan.save()
    assert lacking(application, "local") == ["There is no answer yet."]


def test_progress_counts_required_answers(application):
    state = progress(application)
    assert (state.answered, state.asked, state.percent) == (0, 15, 0)
    answer(application, "reports", True)
    answer(application, "sdgs", [4])
    state = progress(application)
    assert (state.answered, state.percent) == (2, 13)
    assert [step.is_done for step in state.steps] == [False] * 6 + [True]


# The whole


def fill(application: Application) -> None:
    answer(application, "presentation", "Clocks.\n\nAnd <rivers>.")
    answer(application, "assets", None, has_nothing=True)
    answer(application, "sdgs", [4, 11])
    answer(application, "field", "literature")
    answer(application, "city", {"name_en": "Besançon", "latitude": "47.24"})
    answer(application, "contacts", {"mayor": {"name": "The Mayor", "institution_type": "municipality"}})
    answer(application, "facts", [{"name": "Jobs", "value": "12", "year": "2024", "source": "the census"}])
    answer(application, "events", [{"name": "Book fair"}])
    answer(application, "local", [*initiatives("700"), {"title": "C", "sdgs": [4], "partner_cities": ["lyon"]}])
    answer(application, "budget", {"currency": "EUR", "total": "700", "sources": {"own": "700"}, "note": "ours"})
    answer(application, "links", [{"label": "Page", "url": "https://example.org/"}])
    answer(application, "reports", True)
    answer(application, "international", None, as_typed=[{"title": "half", "cost": "much"}])


def test_the_content_is_plain_json_of_the_agreed_shape(application):
    fill(application)
    whole = content(application)
    assert json.loads(json.dumps(whole)) == whole
    assert set(whole) == {"application", "sections", "documents", "photos", "endorsement"}
    assert set(whole["application"]) == {
        *("reference", "call", "country", "name_en", "name_fr", "local_name", "latitude", "longitude"),
        *("population", "population_year", "website", "field", "language"),
    }
    assert set(whole["sections"][0]) == {"key", "title", "questions"}
    assert set(whole["sections"][0]["questions"][0]) == {
        *("key", "number", "kind", "text", "words", "answer", "nothing", "typed"),
    }


def test_the_content_is_in_the_language_of_the_application(application):
    application.language = "fr"
    with translation.override("en"):
        assert content(application)["sections"][0]["title"] == "Partie city"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_whole_is_read_in_the_order_of_the_form(client, application, language):
    fill(application)
    page = client.get(f"/{language}/my/applications/{application.pk}/read/").content.decode()
    places = [page.index(f"Section {key}") for key in ("city", "contacts", "presentation", "facts", "plan", "annexes")]
    assert places == sorted(places)
    assert "And &lt;rivers&gt;." in page
    assert "No relevant information." in page  # in the application’s language, whatever the reader’s
    assert "Lyon (France)" in page


def test_the_file_for_word_processors_holds_all_that_was_written(client, application):
    fill(application)
    Answer.objects.filter(question__key="presentation").update(value="Clocks\x0b and \x02rivers")
    reply = client.get(f"/en/my/applications/{application.pk}/export/docx/")
    assert reply["Content-Disposition"] == 'attachment; filename="2027-001.docx"'
    document = Document(io.BytesIO(reply.content))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for words in ("Besançon", "Question presentation", "Clocks", "rivers", "Lyon (France)", "half · much"):
        assert words in text
    assert [cell.text for cell in document.tables[0].rows[1].cells][:2] == ["Jobs", "12"]


def test_others_than_the_team_read_what_was_submitted(application, commission_officer, owner):
    fill(application)
    Application.objects.filter(pk=application.pk).update(
        status=Status.RETURNED,
        submitted_at=timezone.now(),
        shared_at=timezone.now(),
        return_until=timezone.now() + datetime.timedelta(days=1),
    )
    whole = content(application)
    application.snapshots.create(number=1, at=timezone.now(), by=owner, content=whole, sha256="0" * 64, receipt="r-1")
    Answer.objects.filter(question__key="presentation").update(value="Rewritten since.")
    path = f"/en/my/applications/{application.pk}/read/"
    assert "Rewritten since." in sign_in(owner).get(path).content.decode()
    others = sign_in(commission_officer).get(path).content.decode()
    assert "Rewritten since." not in others
    assert "Clocks." in others


def test_pages_of_an_application_for_each_persona(application, owner, officer, commission_officer):
    reader, stranger = person("reader@example.org"), person("stranger@example.org")
    add_applicant(application, reader, Applicant.Role.READER)
    base = f"/en/my/applications/{application.pk}/"
    expected = {
        # overview, section, read, export
        owner: (200, 200, 200, 200),
        reader: (200, 403, 200, 200),
        stranger: (404, 404, 404, 404),
        officer: (403, 403, 403, 403),  # of a draft the secretariat knows only that it exists
        commission_officer: (404, 404, 404, 404),
    }
    for user, wanted in expected.items():
        browser = sign_in(user)
        paths = ("", "form/city/", "read/", "export/json/")
        assert tuple(browser.get(base + path).status_code for path in paths) == wanted, user
    Application.objects.filter(pk=application.pk).update(shared_at=timezone.now())
    browser = sign_in(commission_officer)
    assert browser.get(base).url == f"{base}read/"
    assert browser.get(f"{base}read/").status_code == 200
    assert browser.get(f"{base}form/city/").status_code == 403


def test_pages_cost_the_same_for_an_empty_and_a_full_application(client, application):
    def cost(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(f"/en/my/applications/{application.pk}/{path}").status_code == 200
        return len(queries)

    paths = ["", "read/", *(f"form/{key}/" for key in ("city", "contacts", "presentation", "facts", "plan"))]
    for path in paths:
        cost(path)
    before = {path: cost(path) for path in paths}
    fill(application)
    for number in range(20):
        add_applicant(application, person(f"reader.{number}@example.org"), Applicant.Role.READER)
    Answer.objects.filter(question__key="local").update(
        value=[*initiatives("1", "2"), {"title": "C", "partner_cities": ["lyon", "ostersund"]}]
    )
    after = {path: cost(path) for path in paths}
    # Reading names the partner cities, in one query more.
    assert after == before | {"read/": before["read/"] + 1}
    assert max(after.values()) <= 25


def test_my_page_tells_what_waits(client, application, call):
    page = client.get("/en/my/").content.decode()
    assert "My application" in page
    assert "Besançon" in page
    assert "left" in page
    Application.objects.filter(pk=application.pk).update(status=Status.WITHDRAWN)
    assert "Withdrawn" in client.get("/en/my/").content.decode()
