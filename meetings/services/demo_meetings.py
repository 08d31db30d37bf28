"""Three editions for the demo: one to register for, one whose members vote on its host, one that seeks a host.

The cities exist; that they host or bid is invented and marked as a demonstration. Verbs do it wherever their instants
allow; that a call for hosts has closed meanwhile is written as a row. Each step is left out when its result is there.
"""

import datetime
import json
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from cities.days import PARIS, today
from cities.models import City, Coordinator, CreativeField
from cities.people import Person
from cities.services import demo_people
from cities.services.moderation import save_draft

from ..models import (
    BidCity,
    HostBid,
    HostCall,
    HostCriterion,
    Meeting,
    MeetingDocument,
    Registration,
    Room,
    Session,
    Speaker,
)
from .ballot import cast_vote, open_ballot
from .bid import ask_city, begin_bid, confirm, find_bid_eligible, set_letter, submit_bid
from .host_call import publish_host_call
from .meeting import add_document, choose_hosts
from .programme import Line, save_session
from .registration import open_with_questions, register

SHIPPED = Path(__file__).parents[1] / "data" / "demonstration.json"
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)


def make_meetings(*, officer: Person) -> None:
    """Make the editions that are missing. Needs the real network, and the persons of the demonstration."""
    texts = json.loads(SHIPPED.read_text())
    with transaction.atomic():
        if Meeting.objects.filter(is_demonstration=True).exists():
            return
        first = (Meeting.objects.aggregate(last=Max("edition"))["last"] or 0) + 1
        year = today().year + 1
        make_registration(edition(first, year, texts["registration"]), texts["registration"], officer)
        make_ballot(edition(first + 1, year + 1, {}), texts, officer)
        make_open_call(edition(first + 2, year + 2, {}), texts, officer)


def edition(number: int, year: int, texts: dict[str, Any]) -> Meeting:
    begins = datetime.date(year, 6, 15)
    columns = {column.name for column in Meeting._meta.concrete_fields}
    known = {name: value for name, value in texts.items() if name in columns}
    return Meeting.objects.create(
        edition=number,
        year=year,
        planned_year=year,
        start_date=begins,
        end_date=begins + 3 * DAY,
        personal_data_until=begins + 180 * DAY,
        is_demonstration=True,
        **known,
    )


def speaker_for(city: City) -> Person:
    """The focal point of a city of the demonstration."""
    return Coordinator.objects.reachable().focal_points().get(city=city).user


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("demonstration.pdf", demo_people.letter(), "application/pdf")


# Registration and programme


def make_registration(meeting: Meeting, texts: dict[str, Any], officer: Person) -> None:
    """An edition with one place left, and its programme."""
    hosts = [City.objects.get(slug=slug) for slug in texts["hosts"]]
    meeting = choose_hosts(meeting=meeting, hosts=hosts, by=officer)
    meeting = open_with_questions(meeting=meeting, closes_at=closing_of(meeting), by=officer)
    add_document(
        meeting=meeting,
        kind=MeetingDocument.Kind.AGENDA,
        title_en="Agenda (demonstration)",
        title_fr="Ordre du jour (démonstration)",
        language="en",
        visibility=MeetingDocument.Visibility.PUBLIC,
        upload=paper(),
        by=officer,
    )
    make_programme(meeting, texts, officer)
    lyon, ostersund = (City.objects.get(slug=slug) for slug in ("lyon", "ostersund"))
    Capacity = Registration.Capacity  # noqa: N806  a class
    for city, capacity in (
        (lyon, Capacity.FOCAL_POINT),
        (ostersund, Capacity.FOCAL_POINT),
        (ostersund, Capacity.MAYOR),
    ):
        person = speaker_for(city)
        is_mayor = capacity == Capacity.MAYOR
        register(
            meeting=meeting,
            capacity=capacity,
            city=city,
            name=f"Mayor of {city.name_en}" if is_mayor else person.name,
            email=f"mayor.{city.slug}@example.org" if is_mayor else person.email,
            language=person.language,
            on_list=True,
            by=person,
        )
    for capacity in (Capacity.EXPERT, Capacity.PRESS):
        register(
            meeting=meeting,
            capacity=capacity,
            name=f"Demonstration: {capacity.value}",
            email=f"{capacity.value}@example.org",
            language="en",
            by=officer,
        )


def closing_of(meeting: Meeting) -> datetime.datetime:
    """Two weeks before it begins, at the end of the day."""
    day = meeting.start_date or today()
    return datetime.datetime.combine(day - 13 * DAY, datetime.time(), tzinfo=PARIS)


def make_programme(meeting: Meeting, texts: dict[str, Any], officer: Person) -> None:
    rooms = [Room.objects.create(meeting=meeting, position=nth, **room) for nth, room in enumerate(texts["rooms"], 1)]
    speakers = [
        Speaker.objects.create(meeting=meeting, **speaker | {"city": City.objects.get(slug=speaker["city"])})
        for speaker in texts["speakers"]
    ]
    for one in texts["sessions"]:
        day = (meeting.start_date or today()) + one["day"] * DAY
        starts, ends = (
            datetime.datetime.combine(day, datetime.time.fromisoformat(one[name]), tzinfo=meeting.zone)
            for name in ("from", "to")
        )
        session = Session(
            meeting=meeting,
            kind=one["kind"],
            field=CreativeField.objects.get(slug=one["field"]) if "field" in one else None,
            room=rooms[one["room"]],
            title_en=one["title_en"],
            title_fr=one["title_fr"],
            places=one.get("places"),
            starts_at=starts,
            ends_at=ends,
        )
        save_session(session=session, speakers=[Line(speakers[nth]) for nth in one["speakers"]], by=officer)


# Hosting


def make_call(meeting: Meeting, texts: dict[str, Any], introduction: dict[str, str], officer: Person) -> HostCall:
    """A published call for hosts that is open."""
    now = timezone.now().replace(second=0, microsecond=0)
    host_call = HostCall.objects.create(
        meeting=meeting,
        introduction_en=introduction["introduction_en"],
        introduction_fr=introduction["introduction_fr"],
        opens_at=now - DAY,
        closes_at=now + 60 * DAY,
        ballot_opens_at=now + 75 * DAY,
        ballot_closes_at=now + 90 * DAY,
        quorum_percent=1,
        is_demonstration=True,
    )
    for position, criterion in enumerate(texts["criteria"], 1):
        HostCriterion.objects.create(host_call=host_call, position=position, **criterion)
    return publish_host_call(host_call=host_call, by=officer)


def make_open_call(meeting: Meeting, texts: dict[str, Any], officer: Person) -> None:
    make_call(meeting, texts, texts["open"], officer)


def make_ballot(meeting: Meeting, texts: dict[str, Any], officer: Person) -> None:
    """A ballot of all members on two bids, in which some have voted."""
    host_call = make_call(meeting, texts, texts["ballot"], officer)
    for bid in texts["ballot"]["bids"]:
        make_bid(host_call, bid, texts["bid"], officer)
    now = timezone.now()
    # Nobody can wait for it: the bids were written in a minute, and the call closes a minute later.
    HostCall.objects.filter(pk=host_call.pk).update(
        opens_at=now - 60 * DAY, closes_at=now - 20 * DAY, ballot_opens_at=now - HOUR, ballot_closes_at=now + 20 * DAY
    )
    host_call.refresh_from_db()
    for submitted in host_call.bids.all():
        find_bid_eligible(bid=submitted, by=officer)
    ballot = open_ballot(host_call=host_call, by=officer)
    several = get_user_model()._default_manager.get(email=demo_people.SEVERAL.email)
    for number, city in enumerate(City.objects.coordinated_by(several).order_by("slug")):
        # The last of them is left for whoever tries it.
        if number < 4:
            cast_vote(ballot=ballot, city=city, choice=number % 2 + 1, by=several)


def make_bid(host_call: HostCall, texts: dict[str, Any], body: dict[str, Any], officer: Person) -> HostBid:
    """A bid that is complete and submitted, by the verbs of its cities."""
    lead, *partners = (City.objects.get(slug=slug) for slug in texts["cities"])
    person = speaker_for(lead)
    bid = begin_bid(host_call=host_call, city=lead, by=person)
    meeting = host_call.meeting
    values = body | {
        "summary_en": texts["summary_en"],
        "summary_fr": texts["summary_fr"],
        "start_date": meeting.start_date,
        "end_date": meeting.end_date,
        "language": "en",
    }
    bid = save_draft(bid, values=values, seen=bid.version, by=person)
    for partner in partners:
        asked = ask_city(bid=bid, city=partner, by=person)
        confirm(bid_city=asked, by=speaker_for(partner))
    for one in BidCity.objects.filter(bid=bid, left_at=None).select_related("city"):
        set_letter(bid_city=one, upload=paper(), by=speaker_for(one.city))
    return submit_bid(bid=bid, by=person)
