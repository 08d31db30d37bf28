"""Meetings, calls for hosts, bids, ballots and registrations at any stage, written directly: see `calls`."""

import datetime
import hashlib
from typing import Any

from django.utils import timezone

from cities.models import City, Country
from meetings.models import (
    Ballot,
    BallotOption,
    BidCity,
    HostBid,
    HostCall,
    HostCriterion,
    Meeting,
    MeetingHost,
    OpenSeat,
    OpenVote,
    Registration,
    Room,
    Session,
)

from .meetings import MeetingFactory

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)

PHASES = {
    # days from now to: opening, closing, opening of the ballot, its closing
    "scheduled": (5, 30, 40, 50),
    "open": (-10, 20, 30, 40),
    "examination": (-30, -5, 5, 15),
    "ballot": (-40, -20, -2, 5),
    "decided": (-60, -40, -20, -10),
}
STATUSES = {"ballot": HostCall.Status.BALLOT, "decided": HostCall.Status.DECIDED}


def make_meeting(edition: int = 19, **fields: Any) -> Meeting:
    """A meeting to come, next year, in its country; `hosts` are slugs of cities."""
    hosts = fields.pop("hosts", ())
    year = timezone.now().year + 1
    known: dict[str, Any] = {
        "edition": edition,
        "year": year,
        "planned_year": year,
        "start_date": datetime.date(year, 6, 1),
        "end_date": datetime.date(year, 6, 4),
    }
    if "country" not in fields and (country := Country.objects.filter(pk="FR").first()):
        # Of the real network, where that is there: the factory's countries may have a real one's code.
        known["country"] = country
    if hosts:
        known["country"] = City.objects.get(slug=hosts[0]).country
        known["status"] = Meeting.Status.HOST_SELECTED
    meeting = MeetingFactory(**known | fields)
    for position, slug in enumerate(hosts):
        city = City.objects.get(slug=slug)
        MeetingHost.objects.create(
            meeting=meeting, city=city, name_en=city.name_en, name_fr=city.name_fr, position=position
        )
    return meeting


def make_host_call(phase: str = "open", *, publish: bool = True, **fields: Any) -> HostCall:
    """A call for hosts that stands at a phase now, with two criteria; a draft unless published."""
    now = timezone.now().replace(microsecond=0)
    names = ("opens_at", "closes_at", "ballot_opens_at", "ballot_closes_at")
    instants = dict(zip(names, (now + days * DAY for days in PHASES[phase]), strict=True))
    known: dict[str, Any] = {"introduction_en": "Host us.", "introduction_fr": "Accueillez-nous."}
    if "meeting" not in fields:
        known["meeting"] = make_meeting()
    call = HostCall.objects.create(**known | instants | fields)
    for position, text in enumerate(("Rooms", "Access"), 1):
        HostCriterion.objects.create(host_call=call, position=position, text_en=text, text_fr=f"{text} (fr)")
    if publish:
        call.status = STATUSES.get(phase, HostCall.Status.PUBLISHED)
        call.save(update_fields=["status"])
    return call


FILLED = {
    "summary_en": "Come to us.",
    "summary_fr": "Venez chez nous.",
    "venue": "The town hall",
    "venue_places": 400,
    "venues": "Rooms.",
    "accommodation": "Hotels.",
    "programme": "Sessions.",
    "interpretation": "English and French.",
    "accessibility": "No steps.",
    "sustainability": "Trains.",
    "visas": "Letters.",
    "budget": "The city pays.",
    "budget_total": "250000.00",
    "budget_currency": "EUR",
}


def make_bid(call: HostCall, lead: str = "lyon", *partners: str, **fields: Any) -> HostBid:
    """A bid whose texts are all filled; partners have confirmed. Submitted and later ones get their instant."""
    status = fields.get("status", HostBid.Status.DRAFT)
    days = {"start_date": call.meeting.start_date, "end_date": call.meeting.end_date}
    known: dict[str, Any] = {**FILLED, **days, "language": "en"}
    if status != HostBid.Status.DRAFT:
        known["submitted_at"] = timezone.now()
    bid = HostBid.objects.create(host_call=call, lead=City.objects.get(slug=lead), **known | fields)
    BidCity.objects.create(bid=bid, city=bid.lead, is_lead=True)
    for slug in partners:
        BidCity.objects.create(bid=bid, city=City.objects.get(slug=slug), confirmed_at=timezone.now())
    return bid


def make_ballot(call: HostCall, *bids: HostBid, electorate: list[City] | None = None, **fields: Any) -> Ballot:
    """The open ballot of a call on bids, numbered in their order; the members of today vote unless others are given."""
    cities = list(City.objects.members()) if electorate is None else electorate
    now = timezone.now()
    known: dict[str, Any] = {
        "number": Ballot.objects.filter(host_call__meeting=call.meeting).count() + 1,
        "opened_at": now - HOUR,
        "closes_at": now + DAY,
        "seats": len(cities),
        "quorum": 0,
    }
    ballot = Ballot.objects.create(host_call=call, **known | fields)
    for number, bid in enumerate(bids, 1):
        BallotOption.objects.create(ballot=ballot, number=number, bid=bid)
        HostBid.objects.filter(pk=bid.pk).update(status=HostBid.Status.ON_BALLOT)
    OpenSeat.objects.bulk_create(OpenSeat(city=city) for city in cities)
    HostCall.objects.filter(pk=call.pk).update(status=HostCall.Status.BALLOT)
    return ballot


def cast(city: City, choice: int | None, receipt: str = "") -> None:
    """A vote in the open ballot, as if the focal point had sent it."""
    OpenSeat.objects.filter(city=city).update(has_voted=True)
    receipt = receipt or f"receipt of {city.slug}"
    OpenVote.objects.create(choice=choice, receipt_sha256=hashlib.sha256(receipt.encode()).hexdigest())


def open_for_registration(meeting: Meeting, **fields: Any) -> Meeting:
    known: dict[str, Any] = {
        "status": Meeting.Status.REGISTRATION_OPEN,
        "registration_closes_at": timezone.now() + 30 * DAY,
        "personal_data_until": meeting.end_date + 90 * DAY,  # type: ignore[operator]  # known
    }
    for name, value in (known | fields).items():
        setattr(meeting, name, value)
    meeting.save()
    return meeting


def make_registration(meeting: Meeting, email: str = "delegate@example.org", **fields: Any) -> Registration:
    """A delegate with the next place, of Lyon unless another `city` (a slug, "" for none) is given."""
    slug = fields.pop("city", "lyon")
    city = City.objects.get(slug=slug) if slug else None
    others = Registration.objects.filter(meeting=meeting)
    known: dict[str, Any] = {
        "capacity": Registration.Capacity.DELEGATE if city else Registration.Capacity.EXPERT,
        "city": city,
        "name": "A delegate",
        "email": email,
        "status": Registration.Status.REGISTERED,
    }
    status = fields.get("status", known["status"])
    if status == Registration.Status.REGISTERED:
        known["place"] = (
            others.order_by("-place").values_list("place", flat=True).exclude(place=None).first() or 0
        ) + 1
        known["places"] = meeting.places
    elif status == Registration.Status.WAITING:
        queued = others.exclude(queued=None).order_by("-queued").values_list("queued", flat=True).first()
        known["queued"] = (queued or 0) + 1
    if city and status != Registration.Status.CANCELLED:
        known["city_place"] = others.filter(city=city).exclude(city_place=None).count() + 1
    return Registration.objects.create(meeting=meeting, **known | fields)


def make_session(meeting: Meeting, title: str = "Opening", hour: int = 9, hours: int = 1, **fields: Any) -> Session:
    """A plenary on the first day of a meeting, at an hour there, in the only room unless another is given."""
    begins = datetime.datetime.combine(meeting.start_date, datetime.time(hour), tzinfo=meeting.zone)  # type: ignore[arg-type]
    known: dict[str, Any] = {
        "kind": Session.Kind.PLENARY,
        "title_en": title,
        "title_fr": f"{title} (fr)",
        "starts_at": begins,
        "ends_at": begins + hours * HOUR,
    }
    if "room" not in fields:
        known["room"], _made = Room.objects.get_or_create(meeting=meeting, name_en="Great hall", name_fr="Grande salle")
    return Session.objects.create(meeting=meeting, **known | fields)
