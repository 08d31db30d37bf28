"""The programme as staff make it: in the time of the place, without a clash, on the grid of a day."""

import datetime

import pytest

from cities.models import CreativeField
from meetings.models import Meeting, Room, Session, SessionPlace, SessionSpeaker, Speaker
from tests.factories.hosting import make_meeting, make_registration, make_session

pytestmark = pytest.mark.django_db

LIST = "/admin/meetings/session/"
Kind = Session.Kind


@pytest.fixture
def staff(officer, signed_in):
    return signed_in(officer)


@pytest.fixture
def studio(meeting) -> Room:
    return Room.objects.create(meeting=meeting, name_en="Studio", name_fr="Atelier", position=1)


@pytest.fixture
def speakers(meeting) -> list[Speaker]:
    return [Speaker.objects.create(meeting=meeting, name=f"Speaker {name}") for name in ("One", "Two")]


def form(meeting: Meeting, room: Room, *lines: dict, initial: int = 0, **values) -> dict:
    data = {
        "meeting": meeting.pk,
        "kind": "workshop",
        "field": "",
        "room": room.pk,
        "places": "",
        "starts_at": "2027-06-01T09:00",
        "ends_at": "2027-06-01T10:30",
        "title_en": "A workshop",
        "title_fr": "Un atelier",
        "summary_en": "",
        "summary_fr": "",
        "speakers-TOTAL_FORMS": len(lines),
        "speakers-INITIAL_FORMS": initial,
        **values,
    }
    for number, line in enumerate(lines):
        data |= {f"speakers-{number}-{name}": value for name, value in {"position": number + 1, **line}.items()}
    return data


def errors(response) -> dict[str, list[str]]:
    found = dict(response.context["adminform"].form.errors)
    for formset in response.context["inline_admin_formsets"]:
        for row in formset.formset.forms:
            found |= row.errors
    return found


# Adding and changing


def test_a_session_is_typed_in_the_time_of_the_place_and_shown_so(staff, officer, meeting, hall, speakers):
    data = form(
        meeting, hall, {"speaker": speakers[1].pk, "position": 2}, {"speaker": speakers[0].pk, "is_moderator": "on"}
    )
    data["speakers-1-position"] = 1
    assert staff.post(f"{LIST}add/", data).status_code == 302
    session = Session.objects.get()
    assert session.starts_at == datetime.datetime(2027, 6, 1, 8, tzinfo=datetime.UTC)
    assert [(one.speaker, one.is_moderator) for one in session.speakers.all()] == [
        (speakers[0], True),
        (speakers[1], False),
    ]
    assert session.history.get().history_user == officer
    text = staff.get(f"{LIST}{session.pk}/change/").content.decode()
    assert 'value="2027-06-01T09:00"' in text
    assert "Tuesday 1 June 2027, 09:00–10:30, Great hall" in text
    assert "Africa/Casablanca" in text
    assert "Tue 1 Jun 2027, 09:00–10:30" in staff.get(LIST).content.decode()


def test_a_change_raises_the_sequence_and_shows_in_the_history(staff, meeting, hall, speakers):
    session = make_session(meeting, "A workshop", 9, kind=Kind.WORKSHOP, room=hall, title_fr="Un atelier")
    first = SessionSpeaker.objects.create(
        session=session, speaker=speakers[0], starts_at=session.starts_at, ends_at=session.ends_at
    )
    lines = ({"id": first.pk, "session": session.pk, "speaker": speakers[0].pk}, {"speaker": speakers[1].pk})
    data = form(meeting, hall, *lines, initial=1, starts_at="2027-06-02T14:00", ends_at="2027-06-02T15:00")
    assert staff.post(f"{LIST}{session.pk}/change/", data).status_code == 302
    session.refresh_from_db()
    assert session.sequence == 1
    assert session.local_start.isoformat() == "2027-06-02T14:00:00+01:00"
    assert [(one.speaker, one.starts_at) for one in session.speakers.all()] == [
        (speaker, session.starts_at) for speaker in speakers
    ]
    edit = staff.get(f"{LIST}{session.pk}/history/").context["page_obj"][0]
    assert {change["field"] for change in edit.history_delta_changes} == {"Begins", "Ends"}
    lines[0]["DELETE"] = "on"
    data = form(meeting, hall, *lines[:1], initial=1, starts_at="2027-06-02T14:00", ends_at="2027-06-02T15:00")
    staff.post(f"{LIST}{session.pk}/change/", data)
    assert [one.speaker for one in session.speakers.all()] == [speakers[1]]


def test_a_clash_of_rooms_is_said_at_the_room_with_what_was_typed(staff, meeting, hall):
    make_session(meeting, "First", 10, room=hall)
    response = staff.post(f"{LIST}add/", form(meeting, hall))
    assert errors(response) == {"room": ["“First” is in “Great hall” at that time: Tuesday 1 June 2027, 10:00–11:00."]}
    text = response.content.decode()
    assert 'value="2027-06-01T09:00"' in text
    assert 'value="A workshop"' in text
    assert Session.objects.count() == 1


def test_a_clash_of_speakers_is_said_at_the_speaker(staff, meeting, hall, studio, speakers):
    other = make_session(meeting, "First", 10, room=hall)
    SessionSpeaker.objects.create(session=other, speaker=speakers[0], starts_at=other.starts_at, ends_at=other.ends_at)
    data = form(meeting, studio, {"speaker": speakers[1].pk}, {"speaker": speakers[0].pk})
    response = staff.post(f"{LIST}add/", data)
    assert errors(response) == {
        "speaker": ["Speaker One speaks in “First” at that time: Tuesday 1 June 2027, 10:00–11:00."]
    }
    assert Session.objects.count() == 1
    twice = form(meeting, studio, {"speaker": speakers[1].pk}, {"speaker": speakers[1].pk})
    assert staff.post(f"{LIST}add/", twice).status_code == 200
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"starts_at": ""}, "starts_at", "This field is required."),
        ({"starts_at": "tomorrow"}, "starts_at", "Give a day and an hour, as 2027-06-01 09:30."),
        ({"starts_at": "2027-06-01T09:00Z"}, "starts_at", "Give a day and an hour, as 2027-06-01 09:30."),
        ({"ends_at": "2027-06-01T09:00"}, "ends_at", "The session ends before it begins."),
        ({"ends_at": "2027-06-07T09:00"}, "starts_at", "The session is outside the days of the meeting, 1–4 June 2027"),
        ({"kind": "sub-network"}, "field", "A session of a sub-network has a creative field: choose it."),
        ({"places": "51"}, "places", "“Great hall” has 50 places: no more can be booked."),
        ({"places": "0"}, "places", "Ensure this value is greater than or equal to 1."),
        ({"title_fr": ""}, "title_fr", "This field is required."),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(staff, meeting, hall, values, field, sentence):
    found = errors(staff.post(f"{LIST}add/", form(meeting, hall, **values)))
    assert list(found) == [field]
    assert found[field][0].startswith(sentence)
    assert not Session.objects.exists()


def test_a_room_of_another_meeting_is_no_choice(staff, meeting, hall):
    other = Room.objects.create(meeting=make_meeting(20, hosts=("lyon",)), name_en="Elsewhere", name_fr="Ailleurs")
    assert list(errors(staff.post(f"{LIST}add/", form(meeting, other)))) == ["room"]


def test_an_hour_that_clocks_leave_out_is_refused(staff, network):
    meeting = make_meeting(
        hosts=("lyon",),
        year=2027,
        planned_year=2027,
        start_date=datetime.date(2027, 3, 27),
        end_date=datetime.date(2027, 3, 29),
        time_zone="Europe/Paris",
    )
    room = Room.objects.create(meeting=meeting, name_en="Hall", name_fr="Salle")
    data = form(meeting, room, starts_at="2027-03-28T02:30", ends_at="2027-03-28T04:00")
    found = errors(staff.post(f"{LIST}add/", data))
    assert found == {
        "starts_at": ["There is no 02:30 on 28 March 2027 in this time zone: clocks are put forward then."]
    }


def test_the_later_of_two_equal_hours_stays_when_the_session_is_saved_again(staff, network):
    meeting = make_meeting(
        hosts=("lyon",),
        year=2027,
        planned_year=2027,
        start_date=datetime.date(2027, 10, 30),
        end_date=datetime.date(2027, 10, 31),
        time_zone="Europe/Paris",
    )
    later = datetime.datetime(2027, 10, 31, 1, 30, tzinfo=datetime.UTC)
    session = make_session(meeting, starts_at=later, ends_at=later + datetime.timedelta(hours=2))
    data = form(meeting, session.room, kind="plenary", starts_at="2027-10-31T02:30", ends_at="2027-10-31T04:30")
    staff.post(f"{LIST}{session.pk}/change/", data)
    session.refresh_from_db()
    assert (session.title_en, session.starts_at) == ("A workshop", later)


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(staff, meeting, hall):
    session = make_session(meeting, room=hall, kind=Kind.WORKSHOP)
    seen = staff.get(f"{LIST}{session.pk}/change/").context["adminform"].form["seen"].value()
    Session.objects.filter(pk=session.pk).update(title_en="Changed meanwhile")
    response = staff.post(f"{LIST}{session.pk}/change/", form(meeting, hall, seen=seen))
    assert "somebody changed this entry after you opened it" in response.content.decode()
    session.refresh_from_db()
    assert session.title_en == "Changed meanwhile"


def test_a_session_is_added_to_the_next_meeting_unless_another_is_asked_for(staff, meeting, hall):
    Meeting.objects.exclude(pk=meeting.pk).update(status="held")
    response = staff.get(f"{LIST}add/", follow=True)
    assert response.redirect_chain[-1][0] == f"{LIST}add/?meeting={meeting.pk}"
    assert "Add a session: Annual meeting no. 19" in response.content.decode()
    assert [room.pk for room in response.context["adminform"].form.fields["room"].queryset] == [hall.pk]


def test_who_booked_shows_to_staff(staff, meeting, hall):
    session = make_session(meeting, "A workshop", 9, kind=Kind.WORKSHOP, places=2, room=hall)
    path = f"{LIST}{session.pk}/change/"
    assert "Nobody has booked a place yet." in staff.get(path).content.decode()
    SessionPlace.objects.create(session=session, registration=make_registration(meeting), place=2, places=2)
    assert "A delegate" in staff.get(path).content.decode()
    response = staff.post(f"{LIST}{session.pk}/delete/", {"post": "yes"})
    assert Session.objects.filter(pk=session.pk).exists()
    assert response.status_code in (200, 403)


def test_a_session_that_nobody_booked_is_deleted_with_its_speakers(staff, meeting, hall, speakers):
    session = make_session(meeting, room=hall)
    SessionSpeaker.objects.create(
        session=session, speaker=speakers[0], starts_at=session.starts_at, ends_at=session.ends_at
    )
    assert staff.post(f"{LIST}{session.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Session.objects.exists()
    assert Speaker.objects.count() == 2


def test_an_auditor_reads_and_changes_nothing(auditor, signed_in, meeting, hall):
    session = make_session(meeting, room=hall)
    client = signed_in(auditor)
    for page in ("", f"{session.pk}/change/", f"{session.pk}/history/", f"grid/?meeting={meeting.pk}"):
        response = client.get(f"{LIST}{page}")
        assert response.status_code == 200
    assert "Tuesday 1 June 2027, 09:00–10:00" in client.get(f"{LIST}{session.pk}/change/").content.decode()
    assert "Add a session at" not in client.get(f"{LIST}grid/?meeting={meeting.pk}").content.decode()
    assert client.get(f"{LIST}add/?meeting={meeting.pk}").status_code == 403
    assert client.post(f"{LIST}{session.pk}/change/", form(meeting, hall)).status_code == 403
    assert client.get(f"{LIST}{session.pk}/copy/").status_code == 403


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_costs_the_same_for_one_and_for_thirty(staff, meeting, number, django_assert_num_queries):
    for place in range(number):
        room = Room.objects.create(meeting=meeting, name_en=f"Room {place}", name_fr=f"Salle {place}")
        make_session(meeting, f"Session {place}", room=room, places=5)
    staff.get(LIST)
    with django_assert_num_queries(11):
        staff.get(LIST)


# Copying


def test_a_session_is_copied(staff, meeting, hall, studio, speakers):
    session = make_session(meeting, "A workshop", 9, kind=Kind.WORKSHOP, places=5, room=hall)
    SessionSpeaker.objects.create(
        session=session, speaker=speakers[0], starts_at=session.starts_at, ends_at=session.ends_at
    )
    path = f"{LIST}{session.pk}/copy/"
    assert 'value="2027-06-01T09:00"' in staff.get(path).content.decode()
    response = staff.post(
        path, {"starts_at": "2027-06-02T09:00", "room": studio.pk, "with_speakers": "on"}, follow=True
    )
    assert "“A workshop” is also on Wednesday 2 June 2027, 09:00–10:00." in response.content.decode()
    copy = Session.objects.exclude(pk=session.pk).get()
    assert (copy.room, copy.places, copy.speakers.get().speaker) == (studio, 5, speakers[0])
    refused = staff.post(path, {"starts_at": "2027-06-01T09:30", "room": hall.pk})
    assert "“A workshop” is in “Great hall” at that time" in refused.content.decode()
    assert Session.objects.count() == 2


# The grid


def grid(response) -> list[tuple[str, list[str]]]:
    return [
        (row.label, [f"{cell.session.title} ×{cell.rows}" if cell.session else "+" for cell in row.cells])
        for row in response.context["rows"]
    ]


def test_a_day_is_a_grid_of_rooms_and_hours(staff, meeting, hall, studio):
    make_session(meeting, "Opening", 9, room=hall)
    make_session(meeting, "Long", 9, 3, room=studio)
    make_session(meeting, "Late", 16, room=hall, ends_at=make_time(meeting, "2027-06-01T17:15"))
    response = staff.get(f"{LIST}grid/?meeting={meeting.pk}")
    assert grid(response) == [
        ("09:00", ["Opening ×1", "Long ×3"]),
        ("10:00", ["+"]),
        ("11:00", ["+"]),
        ("12:00", ["+", "+"]),
        ("13:00", ["+", "+"]),
        ("14:00", ["+", "+"]),
        ("15:00", ["+", "+"]),
        ("16:00", ["Late ×2", "+"]),
        ("17:00", ["+"]),
        ("17:15", ["+", "+"]),
    ]
    text = response.content.decode()
    assert "Add a session at 10:00 in Great hall" in text
    assert f"meeting={meeting.pk}&amp;room={hall.pk}&amp;starts_at=2027-06-01T10%3A00" in text
    assert [day for day, _words, _url in response.context["days"]] == [
        datetime.date(2027, 6, day) for day in range(1, 5)
    ]
    other = staff.get(f"{LIST}grid/?meeting={meeting.pk}&day=2027-06-02")
    assert all(cells == ["+", "+"] for _label, cells in grid(other))


def make_time(meeting: Meeting, text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=meeting.zone)


def test_a_session_over_midnight_is_on_both_days(staff, meeting, hall):
    make_session(meeting, "Night", 22, 4, room=hall)
    first = grid(staff.get(f"{LIST}grid/?meeting={meeting.pk}"))
    second = grid(staff.get(f"{LIST}grid/?meeting={meeting.pk}&day=2027-06-02"))
    assert first[-2:] == [("22:00", ["Night ×2"]), ("23:00", [])]
    assert second[:3] == [("00:00", ["Night ×2"]), ("01:00", []), ("02:00", ["+"])]


@pytest.mark.parametrize(("day", "hours"), [("2027-03-28", 23), ("2027-10-31", 25)])
def test_a_day_of_a_change_of_clocks_has_its_own_hours(staff, network, day, hours):
    first = datetime.date.fromisoformat(day)
    meeting = make_meeting(
        hosts=("lyon",), year=2027, planned_year=2027, start_date=first, end_date=first, time_zone="Europe/Paris"
    )
    room = Room.objects.create(meeting=meeting, name_en="Hall", name_fr="Salle")
    begins = datetime.datetime.combine(first, datetime.time(), meeting.zone)
    ends = datetime.datetime.combine(first + datetime.timedelta(days=1), datetime.time(), meeting.zone)
    make_session(meeting, "All day", room=room, starts_at=begins, ends_at=ends)
    rows = grid(staff.get(f"{LIST}grid/?meeting={meeting.pk}"))
    # Of the hour that comes twice the first is named; the session covers both.
    assert len(rows) == min(hours, 24)
    assert rows[0] == ("00:00", [f"All day ×{len(rows)}"])


def test_an_empty_programme_says_what_to_do(staff, meeting):
    assert "There is no room yet" in staff.get(f"{LIST}grid/?meeting={meeting.pk}").content.decode()
    undated = make_meeting(30, start_date=None, end_date=None)
    text = staff.get(f"{LIST}grid/?meeting={undated.pk}").content.decode()
    assert "The days of the meeting are not known yet" in text
    assert staff.get(f"{LIST}grid/?meeting=999999").status_code == 404
    assert staff.get(f"{LIST}grid/?meeting={meeting.pk}&day=nonsense").status_code == 200


@pytest.mark.parametrize("number", [1, 60])
def test_the_grid_costs_the_same_for_one_and_for_sixty(staff, meeting, number, django_assert_num_queries):
    field = CreativeField.objects.get(slug="film")
    for place in range(number):
        room = Room.objects.create(meeting=meeting, name_en=f"Room {place}", name_fr=f"Salle {place}")
        session = make_session(meeting, f"Session {place}", room=room, kind=Kind.SUB_NETWORK, field=field, places=5)
        speaker = Speaker.objects.create(meeting=meeting, name=f"Speaker {place}")
        SessionSpeaker.objects.create(
            session=session, speaker=speaker, starts_at=session.starts_at, ends_at=session.ends_at
        )
    path = f"{LIST}grid/?meeting={meeting.pk}"
    staff.get(path)
    with django_assert_num_queries(13):
        staff.get(path)


# Rooms and speakers


def test_a_new_name_of_a_room_reaches_the_calendars(staff, meeting, hall):
    session = make_session(meeting, room=hall)
    path = f"/admin/meetings/room/{hall.pk}/change/"
    values = {"name_en": "Great hall", "name_fr": "Grande salle", "places": 50, "is_accessible": "on", "position": 3}
    staff.post(path, values)
    session.refresh_from_db()
    assert session.sequence == 0
    staff.post(path, values | {"name_en": "Assembly hall"})
    hall.refresh_from_db()
    session.refresh_from_db()
    assert (hall.name_en, session.sequence) == ("Assembly hall", 1)


def test_rooms_and_speakers_are_added_to_a_meeting(staff, meeting):
    staff.post(
        f"/admin/meetings/room/add/?meeting={meeting.pk}",
        {"meeting": meeting.pk, "name_en": "Room", "name_fr": "Salle", "position": 0},
    )
    staff.post(f"/admin/meetings/speaker/add/?meeting={meeting.pk}", {"meeting": meeting.pk, "name": "Speaker Three"})
    assert Room.objects.get().meeting == Speaker.objects.get().meeting == meeting
    assert "who agreed to be named" in staff.get("/admin/meetings/speaker/add/").content.decode()


def test_a_room_in_use_stays(staff, meeting, hall):
    make_session(meeting, room=hall)
    staff.post(f"/admin/meetings/room/{hall.pk}/delete/", {"post": "yes"})
    assert Room.objects.filter(pk=hall.pk).exists()
