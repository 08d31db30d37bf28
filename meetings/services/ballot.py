"""Ballots on the bids of a call for hosts: opened, voted in, closed and counted, annulled.

How a vote stays secret. A vote is a row of its own with what was chosen and the hash of its receipt; the roll says who
has voted. Casting one flips the seat and adds the vote, and writes nothing else anywhere: no history, mail, log,
session or message. Both happen in one transaction, so while the ballot is open the database itself could tell which
seat and which vote belong together (by the transaction that wrote them, by their order on the disk). Closing therefore
writes roll and votes anew, in the order of what has nothing to do with when they came, under new random numbers, and
empties what was there: on PostgreSQL the tables get new files, on SQLite the file is overwritten, packed anew and its
journal cut. The receipt is shown once and its text kept nowhere.

Not protected: from whoever watches the running server or its memory; copies of the database, its journals
(write-ahead log, its archive, replicas) and logs of statements made while a ballot is open; what a disk still holds of
files that were removed; a city that shows its receipt; and a result that gives all its votes to one bid, which says
what everybody voted.
"""

import datetime
import hashlib
import random
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError, connection, models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables

from cities.days import PARIS, from_in_words, until_in_words
from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import City, Coordinator, HistoryEntry, Reminder
from cities.people import Person
from cities.services.history import record
from cities.services.locking import locked
from cities.services.once import once
from cities.services.outbox import write_mail

from ..models import Ballot, BallotOption, BidCity, HostBid, HostCall, Meeting, OpenSeat, OpenVote, Seat, Vote
from .bid import check_withdrawal, cities_no_longer_members, move_bid, tell_all, tell_staff, withdrawn
from .counting import Tally, count, file_of, votes_needed
from .host_call import bidders, cancel_host_call, check_runs_hosting, held_host_call, move_host_call
from .meeting import choose_hosts

Status = Ballot.Status
Outcome = Ballot.Outcome
Verb = HistoryEntry.Verb

REMINDED_DAYS = (3, 1)
"""So many days before the end the focal points of cities that have not voted are reminded."""
BLANK = 0
"""What `check_receipt` gives for a blank vote: numbers on the paper begin with one."""
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of receipts: none that is easily taken for another."""
_RECEIPT_LENGTH, _GROUP = 28, 4
"""Of 32 letters each: 140 bits."""
_MISREAD = str.maketrans("OIL", "011")


class BallotRefused(NetworkError):
    """A ballot cannot be opened, closed or annulled as asked."""


class VoteRefused(NetworkError):
    """A vote is not taken; nothing of it was kept."""


@dataclass(frozen=True)
class Turnout:
    """How many of the cities on the roll have voted."""

    seats: int
    voted: int
    quorum: int

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means all."""
        return 100 * self.voted // self.seats if self.seats else 0

    @property
    def has_quorum(self) -> bool:
        return self.voted >= self.quorum

    @property
    def is_complete(self) -> bool:
        return self.voted == self.seats


def turnout(ballot: Ballot) -> Turnout:
    """Who has voted, in numbers, of a ballot that is open or over."""
    rows = OpenSeat.objects.all() if ballot.is_open else ballot.roll.all()
    voted = rows.order_by().filter(has_voted=True).count()
    return Turnout(ballot.seats, voted, ballot.quorum)


# Opening


def electorate(host_call: HostCall, bids: Iterable[HostBid], at: datetime.datetime) -> models.QuerySet[City]:
    """Who votes in a ballot that opens at an instant: the members of that day in Paris, without the cities of the
    bids where the call says so. A city without a focal point is on the roll all the same."""
    cities = City.objects.members(at.astimezone(PARIS).date())
    if not host_call.bidders_vote:
        bidding = BidCity.objects.filter(bid__in=[one.pk for one in bids], left_at=None)
        cities = cities.exclude(pk__in=bidding.order_by().values("city"))
    return cities.order_by("pk")


def readiness(host_call: HostCall, at: datetime.datetime | None = None) -> list[str]:
    """What keeps the ballot of a call for hosts from being opened at an instant (now by default), a sentence each."""
    at = at or timezone.now()
    if host_call.status != HostCall.Status.PUBLISHED:
        return [
            _("No ballot can be opened: the call for hosts is “%(status)s”.")
            % {"status": host_call.get_status_display()}
        ]
    found = []
    if at < host_call.ballot_opens_at:
        found.append(_("The ballot opens on %(instant)s.") % {"instant": from_in_words(host_call.ballot_opens_at)})
    if at >= host_call.ballot_closes_at:
        found.append(
            _("The end of the ballot has passed: %(instant)s. Reschedule the call for hosts.")
            % {"instant": until_in_words(host_call.ballot_closes_at)}
        )
    waiting = host_call.bids.filter(status=HostBid.Status.SUBMITTED).count()
    if waiting:
        found.append(
            ngettext("%(count)s bid is not examined yet.", "%(count)s bids are not examined yet.", waiting)
            % {"count": waiting}
        )
    standing, _lost = _bids_by_membership(host_call, at)
    if not standing:
        found.append(_("There is no eligible bid whose cities are all members: nothing to vote on."))
    elif not electorate(host_call, standing, at).exists():
        found.append(_("No city could vote."))
    other = Ballot.objects.open().select_related("host_call__meeting").first()
    if other:
        found.append(_("Another ballot is open: %(ballot)s. Only one can be at a time.") % {"ballot": other})
    return found


def _bids_by_membership(
    host_call: HostCall, at: datetime.datetime
) -> tuple[list[HostBid], list[tuple[HostBid, list[City]]]]:
    """The eligible bids, in the order of the paper, and those with cities that are no members, with these."""
    standing, lost = [], []
    eligible = host_call.bids.filter(status=HostBid.Status.ELIGIBLE).select_related("lead", "host_call__meeting")
    for bid in eligible.prefetch_related("cities__city").order_by("lead__sort_key_en", "pk"):
        if gone := cities_no_longer_members(bid, at.astimezone(PARIS).date()):
            lost.append((bid, gone))
        else:
            standing.append(bid)
    return standing, lost


def _held_ballot(ballot: Ballot) -> Ballot:
    """The row, and those of its meeting and its call for hosts before it, held until the transaction ends."""
    host_call = held_host_call(ballot.host_call)
    stored = locked(ballot)
    stored.host_call = host_call
    return stored


@transaction.atomic
def open_ballot(*, host_call: HostCall, by: Person | None = None) -> Ballot:
    """Open the ballot on the eligible bids; `by` is None when the clock does it, at its instant and not before.

    The roll is frozen: later changes of membership do not touch it. A bid with a city that is no longer a member
    becomes ineligible; its cities and the secretariat are told. The focal points of the roll get a mail. Raises
    BallotRefused with all that is in the way, HostCallRefused for whoever is no officer.
    """
    check_runs_hosting(by)
    stored = held_host_call(host_call)
    now = timezone.now()
    if found := readiness(stored, now):
        raise BallotRefused(" ".join(found))
    standing, lost = _bids_by_membership(stored, now)
    for bid, cities in lost:
        _find_lost(bid, cities, by)
    roll = list(electorate(stored, standing, now).values_list("pk", flat=True))
    stored = move_host_call(stored, HostCall.Status.BALLOT, verb=Verb.BALLOT_OPENED, by=by)
    ballot = _open(stored, standing, roll, closes_at=stored.ballot_closes_at, by=by)
    for bid in standing:
        move_bid(bid, HostBid.Status.ON_BALLOT, verb=Verb.BALLOT_OPENED, by=by)
    _tell_roll("ballot-opened", ballot, roll)
    return ballot


def _find_lost(bid: HostBid, cities: Sequence[City], by: Person | None) -> None:
    reasons = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            reasons[f"reason_{code}"] = _("No member city on the day on which the ballot opened: %(names)s.") % {
                "names": ", ".join(city.name for city in cities)
            }
    moved = move_bid(bid, HostBid.Status.INELIGIBLE, verb=Verb.BID_INELIGIBLE, by=by, **reasons)
    tell_all("bid-ineligible", moved)
    tell_staff("ballot-bid-lost", moved)


def _open(
    host_call: HostCall,
    bids: Sequence[HostBid],
    cities: Sequence[int],
    *,
    closes_at: datetime.datetime,
    by: Person | None,
    follows: Ballot | None = None,
    round: int = 1,
) -> Ballot:
    """A ballot on bids, by the numbers of their order, with its roll; the caller holds the call for hosts."""
    # Its address names the meeting and the number: a second call for hosts goes on where the first one ended.
    of_meeting = Ballot.objects.filter(host_call__meeting=host_call.meeting_id)
    last = of_meeting.aggregate(last=models.Max("number"))["last"] or 0
    try:
        with transaction.atomic():
            ballot = Ballot.objects.create(
                host_call=host_call,
                number=last + 1,
                round=round,
                follows=follows,
                opened_at=timezone.now(),
                closes_at=closes_at,
                seats=len(cities),
                quorum=votes_needed(host_call.quorum_percent, len(cities)),
                opened_by=by,
            )
    except IntegrityError:
        # Of another call, in this moment.
        raise BallotRefused(gettext_lazy("Another ballot is open: only one can be at a time.")) from None
    BallotOption.objects.bulk_create(
        BallotOption(ballot=ballot, number=number, bid=bid) for number, bid in enumerate(bids, 1)
    )
    OpenSeat.objects.bulk_create(OpenSeat(city_id=city) for city in cities)
    changes: dict[str, list[Any]] = {
        "bids": [None, [bid.pk for bid in bids]],
        "seats": [None, ballot.seats],
        "quorum": [None, ballot.quorum],
        "closes_at": [None, closes_at.astimezone(datetime.UTC).isoformat()],
    }
    record(Verb.BALLOT_OPENED, on=ballot, by=by, changes=changes)
    return ballot


@transaction.atomic
def open_runoff(*, ballot: Ballot, by: Person) -> Ballot:
    """Open the run-off of a tied ballot, between the bids that tied and were not withdrawn, for the same cities.

    It is open for the hours that the call says. Raises BallotRefused where there is no tie to resolve.
    """
    check_runs_hosting(by)
    stored = _held_ballot(ballot)
    if why := why_no_runoff(stored):
        raise BallotRefused(why)
    host_call = stored.host_call
    cities = list(stored.roll.order_by("city").values_list("city", flat=True))
    closes_at = timezone.now() + datetime.timedelta(hours=host_call.runoff_hours)
    runoff = _open(
        host_call, tied_bids(stored), cities, closes_at=closes_at, by=by, follows=stored, round=stored.round + 1
    )
    _tell_roll("ballot-runoff", runoff, cities)
    return runoff


def why_no_runoff(ballot: Ballot) -> str:
    """What keeps a ballot from being followed by a run-off, in a sentence; nothing when it can."""
    if ballot.outcome != Outcome.TIE or ballot.host_call.status != HostCall.Status.BALLOT:
        return _("A run-off follows a tie, while the call for hosts is not decided.")
    if Ballot.objects.filter(host_call=ballot.host_call_id, number__gt=ballot.number).exists():
        return _("This ballot is followed by another already.")
    if not tied_bids(ballot):
        return _("All bids that tied were withdrawn.")
    other = Ballot.objects.open().select_related("host_call__meeting").first()
    if other:
        return _("Another ballot is open: %(ballot)s. Only one can be at a time.") % {"ballot": other}
    return ""


def tied_bids(ballot: Ballot) -> list[HostBid]:
    """Those with most votes in a tied ballot that still stand, in the order of its paper."""
    options = list(ballot.options.select_related("bid__lead").order_by("number"))
    most = max((one.votes or 0 for one in options), default=0)
    return [one.bid for one in options if one.votes == most and one.bid.status == HostBid.Status.ON_BALLOT]


# Voting


def _new_receipt() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _place in range(_RECEIPT_LENGTH))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _RECEIPT_LENGTH, _GROUP))


def hash_of(receipt: str) -> str:
    """What is published of a receipt: the SHA-256 of its text as it was shown."""
    return hashlib.sha256(receipt.encode()).hexdigest()


# The outermost, so that a report of a crash hides the variables of everything that is called from here.
@sensitive_variables()
@transaction.atomic
def cast_vote(
    *, ballot: Ballot, city: City, choice: int | None, by: Person, received_at: datetime.datetime | None = None
) -> str:
    """Cast the vote of a city, for the bid of a number on the paper or blank (None); gives the receipt.

    A vote is final. Nothing else is written, and the receipt is known to nobody afterwards: the caller shows it in
    the answer to this very request and keeps nothing. Raises VoteRefused, with a sentence, for whoever is not the
    focal point of the city at this moment, for a city that is not on the roll or has voted, for a number that is not
    on the paper, and for what arrives at the closing instant or later.
    """
    arrived = received_at or timezone.now()
    stored = locked(ballot)
    _check_vote(stored, city, choice, by, arrived)
    if not OpenSeat.objects.filter(city=city, has_voted=False).update(has_voted=True):
        raise VoteRefused(_("%(city)s has voted already. A vote is final: it cannot be changed.") % {"city": city.name})
    receipt = _new_receipt()
    try:
        with transaction.atomic():
            OpenVote.objects.create(choice=choice, receipt_sha256=hash_of(receipt))
    except DatabaseError:
        # Whose text names the row. What is left of the transaction is undone with the refusal.
        raise VoteRefused(gettext_lazy("Your vote could not be stored, and nothing of it was. Try again.")) from None
    return receipt


def _check_vote(ballot: Ballot, city: City, choice: int | None, by: Person, arrived: datetime.datetime) -> None:
    if not by.has_perm("meetings.vote", city):
        raise VoteRefused(
            _("Only the focal point of %(city)s can vote for it, and nobody in their place.") % {"city": city.name}
        )
    if ballot.status == Status.ANNULLED:
        raise VoteRefused(_("This ballot was annulled: its votes were destroyed and it takes no others."))
    if not ballot.takes_votes(arrived):
        ended = ballot.closed_at if ballot.closed_at and ballot.closed_at < ballot.closes_at else ballot.closes_at
        raise VoteRefused(_("Voting has ended: %(instant)s.") % {"instant": until_in_words(ended)})
    if not OpenSeat.objects.filter(city=city).exists():
        raise VoteRefused(
            _("%(city)s is not on the roll of this ballot, which was frozen when it opened.") % {"city": city.name}
        )
    # Any other kind of number would be rounded to one of the paper.
    if choice is not None and (type(choice) is not int or not ballot.options.filter(number=choice).exists()):
        raise VoteRefused(gettext_lazy("Choose a bid on the paper, or a blank vote."))


@sensitive_variables()
def check_receipt(ballot: Ballot, receipt: str) -> int | None:
    """What a receipt's vote was counted for: the number on the paper, BLANK; None for a text that is no receipt of it.

    However it is typed: small letters, other hyphens or none. Keeps nothing. Before the closing none is known.
    """
    typed = "".join(receipt.upper().split()).translate(_MISREAD)
    letters = "".join(letter for letter in typed if letter in _LETTERS)
    grouped = "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
    known = [hash_of(receipt.strip()), hash_of(grouped)]
    for choice in ballot.votes.filter(receipt_sha256__in=known).values_list("choice", flat=True):
        return BLANK if choice is None else choice
    return None


# Closing


@sensitive_variables()
@transaction.atomic
def close_ballot(*, ballot: Ballot, by: Person | None = None, rng: random.Random | None = None) -> Ballot:
    """Close and count a ballot, and do what follows from the result; `by` is None when the clock does it.

    From its closing instant on; before it an officer can only when all cities have voted. Roll and votes are written
    anew in random order (`rng`: what draws their numbers), the open ones are gone for good, and the file from which
    anybody counts again is written down, to stay as it is. A bid that is selected
    makes its cities hosts of the meeting; a tie waits for the run-off that an officer opens, unless the rounds are
    used; whatever else ends the call without a host. The focal points of the roll and the bidders get the result by
    mail. Raises BallotRefused before its time, TransitionNotAllowed when it is not open.
    """
    check_runs_hosting(by)
    stored = _held_ballot(ballot)
    if not stored.is_open:
        raise _not_allowed(stored)
    now = timezone.now()
    voted = turnout(stored)
    if now < stored.closes_at and (by is None or not voted.is_complete):
        raise BallotRefused(
            _("%(voted)s of %(seats)s cities have voted. Until all have, the ballot is open until %(instant)s.")
            % {"voted": voted.voted, "seats": voted.seats, "instant": until_in_words(stored.closes_at)}
        )
    options = list(stored.options.order_by("number"))
    votes = list(OpenVote.objects.order_by("receipt_sha256").values_list("receipt_sha256", "choice"))
    tally = count((choice for _receipt, choice in votes), [one.number for one in options], stored.seats, stored.quorum)
    if tally.cast != voted.voted:
        raise BallotRefused(
            _("The roll and the votes do not agree: cities that have voted %(voted)s, votes %(votes)s.")
            % {"voted": voted.voted, "votes": tally.cast}
        )
    draw = rng or random.SystemRandom()
    _keep_roll(stored, draw)
    Vote.objects.bulk_create(
        Vote(id=_number(draw), ballot=stored, choice=choice, receipt_sha256=receipt) for receipt, choice in votes
    )
    _empty()
    for one in options:
        one.votes = tally.votes[one.number]
    BallotOption.objects.bulk_update(options, ["votes"])
    totals: dict[str, Any] = {"outcome": tally.outcome.value, "cast": tally.cast, "blank": tally.blank}
    by_number = {str(number): given for number, given in tally.votes.items()}
    stored.closed_at = now
    stored = _move(
        stored,
        Status.CLOSED,
        verb=Verb.BALLOT_CLOSED,
        by=by,
        said=totals | {"votes": by_number},
        closed_at=now,
        counting=file_of(stored, tally),
        **totals,
    )
    _decide(stored, tally, by)
    transaction.on_commit(lambda: _sweep(stored), robust=True)
    return stored


def _number(draw: random.Random) -> uuid.UUID:
    return uuid.UUID(int=draw.getrandbits(128), version=4)


def _keep_roll(ballot: Ballot, draw: random.Random) -> None:
    """Write the roll anew, by city."""
    Seat.objects.bulk_create(
        Seat(id=_number(draw), ballot=ballot, city_id=city, has_voted=has_voted)
        for city, has_voted in OpenSeat.objects.order_by("city").values_list("city", "has_voted")
    )


def _empty() -> None:
    """Destroy the open roll and the open votes, in the database and in its file."""
    tables = [connection.ops.quote_name(model._meta.db_table) for model in (OpenVote, OpenSeat)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What waits to be checked at the end would keep a table from being emptied.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            return
        cursor.execute("PRAGMA secure_delete = ON")
        for table in tables:
            # Without a condition SQLite clears whole pages, the free room in them included.
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608  no value of a user


def _sweep(ballot: Ballot) -> bool:
    """On SQLite: pack the file anew, so that where a row lies tells nothing, and cut the journal, which still has the
    open rows. Once a ballot; whether it was done, which others who read at the moment can prevent: `tick` tries again.
    """
    if connection.vendor == "sqlite":
        if connection.in_atomic_block:
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                is_busy: bool = cursor.fetchone()[0]
        except OperationalError:
            return False
        return not is_busy
    return True


def _not_allowed(ballot: Ballot) -> TransitionNotAllowed:
    return TransitionNotAllowed(
        _("This cannot be done: the ballot is “%(status)s” now.") % {"status": ballot.get_status_display()}
    )


def _move(
    ballot: Ballot,
    to: Ballot.Status,
    *,
    verb: HistoryEntry.Verb,
    by: Person | None,
    said: dict[str, Any] | None = None,
    **fields: Any,
) -> Ballot:
    """Bring a ballot, which the caller holds, to a status; `said` is what history tells besides."""
    if to not in Ballot.TRANSITIONS.get(Status(ballot.status), set()):
        raise _not_allowed(ballot)
    changes: dict[str, list[Any]] = {"status": [ballot.status, to.value]}
    changes |= {name: [None, value] for name, value in (said or {}).items()}
    columns = {"closed_at": timezone.now(), "status": to} | fields
    for name, value in columns.items():
        setattr(ballot, name, value)
    ballot.save(update_fields=list(columns))
    record(verb, on=ballot, by=by, changes=changes, reason=ballot.reason)
    return ballot


# What follows from a result


def _decide(ballot: Ballot, tally: Tally, by: Person | None) -> None:
    host_call = ballot.host_call
    waits = tally.outcome == Outcome.TIE and ballot.round < host_call.most_rounds
    options, winner, is_host = _paper(ballot), None, False
    told = {person.pk: person for person in (*_focal_points(ballot), *bidders(host_call))}
    if not waits:
        winner = next((one.bid for one in options if one.number == tally.winner), None)
        is_host = _end(host_call, winner, by)
    context = {"ballot": ballot, "host_call": host_call, "options": options, "winner": winner, "waits": waits}
    for person in told.values():
        write_mail("ballot-result", to=person, context=context)
    write_mail("ballot-result-to-staff", address=settings.CONTACT_EMAIL, context=context | {"is_host": is_host})


def _end(host_call: HostCall, winner: HostBid | None, by: Person | None) -> bool:
    """Decide the call for hosts: its bids on the ballot are selected or not. Whether the meeting got its hosts."""
    for bid in host_call.bids.filter(status=HostBid.Status.ON_BALLOT).order_by("pk"):
        won = winner is not None and bid.pk == winner.pk
        to = HostBid.Status.SELECTED if won else HostBid.Status.NOT_SELECTED
        move_bid(bid, to, verb=Verb.HOST_CALL_DECIDED, by=by)
    move_host_call(host_call, HostCall.Status.DECIDED, verb=Verb.HOST_CALL_DECIDED, by=by)
    # A meeting that was cancelled meanwhile, or has a host by another road, keeps no ballot from being counted.
    if winner is None or host_call.meeting.status != Meeting.Status.PLANNED:
        return False
    choose_hosts(
        meeting=host_call.meeting, hosts=[one.city for one in winner.standing_cities if one.is_confirmed], by=by
    )
    return True


# Annulling


@transaction.atomic
def annul_ballot(*, ballot: Ballot, reason: str, by: Person) -> Ballot | None:
    """Annul an open ballot, for a reason that everybody reads, and start it anew with the same bids and electorate.

    All its votes are destroyed; nothing of them is kept. Gives the new ballot, of which the electorate is told by
    mail; it is open at least as long as a run-off. Raises BallotRefused without a reason, TransitionNotAllowed when
    the ballot is not open.
    """
    check_runs_hosting(by)
    stored = _held_ballot(ballot)
    if not stored.is_open:
        raise _not_allowed(stored)
    return _annul(stored, by, reason=_given(reason))


@transaction.atomic
def withdraw_on_ballot(*, bid: HostBid, by: Person, reason: str = "") -> Ballot | None:
    """Withdraw a bid that is on the ballot. Where members vote on it, the ballot is annulled with all its votes and
    starts anew with the bids that remain; gives the new ballot, if there is one.

    Without any bid left to vote on, the call ends without a host. Raises MandateRefused for who does not speak for the
    lead city, TransitionNotAllowed for a bid that is not on the ballot.
    """
    host_call = held_host_call(bid.host_call)
    current = Ballot.objects.open().filter(host_call=host_call).first()
    ballot = locked(current) if current else None
    held = locked(bid)
    held.host_call = host_call
    check_withdrawal(held, by)
    if held.status != HostBid.Status.ON_BALLOT:
        raise TransitionNotAllowed(
            _("This cannot be done: the bid is “%(status)s” now.") % {"status": held.get_status_display()}
        )
    is_voted_on = ballot is not None and ballot.options.filter(bid=held).exists()
    gone = withdrawn(held, by=by, reason=reason)
    if ballot is not None and is_voted_on:
        ballot.host_call = host_call
        return _annul(ballot, by, reason=reason.strip(), gone=gone)
    last = host_call.ballots.order_by("number").last()
    if last is not None and last.is_closed and not tied_bids(last):
        _end(host_call, None, by)
    return None


@transaction.atomic
def cancel_on_ballot(*, host_call: HostCall, reason: str, by: Person) -> HostCall:
    """Cancel a call for hosts, also while members vote: the ballot is annulled with all its votes, none follows.

    Raises as `cancel_host_call` does.
    """
    check_runs_hosting(by)
    stored = held_host_call(host_call)
    current = Ballot.objects.open().filter(host_call=stored).first()
    if current:
        ballot = locked(current)
        ballot.host_call = stored
        _annul(ballot, by, reason=_given(reason), anew=False)
    return cancel_host_call(host_call=stored, reason=reason, by=by)


def _given(reason: str) -> str:
    if not reason.strip():
        raise BallotRefused(gettext_lazy("Give a reason: the members read it."))
    return reason.strip()


def _annul(ballot: Ballot, by: Person, *, reason: str, gone: HostBid | None = None, anew: bool = True) -> Ballot | None:
    """Destroy all votes of an open ballot, which the caller holds, and open the next one on the bids that stand."""
    host_call = ballot.host_call
    cities = list(OpenSeat.objects.order_by("city").values_list("city", flat=True))
    _keep_roll(ballot, random.SystemRandom())
    _empty()
    ballot = _move(ballot, Status.ANNULLED, verb=Verb.BALLOT_ANNULLED, by=by, reason=reason)
    ballot.host_call = host_call
    options = ballot.options.select_related("bid").order_by("number")
    bids = [one.bid for one in options if one.bid.status == HostBid.Status.ON_BALLOT]
    following = None
    if anew and bids:
        least = timezone.now() + datetime.timedelta(hours=host_call.runoff_hours)
        following = _open(
            host_call,
            bids,
            cities,
            closes_at=max(ballot.closes_at, least),
            by=by,
            follows=ballot,
            round=ballot.round,
        )
    elif anew:
        _end(host_call, None, by)
    _tell_roll(
        "ballot-annulled",
        ballot,
        cities,
        following=following,
        following_options=_paper(following) if following else [],
        gone=gone,
    )
    transaction.on_commit(lambda: _sweep(ballot), robust=True)
    return following


# At their instants


def open_due_ballots() -> int:
    """Open the ballots whose instant has come; where one is not ready, the secretariat is told so once."""
    opened, failures = 0, []
    due = HostCall.objects.filter(status=HostCall.Status.PUBLISHED, ballot_opens_at__lte=timezone.now())
    for host_call in due.select_related("meeting").order_by("ballot_opens_at", "pk"):
        try:
            open_ballot(host_call=host_call)
        except TransitionNotAllowed:
            continue  # cancelled, or opened, in this moment
        except NetworkError:
            _tell_not_ready(host_call)
        except Exception as failure:  # one must not keep another from its instant
            failures.append(failure)
        else:
            opened += 1
    if failures:
        raise failures[0]
    return opened


@transaction.atomic
def _tell_not_ready(host_call: HostCall) -> None:
    stored = held_host_call(host_call)
    problems = readiness(stored)
    # Somebody may have opened it in this moment, or put right what was in the way.
    if not problems or stored.status != HostCall.Status.PUBLISHED:
        return
    if once(f"ballot-not-ready/{stored.pk}/{stored.ballot_opens_at.isoformat()}"):
        context = {"host_call": stored, "problems": problems}
        write_mail("ballot-not-ready", address=settings.CONTACT_EMAIL, context=context)


def close_due_ballots() -> int:
    """Close the ballot whose instant has come, though nobody asks for it, and sweep up behind those that are over."""
    closed = 0
    due = Ballot.objects.open().filter(closes_at__lte=timezone.now())
    for ballot in due.select_related("host_call__meeting"):
        try:
            close_ballot(ballot=ballot)
        except TransitionNotAllowed:
            continue  # by somebody else, in this moment
        closed += 1
    if connection.vendor == "sqlite":
        for ballot in Ballot.objects.exclude(status=Status.OPEN):
            key = f"ballot-swept/{ballot.pk}"
            if not Reminder.objects.filter(key=key).exists() and _sweep(ballot):
                once(key)
    return closed


def remind_voters() -> int:
    """Remind focal points of cities that have not voted, some days before the end; gives how many.

    Each of `REMINDED_DAYS` once; when the clock stood still, only the nearest. Not on the day of the opening.
    """
    now, reminded = timezone.now(), 0
    for ballot in Ballot.objects.open().filter(closes_at__gt=now).select_related("host_call__meeting"):
        ends = ballot.closes_at
        reached = [days for days in REMINDED_DAYS if ends - datetime.timedelta(days=days) <= now]
        if not reached or ballot.opened_at > ends - datetime.timedelta(days=min(reached)):
            continue
        waiting = OpenSeat.objects.filter(has_voted=False).order_by().values("city")
        for mandate in _mandates(waiting):
            with transaction.atomic():
                if once(f"ballot/{ballot.pk}/{mandate.city_id}/{min(reached)}"):
                    context = {"ballot": ballot, "host_call": ballot.host_call, "city": mandate.city}
                    write_mail("ballot-reminder", to=mandate.user, context=context)
                    reminded += 1
    return reminded


# Who is told


def _mandates(cities: Any) -> Any:
    """The focal points of cities now, by city."""
    mandates = Coordinator.objects.reachable().focal_points().filter(city__in=cities)
    return mandates.select_related("city").order_by("city")


def _focal_points(ballot: Ballot) -> list[Person]:
    return _mandates(ballot.roll.order_by().values("city")).persons()


def _tell_roll(template: str, ballot: Ballot, cities: Sequence[int], **context: Any) -> None:
    """One mail to each focal point of a city on the roll, who may vote for several."""
    own: dict[Any, list[Any]] = {}
    for mandate in _mandates(cities):
        own.setdefault(mandate.user_id, []).append(mandate)
    known = {"ballot": ballot, "host_call": ballot.host_call, "options": _paper(ballot), **context}
    for mandates in own.values():
        write_mail(template, to=mandates[0].user, context=known | {"cities": [one.city for one in mandates]})


def _paper(ballot: Ballot) -> list[BallotOption]:
    return list(ballot.options.select_related("bid__lead").prefetch_related("bid__cities__city").order_by("number"))
