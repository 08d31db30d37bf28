"""Ballots for members while they are open, for everybody once they are counted.

A vote leaves nothing here but the act of `cast_vote`: no session, no message, no log line. Its receipt is in the answer
to the very request that cast it, and that answer may be stored nowhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from cities.access import for_everyone, needs
from cities.attachment import JSON, attachment
from cities.caching import public_page
from cities.exceptions import NetworkError
from cities.models import City, Coordinator
from cities.models.bilingual import content_languages
from cities.people import Person
from cities.services.limits import is_over_limit, sender
from cities.services.sheet import CSV, Sheet

from ..forms.ballot import CheckForm, VoteForm
from ..models import Ballot, BallotOption, HostBid, HostCall, Meeting
from ..models.ballot import seats_of
from ..models.meeting import joined
from ..services.ballot import BLANK, cast_vote, check_receipt, hash_of
from ..services.counting import as_published, counting_file

FOLLOW = "meetings.follow_ballot"
CHECKS_AN_HOUR = 30

Status = Ballot.Status
Role = Coordinator.Role


def visible_ballots(user: Person, edition: int) -> Any:
    """The ballots on the host of a meeting: to the public those that are over."""
    ballots = Ballot.objects.filter(host_call__meeting__edition=edition)
    if not user.has_perm(FOLLOW):
        ballots = ballots.exclude(status=Status.OPEN)
    return ballots.select_related("host_call__meeting", "follows").order_by("host_call__pk", "number")


def known_ballot(user: Person, edition: int, number: int) -> Ballot:
    """A ballot that a person may know of; raises Http404."""
    return get_object_or_404(visible_ballots(user, edition), number=number)


def followed_ballot(user: Person, edition: int, number: int) -> Ballot:
    """A ballot for those who vote in it or run it; raises Http404."""
    if not user.has_perm(FOLLOW):
        raise Http404
    return known_ballot(user, edition, number)


def counted_ballot(edition: int, number: int) -> Ballot:
    ballots = Ballot.objects.counted().select_related("host_call__meeting")
    return get_object_or_404(ballots, host_call__meeting__edition=edition, number=number)


def options_of(ballot: Ballot) -> list[BallotOption]:
    """The paper: its bids with their cities."""
    options = ballot.options.select_related("bid__lead", "bid__host_call__meeting")
    return list(options.prefetch_related("bid__cities__city"))


@dataclass(frozen=True)
class Roll:
    """The cities of the electorate by name, those that have voted and those that have not."""

    voted: list[City]
    waiting: list[City]

    @property
    def seats(self) -> int:
        return len(self.voted) + len(self.waiting)


def roll_of(ballot: Ballot) -> Roll:
    seats = seats_of(ballot).order_by(f"city__sort_key_{content_languages()[0]}", "city__slug")
    parts: dict[bool, list[City]] = {True: [], False: []}
    for seat in seats:
        parts[seat.has_voted].append(seat.city)
    return Roll(parts[True], parts[False])


@dataclass(frozen=True)
class Own:
    """What a person's own city is in a ballot, and what the person is there."""

    city: City
    is_on_roll: bool
    has_voted: bool
    is_bidder: bool
    is_cast_by_reader: bool
    cast_by: str
    """The focal point's name; empty where the city has none now."""


def own_cities(user: Person, ballot: Ballot, roll: Roll, options: Iterable[BallotOption]) -> list[Own]:
    mandates = Coordinator.objects.of(user).in_force().order_by("city__sort_key_en").select_related("city")
    cities = {mandate.city_id: mandate.city for mandate in mandates}
    if not cities:
        return []
    focal_points = {
        mandate.city_id: mandate.user
        for mandate in Coordinator.objects.reachable().filter(city__in=cities, role=Role.FOCAL_POINT)
    }
    voted, waiting = {city.pk for city in roll.voted}, {city.pk for city in roll.waiting}
    bidders = {one.city_id for option in options for one in option.bid.standing_cities}
    return [
        Own(
            city=city,
            is_on_roll=pk in voted | waiting,
            has_voted=pk in voted,
            is_bidder=pk in bidders,
            is_cast_by_reader=pk in focal_points and focal_points[pk] == user,
            cast_by=str(focal_points[pk]) if pk in focal_points else "",
        )
        for pk, city in cities.items()
    ]


# Pages


@public_page
def ballots(request: HttpRequest, edition: int) -> HttpResponse:
    """All rounds on the host of a meeting; where there is one, that one."""
    meeting = get_object_or_404(Meeting, edition=edition)
    found = list(visible_ballots(request.user, edition))
    if not found:
        raise Http404
    if len(found) == 1:
        return redirect(found[0])
    return render(request, "meetings/ballots.html", {"meeting": meeting, "ballots": found})


@public_page
def ballot(request: HttpRequest, edition: int, number: int) -> HttpResponse:
    """The paper while the ballot is open, for members; its result for everybody; why it was annulled."""
    found = known_ballot(request.user, edition, number)
    if not found.is_open:
        return over(request, found)
    response = show(request, found)
    add_never_cache_headers(response)
    return response


def was_left_by_a_bid(ballot: Ballot) -> bool:
    """Whether it was annulled because a bid that was voted on was withdrawn."""
    following = ballot.followed_by.first()
    if following is None and ballot.host_call.status == HostCall.Status.CANCELLED:
        return False
    left = ballot.options.filter(bid__status=HostBid.Status.WITHDRAWN)
    # One that stood on the next paper left later.
    return left.exclude(bid__in=following.options.values("bid")).exists() if following else left.exists()


def over(request: HttpRequest, ballot: Ballot) -> HttpResponse:
    follows = request.user.has_perm(FOLLOW)
    options = options_of(ballot) if ballot.is_closed or follows else []
    left = not ballot.is_closed and was_left_by_a_bid(ballot)
    visible = visible_ballots(request.user, ballot.host_call.meeting.edition)
    rounds = [one for one in visible if one.host_call_id == ballot.host_call_id]
    most = max((option.votes or 0 for option in options), default=0)
    context = {
        "ballot": ballot,
        "host_call": ballot.host_call,
        "meeting": ballot.host_call.meeting,
        "options": options,
        "by_votes": sorted(options, key=lambda option: (-(option.votes or 0), option.number)),
        "leading": [option for option in options if most and option.votes == most],
        "most_votes": most,
        "most": max(most, ballot.blank or 0),
        "for_bids": (ballot.cast or 0) - (ballot.blank or 0),
        "rounds": rounds,
        "next_round": next((one for one in rounds if one.follows_id == ballot.pk), None),
        "roll": roll_of(ballot) if ballot.is_closed else None,
        "left": left,
        # What a city wrote when it withdrew its bid is for the members.
        "reason": ballot.reason if follows or not left else "",
    }
    return render(request, "meetings/ballot_result.html", context)


def show(
    request: HttpRequest, ballot: Ballot, form: VoteForm | None = None, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    """The open ballot: the paper, to be filled in by focal points; who has voted; how it is kept secret."""
    now = timezone.now()
    options, roll = options_of(ballot), roll_of(ballot)
    own = own_cities(request.user, ballot, roll, options)
    to_vote = [one.city for one in own if one.is_cast_by_reader and one.is_on_roll and not one.has_voted]
    if form is None and to_vote:
        form = VoteForm(cities=to_vote, options=options)
    takes_votes = ballot.takes_votes(now)
    context = {
        "ballot": ballot,
        "host_call": ballot.host_call,
        "meeting": ballot.host_call.meeting,
        "options": options,
        "roll": roll,
        "own": own,
        "takes_votes": takes_votes,
        "may_vote": bool(to_vote) and takes_votes,
        "form": form,
        "refusal": refusal,
        "now": now,
        # All of them: whoever is shown an open ballot follows it.
        "rounds": list(ballot.host_call.ballots.order_by("number")),
    }
    return render(request, "meetings/ballot_open.html", context, status=status)


@sensitive_post_parameters()
@sensitive_variables()
@needs(FOLLOW, of=followed_ballot)
def ballot_vote(request: HttpRequest, ballot: Ballot) -> HttpResponse:
    """What was chosen on the paper, to be confirmed; once it is, the vote and, in this very answer, its receipt."""
    # Before anything is waited for: who votes in time has voted in time.
    received_at = timezone.now()
    if request.method != "POST" or not ballot.is_open:
        return redirect(ballot)
    options = options_of(ballot)
    own = own_cities(request.user, ballot, roll_of(ballot), options)
    cities = [one.city for one in own if one.is_cast_by_reader and one.is_on_roll]
    if not cities:
        # A page that says who casts the vote; nobody else's form leads here.
        raise PermissionDenied
    form = VoteForm(request.POST, cities=cities, options=options)
    if not form.is_valid():
        return show(request, ballot, form)
    city, option = form.voting_city, form.option
    if next(one.has_voted for one in own if one.city == city):
        return show(request, ballot, refusal=already(city), status=409)
    if not ballot.takes_votes(received_at):
        return show(request, ballot, refusal=_("The time to vote is over: no vote was cast."), status=409)
    context = {
        "ballot": ballot,
        "meeting": ballot.host_call.meeting,
        "city": city,
        "option": option,
        "choice": form.cleaned_data["choice"],
        "now": received_at,
    }
    if "confirmed" not in request.POST:
        return render(request, "meetings/ballot_confirm.html", context)
    try:
        receipt = cast_vote(
            ballot=ballot,
            city=city,
            choice=option.number if option else None,
            by=request.user,
            received_at=received_at,
        )
    except NetworkError as refusal:
        ballot.refresh_from_db()
        return show(request, ballot, refusal=str(refusal), status=409) if ballot.is_open else redirect(ballot)
    shown = {"receipt": receipt, "digest": hash_of(receipt)}
    return render(request, "meetings/ballot_receipt.html", context | shown)


def already(city: City) -> str:
    return _("%(city)s has voted already. Nothing was sent a second time, and its vote stands.") % {"city": city.name}


@public_page
def ballot_file(request: HttpRequest, edition: int, number: int, fmt: str) -> HttpResponse:
    """Every vote as it was counted, without the cities: what a stranger needs to count again."""
    if fmt not in {"csv", "json"}:
        raise Http404
    found = counted_ballot(edition, number)
    name = f"ballot-{edition}-{number}.{fmt}"
    if fmt == "json":
        return attachment(as_published(counting_file(found)), JSON, name)
    return attachment(votes_sheet(found).csv(), CSV, name)


def votes_sheet(ballot: Ballot) -> Sheet:
    """The votes of the counting file, with the bids as they were called then."""
    data, language = counting_file(ballot), content_languages()[0]
    names = {one["number"]: joined([city[f"name_{language}"] for city in one["cities"]]) for one in data["options"]}
    rows = [
        (digest, "" if choice is None else choice, _("Blank vote") if choice is None else names[choice])
        for digest, choice in data["votes"]
    ]
    return Sheet(
        title=str(ballot),
        head=[_("Fingerprint of the receipt (SHA-256)"), _("Number on the paper"), _("Vote")],
        rows=rows,
    )


@sensitive_post_parameters()
@sensitive_variables()
@for_everyone
def ballot_check(request: HttpRequest, edition: int, number: int) -> HttpResponse:
    """Whoever has a receipt learns what was counted for it. Neither the question nor the answer is kept."""
    known = visible_ballots(request.user, edition).filter(number=number).first()
    if known is not None and known.is_open:
        # The receipt names this address: who voted comes here too early, and reads there until when to wait.
        return redirect(known)
    found = counted_ballot(edition, number)
    form = CheckForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"ballot": found, "meeting": found.host_call.meeting, "form": form}
    status = 200
    if form.is_bound and form.is_valid():
        if is_over_limit("ballot-receipt", sender(request), limit=CHECKS_AN_HOUR, seconds=3600):
            form.add_error(None, _("Many receipts were looked up from your address within an hour. Try again later."))
            status = 429
        else:
            choice = check_receipt(found, form.cleaned_data["receipt"])
            if choice is None:
                form.add_error("receipt", _("No vote of this ballot has this receipt. Compare it letter by letter."))
            else:
                option = next((one for one in options_of(found) if one.number == choice), None)
                context |= {"was_found": True, "is_blank": choice == BLANK, "option": option}
                context["form"] = CheckForm()
    response = render(request, "meetings/ballot_check.html", context, status=status)
    add_never_cache_headers(response)
    return response
