import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cities.models import City, OutboxMessage
from meetings.models import Meeting, MeetingChange, MeetingDocument, Objective
from tests.factories import CityFactory, CountryFactory, MeetingFactory, MeetingHostFactory
from tests.factories.hosting import (
    DAY,
    make_host_call,
    make_meeting,
    make_registration,
    make_session,
    open_for_registration,
)

LIST = "/admin/meetings/meeting/"


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


@pytest.fixture
def essaouira(db):
    return CityFactory(name_en="Essaouira", name_fr="Essaouira")


def meeting_form(country, hosts, **values):
    form = {"edition": 19, "country": country.pk, "planned_year": 2027, "year": 2027, "format": "on-site"}
    form |= {"time_zone": "Europe/Paris", "per_city": 3, **values}
    form |= {"objectives-TOTAL_FORMS": 0, "objectives-INITIAL_FORMS": 0}
    form |= {"hosts-TOTAL_FORMS": len(hosts), "hosts-INITIAL_FORMS": 0}
    for number, host in enumerate(hosts):
        form |= {f"hosts-{number}-{name}": value for name, value in {"position": number, **host}.items()}
    return form


def test_a_member_city_lends_its_names_and_another_place_needs_its_own(staff, essaouira):
    hosts = [{"city": essaouira.pk}, {"name_en": "London", "name_fr": "Londres"}]
    staff.post(f"{LIST}add/", meeting_form(essaouira.country, hosts))
    meeting = Meeting.objects.get(edition=19)
    assert [(host.city, host.name_en, host.name_fr) for host in meeting.hosts.all()] == [
        (essaouira, "Essaouira", "Essaouira"),
        (None, "London", "Londres"),
    ]
    refused = staff.post(f"{LIST}add/", meeting_form(essaouira.country, [{"name_en": "London"}], edition=20))
    assert "Choose a member city, or give the name of the place in both languages." in refused.content.decode()
    assert Meeting.objects.count() == 1


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"start_date": "2027-06-03", "end_date": "2027-06-01"}, "Give both days, the last not before the first"),
        ({"start_date": "2028-06-03", "end_date": "2028-06-04"}, "The meeting begins in another year."),
    ],
)
def test_unfit_days_are_refused(staff, db, days, sentence):
    response = staff.post(f"{LIST}add/", meeting_form(CountryFactory(), [], **days))
    assert sentence in response.content.decode()
    assert Meeting.objects.count() == 0


def test_an_edit_shows_in_the_history(staff, officer, essaouira):
    meeting = MeetingFactory(edition=19, year=2027, country=essaouira.country)
    form = meeting_form(essaouira.country, [], start_date="2027-06-01", end_date="2027-06-04")
    staff.post(f"{LIST}{meeting.pk}/change/", form)
    meeting.refresh_from_db()
    assert meeting.start_date == datetime.date(2027, 6, 1)
    edit = staff.get(f"{LIST}{meeting.pk}/history/").context["page_obj"][0]
    assert edit.history_user == officer
    assert {change["field"] for change in edit.history_delta_changes} == {"First day", "Last day"}


def test_edits_of_the_hosts_show_in_the_history_of_the_meeting(staff, officer, essaouira):
    meeting = MeetingFactory(edition=19, year=2027, country=essaouira.country)
    host = MeetingHostFactory(meeting=meeting, city=essaouira)
    hosts = [{"id": host.pk, "meeting": meeting.pk, "name_en": "London", "name_fr": "Londres", "city": ""}]
    staff.post(f"{LIST}{meeting.pk}/change/", meeting_form(essaouira.country, hosts) | {"hosts-INITIAL_FORMS": 1})
    host.refresh_from_db()
    assert (host.city, host.name_en) == (None, "London")
    page = staff.get(f"{LIST}{meeting.pk}/history/")
    (heading, edits), _objectives = page.context["parts"]
    assert heading == "Hosts"
    assert edits[0].history_user == officer
    changes = {change["field"]: (change["old"], change["new"]) for change in edits[0].history_delta_changes}
    assert changes["Member city"] == ("Essaouira", "")
    assert changes["Name in English"][1] == "London"
    remove = [{"id": host.pk, "meeting": meeting.pk, "name_en": "London", "name_fr": "Londres", "DELETE": "on"}]
    staff.post(f"{LIST}{meeting.pk}/change/", meeting_form(essaouira.country, remove) | {"hosts-INITIAL_FORMS": 1})
    assert not meeting.hosts.exists()
    (_heading, edits), _objectives = staff.get(f"{LIST}{meeting.pk}/history/").context["parts"]
    assert edits[0].history_type == "-"


def test_an_auditor_sees_and_changes_nothing(auditor, signed_in, essaouira):
    meeting = MeetingFactory()
    client = signed_in(auditor)
    for page, status in (("", 200), (f"{meeting.pk}/change/", 200), (f"{meeting.pk}/history/", 200), ("add/", 403)):
        assert client.get(f"{LIST}{page}").status_code == status
    assert client.post(f"{LIST}{meeting.pk}/change/", meeting_form(essaouira.country, [])).status_code == 403
    assert client.post(f"{LIST}{meeting.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Meeting.objects.get() == meeting


def test_the_list_shows_hosts_and_moved_years_at_a_constant_cost(network, staff, django_assert_num_queries):
    with django_assert_num_queries(11):
        page = staff.get(LIST)
    content = page.content.decode()
    assert page.context["cl"].result_count == 18
    assert "Kraków and Katowice" in content
    MeetingChange.objects.exclude(meeting__edition=14).delete()
    Meeting.objects.exclude(edition__in=(12, 13, 14)).delete()
    with django_assert_num_queries(11):
        staff.get(LIST)


def test_meetings_are_found_by_host(network, staff):
    for text in ("krak", "Katowice"):
        assert [meeting.edition for meeting in staff.get(LIST, {"q": text}).context["cl"].result_list] == [12]


def test_export_is_offered_and_import_is_not(staff, db):
    MeetingHostFactory()
    assert staff.get(f"{LIST}export/").status_code == 200
    assert staff.get(f"{LIST}import/").status_code == 302  # taken for the key of a meeting that there is not
    assert City.objects.count() == 0


# What can be typed, by where a meeting stands


def typed(page) -> set[str]:
    return set(page.context["adminform"].form.fields)


@pytest.mark.parametrize(
    ("status", "days", "fixed"),
    [
        ("planned", False, set()),
        ("planned", True, {"year", "start_date", "end_date"}),
        ("host-selected", False, {"year", "country"}),
        ("host-selected", True, {"year", "country", "start_date", "end_date"}),
        ("registration-open", True, {"year", "country", "start_date", "end_date", "places", "per_city"}),
        ("registration-closed", True, {"year", "country", "start_date", "end_date", "places", "per_city"}),
        ("held", True, {"places", "per_city"}),
        ("outcome-published", True, {"places", "per_city"}),
        ("cancelled", True, {"places", "per_city"}),
    ],
)
def test_what_operations_change_is_not_typed(network, staff, status, days, fixed):
    meeting = make_meeting(hosts=["lyon"], **({} if days else {"start_date": None, "end_date": None}))
    Meeting.objects.filter(pk=meeting.pk).update(status=status, registration_closes_at=timezone.now() + DAY)
    page = staff.get(f"{LIST}{meeting.pk}/change/")
    movable = {"year", "country", "start_date", "end_date", "places", "per_city"}
    assert movable - typed(page) == fixed
    assert not {"edition", "status", "registration_closes_at"} & typed(page)
    hosts, _objectives = page.context["inline_admin_formsets"]
    assert hosts.has_change_permission is (status in ("planned", "held", "outcome-published"))


def test_the_first_days_are_typed_and_must_lie_in_the_year(network, staff):
    meeting = make_meeting(hosts=["lyon"], start_date=None, end_date=None)
    address = f"{LIST}{meeting.pk}/change/"
    form = meeting_form(meeting.country, [], planned_year=meeting.year)
    form |= {"hosts-INITIAL_FORMS": 0, "start_date": "2050-01-01", "end_date": "2050-01-02"}
    page = staff.post(address, form)
    assert "The meeting begins in another year." in page.content.decode()
    days = {"start_date": f"{meeting.year}-06-01", "end_date": f"{meeting.year}-06-04"}
    assert staff.post(address, form | days).status_code == 302
    meeting.refresh_from_db()
    assert meeting.start_date == datetime.date(meeting.year, 6, 1)


def test_figures_need_a_source(network, staff):
    meeting = Meeting.objects.get(edition=13)
    host = meeting.hosts.get()
    hosts = [{"id": host.pk, "meeting": meeting.pk, "city": host.city_id, "name_en": "Fabriano", "name_fr": "Fabriano"}]
    form = meeting_form(meeting.country, hosts, planned_year=2019, year=2019, start_date="2019-06-10")
    form |= {"hosts-INITIAL_FORMS": 1, "end_date": "2019-06-15", "participants": 300}
    address = f"{LIST}{meeting.pk}/change/"
    assert "Say where the figures can be checked." in staff.post(address, form).content.decode()
    assert staff.post(address, form | {"figures_source": "press"}).status_code == 302
    assert Meeting.objects.get(pk=meeting.pk).participants == 300


def test_objectives_are_written_on_the_page_of_the_meeting(network, staff):
    meeting = make_meeting(country=None)
    form = meeting_form(CountryFactory(), [], edition=19, year=meeting.year, planned_year=meeting.year)
    form |= {
        "country": "",
        "objectives-TOTAL_FORMS": 1,
        "objectives-0-position": 1,
        "objectives-0-text_en": "Meet.",
        "objectives-0-text_fr": "Se réunir.",
    }
    assert staff.post(f"{LIST}{meeting.pk}/change/", form).status_code == 302
    assert Objective.objects.get().meeting == meeting


# Operations


OPERATIONS = {
    "planned": ["choose-hosts", "postpone", "cancel"],
    "host-selected": ["open-registration", "hold", "postpone", "relocate", "give-up", "cancel"],
    "registration-open": [
        "reschedule-registration",
        "close-registration",
        "places",
        "postpone",
        "relocate",
        "cancel",
    ],
    "registration-closed": ["hold", "reopen-registration", "places", "postpone", "relocate", "cancel"],
    "held": ["publish-outcome"],
    "outcome-published": [],
    "cancelled": [],
}
ALL = sorted({page for pages in OPERATIONS.values() for page in pages})
WHY = {"reason_en": "The hall is flooded.", "reason_fr": "La salle est inondée."}


def standing(status: str) -> Meeting:
    meeting = make_meeting(hosts=[] if status == "planned" else ["lyon"])
    closes = timezone.now() + 10 * DAY
    Meeting.objects.filter(pk=meeting.pk).update(
        status=status, registration_closes_at=closes, personal_data_until=meeting.end_date + 90 * DAY
    )
    return Meeting.objects.get(pk=meeting.pk)


@pytest.mark.parametrize("status", OPERATIONS)
def test_the_operations_of_each_state_and_no_other(network, staff, status):
    meeting = standing(status)
    page = staff.get(f"{LIST}{meeting.pk}/change/")
    found = {one.url.removesuffix("/").rpartition("/")[2] for one in page.context["operations"]} & set(ALL)
    assert found == set(OPERATIONS[status])
    for name in ALL:
        response = staff.get(f"{LIST}{meeting.pk}/{name}/")
        if name in OPERATIONS[status]:
            assert response.status_code == 200, name
            assert response.context["what_happens"], name
        else:
            assert response.status_code == 302, name
            assert response.url.endswith(f"{LIST}{meeting.pk}/change/"), name


def test_an_auditor_is_offered_no_operation(network, auditor, signed_in):
    client = signed_in(auditor)
    meeting = standing("host-selected")
    found = {
        one.url.removesuffix("/").rpartition("/")[2]
        for one in client.get(f"{LIST}{meeting.pk}/change/").context["operations"]
    }
    assert not found & set(ALL)
    for name in ALL:
        assert client.post(f"{LIST}{meeting.pk}/{name}/", WHY).status_code == 403


def do(staff, meeting: Meeting, name: str, **given: Any):
    response = staff.post(f"{LIST}{meeting.pk}/{name}/", given)
    assert response.status_code == 302, response.context and response.context["errors"]
    meeting.refresh_from_db()
    return response


def test_a_meeting_from_its_host_to_its_outcome(network, staff, coordinator):
    meeting = standing("planned")
    krakow, katowice = (City.objects.get(slug=slug).pk for slug in ("krakow", "katowice"))
    do(staff, meeting, "choose-hosts", city_1=krakow, city_2=katowice)
    assert Meeting.objects.get(pk=meeting.pk).host_names == "Kraków and Katowice"
    do(staff, meeting, "open-registration", closes_at=f"{meeting.year}-05-01T12:00")
    assert meeting.questions.exists()
    assert OutboxMessage.objects.get().to == coordinator.email
    do(staff, meeting, "reschedule-registration", closes_at=f"{meeting.year}-05-02T12:00")
    do(staff, meeting, "places", places=200, per_city=4)
    assert (meeting.places, meeting.per_city) == (200, 4)
    start = {"start_date": f"{meeting.year}-09-01", "end_date": f"{meeting.year}-09-03"}
    do(staff, meeting, "postpone", **start, **WHY)
    assert meeting.start_date == datetime.date(meeting.year, 9, 1)
    do(staff, meeting, "relocate", city_1=City.objects.get(slug="lyon").pk, time_zone="Europe/Paris", **WHY)
    do(staff, meeting, "close-registration")
    do(staff, meeting, "reopen-registration", closes_at=f"{meeting.year}-05-03T12:00")
    do(staff, meeting, "close-registration")
    year = timezone.now().year - 1
    days = {"start_date": datetime.date(year, 6, 1), "end_date": datetime.date(year, 6, 2)}
    Meeting.objects.filter(pk=meeting.pk).update(year=year, **days)
    do(staff, meeting, "hold")
    upload = SimpleUploadedFile("conclusions.pdf", b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
    titles = {"title_en": "Conclusions", "title_fr": "Conclusions", "language": "en"}
    do(staff, meeting, "document", kind="conclusions", visibility="members", upload=upload, **titles)
    do(staff, meeting, "publish-outcome")
    assert meeting.status == "outcome-published"
    document = MeetingDocument.objects.get()
    page = staff.get(f"{LIST}{meeting.pk}/change/")
    assert [change.kind for change in page.context["changes_made"]] == ["postponed", "relocated"]
    staff.post(f"{LIST}documents/{document.pk}/show/")
    assert MeetingDocument.objects.get().is_public
    staff.post(f"{LIST}documents/{document.pk}/remove/", {"reason": "The wrong file."})
    assert not MeetingDocument.objects.exists()
    assert staff.get(f"{LIST}documents/{document.pk}/remove/").status_code == 302


def test_a_host_gives_up_and_a_meeting_is_cancelled(network, staff):
    meeting = standing("host-selected")
    do(staff, meeting, "give-up", **WHY)
    assert (meeting.status, meeting.country) == ("planned", None)
    do(staff, meeting, "cancel", **WHY)
    assert meeting.is_cancelled
    assert [change.kind for change in meeting.changes.all()] == ["relocated", "cancelled"]


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("postpone", WHY, "Give the new days, or at least the year."),
        ("postpone", {**WHY, "start_date": "2050-01-02", "end_date": "2050-01-01"}, "Give both days"),
        ("postpone", {"year": 2050, "reason_en": "Rain."}, "This field is required."),
        ("relocate", {**WHY}, "Name who hosts the meeting."),
        ("relocate", {**WHY, "place_en": "London"}, "Give its name in both languages."),
        ("relocate", {**WHY, "place_en": "London", "place_fr": "Londres"}, "Choose the country"),
        ("open-registration", {"closes_at": "2020-01-01T12:00"}, "Registration would close in the past."),
    ],
)
def test_bad_input_gets_a_sentence_and_keeps_what_was_typed(network, staff, name, given, sentence):
    meeting = standing("host-selected")
    page = staff.post(f"{LIST}{meeting.pk}/{name}/", given)
    assert page.status_code == 200
    content = page.content.decode()
    assert sentence in content
    for value in given.values():
        assert str(value) in content
    meeting.refresh_from_db()
    assert meeting.status == "host-selected"
    assert not MeetingChange.objects.filter(meeting=meeting).exists()


def test_the_decision_of_a_running_call_names_the_hosts(network, staff):
    call = make_host_call("open")
    address = f"{LIST}{call.meeting.pk}/"
    page = staff.get(f"{address}choose-hosts/", follow=True)
    assert "A call for hosts runs for this meeting: its decision names the hosts." in page.content.decode()
    page = staff.get(f"{address}cancel/", follow=True)
    assert "A call for hosts runs for this meeting: cancel that first." in page.content.decode()


def test_the_preview_says_what_moves_and_who_is_told(network, staff, coordinator):
    meeting = open_for_registration(make_meeting(hosts=["lyon"]))
    make_session(meeting)
    make_registration(meeting, "guest@example.org", city="")
    page = staff.get(f"{LIST}{meeting.pk}/postpone/")
    said = page.context["what_happens"]
    assert f"Now its days are: 1–4 June {meeting.year}." in said
    assert "1 session of the programme moves by as many days, at the same hour." in said
    assert "2 persons get the reason by mail: who registered, and the focal points of the members." in said


def test_what_keeps_registration_from_opening_stands_on_the_page(network, staff):
    essaouira = Meeting.objects.get(edition=18)
    page = staff.get(f"{LIST}{essaouira.pk}/change/")
    assert page.context["obstacles"] == [
        "Its days are not known.",
        "It does not say until when personal data are kept.",
    ]
    turned = staff.get(f"{LIST}{essaouira.pk}/open-registration/", follow=True)
    assert "Registration cannot be opened yet. Its days are not known." in turned.content.decode()
