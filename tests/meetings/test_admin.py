import datetime

import pytest

from cities.models import City
from meetings.models import Meeting
from tests.factories import CityFactory, CountryFactory, MeetingFactory, MeetingHostFactory

LIST = "/admin/meetings/meeting/"


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


@pytest.fixture
def essaouira(db):
    return CityFactory(name_en="Essaouira", name_fr="Essaouira")


def meeting_form(country, hosts, **values):
    form = {"edition": 19, "country": country.pk, "planned_year": 2027, "year": 2027, "status": "planned", **values}
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
    ((heading, edits),) = page.context["parts"]
    assert heading == "Hosts"
    assert edits[0].history_user == officer
    changes = {change["field"]: (change["old"], change["new"]) for change in edits[0].history_delta_changes}
    assert changes["Member city"] == ("Essaouira", "")
    assert changes["Name in English"][1] == "London"
    remove = [{"id": host.pk, "meeting": meeting.pk, "name_en": "London", "name_fr": "Londres", "DELETE": "on"}]
    staff.post(f"{LIST}{meeting.pk}/change/", meeting_form(essaouira.country, remove) | {"hosts-INITIAL_FORMS": 1})
    assert not meeting.hosts.exists()
    ((_heading, edits),) = staff.get(f"{LIST}{meeting.pk}/history/").context["parts"]
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
