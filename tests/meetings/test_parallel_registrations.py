"""Persons who register, cancel and enter at the same time, each with a connection of their own (PostgreSQL)."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from cities.exceptions import TransitionNotAllowed
from cities.models import City, HistoryEntry, OutboxMessage
from cities.services.history import flaws
from meetings.models import Meeting, Registration, RegistrationRequest
from meetings.services.registration import (
    AlreadyRegistered,
    LinkClosed,
    RegistrationRefused,
    cancel_registration,
    change_places,
    check_in,
    register,
    remove_personal_data,
)
from rvcu.models import User
from tests.conftest import mandate, person
from tests.factories.hosting import DAY, make_meeting, make_registration, open_for_registration
from tests.parallel import at_once

FIFTY = 50
Status, Verb = Registration.Status, HistoryEntry.Verb


@pytest.fixture
def meeting(transactional_db) -> Meeting:
    call_command("import_network", verbosity=0)
    return open_for_registration(make_meeting(hosts=["lyon"]))


@pytest.fixture
def officer(meeting) -> User:
    return person("officer@example.org", "officer")


def limit(meeting: Meeting, places: int | None, per_city: int = 300) -> Meeting:
    Meeting.objects.filter(pk=meeting.pk).update(places=places, per_city=per_city)
    meeting.refresh_from_db()
    return meeting


def requests(meeting: Meeting, number: int) -> list[RegistrationRequest]:
    return [
        RegistrationRequest.objects.create(meeting=meeting, email=f"expert{nth}@example.org") for nth in range(number)
    ]


def apply(request: RegistrationRequest) -> Registration:
    return register(meeting=request.meeting, capacity="expert", name=f"Expert {request.pk}", request=request)


def queue(meeting: Meeting, coming: int, waiting: int) -> list[Registration]:
    """A full meeting and its waiting list, in order."""
    limit(meeting, coming)
    return [apply(one) for one in requests(meeting, coming + waiting)]


def test_of_two_hundred_registrations_none_is_lost_and_none_is_beyond_the_places(meeting):
    limit(meeting, 80)
    rows = requests(meeting, 200)
    outcomes = at_once(lambda number: apply(rows[number]), 200)
    assert [one for one in outcomes if not isinstance(one, Registration)] == []
    stored = Registration.objects.all()
    assert sorted(stored.coming().values_list("place", flat=True)) == list(range(1, 81))
    assert sorted(stored.waiting().values_list("queued", flat=True)) == list(range(1, 121))
    assert stored.values("email").distinct().count() == 200
    assert HistoryEntry.objects.filter(verb=Verb.REGISTERED).count() == 200
    assert OutboxMessage.objects.count() == 200
    # Each was told the number that is its own.
    for row in stored.waiting():
        assert f"waiting list, number {row.queued}" in OutboxMessage.objects.get(to=row.email).subject
    assert list(flaws()) == []


def test_of_places_given_back_at_once_each_goes_to_who_waits_first(meeting, officer):
    rows = queue(meeting, coming=60, waiting=80)
    outcomes = at_once(lambda number: cancel_registration(registration=rows[number], by=officer), FIFTY)
    assert {type(one) for one in outcomes} == {Registration}
    states = list(Registration.objects.order_by("pk").values_list("status", flat=True))
    assert states == ["cancelled"] * 50 + ["registered"] * 60 + ["waiting"] * 30
    assert sorted(Registration.objects.coming().values_list("place", flat=True)) == list(range(1, 61))
    moved = HistoryEntry.objects.filter(verb=Verb.MOVED_UP).order_by("number").values_list("object_id", flat=True)
    assert list(moved) == [str(row.pk) for row in rows[60:110]]
    mails = OutboxMessage.objects.filter(template="registration-moved-up").order_by("pk")
    assert list(mails.values_list("to", flat=True)) == [row.email for row in rows[60:110]]
    assert list(flaws()) == []


def test_while_some_give_back_and_some_register_nobody_jumps_the_queue(meeting, officer):
    rows = queue(meeting, coming=40, waiting=40)
    late = [
        RegistrationRequest.objects.create(meeting=meeting, email=f"late{nth}@example.org", requested_at=timezone.now())
        for nth in range(25)
    ]

    def act(number: int) -> object:
        # Of those who cancel, every fifth only waits.
        if number % 2:
            return apply(late[number // 2])
        return cancel_registration(registration=rows[number if number % 10 else 79 - number], by=officer)

    outcomes = at_once(act, FIFTY)
    assert {type(one) for one in outcomes} == {Registration}
    stored = Registration.objects.all()
    assert sorted(stored.coming().values_list("place", flat=True)) == list(range(1, 41))
    # All who came late wait behind all who waited; who moved up is who waited longest.
    moved = set(HistoryEntry.objects.filter(verb=Verb.MOVED_UP).values_list("object_id", flat=True))
    left = [row for row in rows[40:] if Registration.objects.get(pk=row.pk).status == Status.WAITING]
    assert all(int(pk) < min(row.pk for row in left) for pk in moved)
    assert stored.filter(email__startswith="late", status=Status.WAITING).count() == 25
    assert list(flaws()) == []


def test_a_city_never_has_more_persons_than_it_may(meeting):
    limit(meeting, 20, per_city=3)
    coordinator = person("coordinator.lyon@example.org")
    mandate(coordinator, "lyon", "focal-point")
    lyon = City.objects.get(slug="lyon")

    def act(number: int) -> Registration:
        known = {"meeting": meeting, "city": lyon, "capacity": "delegate", "by": coordinator}
        return register(**known, name=f"Delegate {number}", email=f"delegate{number}@example.org")

    outcomes = at_once(act, FIFTY)
    refused = [one for one in outcomes if not isinstance(one, Registration)]
    assert {type(one) for one in refused} == {RegistrationRefused}
    assert all("All 3 places of Lyon are taken" in str(one) for one in refused)
    assert sorted(Registration.objects.values_list("city_place", flat=True)) == [1, 2, 3]


def test_fifty_clicks_register_one_person_once(meeting, officer):
    (request,) = requests(meeting, 1)
    outcomes = at_once(lambda number: apply(request), FIFTY)
    assert sum(isinstance(one, Registration) for one in outcomes) == 1
    assert sum(isinstance(one, LinkClosed) for one in outcomes) == FIFTY - 1
    known = {"meeting": meeting, "capacity": "press", "name": "A reporter", "email": "Press@example.org", "by": officer}
    outcomes = at_once(lambda number: register(**known), FIFTY)
    assert sum(isinstance(one, AlreadyRegistered) for one in outcomes) == FIFTY - 1
    assert Registration.objects.count() == 2


def test_fifty_clicks_cancel_once_and_move_one_up(meeting, officer):
    rows = queue(meeting, coming=1, waiting=3)
    outcomes = at_once(lambda number: cancel_registration(registration=rows[0], by=officer), FIFTY)
    assert sum(isinstance(one, TransitionNotAllowed) for one in outcomes) == FIFTY - 1
    assert HistoryEntry.objects.filter(verb=Verb.MOVED_UP).count() == 1
    assert Registration.objects.get(pk=rows[1].pk).place == 1


def test_more_places_while_others_register(meeting, officer):
    queue(meeting, coming=10, waiting=10)
    late = [RegistrationRequest.objects.create(meeting=meeting, email=f"late{n}@example.org") for n in range(49)]

    def act(number: int) -> object:
        if number:
            return apply(late[number - 1])
        return change_places(meeting=meeting, places=30, per_city=3, by=officer)

    at_once(act, FIFTY)
    stored = Registration.objects.all()
    assert sorted(stored.coming().values_list("place", flat=True)) == list(range(1, 31))
    # The ten who waited came first.
    assert not stored.waiting().filter(email__startswith="expert").exists()
    assert stored.waiting().count() == 20 + 49 - 30


def test_at_fifty_doors_a_person_enters_once(meeting, officer):
    row = make_registration(meeting)
    outcomes = at_once(lambda number: check_in(registration=row, by=officer), FIFTY)
    assert sum(isinstance(one, Registration) for one in outcomes) == 1
    assert sum(isinstance(one, TransitionNotAllowed) for one in outcomes) == FIFTY - 1
    assert HistoryEntry.objects.filter(verb=Verb.CHECKED_IN).count() == 1


def test_fifty_clocks_forget_once(meeting):
    make_registration(meeting)
    day = timezone.localdate() - 10 * DAY
    Meeting.objects.filter(pk=meeting.pk).update(
        status="held", year=day.year, start_date=day, end_date=day, personal_data_until=day + 5 * DAY
    )
    outcomes = at_once(lambda number: remove_personal_data(), FIFTY)
    assert sum(one for one in outcomes if isinstance(one, int)) == 1
    assert HistoryEntry.objects.filter(verb=Verb.PERSONAL_DATA_REMOVED).count() == 1
