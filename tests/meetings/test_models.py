import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import override

from meetings.models import Meeting
from tests.factories import CityFactory, MeetingFactory, MeetingHostFactory

pytestmark = pytest.mark.django_db

Status = Meeting.Status


def day(text: str | None) -> datetime.date | None:
    return text and datetime.date.fromisoformat(text)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("meetings.models.meeting.today", lambda: day("2026-11-22"))


# The next meeting


@pytest.mark.parametrize(
    ("status", "year", "start_date", "end_date", "is_next"),
    [
        (Status.PLANNED, 2027, "2027-06-01", "2027-06-04", True),
        (Status.PLANNED, 2026, "2026-11-22", "2026-11-24", True),
        (Status.PLANNED, 2026, "2026-11-20", "2026-11-22", True),
        (Status.PLANNED, 2026, "2026-11-18", "2026-11-21", False),
        (Status.PLANNED, 2026, None, None, True),
        (Status.PLANNED, 2027, None, None, True),
        (Status.PLANNED, 2025, None, None, False),
        (Status.HOST_SELECTED, 2027, None, None, True),
        (Status.REGISTRATION_CLOSED, 2025, None, None, False),
        (Status.HELD, 2026, "2026-11-20", "2026-11-24", False),
        (Status.HELD, 2026, None, None, False),
        (Status.CANCELLED, 2027, "2027-06-01", "2027-06-04", False),
    ],
)
def test_which_meeting_is_to_come(status, year, start_date, end_date, is_next):
    meeting = MeetingFactory(status=status, year=year, start_date=day(start_date), end_date=day(end_date))
    assert Meeting.objects.next() == (meeting if is_next else None)


def test_there_may_be_no_next_meeting():
    assert Meeting.objects.next() is None


def test_the_first_of_those_to_come_is_next():
    MeetingFactory(edition=20, year=2027, start_date=day("2027-06-01"), end_date=day("2027-06-02"))
    undated = MeetingFactory(edition=19, year=2026)
    assert Meeting.objects.next() == undated
    dated = MeetingFactory(edition=21, year=2026, start_date=day("2026-12-01"), end_date=day("2026-12-02"))
    assert Meeting.objects.next() == dated
    earlier = MeetingFactory(edition=22, year=2026, start_date=day("2026-11-30"), end_date=day("2026-12-02"))
    assert Meeting.objects.next() == earlier


def test_the_next_meeting_of_the_real_network(network):
    essaouira = Meeting.objects.next()
    assert (essaouira.edition, essaouira.host_names, essaouira.start_date) == (18, "Essaouira", None)


# Hosts


@pytest.mark.parametrize(
    ("names", "english", "french"),
    [
        ([], "", ""),
        ([("Kraków", "Cracovie")], "Kraków", "Cracovie"),
        ([("Kraków", "Cracovie"), ("Katowice", "Katowice")], "Kraków and Katowice", "Cracovie et Katowice"),
        ([("A", "A"), ("B", "B"), ("C", "D")], "A, B and C", "A, B et D"),
    ],
)
def test_hosts_are_joined_in_the_readers_language(names, english, french):
    meeting = MeetingFactory()
    for position, (name_en, name_fr) in enumerate(names):
        MeetingHostFactory(meeting=meeting, name_en=name_en, name_fr=name_fr, position=position)
    with override("en"):
        assert meeting.host_names == english
    with override("fr"):
        assert meeting.host_names == french


def test_hosts_stand_by_position():
    meeting = MeetingFactory()
    MeetingHostFactory(meeting=meeting, name_en="Second", position=2)
    MeetingHostFactory(meeting=meeting, name_en="First", position=1)
    with override("en"):
        assert meeting.host_names == "First and Second"


def test_the_hosts_of_the_real_network(network, django_assert_num_queries):
    with override("en"), django_assert_num_queries(3):
        hosts = {meeting.edition: meeting.host_names for meeting in Meeting.objects.with_hosts()}
    assert len(hosts) == 18
    assert (hosts[1], hosts[5], hosts[12]) == ("Paris", "Seoul", "Kraków and Katowice")
    assert Meeting.objects.get(edition=1).hosts.get().city is None
    moved = {
        meeting.edition: (meeting.planned_year, meeting.year) for meeting in Meeting.objects.all() if meeting.was_moved
    }
    assert moved == {14: (2020, 2022), 15: (2021, 2023)}
    assert Meeting.objects.held().count() == 17


def test_the_meetings_that_a_city_hosted():
    city = CityFactory()
    meeting = MeetingHostFactory(city=city).meeting
    MeetingHostFactory(city=CityFactory())
    assert list(Meeting.objects.hosted_by(city)) == [meeting]


# Dates


def test_a_meeting_begins_in_its_year():
    country = CityFactory().country
    meeting = MeetingFactory.build(country=country, year=2026, start_date=day("2027-01-01"), end_date=day("2027-01-02"))
    with pytest.raises(ValidationError) as error:
        meeting.full_clean()
    assert error.value.message_dict == {"year": ["The meeting begins in another year."]}


def test_a_meeting_ends_after_it_begins():
    meeting = MeetingFactory.build(
        country=CityFactory().country, start_date=day("2026-06-02"), end_date=day("2026-06-01")
    )
    with pytest.raises(ValidationError) as error:
        meeting.full_clean()
    assert error.value.messages == ["Give both days, the last not before the first, or none."]


@pytest.mark.parametrize(("planned_year", "was_moved"), [(2026, False), (2025, True)])
def test_a_meeting_in_another_year_than_planned_was_moved(planned_year, was_moved):
    assert MeetingFactory(planned_year=planned_year, year=2026).was_moved is was_moved


def test_a_meeting_has_both_days_or_none(db):
    meeting = MeetingFactory(start_date=None, end_date=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Meeting.objects.filter(pk=meeting.pk).update(start_date=datetime.date(meeting.year, 6, 1))
