"""Ballots: opened, voted in, closed, run off, annulled; who may, when, and what each refusal says."""

import datetime
import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cities.exceptions import MandateRefused, NetworkError, TransitionNotAllowed
from cities.models import City, Coordinator, Designation, HistoryEntry, OutboxMessage
from cities.services.clock import tick
from cities.services.history import flaws
from meetings.models import Ballot, HostBid, HostCall, Meeting, OpenSeat, OpenVote, Seat, Vote
from meetings.services import ballot as service
from meetings.services.ballot import (
    BLANK,
    BallotRefused,
    Turnout,
    VoteRefused,
    annul_ballot,
    cancel_on_ballot,
    cast_vote,
    check_receipt,
    close_ballot,
    close_due_ballots,
    hash_of,
    open_ballot,
    open_due_ballots,
    open_runoff,
    readiness,
    remind_voters,
    turnout,
    withdraw_on_ballot,
)
from meetings.services.counting import counting_file, recount
from meetings.services.host_call import HostCallRefused
from rvcu.models import User
from tests.conftest import mandate, person
from tests.factories.hosting import DAY, HOUR, cast, make_ballot, make_bid, make_host_call, make_meeting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("network")]

Status = Ballot.Status
Outcome = Ballot.Outcome
Bid = HostBid.Status
Verb = HistoryEntry.Verb
FOCAL_POINT = Coordinator.Role.FOCAL_POINT


@pytest.fixture
def due() -> HostCall:
    """A call for hosts whose ballot is to open now."""
    return make_host_call("examination", ballot_opens_at=timezone.now() - HOUR)


def eligible(call: HostCall, lead: str, *partners: str) -> HostBid:
    return make_bid(call, lead, *partners, status=Bid.ELIGIBLE)


def some(*slugs: str) -> list[City]:
    return [City.objects.get(slug=slug) for slug in slugs]


def running(*slugs: str, call: HostCall | None = None, **fields: Any) -> Ballot:
    """An open ballot on the bids of Fabriano and Tucson, with the cities named on its roll."""
    call = call or make_host_call("ballot")
    bids = [make_bid(call, lead, status=Bid.ON_BALLOT) for lead in ("fabriano", "tucson")]
    return make_ballot(call, *bids, electorate=some(*(slugs or ("lyon", "ostersund", "tucson"))), **fields)


def over(ballot: Ballot) -> Ballot:
    """The same ballot with its time passed."""
    now = timezone.now()
    Ballot.objects.filter(pk=ballot.pk).update(opened_at=now - HOUR, closes_at=now - HOUR / 2)
    return fresh(ballot)


def fresh(row: Any) -> Any:
    return type(row)._base_manager.get(pk=row.pk)


def leave_network(slug: str, on: datetime.date) -> None:
    Designation.objects.filter(city__slug=slug, ends_on=None).update(ends_on=on, end_reason="withdrawn")


def mails(template: str) -> list[str]:
    return sorted(OutboxMessage.objects.filter(template=template).values_list("to", flat=True))


def acts(verb: str) -> Any:
    return HistoryEntry.objects.filter(verb=verb).order_by("number")


# Opening


def test_what_keeps_a_ballot_from_opening_is_told_sentence_by_sentence(due):
    assert readiness(due) == ["There is no eligible bid whose cities are all members: nothing to vote on."]
    make_bid(due, "lyon", status=Bid.SUBMITTED)
    make_bid(due, "tucson", status=Bid.SUBMITTED)
    assert readiness(due)[0] == "2 bids are not examined yet."
    eligible(due, "fabriano")
    HostBid.objects.filter(lead__slug="lyon").update(status=Bid.INELIGIBLE)
    assert readiness(due) == ["1 bid is not examined yet."]
    HostBid.objects.filter(lead__slug="tucson").update(status=Bid.WITHDRAWN)
    assert readiness(due) == []


def test_it_opens_neither_before_its_instant_nor_after_its_end(due):
    eligible(due, "fabriano")
    assert readiness(due, due.ballot_opens_at) == []
    (early,) = readiness(due, due.ballot_opens_at - datetime.timedelta.resolution)
    assert early.startswith("The ballot opens on ")
    assert readiness(due, due.ballot_closes_at - datetime.timedelta.resolution) == []
    (late,) = readiness(due, due.ballot_closes_at)
    assert late.startswith("The end of the ballot has passed: ")
    assert late.endswith("Reschedule the call for hosts.")


@pytest.mark.parametrize("status", [one for one in HostCall.Status if one != HostCall.Status.PUBLISHED])
def test_only_a_published_call_has_a_ballot_opened(due, status, officer):
    eligible(due, "fabriano")
    HostCall.objects.filter(pk=due.pk).update(status=status)
    label = HostCall.Status(status).label
    assert readiness(fresh(due)) == [f"No ballot can be opened: the call for hosts is “{label}”."]
    with pytest.raises(BallotRefused):
        open_ballot(host_call=due, by=officer)


def test_only_one_ballot_is_open_at_a_time(due, officer):
    eligible(due, "fabriano")
    other = running(call=make_host_call("ballot", meeting=make_meeting(24)))
    sentence = f"Another ballot is open: {other}. Only one can be at a time."
    assert readiness(due) == [sentence]
    with pytest.raises(BallotRefused, match=re.escape(sentence)):
        open_ballot(host_call=due, by=officer)


def test_a_call_in_which_nobody_could_vote_is_not_ready(due):
    HostCall.objects.filter(pk=due.pk).update(status="draft")
    HostCall.objects.filter(pk=due.pk).update(bidders_vote=False)
    HostCall.objects.filter(pk=due.pk).update(status="published")
    eligible(due, "fabriano")
    yesterday = timezone.now().date() - DAY * 2
    Designation.objects.exclude(city__slug="fabriano").filter(ends_on=None).update(
        ends_on=yesterday, end_reason="withdrawn"
    )
    assert readiness(fresh(due)) == ["No city could vote."]


def test_opening_freezes_the_roll_and_tells_the_focal_points(due, officer, coordinator, other_coordinator, alternate):
    mandate(coordinator, "tucson", FOCAL_POINT)
    bids = [eligible(due, "tucson"), eligible(due, "fabriano", "lyon")]
    opened = open_ballot(host_call=due, by=officer)
    members = City.objects.members()
    assert (opened.seats, opened.quorum, opened.number, opened.round) == (members.count(), 0, 1, 1)
    assert set(OpenSeat.objects.values_list("city", flat=True)) == set(members.values_list("pk", flat=True))
    assert not OpenSeat.objects.filter(has_voted=True).exists()
    assert not Coordinator.objects.filter(city__slug="fabriano").exists()  # on the roll all the same
    assert OpenSeat.objects.filter(city__slug="fabriano").exists()
    # By the name of the lead.
    assert [one.bid for one in opened.options.all()] == [bids[1], bids[0]]
    assert {fresh(bid).status for bid in bids} == {Bid.ON_BALLOT}
    assert fresh(due).status == HostCall.Status.BALLOT
    assert opened.closes_at == due.ballot_closes_at
    # Once each, with both cities of who votes for two; the alternate does not vote.
    assert mails("ballot-opened") == ["coordinator.lyon@example.org", "coordinator.ostersund@example.org"]
    text = OutboxMessage.objects.get(template="ballot-opened", to=coordinator.email).body
    assert "- Lyon\n- Tucson\n" in text
    assert "1. Fabriano and Lyon\n2. Tucson\n" in text
    french = OutboxMessage.objects.get(template="ballot-opened", to=other_coordinator.email)
    assert "Fabriano et Lyon" in french.body
    entry = acts(Verb.BALLOT_OPENED).get(object_type="meetings.ballot")
    assert entry.changes["seats"] == [None, opened.seats]
    assert entry.actor == officer
    assert list(flaws()) == []


def test_the_day_of_the_opening_decides_in_paris(due, monkeypatch):
    # 23:30 in London is the next day in Paris.
    instant = datetime.datetime(2027, 1, 31, 23, 30, tzinfo=datetime.UTC)
    HostCall.objects.filter(pk=due.pk).update(ballot_opens_at=instant, ballot_closes_at=instant + 5 * DAY)
    eligible(due, "fabriano")
    leave_network("lyon", datetime.date(2027, 1, 31))
    leave_network("ostersund", datetime.date(2027, 2, 1))
    monkeypatch.setattr(timezone, "now", lambda: instant)
    open_ballot(host_call=fresh(due))
    roll = set(OpenSeat.objects.values_list("city__slug", flat=True))
    assert "ostersund" in roll
    assert "lyon" not in roll


def test_bidders_do_not_vote_where_the_call_says_so():
    call = make_host_call("examination", ballot_opens_at=timezone.now() - HOUR, bidders_vote=False, quorum_percent=50)
    eligible(call, "lyon", "ostersund")
    make_bid(call, "tucson", status=Bid.INELIGIBLE)
    opened = open_ballot(host_call=call)
    roll = set(OpenSeat.objects.values_list("city__slug", flat=True))
    assert not {"lyon", "ostersund"} & roll
    assert "tucson" in roll
    assert opened.seats == City.objects.members().count() - 2
    assert opened.quorum == -(-opened.seats // 2)


def test_a_bid_with_a_city_that_left_the_network_does_not_come_on_the_ballot(due, coordinator):
    leave_network("ostersund", timezone.now().date() - 2 * DAY)
    lost, stays = eligible(due, "lyon", "ostersund"), eligible(due, "fabriano")
    opened = open_ballot(host_call=due)
    lost = fresh(lost)
    assert lost.status == Bid.INELIGIBLE
    assert lost.reason_en == "No member city on the day on which the ballot opened: Östersund."
    assert lost.reason_fr
    assert [one.bid for one in opened.options.all()] == [stays]
    assert mails("bid-ineligible") == [coordinator.email]
    assert mails("ballot-bid-lost") == [site_settings.CONTACT_EMAIL]


def test_the_clock_opens_what_is_due_and_tells_once_what_is_not_ready(due, officer):
    waiting = make_bid(due, "fabriano", status=Bid.SUBMITTED)
    assert open_due_ballots() == 0
    assert open_due_ballots() == 0
    assert mails("ballot-not-ready") == [site_settings.CONTACT_EMAIL]
    assert "1 bid is not examined yet." in OutboxMessage.objects.get(template="ballot-not-ready").body
    HostBid.objects.filter(pk=waiting.pk).update(status=Bid.ELIGIBLE)
    assert open_due_ballots() == 1
    assert open_due_ballots() == 0
    assert Ballot.objects.get().opened_by is None


def test_nothing_opens_before_its_instant(due):
    HostCall.objects.filter(pk=due.pk).update(ballot_opens_at=timezone.now() + HOUR)
    eligible(due, "fabriano")
    assert open_due_ballots() == 0
    assert not Ballot.objects.exists()
    assert mails("ballot-not-ready") == []


# Who may run a ballot


@pytest.fixture
def superuser(admin_user: User) -> User:
    return admin_user


@pytest.mark.parametrize("who", ["auditor", "coordinator", "alternate", "editor", "commission_officer", "evaluator"])
def test_only_officers_run_ballots(request, due, who):
    by = request.getfixturevalue(who)
    eligible(due, "fabriano")
    sentence = "Only officers of the secretariat do this."
    with pytest.raises(HostCallRefused, match=sentence):
        open_ballot(host_call=due, by=by)
    open_one = over(running(call=make_host_call("ballot", meeting=make_meeting(24))))
    for act in (
        lambda: close_ballot(ballot=open_one, by=by),
        lambda: annul_ballot(ballot=open_one, reason="No.", by=by),
        lambda: open_runoff(ballot=open_one, by=by),
        lambda: cancel_on_ballot(host_call=open_one.host_call, reason="No.", by=by),
    ):
        with pytest.raises(HostCallRefused, match=sentence):
            act()
    assert fresh(open_one).is_open


# Voting


def test_a_vote_flips_the_seat_and_leaves_a_receipt(coordinator):
    ballot = running()
    lyon = City.objects.get(slug="lyon")
    receipt = cast_vote(ballot=ballot, city=lyon, choice=2, by=coordinator)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}", receipt)
    vote = OpenVote.objects.get()
    assert (vote.choice, vote.receipt_sha256) == (2, hash_of(receipt))
    assert list(OpenSeat.objects.filter(has_voted=True).values_list("city__slug", flat=True)) == ["lyon"]
    assert turnout(ballot) == Turnout(seats=3, voted=1, quorum=0)
    assert turnout(ballot).percent == 33


def test_no_two_receipts_are_alike(coordinator):
    receipts = {service._new_receipt() for _time in range(2000)}
    assert len(receipts) == 2000
    assert {letter for receipt in receipts for letter in receipt} == {*service._LETTERS, "-"}


def test_voting_writes_the_seat_and_the_vote_and_nothing_else(coordinator):
    ballot = running()
    before = {model: model.objects.count() for model in (HistoryEntry, OutboxMessage)}
    with CaptureQueriesContext(connection) as queries:
        cast_vote(ballot=ballot, city=City.objects.get(slug="lyon"), choice=None, by=coordinator)
    written = [query["sql"].split()[:3] for query in queries if not query["sql"].startswith(("SELECT", "SAVE", "REL"))]
    assert written == [["UPDATE", '"meetings_openseat"', "SET"], ["INSERT", "INTO", '"meetings_openvote"']]
    assert before == {model: model.objects.count() for model in before}


@pytest.mark.parametrize("seats", [1, 30])
def test_a_vote_costs_as_many_queries_in_a_large_electorate(coordinator, seats, django_assert_num_queries):
    others = City.objects.members().exclude(slug="lyon")[: seats - 1]
    ballot = make_ballot(
        call := make_host_call("ballot"), make_bid(call, "tucson"), electorate=[*some("lyon"), *others]
    )
    city = City.objects.get(slug="lyon")
    # Ballot, mandate, seat, paper, seat, vote; and four savepoints.
    with django_assert_num_queries(10):
        cast_vote(ballot=ballot, city=city, choice=1, by=coordinator)


@pytest.mark.parametrize(
    "who",
    [
        "alternate",
        "editor",
        "other_coordinator",
        "former_coordinator",
        "officer",
        "decision_officer",
        "administrator",
        "auditor",
        "superuser",
        "commission_officer",
        "evaluator",
    ],
)
def test_nobody_but_the_focal_point_votes_for_a_city(request, who):
    by = request.getfixturevalue(who)
    ballot = running()
    with pytest.raises(VoteRefused) as refusal:
        cast_vote(ballot=ballot, city=City.objects.get(slug="lyon"), choice=1, by=by)
    assert str(refusal.value) == "Only the focal point of Lyon can vote for it, and nobody in their place."
    assert not OpenVote.objects.exists()
    assert turnout(ballot).voted == 0


def test_a_closed_account_votes_no_more(coordinator):
    ballot = running()
    User.objects.filter(pk=coordinator.pk).update(is_active=False)
    with pytest.raises(VoteRefused, match="Only the focal point"):
        cast_vote(ballot=ballot, city=City.objects.get(slug="lyon"), choice=1, by=fresh(coordinator))


def test_a_mandate_that_began_after_the_opening_votes(coordinator):
    ballot = running()
    now = timezone.now()
    Coordinator.objects.filter(user=coordinator).update(ends_at=now - HOUR)
    successor = person("successor.lyon@example.org")
    mandate(successor, "lyon", FOCAL_POINT, begins_at=now - HOUR)
    lyon = City.objects.get(slug="lyon")
    with pytest.raises(VoteRefused):
        cast_vote(ballot=ballot, city=lyon, choice=1, by=coordinator)
    assert cast_vote(ballot=ballot, city=lyon, choice=1, by=successor)


def test_one_city_one_vote(coordinator):
    ballot, lyon = running(), City.objects.get(slug="lyon")
    cast_vote(ballot=ballot, city=lyon, choice=1, by=coordinator)
    for choice in (1, 2, None):
        with pytest.raises(VoteRefused, match=r"Lyon has voted already\. A vote is final: it cannot be changed\."):
            cast_vote(ballot=ballot, city=lyon, choice=choice, by=coordinator)
    assert OpenVote.objects.get().choice == 1


def test_a_city_that_is_not_on_the_roll_does_not_vote(coordinator):
    ballot = running("ostersund")
    with pytest.raises(VoteRefused, match="Lyon is not on the roll of this ballot, which was frozen when it opened"):
        cast_vote(ballot=ballot, city=City.objects.get(slug="lyon"), choice=1, by=coordinator)


@pytest.mark.parametrize("choice", [0, 3, -1, 99999])
def test_only_what_is_on_the_paper_is_chosen(coordinator, choice):
    ballot = running()
    with pytest.raises(VoteRefused, match="Choose a bid on the paper, or a blank vote"):
        cast_vote(ballot=ballot, city=City.objects.get(slug="lyon"), choice=choice, by=coordinator)
    assert turnout(ballot).voted == 0


def test_a_vote_counts_by_when_it_arrived(coordinator, other_coordinator):
    ends = datetime.datetime(2026, 6, 30, 16, tzinfo=datetime.UTC)
    ballot = running(opened_at=ends - DAY, closes_at=ends)
    lyon, ostersund = some("lyon", "ostersund")
    last = ends - datetime.timedelta.resolution
    assert cast_vote(ballot=ballot, city=lyon, choice=1, by=coordinator, received_at=last)
    for late in (ends, ends + HOUR, None):
        with pytest.raises(VoteRefused) as refusal:
            cast_vote(ballot=ballot, city=ostersund, choice=1, by=other_coordinator, received_at=late)
        assert str(refusal.value) == "Voting has ended: Tuesday 30 June 2026, 18:00, Paris time (UTC+2)."
    assert OpenVote.objects.count() == 1


def test_after_the_closing_no_vote_is_taken_however_early_it_says_it_came(coordinator, officer):
    ends = datetime.datetime(2026, 6, 30, 16, tzinfo=datetime.UTC)
    ballot = running(opened_at=ends - DAY, closes_at=ends)
    close_ballot(ballot=ballot)
    with pytest.raises(VoteRefused, match=r"Voting has ended: Tuesday 30 June 2026, 18:00"):
        cast_vote(ballot=ballot, city=City.objects.get(slug="lyon"), choice=1, by=coordinator, received_at=ends - HOUR)
    assert (OpenVote.objects.count(), Vote.objects.count()) == (0, 0)


def test_an_annulled_ballot_takes_no_votes_and_its_page_left_open_none_for_the_new_one(coordinator, officer):
    ballot = running()
    following = annul_ballot(ballot=ballot, reason="An error on the paper.", by=officer)
    with pytest.raises(VoteRefused, match="This ballot was annulled: its votes were destroyed"):
        cast_vote(ballot=ballot, city=City.objects.get(slug="lyon"), choice=1, by=coordinator)
    assert cast_vote(ballot=following, city=City.objects.get(slug="lyon"), choice=1, by=coordinator)


# Receipts


def test_a_receipt_tells_what_was_counted_however_it_is_typed(coordinator, other_coordinator):
    ballot = running()
    lyon, ostersund = some("lyon", "ostersund")
    mine = cast_vote(ballot=ballot, city=lyon, choice=2, by=coordinator)
    blank = cast_vote(ballot=ballot, city=ostersund, choice=None, by=other_coordinator)
    assert check_receipt(ballot, mine) is None  # nothing is told while the ballot is open
    closed = close_ballot(ballot=over(ballot))
    typed = (mine, mine.lower(), mine.replace("-", ""), f"  {mine.replace('-', ' ')}\n", mine.replace("0", "O"))
    assert {check_receipt(closed, text) for text in typed} == {2}
    assert check_receipt(closed, mine.replace("1", "l")) == 2
    assert check_receipt(closed, blank) == BLANK
    for wrong in ("", "-", mine[:-1], mine[::-1], hash_of(mine), "x" * 5000):
        assert check_receipt(closed, wrong) is None


# Closing


def voted(ballot: Ballot, *choices: int | None) -> Ballot:
    """The ballot with the votes of the first cities of its roll, and its time passed."""
    for seat, choice in zip(OpenSeat.objects.select_related("city").order_by("pk"), choices, strict=False):
        cast(seat.city, choice, f"{ballot.pk} {seat.city.slug}")
    return over(ballot)


def test_it_closes_at_its_instant_and_not_before(officer):
    ballot = running()
    cast(City.objects.get(slug="lyon"), 1)
    for by in (officer, None):
        with pytest.raises(BallotRefused, match=r"1 of 3 cities have voted\. Until all have, the ballot is open until"):
            close_ballot(ballot=ballot, by=by)
    assert close_due_ballots() == 0
    assert fresh(ballot).is_open
    over(ballot)
    assert close_due_ballots() == 1
    assert close_due_ballots() == 0
    assert fresh(ballot).is_closed


def test_an_officer_closes_it_earlier_only_when_all_have_voted_and_the_clock_never(officer):
    ballot = running()
    for city in some("lyon", "ostersund", "tucson"):
        cast(city, 1)
    with pytest.raises(BallotRefused):
        close_ballot(ballot=ballot)
    assert close_due_ballots() == 0
    assert close_ballot(ballot=ballot, by=officer).is_closed


def test_closing_moves_roll_and_votes_and_empties_what_was_open():
    ballot = voted(running(), 1, None)
    hashes = set(OpenVote.objects.values_list("receipt_sha256", "choice"))
    closed = close_ballot(ballot=ballot)
    assert not OpenSeat.objects.exists()
    assert not OpenVote.objects.exists()
    assert set(closed.votes.values_list("receipt_sha256", "choice")) == hashes
    assert dict(closed.roll.values_list("city__slug", "has_voted")) == {
        "lyon": True,
        "ostersund": True,
        "tucson": False,
    }
    assert turnout(closed) == Turnout(3, 2, 0)
    assert recount(counting_file(closed)).winner == 1


def test_the_history_notes_the_totals_alone():
    closed = close_ballot(ballot=voted(running(), 1, None, 1))
    (entry,) = acts(Verb.BALLOT_CLOSED)
    assert entry.changes == {
        "status": ["open", "closed"],
        "outcome": [None, "selected"],
        "cast": [None, 3],
        "blank": [None, 1],
        "votes": [None, {"1": 2, "2": 0}],
    }
    assert closed.votes.first().receipt_sha256 not in str(list(HistoryEntry.objects.values()))


def test_the_bid_with_most_votes_is_selected_and_its_cities_host_the_meeting(coordinator, officer):
    call = make_host_call("ballot")
    bids = [
        make_bid(call, "lyon", "ostersund", status=Bid.ON_BALLOT),
        make_bid(call, "fabriano", status=Bid.ON_BALLOT),
    ]
    make_bid(call, "tucson", status=Bid.INELIGIBLE)
    ballot = voted(make_ballot(call, *bids, electorate=some("lyon", "ostersund", "tucson")), 1, 1, 2)
    closed = close_ballot(ballot=ballot)
    assert (closed.outcome, closed.cast, closed.blank) == (Outcome.SELECTED, 3, 0)
    assert list(closed.options.values_list("votes", flat=True)) == [2, 1]
    assert [fresh(bid).status for bid in bids] == [Bid.SELECTED, Bid.NOT_SELECTED]
    assert HostBid.objects.get(lead__slug="tucson").status == Bid.INELIGIBLE
    assert fresh(call).status == HostCall.Status.DECIDED
    meeting = Meeting.objects.get(pk=call.meeting_id)
    assert meeting.status == Meeting.Status.HOST_SELECTED
    assert [host.city.slug for host in meeting.hosts.all()] == ["lyon", "ostersund"]
    assert mails("ballot-result") == [coordinator.email]
    body = OutboxMessage.objects.get(template="ballot-result").body
    assert "1. Lyon and Östersund: 2\n2. Fabriano: 1\nBlank: 0. Votes cast: 3 of 3." in body
    assert mails("ballot-result-to-staff") == [site_settings.CONTACT_EMAIL]
    assert list(flaws()) == []


@pytest.mark.parametrize(
    ("choices", "quorum", "outcome"),
    [((), 0, Outcome.NO_VOTES), ((None, None), 0, Outcome.NO_VOTES), ((1, 1), 3, Outcome.NO_QUORUM)],
)
def test_without_a_winner_the_call_ends_without_a_host(choices, quorum, outcome):
    closed = close_ballot(ballot=voted(running(quorum=quorum), *choices))
    assert closed.outcome == outcome
    assert set(HostBid.objects.values_list("status", flat=True)) == {Bid.NOT_SELECTED}
    assert fresh(closed.host_call).status == HostCall.Status.DECIDED
    assert Meeting.objects.get(pk=closed.host_call.meeting_id).status == Meeting.Status.PLANNED


def test_a_meeting_that_was_cancelled_meanwhile_keeps_no_ballot_from_being_counted():
    ballot = voted(running(), 1, 1)
    Meeting.objects.update(status=Meeting.Status.CANCELLED)
    closed = close_ballot(ballot=fresh(ballot))
    assert closed.outcome == Outcome.SELECTED
    assert "no longer one that waits for a host" in OutboxMessage.objects.get(template="ballot-result-to-staff").body


def test_votes_that_do_not_fit_the_roll_are_not_counted_over():
    ballot = voted(running(), 1, 1)
    OpenSeat.objects.filter(has_voted=True).first().delete()
    OpenSeat.objects.create(city=City.objects.get(slug="lyon"))
    with pytest.raises(BallotRefused, match="The roll and the votes do not agree: cities that have voted 1, votes 2"):
        close_ballot(ballot=ballot)
    assert OpenVote.objects.count() == 2


def test_the_clock_closes_and_tells_of_it(coordinator):
    voted(running(), 1)
    done = tick()
    assert done["close_due_ballots"] == 1
    assert Ballot.objects.get().is_closed
    assert mails("ballot-result") == [coordinator.email]


@pytest.mark.parametrize("seats", [3, 40])
def test_closing_costs_as_many_queries_in_a_large_electorate(seats, django_assert_num_queries):
    call = make_host_call("ballot")
    cities = list(City.objects.members().exclude(slug__in=["fabriano", "tucson"])[:seats])
    ballot = make_ballot(call, make_bid(call, "fabriano"), make_bid(call, "tucson"), electorate=cities)
    ballot = voted(ballot, *[1] * seats)
    with CaptureQueriesContext(connection) as queries:
        close_ballot(ballot=ballot)
    assert len(queries) == CLOSING[connection.vendor]


CLOSING = {"sqlite": 74, "postgresql": 79}
"""PostgreSQL asks once more for each entry of the history, so that writers queue."""


# The machine


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
def test_every_transition(before, after, officer):
    ballot = running()
    known = {
        Status.OPEN: {},
        Status.CLOSED: {"closed_at": timezone.now(), "outcome": "tie", "cast": 0, "blank": 0, "counting": {}},
        Status.ANNULLED: {"closed_at": timezone.now()},
    }
    Ballot.objects.filter(pk=ballot.pk).update(status=before, **known[before])
    ballot = fresh(ballot)
    fields = {"outcome": "tie", "cast": 0, "blank": 0, "counting": {}} if after == Status.CLOSED else {}
    if after in Ballot.TRANSITIONS.get(before, set()):
        moved = service._move(ballot, after, verb=Verb.BALLOT_CLOSED, by=officer, **fields)
        assert fresh(moved).status == after
        return
    with pytest.raises(TransitionNotAllowed, match=f"the ballot is “{before.label}” now"):
        service._move(ballot, after, verb=Verb.BALLOT_CLOSED, by=officer, **fields)
    assert fresh(ballot).status == before


@pytest.mark.parametrize("status", [Status.CLOSED, Status.ANNULLED])
def test_what_is_over_is_neither_closed_nor_annulled(officer, status):
    ballot = over(running())
    if status == Status.CLOSED:
        close_ballot(ballot=ballot)
    else:
        annul_ballot(ballot=ballot, reason="An error.", by=officer)
    sentence = f"the ballot is “{status.label}” now"
    with pytest.raises(TransitionNotAllowed, match=sentence):
        close_ballot(ballot=ballot, by=officer)
    with pytest.raises(TransitionNotAllowed, match=sentence):
        annul_ballot(ballot=ballot, reason="Another.", by=officer)


# Run-offs


def tied(**fields: Any) -> Ballot:
    """Closed: Fabriano and Tucson have two votes each, Kraków has one."""
    call = make_host_call("ballot", **fields)
    bids = [make_bid(call, lead, status=Bid.ON_BALLOT) for lead in ("fabriano", "krakow", "tucson")]
    electorate = some("lyon", "ostersund", "tucson", "fabriano", "krakow", "bologna")
    return close_ballot(ballot=voted(make_ballot(call, *bids, electorate=electorate), 1, 3, 3, 1, 2))


def test_a_tie_waits_for_the_run_off(coordinator):
    ballot = tied()
    assert ballot.outcome == Outcome.TIE
    assert fresh(ballot.host_call).status == HostCall.Status.BALLOT
    assert set(HostBid.objects.values_list("status", flat=True)) == {Bid.ON_BALLOT}
    assert "A run-off follows" in OutboxMessage.objects.get(template="ballot-result").body
    assert "yours to open" in OutboxMessage.objects.get(template="ballot-result-to-staff").body


def test_a_run_off_keeps_the_electorate_and_has_the_tied_bids(officer, coordinator):
    ballot = tied()
    leave_network("bologna", timezone.now().date() - 2 * DAY)
    runoff = open_runoff(ballot=ballot, by=officer)
    assert (runoff.number, runoff.round, runoff.follows, runoff.seats) == (2, 2, ballot, 6)
    assert [one.bid.lead.slug for one in runoff.options.all()] == ["fabriano", "tucson"]
    assert OpenSeat.objects.filter(city__slug="bologna").exists()
    assert not OpenSeat.objects.filter(has_voted=True).exists()
    assert runoff.closes_at - runoff.opened_at == pytest.approx(72 * HOUR, abs=datetime.timedelta(seconds=30))
    assert mails("ballot-runoff") == [coordinator.email]
    closed = close_ballot(ballot=voted(runoff, 2, 2, 1))
    assert fresh(closed.host_call).status == HostCall.Status.DECIDED
    assert dict(HostBid.objects.values_list("lead__slug", "status")) == {
        "fabriano": Bid.NOT_SELECTED,
        "krakow": Bid.NOT_SELECTED,
        "tucson": Bid.SELECTED,
    }
    assert [host.city.slug for host in Meeting.objects.get(pk=closed.host_call.meeting_id).hosts.all()] == ["tucson"]
    assert recount(counting_file(closed)).winner == 2


def test_the_last_round_that_ends_in_a_tie_ends_the_call(officer):
    runoff = open_runoff(ballot=tied(most_rounds=2), by=officer)
    closed = close_ballot(ballot=voted(runoff, 1, 2))
    assert closed.outcome == Outcome.TIE
    assert fresh(closed.host_call).status == HostCall.Status.DECIDED
    assert set(HostBid.objects.values_list("status", flat=True)) == {Bid.NOT_SELECTED}
    with pytest.raises(BallotRefused, match="A run-off follows a tie, while the call for hosts is not decided"):
        open_runoff(ballot=closed, by=officer)


def test_one_run_off_follows_a_tie(officer):
    ballot = tied()
    open_runoff(ballot=ballot, by=officer)
    with pytest.raises(BallotRefused, match="followed by another already"):
        open_runoff(ballot=ballot, by=officer)
    with pytest.raises(BallotRefused, match="A run-off follows a tie"):
        open_runoff(ballot=Ballot.objects.get(round=2), by=officer)


def test_a_run_off_waits_for_another_ballot(officer):
    ballot = tied()
    other = running(call=make_host_call("ballot", meeting=make_meeting(24)))
    with pytest.raises(BallotRefused, match=re.escape(f"Another ballot is open: {other}")):
        open_runoff(ballot=ballot, by=officer)


# Withdrawn while it is voted on, annulled, cancelled


@pytest.fixture
def of_fabriano(network: None) -> User:
    user = person("coordinator.fabriano@example.org")
    mandate(user, "fabriano", FOCAL_POINT)
    return user


def test_a_bid_withdrawn_on_the_ballot_annuls_it_and_starts_it_anew(of_fabriano, coordinator):
    ballot = running()
    for city in some("lyon", "tucson"):
        cast(city, 1)
    bid = HostBid.objects.get(lead__slug="fabriano")
    following = withdraw_on_ballot(bid=bid, reason="The hall burnt down.", by=of_fabriano)
    ballot = fresh(ballot)
    assert (ballot.status, ballot.reason, ballot.cast) == (Status.ANNULLED, "The hall burnt down.", None)
    assert fresh(bid).status == Bid.WITHDRAWN
    assert not OpenVote.objects.exists()
    assert not Vote.objects.exists()
    assert (following.number, following.round, following.follows, following.seats) == (2, 1, ballot, 3)
    assert [one.bid.lead.slug for one in following.options.all()] == ["tucson"]
    assert following.options.get().number == 1
    assert OpenSeat.objects.filter(has_voted=False).count() == 3
    assert dict(ballot.roll.values_list("city__slug", "has_voted")) == {
        "lyon": True,
        "ostersund": False,
        "tucson": True,
    }
    # At least as long as a run-off, though the other would have closed tomorrow.
    assert following.closes_at - following.opened_at >= 72 * HOUR - datetime.timedelta(minutes=1)
    assert mails("ballot-annulled") == [coordinator.email]
    body = OutboxMessage.objects.get(template="ballot-annulled").body
    assert "This bid was withdrawn:\nFabriano" in body
    assert "1. Tucson" in body
    assert acts(Verb.BALLOT_ANNULLED).count() == 1
    assert list(flaws()) == []


def test_a_ballot_that_still_runs_long_keeps_its_end(of_fabriano):
    ends = timezone.now() + 9 * DAY
    running(closes_at=ends)
    following = withdraw_on_ballot(bid=HostBid.objects.get(lead__slug="fabriano"), by=of_fabriano)
    assert following.closes_at == ends


def test_when_the_last_bid_is_withdrawn_the_call_ends_without_a_host(of_fabriano):
    call = make_host_call("ballot")
    ballot = make_ballot(call, bid := make_bid(call, "fabriano", status=Bid.ON_BALLOT), electorate=some("lyon"))
    cast(City.objects.get(slug="lyon"), 1)
    assert withdraw_on_ballot(bid=bid, by=of_fabriano) is None
    assert fresh(ballot).status == Status.ANNULLED
    assert fresh(call).status == HostCall.Status.DECIDED
    assert not OpenVote.objects.exists()
    assert not OpenSeat.objects.exists()


def test_only_who_speaks_for_the_lead_withdraws_a_bid(coordinator, officer):
    ballot = running()
    for by in (coordinator, officer):
        with pytest.raises(MandateRefused, match="Only the focal point and the alternates of the lead city"):
            withdraw_on_ballot(bid=HostBid.objects.get(lead__slug="fabriano"), by=by)
    assert fresh(ballot).is_open


@pytest.mark.parametrize("status", [one for one in Bid if one != Bid.ON_BALLOT])
def test_only_a_bid_on_the_ballot_is_withdrawn_from_it(of_fabriano, status):
    ballot = running()
    bid = HostBid.objects.get(lead__slug="fabriano")
    HostBid.objects.filter(pk=bid.pk).update(status=status)
    with pytest.raises(TransitionNotAllowed):
        withdraw_on_ballot(bid=bid, by=of_fabriano)
    assert fresh(ballot).is_open


def test_a_bid_that_lost_the_first_round_leaves_the_run_off_alone(officer):
    user = person("coordinator.krakow@example.org")
    mandate(user, "krakow", FOCAL_POINT)
    runoff = open_runoff(ballot=tied(), by=officer)
    cast(City.objects.get(slug="lyon"), 1)
    assert withdraw_on_ballot(bid=HostBid.objects.get(lead__slug="krakow"), by=user) is None
    assert fresh(runoff).is_open
    assert OpenVote.objects.count() == 1


def test_tied_bids_withdrawn_before_the_run_off(officer, of_fabriano):
    ballot = tied()
    assert withdraw_on_ballot(bid=HostBid.objects.get(lead__slug="fabriano"), by=of_fabriano) is None
    assert [bid.lead.slug for bid in service.tied_bids(ballot)] == ["tucson"]
    user = person("coordinator.tucson@example.org")
    mandate(user, "tucson", FOCAL_POINT)
    assert fresh(ballot.host_call).status == HostCall.Status.BALLOT
    withdraw_on_ballot(bid=HostBid.objects.get(lead__slug="tucson"), by=user)
    assert fresh(ballot.host_call).status == HostCall.Status.DECIDED
    with pytest.raises(BallotRefused):
        open_runoff(ballot=ballot, by=officer)


def test_an_annulment_needs_a_reason_and_starts_anew_with_all_bids(officer, coordinator):
    ballot = running()
    cast(City.objects.get(slug="lyon"), 1)
    with pytest.raises(BallotRefused, match="Give a reason: the members read it"):
        annul_ballot(ballot=ballot, reason=" ", by=officer)
    following = annul_ballot(ballot=ballot, reason="A bid was printed wrong.", by=officer)
    assert [one.bid.lead.slug for one in following.options.all()] == ["fabriano", "tucson"]
    assert acts(Verb.BALLOT_ANNULLED).get().reason == "A bid was printed wrong."
    assert "A bid was printed wrong." in OutboxMessage.objects.get(template="ballot-annulled").body


def test_a_cancelled_call_destroys_the_votes_and_starts_nothing(officer, coordinator):
    ballot = running()
    cast(City.objects.get(slug="lyon"), 1)
    with pytest.raises(BallotRefused, match="Give a reason"):
        cancel_on_ballot(host_call=ballot.host_call, reason="", by=officer)
    cancelled = cancel_on_ballot(host_call=ballot.host_call, reason="The meeting does not take place.", by=officer)
    assert cancelled.status == HostCall.Status.CANCELLED
    assert fresh(ballot).status == Status.ANNULLED
    assert not OpenVote.objects.exists()
    assert not OpenSeat.objects.exists()
    assert Ballot.objects.count() == 1
    assert "No other ballot follows for now." in OutboxMessage.objects.get(template="ballot-annulled").body


@given(
    first=st.lists(st.sampled_from([1, 2, 3, None]), max_size=6),
    withdrawn=st.integers(1, 3),
    second=st.lists(st.sampled_from([1, 2, None]), max_size=6),
)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_withdrawn_bid_leaves_no_stray_votes(first, withdrawn, second):
    with transaction.atomic():
        call = make_host_call("ballot", meeting=make_meeting(country=None))
        leads = ("fabriano", "krakow", "tucson")
        bids = [make_bid(call, lead, status=Bid.ON_BALLOT) for lead in leads]
        user = person("speaker@example.org")
        mandate(user, leads[withdrawn - 1], FOCAL_POINT)
        electorate = some("lyon", "ostersund", "tucson", "fabriano", "krakow", "bologna")
        ballot = make_ballot(call, *bids, electorate=electorate)
        for city, choice in zip(electorate, first, strict=False):
            cast(city, choice, f"first {city.slug}")
        following = withdraw_on_ballot(bid=bids[withdrawn - 1], by=user)
        assert not OpenVote.objects.exists()
        assert not Vote.objects.exists()
        closed = close_ballot(ballot=voted(following, *second))
        assert bids[withdrawn - 1] not in [one.bid for one in closed.options.all()]
        assert sorted(closed.votes.choices(), key=str) == sorted(second, key=str)
        assert sum(one.votes for one in closed.options.all()) + closed.blank == len(second)
        assert Seat.objects.filter(ballot=closed, has_voted=True).count() == len(second)
        assert recount(counting_file(closed)).outcome == closed.outcome
        assert not Vote.objects.filter(ballot=ballot).exists()
        transaction.set_rollback(True)


# Reminders


@pytest.fixture
def clock(monkeypatch) -> Iterator[Any]:
    """Sets the time."""

    def go_to(instant: datetime.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: instant)

    return go_to


def test_who_has_not_voted_is_reminded_three_days_and_a_day_before_the_end(coordinator, other_coordinator, clock):
    now = timezone.now()
    ballot = running(opened_at=now, closes_at=now + 10 * DAY)
    assert remind_voters() == 0
    clock(ballot.closes_at - 3 * DAY)
    assert remind_voters() == 2
    assert remind_voters() == 0
    cast(City.objects.get(slug="lyon"), 1)
    clock(ballot.closes_at - DAY)
    assert remind_voters() == 1
    assert mails("ballot-reminder") == [coordinator.email, other_coordinator.email, other_coordinator.email]
    clock(ballot.closes_at)
    assert remind_voters() == 0


def test_a_clock_that_stood_still_reminds_once(coordinator, clock):
    now = timezone.now()
    ballot = running(opened_at=now, closes_at=now + 10 * DAY)
    clock(ballot.closes_at - HOUR)
    assert remind_voters() == 1
    assert remind_voters() == 0


def test_a_short_run_off_is_recalled_a_day_before_only(coordinator, clock):
    now = timezone.now()
    ballot = running(opened_at=now, closes_at=now + 2 * DAY)
    clock(now + HOUR)
    assert remind_voters() == 0
    clock(ballot.closes_at - DAY)
    assert remind_voters() == 1


def test_refusals_are_sentences_in_both_languages(coordinator):
    ballot = running("ostersund")
    for language in ("en", "fr"):
        with translation.override(language), pytest.raises(NetworkError) as refusal:
            cast_vote(ballot=ballot, city=City.objects.get(slug="lyon"), choice=1, by=coordinator)
        assert str(refusal.value).endswith(".")


def test_random_numbers_are_drawn_anew_each_time():
    first = close_ballot(ballot=voted(running(), 1), rng=random.Random(1))
    second = service._number(random.Random(1))
    assert second in {seat.pk for seat in first.roll.all()}
    assert service._number(random.SystemRandom()) != service._number(random.SystemRandom())
