"""Persons who book the same session at the same time, each with a connection of their own (PostgreSQL)."""

import pytest
from django.core.management import call_command

from cities.services.history import flaws
from meetings.models import Registration, Session, SessionPlace
from meetings.services.programme import BookingRefused, book, leave
from meetings.services.registration import cancel_registration
from tests.factories.hosting import make_meeting, make_registration, make_session, open_for_registration
from tests.parallel import at_once

THIRTY = 30


@pytest.fixture
def people(transactional_db) -> list[Registration]:
    call_command("import_network", verbosity=0)
    meeting = open_for_registration(make_meeting(hosts=("essaouira",)))
    return [make_registration(meeting, f"expert{number}@example.org", city="") for number in range(THIRTY)]


def workshop(people: list[Registration], title: str = "A workshop", hour: int = 9, **fields) -> Session:
    known = {"kind": Session.Kind.WORKSHOP, "places": 5}
    return make_session(people[0].meeting, title, hour, **known | fields)


def test_of_thirty_at_once_five_get_the_five_places(people):
    session = workshop(people)
    outcomes = at_once(lambda number: book(session=session, registration=people[number]), THIRTY)
    won = [one for one in outcomes if isinstance(one, SessionPlace)]
    assert len(won) == 5
    assert {type(one) for one in outcomes} == {SessionPlace, BookingRefused}
    assert sorted(SessionPlace.objects.values_list("place", flat=True)) == [1, 2, 3, 4, 5]
    assert list(flaws()) == []


def test_who_books_thirty_times_at_once_has_one_place(people):
    session = workshop(people)
    outcomes = at_once(lambda _number: book(session=session, registration=people[0]), THIRTY)
    assert {type(one) for one in outcomes} == {SessionPlace}
    assert SessionPlace.objects.get().place == 1


def test_of_two_sessions_at_one_time_one_is_booked(people):
    sessions = [workshop(people, "First"), workshop(people, "Second", room=another_room(people))]
    outcomes = at_once(lambda number: book(session=sessions[number % 2], registration=people[0]), 10)
    assert SessionPlace.objects.count() == 1
    assert {type(one) for one in outcomes} == {SessionPlace, BookingRefused}


def another_room(people: list[Registration]):
    return people[0].meeting.rooms.create(name_en="Studio", name_fr="Atelier")


def test_booking_leaving_and_cancelling_at_once_never_wait_for_each_other(people):
    session = workshop(people, places=THIRTY)

    def act(number: int) -> object:
        registration = people[number]
        book(session=session, registration=registration)
        if number % 3 == 1:
            return leave(session=session, registration=registration)
        if number % 3 == 2:
            return cancel_registration(registration=registration)
        return None

    outcomes = at_once(act, THIRTY)
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert SessionPlace.objects.count() == 10
    assert set(SessionPlace.objects.values_list("registration", flat=True)) == {one.pk for one in people[::3]}
    assert list(flaws()) == []
