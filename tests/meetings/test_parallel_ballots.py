"""Votes, closings and withdrawals at the same moment, each with a connection of its own (PostgreSQL), and a closing
that is killed wherever it stands."""

import datetime
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from cities.exceptions import TransitionNotAllowed
from cities.models import City, Coordinator, HistoryEntry, OutboxMessage
from cities.services.history import flaws
from meetings.models import Ballot, HostBid, HostCall, Meeting, OpenSeat, OpenVote, Seat, Vote
from meetings.services.ballot import (
    BallotRefused,
    VoteRefused,
    annul_ballot,
    cast_vote,
    check_receipt,
    close_ballot,
    close_due_ballots,
    open_ballot,
    open_due_ballots,
    open_runoff,
    remind_voters,
    withdraw_on_ballot,
)
from meetings.services.counting import counting_file, recount
from rvcu.models import User
from tests.cities.test_parallel_announcement import announcer, stored
from tests.conftest import mandate, person
from tests.factories.hosting import DAY, HOUR, cast, make_ballot, make_bid, make_host_call, make_meeting
from tests.parallel import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

TWENTY = 20
SECOND = datetime.timedelta(seconds=1)
Act = Callable[[], Any]


@pytest.fixture(autouse=True)
def connections_of_their_own(transactional_db) -> Iterator[None]:
    """A connection for each thread, none waiting for another's."""
    call_command("import_network", verbosity=0)
    pool = connection.settings_dict["OPTIONS"]["pool"]
    connection.close()
    connection.close_pool()
    connection.settings_dict["OPTIONS"]["pool"] = {**pool, "max_size": TWENTY + 5}
    yield
    connection.close()
    connection.close_pool()
    connection.settings_dict["OPTIONS"]["pool"] = pool


@pytest.fixture
def electorate() -> list[tuple[City, User]]:
    """Cities with their focal points."""
    found = []
    for number, city in enumerate(City.objects.members().order_by("pk")[:TWENTY]):
        user = person(f"focal.point.{number}@example.org")
        mandate(user, city.slug, Coordinator.Role.FOCAL_POINT)
        found.append((city, user))
    return found


@pytest.fixture
def officers(transactional_db) -> list[User]:
    return [person(f"officer.{number}@example.org", "officer") for number in range(8)]


def running(electorate: list[tuple[City, User]], **fields: Any) -> Ballot:
    call = make_host_call("ballot")
    bids = [make_bid(call, lead, status=HostBid.Status.ON_BALLOT) for lead in ("fabriano", "tucson")]
    return make_ballot(call, *bids, electorate=[city for city, _user in electorate], **fields)


def voting(ballot: Ballot, electorate: list[tuple[City, User]], **when: Any) -> list[Act]:
    return [
        lambda number=number, city=city, user=user: cast_vote(
            ballot=ballot, city=city, choice=(None, 1, 2, 1)[number % 4], by=user, **when
        )
        for number, (city, user) in enumerate(electorate)
    ]


def receipts(results: list[Any]) -> list[str]:
    return [one for one in results if isinstance(one, str)]


def test_twenty_votes_of_one_city_at_once_are_one(electorate):
    ballot = running(electorate)
    city, user = electorate[0]
    results = all_at_once(
        [
            lambda number=number: cast_vote(ballot=ballot, city=city, choice=number % 2 + 1, by=user)
            for number in range(TWENTY)
        ]
    )
    assert len(receipts(results)) == 1
    refusals = [one for one in results if not isinstance(one, str)]
    assert {type(one) for one in refusals} == {VoteRefused}
    assert all("has voted already" in str(one) for one in refusals)
    assert OpenVote.objects.count() == 1
    assert OpenSeat.objects.filter(has_voted=True).count() == 1


def test_twenty_cities_voting_at_once_all_count(electorate):
    ballot = running(electorate)
    results = all_at_once(voting(ballot, electorate))
    assert len(receipts(results)) == len(set(results)) == TWENTY
    closed = close_ballot(ballot=ballot, by=person("officer@example.org", "officer"))
    assert (closed.cast, closed.blank) == (TWENTY, 5)
    assert sorted(check_receipt(closed, one) for one in results) == [0] * 5 + [1] * 10 + [2] * 5


def sums(ballot: Ballot) -> tuple[int, int, int | None]:
    """Seats that have voted, votes, and votes counted: all the same, or something is stray."""
    voted = Seat.objects.filter(ballot=ballot, has_voted=True).count()
    return voted, Vote.objects.filter(ballot=ballot).count(), ballot.cast


@pytest.mark.parametrize("turn", range(3))
def test_a_vote_that_races_with_the_closing_counts_or_is_refused(electorate, turn):
    ended = timezone.now() - SECOND
    ballot = running(electorate, closes_at=ended)
    votes = voting(ballot, electorate[1:], received_at=ended - SECOND)
    place = (0, 9, 19)[turn]
    results = all_at_once([*votes[:place], lambda: close_ballot(ballot=ballot), *votes[place:]])
    closed = next(one for one in results if isinstance(one, Ballot))
    given = receipts(results)
    refusals = [one for one in results if isinstance(one, Exception)]
    assert len(given) + len(refusals) == TWENTY - 1
    assert all("Voting has ended: " in str(one) for one in refusals)
    assert sums(closed) == (len(given),) * 3
    assert None not in [check_receipt(closed, one) for one in given]
    assert not OpenVote.objects.exists()
    assert not OpenSeat.objects.exists()
    if given:
        assert recount(counting_file(closed)).cast == len(given)
    assert list(flaws()) == []


def test_a_vote_that_races_with_a_withdrawal_is_destroyed_or_refused(electorate):
    ballot = running(electorate)
    speaker = person("speaker@example.org")
    mandate(speaker, "fabriano", Coordinator.Role.ALTERNATE)
    bid = HostBid.objects.get(lead__slug="fabriano")
    votes = voting(ballot, electorate[1:])
    results = all_at_once([*votes[:9], lambda: withdraw_on_ballot(bid=bid, by=speaker), *votes[9:]])
    following = Ballot.objects.open().get()
    refusals = [one for one in results if isinstance(one, Exception)]
    assert all("This ballot was annulled" in str(one) for one in refusals)
    assert (OpenVote.objects.count(), OpenSeat.objects.filter(has_voted=True).count()) == (0, 0)
    assert OpenSeat.objects.count() == following.seats == TWENTY
    assert ballot.roll.filter(has_voted=True).count() == len(receipts(results))
    assert not Vote.objects.exists()


def test_of_closings_at_once_one_closes(electorate, officers):
    ballot = running(electorate, closes_at=timezone.now() - SECOND)
    for city, _user in electorate[:3]:
        cast(city, 1)
    results = all_at_once([lambda by=by: close_ballot(ballot=ballot, by=by) for by in (*officers, None)])
    assert sum(isinstance(one, Ballot) for one in results) == 1
    assert {type(one) for one in results} == {Ballot, TransitionNotAllowed}
    assert sums(Ballot.objects.get()) == (3, 3, 3)
    assert HistoryEntry.objects.filter(verb="ballot.closed").count() == 1
    assert OutboxMessage.objects.filter(template="ballot-result-to-staff").count() == 1
    assert list(flaws()) == []


def test_of_a_closing_and_an_annulment_at_once_one_is_done(electorate, officers):
    ballot = running(electorate, closes_at=timezone.now() - SECOND)
    cast(electorate[0][0], 1)
    results = all_at_once(
        [
            lambda: close_ballot(ballot=ballot),
            lambda: annul_ballot(ballot=ballot, reason="An error.", by=officers[0]),
            *([close_due_ballots] * 3),
        ]
    )
    ballot.refresh_from_db()
    assert isinstance(results[1], TransitionNotAllowed) == ballot.is_closed
    assert Vote.objects.count() == (1 if ballot.is_closed else 0)
    assert not OpenVote.objects.exists()


def test_of_openings_at_once_one_opens(electorate, officers):
    call = make_host_call("examination", ballot_opens_at=timezone.now() - HOUR)
    make_bid(call, "fabriano", status=HostBid.Status.ELIGIBLE)
    results = all_at_once(
        [*([open_due_ballots] * 4), *(lambda by=by: open_ballot(host_call=call, by=by) for by in officers)]
    )
    assert Ballot.objects.count() == 1
    assert sum(isinstance(one, Ballot) or one == 1 for one in results) == 1
    assert OpenSeat.objects.count() == City.objects.members().count()
    assert OutboxMessage.objects.filter(template="ballot-opened").count() == TWENTY


def test_of_two_calls_that_open_at_once_one_ballot_waits(officers):
    calls = [
        make_host_call("examination", ballot_opens_at=timezone.now() - HOUR, meeting=make_meeting(edition))
        for edition in (19, 20)
    ]
    for call in calls:
        make_bid(call, "fabriano", status=HostBid.Status.ELIGIBLE)
    results = all_at_once(
        [lambda call=call, by=by: open_ballot(host_call=call, by=by) for call, by in zip(calls, officers, strict=False)]
    )
    assert {type(one) for one in results} == {Ballot, BallotRefused}
    assert "Another ballot is open" in str(next(one for one in results if isinstance(one, BallotRefused)))
    assert Ballot.objects.open().count() == 1
    assert HostCall.objects.filter(status="ballot").count() == 1


def test_of_run_offs_at_once_one_opens(electorate, officers):
    ballot = running(electorate, closes_at=timezone.now() - SECOND)
    for (city, _user), choice in zip(electorate, (1, 2), strict=False):
        cast(city, choice)
    tied = close_ballot(ballot=ballot)
    results = all_at_once([lambda by=by: open_runoff(ballot=tied, by=by) for by in officers])
    assert sum(isinstance(one, Ballot) for one in results) == 1
    assert Ballot.objects.count() == 2
    assert OpenSeat.objects.count() == TWENTY


def test_of_clocks_at_once_one_reminds(electorate):
    running(electorate[:4], opened_at=timezone.now() - 5 * DAY, closes_at=timezone.now() + HOUR)
    assert sum(all_at_once([remind_voters] * 6)) == 4
    assert OutboxMessage.objects.filter(template="ballot-reminder").count() == 4


# Killed, and run again


def test_a_closing_killed_anywhere_and_run_again_counts_all_votes_once(electorate):
    ballot = running(electorate[:6], closes_at=timezone.now() - SECOND)
    for (city, _user), choice in zip(electorate, (1, 2, 1, None), strict=False):
        cast(city, choice)
    before = stored()
    killed = str(int(signal.SIGKILL))
    with announcer("meetings.services.ballot.close_due_ballots") as tell:
        # Whoever dies before the commit leaves nothing: the open tables that were emptied are full again.
        number = 0
        while stored() == before:
            number += 1
            assert tell(f"statement {number}") == killed, number
            if stored() == before:
                assert OpenVote.objects.count() == 4
        assert number > 40
        assert tell("run") == "done"
        assert tell("run") == "done"
    closed = Ballot.objects.get(pk=ballot.pk)
    assert (closed.outcome, closed.cast, closed.blank) == (Ballot.Outcome.SELECTED, 4, 1)
    assert sums(closed) == (4, 4, 4)
    assert recount(counting_file(closed)).votes == {1: 2, 2: 1}
    assert not OpenVote.objects.exists()
    assert not OpenSeat.objects.exists()
    assert Seat.objects.count() == 6
    assert HistoryEntry.objects.filter(verb="ballot.closed").count() == 1
    assert OutboxMessage.objects.filter(template="ballot-result").count() == 6
    assert OutboxMessage.objects.filter(template="ballot-result-to-staff").count() == 1
    assert Meeting.objects.get(pk=closed.host_call.meeting_id).hosts.count() == 1
    assert list(flaws()) == []
