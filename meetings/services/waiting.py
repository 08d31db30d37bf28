"""What of the annual meetings waits for the coordinators of cities: as many queries for one city as for thirty.

Only members have anything to do here. What is past stays to be read.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from cities.models import City
from cities.services.waiting import Desk

from ..models import Ballot, BidCity, HostBid, HostCall, Meeting, OpenSeat, Registration


class Kind(StrEnum):
    """What a task asks for."""

    VOTE = "vote"
    ANSWER_BID = "answer-bid"
    SUBMIT_BID = "submit-bid"
    REGISTER = "register"


@dataclass(frozen=True)
class MeetingTask:
    """Something to do until an instant, drawn by a template of its own among the tasks of `cities.services.waiting`."""

    kind: Kind
    city: City
    url: str
    until: datetime.datetime
    about: Any
    """The ballot, the bid or the meeting that it is about."""
    template: str = "my/_meeting_task.html"


@dataclass
class MeetingDesk:
    """What of the annual meetings concerns a city."""

    desk: Desk
    is_member: bool
    open_calls: list[HostCall] = field(default_factory=list)
    """Calls for hosts in which it takes part in no bid and can begin one now."""
    bids: list[HostBid] = field(default_factory=list)
    """Those that it leads or has joined, the newest first."""
    asked: list[BidCity] = field(default_factory=list)
    """Questions to join a bid that it can still answer."""
    ballot: Ballot | None = None
    """The open ballot, when the city is on its roll."""
    has_voted: bool = False
    registrations: list[tuple[Meeting, int, int]] = field(default_factory=list)
    """Meetings that take registrations: how many of the city are registered, and how many wait."""

    @property
    def city(self) -> City:
        return self.desk.city

    @property
    def is_empty(self) -> bool:
        return not (self.open_calls or self.bids or self.asked or self.ballot)

    def tasks(self) -> list[MeetingTask]:
        """What waits here for the person whose desk this is."""
        tasks = []
        if self.ballot and not self.has_voted and self.desk.is_focal_point:
            tasks.append(
                MeetingTask(Kind.VOTE, self.city, self.ballot.get_absolute_url(), self.ballot.closes_at, self.ballot)
            )
        if self.desk.speaks:
            for one in self.asked:
                url = reverse("meetings:my_bid_answer", args=[one.pk])
                tasks.append(MeetingTask(Kind.ANSWER_BID, self.city, url, one.bid.host_call.closes_at, one.bid))
        for bid in self.bids:
            if bid.is_editable:
                url, until = bid.get_absolute_url(), bid.host_call.closes_at
                tasks.append(MeetingTask(Kind.SUBMIT_BID, self.city, url, until, bid))
        for meeting, registered, waiting in self.registrations:
            if not (registered or waiting) and meeting.registration_closes_at:
                url = reverse("meetings:my_registrations", args=[meeting.edition, self.city.slug])
                tasks.append(MeetingTask(Kind.REGISTER, self.city, url, meeting.registration_closes_at, meeting))
        return tasks


def with_tasks(tasks: Sequence[Any], places: Sequence[MeetingDesk]) -> list[Any]:
    """All that waits: what has a deadline first, the nearest before the others, then the rest in its order."""
    due = [task for place in places for task in place.tasks()]
    seen: set[tuple[str, str]] = set()
    once = []
    for task in sorted(due, key=lambda task: task.until):
        # A joint bid waits once for who coordinates two of its cities.
        if (task.kind, task.url) not in seen:
            seen.add((task.kind, task.url))
            once.append(task)
    return [*once, *tasks]


def meeting_desks(desks: Sequence[Desk]) -> list[MeetingDesk]:
    """What of the annual meetings concerns each of the cities that a person serves, in their order."""
    # Of a former member the designation of today is not there at all.
    places = {desk.city.pk: MeetingDesk(desk, getattr(desk.city, "current", None) is not None) for desk in desks}
    if places:
        _put_bids(places)
        _put_open_calls(places)
        _put_ballot(places)
        _put_registrations(places)
    return list(places.values())


def _members(places: dict[int, MeetingDesk]) -> list[int]:
    return [pk for pk, place in places.items() if place.is_member]


def _put_bids(places: dict[int, MeetingDesk]) -> None:
    cities = BidCity.objects.select_related("city")
    bids = HostBid.objects.select_related("host_call__meeting", "lead").prefetch_related(Prefetch("cities", cities))
    own = BidCity.objects.filter(city__in=places, left_at=None).order_by("-bid__host_call", "-bid")
    for one in own.prefetch_related(Prefetch("bid", bids)):
        place = places[one.city_id]
        if one.is_confirmed:
            place.bids.append(one.bid)
        elif place.is_member and one.bid.is_editable:
            place.asked.append(one)


def _put_open_calls(places: dict[int, MeetingDesk]) -> None:
    calls = list(HostCall.objects.open().select_related("meeting").order_by("closes_at"))
    for pk in _members(places):
        place = places[pk]
        taken = {bid.host_call_id for bid in place.bids if bid.status != HostBid.Status.WITHDRAWN}
        place.open_calls = [call for call in calls if call.pk not in taken]


def _put_ballot(places: dict[int, MeetingDesk]) -> None:
    ballot = Ballot.objects.open().select_related("host_call__meeting").first()
    if ballot is None or not ballot.takes_votes():
        return
    # Also of a city that has left the network since the roll was frozen.
    seats = OpenSeat.objects.filter(city__in=places).order_by()
    for pk, has_voted in seats.values_list("city", "has_voted"):
        places[pk].ballot, places[pk].has_voted = ballot, has_voted


def _put_registrations(places: dict[int, MeetingDesk]) -> None:
    open_now = Q(status=Meeting.Status.REGISTRATION_OPEN, registration_closes_at__gt=timezone.now())
    meetings = list(Meeting.objects.with_hosts().filter(open_now).order_by("registration_closes_at"))
    meetings = [one for one in meetings if not one.capacities or set(one.capacities) & set(Registration.OF_A_CITY)]
    members = _members(places)
    if not meetings or not members:
        return
    Status = Registration.Status  # noqa: N806  a class
    counted = (
        Registration.objects.filter(meeting__in=meetings, city__in=members)
        .order_by()
        .values_list("meeting", "city")
        .annotate(
            registered=Count("pk", filter=Q(status=Status.REGISTERED)),
            waiting=Count("pk", filter=Q(status=Status.WAITING)),
        )
    )
    counts = {(meeting, city): (registered, waiting) for meeting, city, registered, waiting in counted}
    for pk in members:
        places[pk].registrations = [(meeting, *counts.get((meeting.pk, pk), (0, 0))) for meeting in meetings]


def registrations_of(user: Any) -> list[Registration]:
    """A person's own registrations for meetings to come, the next one first."""
    own = Registration.objects.standing().filter(user=user, meeting__status__in=Meeting.TO_COME)
    return list(own.select_related("meeting", "city").order_by("meeting__year", "meeting__start_date", "pk"))
