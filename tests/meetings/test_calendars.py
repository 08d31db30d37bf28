"""The calendars, each read back with the library that wrote it and line by line."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from cities.models import CreativeField
from meetings.models import Meeting, Registration, Session, SessionPlace, SessionSpeaker, Speaker
from meetings.services.calendar import meeting_calendar, registration_calendar, session_calendar
from tests.factories.hosting import make_meeting, make_registration, make_session

pytestmark = pytest.mark.django_db

UTC = datetime.UTC
Status = Meeting.Status


def read(content: bytes) -> Calendar:
    """A calendar; what every one of them has to be is looked at on the way."""
    text = content.decode()
    lines = text.split("\r\n")
    assert lines[-1] == ""
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in lines)
    calendar = Calendar.from_ical(content)
    assert calendar.get_missing_tzids() == set()
    names = [str(event["UID"]) for event in calendar.events]
    assert len(names) == len(set(names))
    for event in calendar.events:
        assert event.stamp.tzinfo is not None
        assert event.end > event.start
    return calendar


def instant(text: str, zone: str = "UTC") -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.fixture
def essaouira(network) -> Meeting:
    return make_meeting(
        hosts=("essaouira",),
        year=2027,
        planned_year=2027,
        start_date=datetime.date(2027, 6, 1),
        end_date=datetime.date(2027, 6, 4),
        time_zone="Africa/Casablanca",
        venue="Palace; hall A, B",
        address="Avenue Mohammed V\r\n44000",
        theme_en="Culture",
        theme_fr="La culture, « au cœur » des villes\u202f: " + "une très longue thématique française " * 4,
    )


def whole(meeting: Meeting) -> Meeting:
    return Meeting.objects.with_hosts().get(pk=meeting.pk)


# An edition


@pytest.mark.parametrize(
    ("language", "summary", "theme"),
    [
        ("en", "Annual meeting no. 19, Essaouira", "Culture"),
        ("fr", "Réunion annuelle n° 19, Essaouira", "La culture, « au cœur » des villes\u202f: une très longue"),
    ],
)
def test_an_edition_is_an_event_over_its_days(essaouira, settings, language, summary, theme):
    settings.SITE_ADDRESS = "https://rvcu.example.org"
    calendar = read(meeting_calendar([whole(essaouira)], language))
    (event,) = calendar.events
    assert str(event.summary).replace("\xa0", " ") == summary
    assert (event.start, event.end) == (datetime.date(2027, 6, 1), datetime.date(2027, 6, 5))
    assert event["DTSTART"].params["VALUE"] == "DATE"
    assert str(event.location).startswith("Palace; hall A, B, Avenue Mohammed V, 44000, Essaouira, ")
    assert str(event.description).startswith(theme)
    assert str(event.uid) == "meeting-19@rvcu.example.org"
    assert str(event.url) == f"https://rvcu.example.org/{language}/meetings/19/"
    assert str(event["STATUS"]) == "CONFIRMED"
    assert calendar.timezones == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [(Status.PLANNED, "TENTATIVE"), (Status.REGISTRATION_OPEN, "CONFIRMED"), (Status.CANCELLED, "CANCELLED")],
)
def test_the_state_of_a_meeting_is_the_state_of_its_event(essaouira, status, expected):
    fields = {"status": status, "registration_closes_at": instant("2027-05-01")}
    Meeting.objects.filter(pk=essaouira.pk).update(**fields)
    (event,) = read(meeting_calendar([whole(essaouira)], "en")).events
    assert str(event["STATUS"]) == expected


def test_a_change_raises_the_sequence_and_keeps_the_name(essaouira):
    (first,) = read(meeting_calendar([whole(essaouira)], "en")).events
    essaouira.start_date = datetime.date(2027, 6, 2)
    essaouira.save()
    (second,) = read(meeting_calendar([whole(essaouira)], "en")).events
    essaouira.hosts.get().delete()
    (third,) = read(meeting_calendar([whole(essaouira)], "en")).events
    assert first.uid == second.uid == third.uid
    assert first.sequence < second.sequence < third.sequence
    assert first.stamp <= second.stamp <= third.stamp


def test_of_the_same_rows_a_calendar_is_the_same_to_the_byte(essaouira):
    assert meeting_calendar([whole(essaouira)], "fr") == meeting_calendar([whole(essaouira)], "fr")


def test_a_meeting_online_has_no_address(essaouira):
    Meeting.objects.filter(pk=essaouira.pk).update(format=Meeting.Format.ONLINE)
    (event,) = read(meeting_calendar([whole(essaouira)], "en")).events
    assert str(event.location) == "online"


def test_texts_come_back_as_they_were(essaouira):
    theme = 'Backslash \\ semicolon ; comma , colon : “quotes” "plain" BEGIN:VEVENT \\n'
    Meeting.objects.filter(pk=essaouira.pk).update(theme_en=theme + "\x0b\x1f", venue="A\r\nB")
    (event,) = read(meeting_calendar([whole(essaouira)], "en")).events
    assert str(event.description).split("\n\n")[0] == theme
    assert str(event.location).startswith("A B, ")


# All editions


def test_all_editions_whose_days_are_known(network, django_assert_num_queries):
    dated = Meeting.objects.exclude(start_date=None).count()
    assert 0 < dated < Meeting.objects.count()
    with django_assert_num_queries(5):
        content = meeting_calendar(Meeting.objects.with_hosts(), "en")
    assert len(read(content).events) == dated
    Meeting.objects.exclude(edition__in=(16, 17)).filter(hosts__isnull=False).update(start_date=None, end_date=None)
    with django_assert_num_queries(5):
        meeting_calendar(Meeting.objects.with_hosts(), "en")


@pytest.mark.parametrize(
    ("path", "name"),
    [("/en/meetings.ics", "rvcu-meetings.ics"), ("/fr/meetings/19/calendar.ics", "rvcu-meeting-19.ics")],
)
def test_calendars_are_served_as_files_and_kept_as_public_pages(client, essaouira, path, name):
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Cache-Control"] == "public, no-cache"
    assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304
    read(response.content)
    essaouira.theme_en = "Another"
    essaouira.save()
    assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 200


def test_there_is_no_calendar_before_the_days_are_known(client, network):
    meeting = make_meeting(30, start_date=None, end_date=None)
    assert client.get(f"/en/meetings/{meeting.edition}/calendar.ics").status_code == 404
    assert client.get("/en/meetings/99/calendar.ics").status_code == 404


# Sessions, over changes of clocks

ZONES = [
    # Zone, the session's beginning and end in UTC, as clocks show them there
    ("Europe/Paris", "2027-06-01T07:00", "2027-06-01T08:30", "2027-06-01T09:00", "2027-06-01T10:30"),
    # clocks are put forward at 02:00: half an hour before, to half an hour after
    ("Europe/Paris", "2027-03-28T00:30", "2027-03-28T01:30", "2027-03-28T01:30", "2027-03-28T03:30"),
    # the hour from 02:00 comes twice on 31 October
    ("Europe/Paris", "2027-10-30T23:30", "2027-10-31T02:30", "2027-10-31T01:30", "2027-10-31T03:30"),
    # Morocco puts its clocks back for Ramadan, and forward after it
    ("Africa/Casablanca", "2027-06-01T08:00", "2027-06-01T09:00", "2027-06-01T09:00", "2027-06-01T10:00"),
    ("Africa/Casablanca", "2027-02-20T09:00", "2027-02-20T10:00", "2027-02-20T09:00", "2027-02-20T10:00"),
    ("Africa/Casablanca", "2027-02-07T00:30", "2027-02-07T04:00", "2027-02-07T01:30", "2027-02-07T04:00"),
    ("Africa/Casablanca", "2027-03-14T01:30", "2027-03-14T02:30", "2027-03-14T01:30", "2027-03-14T03:30"),
    # no summer time any more
    ("America/Sao_Paulo", "2027-01-15T12:00", "2027-01-15T13:00", "2027-01-15T09:00", "2027-01-15T10:00"),
    # while there was one: clocks went back at midnight, 18 February 2018
    ("America/Sao_Paulo", "2018-02-18T01:30", "2018-02-18T04:00", "2018-02-17T23:30", "2018-02-18T01:00"),
    ("Asia/Kathmandu", "2027-06-01T03:15", "2027-06-01T04:15", "2027-06-01T09:00", "2027-06-01T10:00"),
]


@pytest.mark.parametrize(("zone", "starts", "ends", "shows_start", "shows_end"), ZONES)
def test_a_session_is_in_the_time_of_the_place(network, zone, starts, ends, shows_start, shows_end):
    day = datetime.date.fromisoformat(shows_start[:10])
    meeting = make_meeting(
        hosts=("lyon",), year=day.year, planned_year=day.year, start_date=day, end_date=day, time_zone=zone
    )
    session = make_session(meeting, starts_at=instant(starts), ends_at=instant(ends))
    calendar = read(session_calendar(session, "en"))
    (event,) = calendar.events
    assert (event.start.astimezone(UTC), event.end.astimezone(UTC)) == (instant(starts), instant(ends))
    for name, shown in (("DTSTART", shows_start), ("DTEND", shows_end)):
        assert event[name].params["TZID"] == zone
        assert event[name].dt.replace(tzinfo=None) == datetime.datetime.fromisoformat(shown)
    # The zone as it is written down says the same as the zone that it names.
    (written,) = calendar.timezones
    assert offsets(written, event["DTSTART"].dt.replace(tzinfo=None)) == event.start.utcoffset()
    assert offsets(written, event["DTEND"].dt.replace(tzinfo=None)) == event.end.utcoffset()


def offsets(zone, local: datetime.datetime) -> datetime.timedelta:
    """The offset of a local time by the rule of RFC 5545: that of the latest onset at or before it."""
    onsets = []
    for part in zone.subcomponents:
        onset = part["DTSTART"].dt
        onsets.append((onset, part["TZOFFSETTO"].td, part["TZOFFSETFROM"].td))
    before = [one for one in sorted(onsets, key=lambda one: one[0]) if one[0] <= local]
    return before[-1][1]


def test_onsets_are_given_by_the_clock_that_ran_until_then(network):
    meeting = make_meeting(hosts=("lyon",), time_zone="Europe/Paris")
    text = session_calendar(make_session(meeting), "en").decode()
    year = meeting.year
    spring, autumn = (
        max(datetime.date(year, month, day) for day in range(25, 32) if datetime.date(year, month, day).weekday() == 6)
        for month in (3, 10)
    )
    assert f"BEGIN:DAYLIGHT\r\nDTSTART:{spring:%Y%m%d}T020000" in text
    assert f"BEGIN:STANDARD\r\nDTSTART:{autumn:%Y%m%d}T030000" in text


def test_a_session_in_utc_needs_no_zone(network):
    meeting = make_meeting(hosts=("lyon",), time_zone="UTC")
    calendar = read(session_calendar(make_session(meeting), "en"))
    assert calendar.timezones == []
    assert calendar.events[0].start.utcoffset() == datetime.timedelta()


def test_what_a_session_says(essaouira, client):
    speaker = Speaker.objects.create(meeting=essaouira, name="Speaker One")
    session = make_session(essaouira, "Opening; plenary", summary_fr="Bienvenue,\r\nà tous.", sequence=4)
    SessionSpeaker.objects.create(
        session=session, speaker=speaker, is_moderator=True, starts_at=session.starts_at, ends_at=session.ends_at
    )
    response = client.get(f"/fr/meetings/19/programme/{session.pk}/calendar.ics")
    assert response["Content-Disposition"] == f'attachment; filename="rvcu-meeting-19-{session.pk}.ics"'
    (event,) = read(response.content).events
    assert str(event.summary) == "Opening; plenary (fr)"
    assert str(event.location).startswith("Grande salle, Palace; hall A, B")
    assert "Bienvenue,\nà tous." in str(event.description)
    assert "Speaker One" in str(event.description)
    assert event.sequence == 4
    assert str(event.url).endswith(f"/fr/meetings/19/programme/#session-{session.pk}")


def test_with_the_meeting_its_sessions_are_cancelled(essaouira):
    session = make_session(essaouira, sequence=1)
    Meeting.objects.filter(pk=essaouira.pk).update(status=Status.CANCELLED)
    (event,) = read(session_calendar(Session.objects.get(pk=session.pk), "en")).events
    assert (str(event["STATUS"]), event.sequence) == ("CANCELLED", 2)


def test_a_session_of_another_meeting_is_not_found(essaouira, client):
    session = make_session(make_meeting(20, hosts=("lyon",)))
    assert client.get(f"/en/meetings/19/programme/{session.pk}/calendar.ics").status_code == 404


# Who comes


@pytest.fixture
def sessions(essaouira) -> dict[str, Session]:
    field = CreativeField.objects.get(slug="literature")
    return {
        "plenary": make_session(essaouira, "Plenary", 9),
        "booked": make_session(essaouira, "Booked", 10, kind=Session.Kind.WORKSHOP, places=5),
        "not booked": make_session(essaouira, "Not booked", 11, kind=Session.Kind.WORKSHOP, places=5),
        "sub-network": make_session(essaouira, "Sub-network", 12, kind=Session.Kind.SUB_NETWORK, field=field),
    }


def test_who_comes_gets_the_meeting_its_plenaries_and_what_was_booked(essaouira, sessions, django_assert_num_queries):
    registration = make_registration(essaouira)
    SessionPlace.objects.create(session=sessions["booked"], registration=registration, place=1, places=5)
    with django_assert_num_queries(7):
        content = registration_calendar(registration, "en")
    calendar = read(content)
    names = [str(event.summary) for event in calendar.events]
    assert names == ["Annual meeting no. 19, Essaouira", "Plenary", "Booked"]
    meeting = calendar.events[0]
    assert registration.code in str(meeting.description)
    assert registration.email not in content.decode()
    assert str(meeting["TRANSP"]) == "OPAQUE"
    # The same events as in the public calendars.
    (public,) = read(meeting_calendar([whole(essaouira)], "en")).events
    (own,) = read(session_calendar(sessions["booked"], "en")).events
    assert meeting.uid == public.uid
    assert calendar.events[2] == own
    for hour in range(13, 17):
        make_session(essaouira, f"Plenary {hour}", hour)
    with django_assert_num_queries(7):
        registration_calendar(registration, "fr")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(Registration.Status.WAITING, "TENTATIVE"), (Registration.Status.CANCELLED, "CANCELLED")],
)
def test_who_has_no_place_gets_the_meeting_alone(essaouira, sessions, status, expected):
    registration = make_registration(essaouira, status=status)
    (event,) = read(registration_calendar(registration, "en")).events
    assert str(event["STATUS"]) == expected
    assert registration.code not in str(event.description)


def test_a_cancellation_overtakes_what_was_sent_before(essaouira):
    registration = make_registration(essaouira)
    (before,) = read(registration_calendar(registration, "en")).events
    registration.status, registration.place, registration.city_place = "cancelled", None, None
    registration.save()
    (after,) = read(registration_calendar(registration, "en")).events
    assert after.uid == before.uid
    assert after.sequence > before.sequence
