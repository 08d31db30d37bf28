"""The public page of a call for hosts, and bids to read.

As those of calls for applications these pages are made anew for every request: where a call stands changes at instants
within a day.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from cities.access import for_everyone
from cities.caching import asked_anew
from cities.models import City, Coordinator
from cities.people import Person

from ..models import Ballot, BidCity, HostBid, HostCall, Meeting
from ..services.bid import bid_of
from ..services.host_call import decided_bids, moves_of

Phase = HostCall.Phase
UNTIL = {Phase.SCHEDULED: "opens_at", Phase.OPEN: "closes_at", Phase.EXAMINATION: "ballot_opens_at"}
"""The instant that ends each phase, which a countdown leads to."""


def about_call(request: HttpRequest, response: HttpResponse, host_call: HostCall) -> HttpResponse:
    """A page about a call for hosts: nothing of a draft is kept anywhere, nor are pages with what is one person's."""
    if host_call.is_draft:
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex"
    else:
        asked_anew(request, response)
    return response


@for_everyone
def host_call(request: HttpRequest, edition: int) -> HttpResponse:
    """The last call for hosts of a meeting: its dates, criteria and rules; once decided, what was voted on.

    A draft is shown to the secretariat, and to nobody else.
    """
    meeting = get_object_or_404(Meeting.objects.with_hosts(), edition=edition)
    visible: Any = HostCall.objects.visible_to(request.user)
    found = list(visible.filter(meeting=meeting).order_by("-pk"))
    if not found:
        raise Http404
    current, *earlier = found
    now = timezone.now()
    phase = current.phase(now)
    ballots = ballots_of(current)
    context = {
        "host_call": current,
        "meeting": meeting,
        "now": now,
        "phase": phase,
        "next_instant": next_instant(current, phase, ballots),
        "criteria": current.criteria.all(),
        "moves": moves_of(current),
        "bids": decided_bids(current),
        "ballots": [ballot for ballot in ballots if not ballot.is_open],
        "open_ballot": next((ballot for ballot in ballots if ballot.is_open), None),
        "may_follow": request.user.has_perm("meetings.follow_ballot"),
        "own": own_bids(request.user, current) if phase == Phase.OPEN else [],
        "earlier": [(one, decided_bids(one)) for one in earlier],
    }
    return about_call(request, render(request, "meetings/host_call.html", context), current)


def ballots_of(host_call: HostCall) -> list[Ballot]:
    return list(host_call.ballots.order_by("number"))


def next_instant(host_call: HostCall, phase: Phase, ballots: list[Ballot]) -> Any:
    """What the countdown leads to: the end of the phase, or of the ballot that is open."""
    if phase == Phase.BALLOT:
        return next((ballot.closes_at for ballot in ballots if ballot.is_open), None)
    instant = getattr(host_call, UNTIL[phase]) if phase in UNTIL else None
    # A ballot that was not ready in time opens later: nobody knows when.
    return instant if instant and instant > timezone.now() else None


def own_bids(user: Person, host_call: HostCall) -> list[tuple[City, HostBid | None]]:
    """The member cities that a person speaks for, each with the bid that it takes part in."""
    members = City.objects.members().order_by().values("pk")
    mandates = Coordinator.objects.of(user).in_force().filter(role__in=Coordinator.SPEAKERS, city__in=members)
    cities = sorted({mandate.city for mandate in mandates.select_related("city")}, key=lambda city: city.pk)
    return [(city, bid_of(host_call, city)) for city in cities]


def known_bid(user: Person, edition: int, pk: int) -> HostBid:
    """A bid that a person may know of, as somebody of the network or as the public; raises Http404."""
    standing = Prefetch("cities", BidCity.objects.select_related("city__country", "letter"))
    bids: Any = HostBid.objects.select_related("host_call__meeting", "lead").prefetch_related(standing)
    bid = get_object_or_404(bids, pk=pk, host_call__meeting__edition=edition)
    if not bid.is_named_publicly and not HostBid.objects.visible_to(user).filter(pk=pk).exists():
        raise Http404
    return bid


@for_everyone
def host_call_bid(request: HttpRequest, edition: int, pk: int) -> HttpResponse:
    """A bid: the whole for those who may read it; to the public, after the decision, its summary, days and venue.

    Of a draft the secretariat knows that it exists, and meets 403.
    """
    bid = known_bid(request.user, edition, pk)
    reads = request.user.has_perm("meetings.read_bid", bid)
    if not reads and not bid.is_named_publicly:
        raise PermissionDenied
    context = {
        "bid": bid,
        "meeting": bid.host_call.meeting,
        "host_call": bid.host_call,
        "reads": reads,
        "is_public": bid.is_named_publicly,
        "parts": [part for part in bid.parts() if part.text] if reads else [],
    }
    response = render(request, "meetings/bid.html", context)
    if reads:
        add_never_cache_headers(response)
        return response
    return about_call(request, response, bid.host_call)
