"""Sessions without a clash, their speakers, and places in them."""

import datetime

import pytest
from django.core import mail
from django.utils.translation import override

from cities.models import CreativeField, HistoryEntry, OutboxMessage
from meetings.models import Meeting, Registration, Room, Session, SessionPlace, SessionSpeaker, Speaker
from meetings.services.programme import (
    BookingRefused,
    Line,
    ProgrammeRefused,
    at_the_place,
    audience,
    book,
    copy_session,
    leave,
    lines_of,
    obstacles,
    room_renamed,
    save_session,
    short_when,
    when,
)
from meetings.services.registration import cancel_registration
from tests.conftest import person
from tests.factories.hosting import HOUR, make_meeting, make_registration, make_session

pytestmark = pytest.mark.django_db

Kind = Session.Kind


@pytest.fixture
def studio(meeting) -> Room:
    return Room.objects.create(meeting=meeting, name_en="Studio", name_fr="Studio", position=1)


@pytest.fixture
def speaker(meeting) -> Speaker:
    return Speaker.objects.create(meeting=meeting, name="Speaker One")


def local(text: str, meeting: Meeting) -> datetime.datetime:
    return at_the_place(datetime.datetime.fromisoformat(text), meeting)


def draft(meeting: Meeting, room: Room, hour: int = 9, hours: int = 1, **fields) -> Session:
    starts = local("2027-06-01T00:00", meeting) + hour * HOUR
    known = {"kind": Kind.WORKSHOP, "title_en": "A workshop", "title_fr": "Un atelier"}
    return Session(
        meeting=meeting, room=room, **known | {"starts_at": starts, "ends_at": starts + hours * HOUR} | fields
    )


# Saving


def test_a_session_is_saved_with_its_speakers_in_their_order(meeting, hall, speaker, officer):
    other = Speaker.objects.create(meeting=meeting, name="Speaker Two")
    session = save_session(
        session=draft(meeting, hall), speakers=[Line(other, is_moderator=True), Line(speaker)], by=officer
    )
    assert session.sequence == 0
    assert lines_of(session) == [Line(other, is_moderator=True), Line(speaker)]
    assert {(one.starts_at, one.ends_at) for one in session.speakers.all()} == {(session.starts_at, session.ends_at)}
    assert session.history.get().history_user == officer


def test_a_change_raises_the_sequence_and_takes_the_speakers_along(meeting, hall, speaker, officer):
    session = save_session(session=draft(meeting, hall), speakers=[Line(speaker)], by=officer)
    session.starts_at += HOUR
    session.ends_at += HOUR
    save_session(session=session, by=officer)
    stored = SessionSpeaker.objects.get(session=session)
    assert (stored.starts_at, stored.ends_at) == (session.starts_at, session.ends_at)
    assert Session.objects.get(pk=session.pk).sequence == 1
    save_session(session=session, speakers=[], by=officer)
    assert not session.speakers.exists()
    assert Session.objects.get(pk=session.pk).sequence == 2


def test_the_stored_number_counts_not_the_one_in_hand(meeting, hall, officer):
    session = save_session(session=draft(meeting, hall), by=officer)
    twin = Session.objects.get(pk=session.pk)
    save_session(session=session, by=officer)
    save_session(session=twin, by=officer)
    assert Session.objects.get(pk=session.pk).sequence == 2


def test_only_officers_change_the_programme(meeting, hall, auditor, coordinator):
    for user in (auditor, coordinator):
        with pytest.raises(ProgrammeRefused, match="Only officers of the secretariat"):
            save_session(session=draft(meeting, hall), by=user)


def test_two_sessions_in_a_room_clash_and_the_sentence_names_the_other(meeting, hall, studio, officer):
    save_session(session=draft(meeting, hall, 9, 2, title_en="First"), by=officer)
    clashing = draft(meeting, hall, 10)
    with pytest.raises(ProgrammeRefused) as refusal:
        save_session(session=clashing, by=officer)
    sentence = "“First” is in “Great hall” at that time: Tuesday 1 June 2027, 09:00–11:00."
    assert str(refusal.value) == sentence
    with override("fr"):
        (obstacle,) = obstacles(clashing)
        assert "Grande salle" in obstacle.sentence
        assert "mardi 1er juin 2027" in obstacle.sentence
    # As one ends, the next begins; and another room is another room.
    save_session(session=draft(meeting, hall, 11), by=officer)
    save_session(session=draft(meeting, studio, 10), by=officer)


def test_a_speaker_cannot_be_in_two_sessions_at_once(meeting, hall, studio, speaker, officer):
    save_session(session=draft(meeting, hall, 9, 2, title_en="First"), speakers=[Line(speaker)], by=officer)
    with pytest.raises(ProgrammeRefused) as refusal:
        save_session(session=draft(meeting, studio, 10), speakers=[Line(speaker)], by=officer)
    assert str(refusal.value) == "Speaker One speaks in “First” at that time: Tuesday 1 June 2027, 09:00–11:00."
    assert Session.objects.count() == 1
    save_session(session=draft(meeting, studio, 11), speakers=[Line(speaker)], by=officer)


def test_a_session_moved_onto_another_of_its_speaker_stays(meeting, hall, studio, speaker, officer):
    save_session(session=draft(meeting, hall, 9), speakers=[Line(speaker)], by=officer)
    later = save_session(session=draft(meeting, studio, 11), speakers=[Line(speaker)], by=officer)
    later.starts_at -= 2 * HOUR
    with pytest.raises(ProgrammeRefused, match="Speaker One speaks in"):
        save_session(session=later, by=officer)
    assert later.speakers.get().starts_at == Session.objects.get(pk=later.pk).starts_at


@pytest.mark.parametrize(
    ("starts", "ends", "sentence"),
    [
        ("2027-05-31T23:00", "2027-06-01T01:00", "outside the days of the meeting, 1–4 June 2027"),
        ("2027-06-04T22:00", "2027-06-05T00:30", "outside the days of the meeting, 1–4 June 2027"),
        ("2027-06-02T10:00", "2027-06-02T10:00", "The session ends before it begins."),
        ("2027-06-02T10:00", "2027-06-02T09:00", "The session ends before it begins."),
        ("2027-06-01T00:00", "2027-06-01T01:00", None),
        ("2027-06-04T22:00", "2027-06-05T00:00", None),
        ("2027-06-01T22:00", "2027-06-02T02:00", None),
    ],
)
def test_a_session_is_within_the_days_at_the_place(meeting, hall, officer, starts, ends, sentence):
    session = draft(meeting, hall, starts_at=local(starts, meeting), ends_at=local(ends, meeting))
    if sentence is None:
        assert save_session(session=session, by=officer).pk
    else:
        with pytest.raises(ProgrammeRefused, match=sentence):
            save_session(session=session, by=officer)


def test_without_days_there_is_no_session(meeting, hall, officer):
    Meeting.objects.filter(pk=meeting.pk).update(start_date=None, end_date=None)
    with pytest.raises(ProgrammeRefused, match="The days of the meeting are not known yet"):
        save_session(session=draft(meeting, hall), by=officer)


def test_what_does_not_fit_is_said_all_at_once(meeting, hall, officer):
    other = make_meeting(20, hosts=("lyon",))
    room = Room.objects.create(meeting=other, name_en="Elsewhere", name_fr="Ailleurs", places=10)
    stranger = Speaker.objects.create(meeting=other, name="Speaker Elsewhere")
    session = draft(meeting, room, kind=Kind.SUB_NETWORK, places=11)
    found = {one.fact: one.sentence for one in obstacles(session, [stranger])}
    assert found == {
        "field": "A session of a sub-network has a creative field: choose it.",
        "room": "“Elsewhere” is a room of another meeting.",
        "places": "“Elsewhere” has 10 places: no more can be booked.",
        "speakers": "Speaker Elsewhere is a speaker of another meeting.",
    }
    session = draft(meeting, hall, field=CreativeField.objects.get(slug="film"))
    assert [one.sentence for one in obstacles(session)] == [
        "Only a session of a sub-network has a creative field: leave it out."
    ]


def test_a_title_is_needed(meeting, hall, officer):
    with pytest.raises(ProgrammeRefused):
        save_session(session=draft(meeting, hall, title_fr=""), by=officer)


def test_a_session_is_copied_with_or_without_its_speakers(meeting, hall, studio, speaker, officer):
    session = save_session(session=draft(meeting, hall, 9, 2, places=5), speakers=[Line(speaker)], by=officer)
    alone = copy_session(session=session, starts_at=session.starts_at, room=studio, by=officer)
    assert (alone.title_en, alone.places, alone.sequence) == ("A workshop", 5, 0)
    assert lines_of(alone) == []
    again = copy_session(session=session, starts_at=session.ends_at, room=hall, with_speakers=True, by=officer)
    assert again.ends_at - again.starts_at == 2 * HOUR
    assert lines_of(again) == [Line(speaker)]
    with pytest.raises(ProgrammeRefused, match="Speaker One speaks in"):
        copy_session(session=session, starts_at=session.starts_at + HOUR, room=studio, with_speakers=True, by=officer)


def test_calendars_take_over_the_new_name_of_a_room(meeting, hall, officer):
    session = save_session(session=draft(meeting, hall), by=officer)
    room_renamed(room=hall)
    assert Session.objects.get(pk=session.pk).sequence == 1


# Times at the place


def test_an_hour_that_clocks_leave_out_is_refused(network):
    meeting = make_meeting(hosts=("lyon",), time_zone="Europe/Paris")
    with pytest.raises(ProgrammeRefused, match=r"There is no 02:30 on 28 March 2027 in this time zone"):
        at_the_place(datetime.datetime.fromisoformat("2027-03-28T02:30"), meeting)
    twice = at_the_place(datetime.datetime.fromisoformat("2027-10-31T02:30"), meeting)
    assert twice.astimezone(datetime.UTC).hour == 0


@pytest.mark.parametrize(
    ("ends", "english", "french"),
    [
        ("2027-06-01T10:30", "Tuesday 1 June 2027, 09:00–10:30", "mardi 1er juin 2027, 9\xa0h\xa000–10\xa0h\xa030"),
        ("2027-06-02T00:00", "Tuesday 1 June 2027, 09:00–24:00", "mardi 1er juin 2027, 9\xa0h\xa000–24\xa0h\xa000"),
        ("2027-06-02T02:00", "Tuesday 1 June 2027, 09:00 – 2 June 2027, 02:00", None),
    ],
)
def test_when_a_session_is_in_words(meeting, hall, ends, english, french):
    session = draft(meeting, hall, ends_at=local(ends, meeting))
    assert when(session) == english
    if french:
        with override("fr"):
            assert when(session).replace("\u202f", "\xa0") == french


def test_a_short_form_for_tables(meeting, hall):
    assert short_when(draft(meeting, hall)) == "Tue 1 Jun 2027, 09:00–10:00"


def test_for_whom_a_session_is(meeting, hall):
    assert audience(draft(meeting, hall, kind=Kind.MAYORS)) == "For mayors"
    film = CreativeField.objects.get(slug="film")
    assert audience(draft(meeting, hall, kind=Kind.SUB_NETWORK, field=film)) == "For the cities of the field Film"
    assert [audience(draft(meeting, hall, kind=kind)) for kind in (Kind.PLENARY, Kind.WORKSHOP, Kind.PUBLIC)] == [
        ""
    ] * 3


# Places


@pytest.fixture
def delegate(meeting) -> Registration:
    """Of Lyon, a city of literature today."""
    user = person("delegate@example.org")
    return make_registration(meeting, user=user)


@pytest.fixture
def workshop(meeting, hall) -> Session:
    return make_session(meeting, "A workshop", 9, 2, kind=Kind.WORKSHOP, places=2, room=hall)


def test_places_are_given_from_the_lowest_free_one(meeting, workshop, delegate):
    others = [make_registration(meeting, f"delegate{number}@example.org", city="") for number in (1, 2)]
    assert book(session=workshop, registration=others[0]).place == 1
    assert book(session=workshop, registration=others[1]).place == 2
    with pytest.raises(BookingRefused, match="All places in “A workshop” are taken"):
        book(session=workshop, registration=delegate, by=delegate.user)
    leave(session=workshop, registration=others[0])
    booking = book(session=workshop, registration=delegate, by=delegate.user)
    assert (booking.place, booking.places) == (1, 2)
    acts = HistoryEntry.objects.filter(verb__startswith="session.").order_by("number")
    verbs = list(acts.values_list("verb", "actor"))
    assert verbs == [
        ("session.booked", None),
        ("session.booked", None),
        ("session.left", None),
        ("session.booked", delegate.user.pk),
    ]


def test_to_book_or_to_leave_twice_changes_nothing(workshop, delegate):
    first = book(session=workshop, registration=delegate)
    assert book(session=workshop, registration=delegate) == first
    leave(session=workshop, registration=delegate)
    leave(session=workshop, registration=delegate)
    assert HistoryEntry.objects.filter(verb__startswith="session.").count() == 2


def test_nobody_is_in_two_sessions_at_once(meeting, workshop, studio, delegate):
    book(session=workshop, registration=delegate)
    overlapping = make_session(meeting, "Another", 10, room=studio, kind=Kind.WORKSHOP, places=9)
    with pytest.raises(BookingRefused) as refusal:
        book(session=overlapping, registration=delegate)
    assert str(refusal.value) == (
        "You booked “A workshop” at that time: Tuesday 1 June 2027, 09:00–11:00. Give that place back first."
    )
    after = make_session(meeting, "After", 11, room=studio, kind=Kind.WORKSHOP, places=9)
    assert book(session=after, registration=delegate)


def test_the_mayors_forum_is_for_mayors(meeting, hall, delegate):
    forum = make_session(meeting, "Forum", 14, kind=Kind.MAYORS, places=9, room=hall)
    with pytest.raises(BookingRefused, match="The mayors’ forum is for mayors"):
        book(session=forum, registration=delegate)
    mayor = make_registration(meeting, "mayor@example.org", capacity=Registration.Capacity.MAYOR)
    assert book(session=forum, registration=mayor)


def test_a_sub_network_is_for_the_cities_of_its_field(meeting, hall, studio, delegate):
    fields = [CreativeField.objects.get(slug=slug) for slug in ("literature", "film")]
    own, other = (
        make_session(meeting, field.name, 14, kind=Kind.SUB_NETWORK, field=field, places=9, room=room)
        for field, room in zip(fields, (hall, studio), strict=True)
    )
    expert = make_registration(meeting, "expert@example.org", city="")
    for session, registration in ((other, delegate), (other, expert), (own, expert)):
        with pytest.raises(BookingRefused, match="This session is for the cities of the field"):
            book(session=session, registration=registration)
    assert book(session=own, registration=delegate)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [("waiting", "Only who has a place at the meeting"), ("cancelled", "Only who has a place at the meeting")],
)
def test_only_who_has_a_place_at_the_meeting_books(meeting, workshop, status, sentence):
    registration = make_registration(meeting, status=status)
    with pytest.raises(BookingRefused, match=sentence):
        book(session=workshop, registration=registration)


def test_what_needs_no_booking_is_not_booked(meeting, hall, delegate):
    with pytest.raises(BookingRefused, match="Nobody has to book “Opening”: just come"):
        book(session=make_session(meeting, room=hall), registration=delegate)


def test_a_session_that_has_begun_is_neither_booked_nor_left(workshop, delegate, monkeypatch):
    booking = book(session=workshop, registration=delegate)
    for instant, may in ((workshop.starts_at, False), (workshop.starts_at - datetime.timedelta.resolution, True)):
        monkeypatch.setattr("meetings.services.programme.timezone.now", lambda instant=instant: instant)
        if may:
            leave(session=workshop, registration=delegate)
            assert not SessionPlace.objects.filter(pk=booking.pk).exists()
        else:
            with pytest.raises(BookingRefused, match="“A workshop” has begun"):
                leave(session=workshop, registration=delegate)


@pytest.mark.parametrize("status", ["held", "outcome-published", "cancelled"])
def test_of_a_meeting_that_is_over_nothing_is_booked(meeting, workshop, delegate, status):
    Meeting.objects.filter(pk=meeting.pk).update(status=status)
    with pytest.raises(BookingRefused, match="The meeting is over or cancelled"):
        book(session=workshop, registration=delegate)


def test_a_session_of_another_meeting_is_not_booked(delegate):
    other = make_session(make_meeting(20, hosts=("lyon",)), places=3)
    with pytest.raises(BookingRefused, match="This session is one of another meeting"):
        book(session=other, registration=delegate)


def test_who_books_for_whom(workshop, delegate, coordinator, other_coordinator, officer):
    for stranger in (other_coordinator, officer):
        with pytest.raises(BookingRefused, match="Places are booked by the person themselves"):
            book(session=workshop, registration=delegate, by=stranger)
    assert book(session=workshop, registration=delegate, by=coordinator)


def test_who_cancels_gives_all_places_back(workshop, delegate):
    book(session=workshop, registration=delegate)
    cancel_registration(registration=delegate)
    assert not SessionPlace.objects.exists()


# A session in which somebody booked


def test_what_was_promised_to_who_booked_stays(meeting, workshop, delegate, officer):
    book(session=workshop, registration=delegate)
    workshop.places = None
    with pytest.raises(ProgrammeRefused, match="1 place is booked already: there cannot be fewer"):
        save_session(session=workshop, by=officer)
    workshop.places, workshop.kind = 1, Kind.MAYORS
    with pytest.raises(ProgrammeRefused, match="for whom the session is cannot change any more"):
        save_session(session=workshop, by=officer)
    workshop.kind = Kind.WORKSHOP
    assert save_session(session=workshop, by=officer).places == 1


def test_a_lower_limit_fills_the_free_places_below_it(meeting, hall, officer):
    session = make_session(meeting, "Many", 9, kind=Kind.WORKSHOP, places=5, room=hall)
    people = [make_registration(meeting, f"expert{number}@example.org", city="") for number in range(6)]
    for one in people[:5]:
        book(session=session, registration=one)
    for one in people[:3]:
        leave(session=session, registration=one)
    session.places = 3
    save_session(session=session, by=officer)
    assert book(session=session, registration=people[5]).place == 1
    with pytest.raises(BookingRefused, match="All places"):
        book(session=session, registration=people[0])


def test_who_booked_is_told_of_another_time_or_room(meeting, workshop, studio, officer):
    french = make_registration(meeting, "french@example.org", language="fr", name="Une déléguée")
    book(session=workshop, registration=french)
    workshop.title_en = "Another name"
    save_session(session=workshop, by=officer)
    assert not OutboxMessage.objects.exists()
    workshop.starts_at, workshop.ends_at, workshop.room = workshop.starts_at + HOUR, workshop.ends_at + HOUR, studio
    save_session(session=workshop, by=officer)
    message = OutboxMessage.objects.get()
    assert (message.template, message.to, message.language) == ("session-moved", "french@example.org", "fr")
    for text in ("Une déléguée", "mardi 1er juin 2027, 9", "mardi 1er juin 2027, 10", "Grande salle", "Studio"):
        assert text in message.body
    assert f"/fr/meetings/19/programme/#session-{workshop.pk}" in message.body
    assert mail.outbox == []
