"""All editions of the annual meeting, as their page lists them."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from cities.datasets import Column, Dataset, Extract, Kind, Row, Rows
from cities.datasets.naming import (
    IS_DEMONSTRATION,
    Naming,
    Pages,
    linked_country,
    linked_property,
    told,
    told_where_known,
)
from cities.models import Region

from ..models import Meeting, MeetingChange
from ..services.last_change import meetings_changed_on
from ..services.meeting import Figures, figures_of, moved_by_hours

SCHEMA = "https://schema.org/"
NETWORK = ("UNESCO Creative Cities Network", "Réseau des villes créatives de l’UNESCO")
ATTENDANCE = {
    Meeting.Format.ON_SITE: "OfflineEventAttendanceMode",
    Meeting.Format.HYBRID: "MixedEventAttendanceMode",
    Meeting.Format.ONLINE: "OnlineEventAttendanceMode",
}


def linked(row: Row) -> dict[str, Any]:
    """An edition as an event. Where its days are not known, its year stands for them."""
    node: dict[str, Any] = {
        "@type": "Event",
        "@id": row["url_en"],
        "identifier": str(row["edition"]),
        "name": told(row["name_en"], row["name_fr"]),
        "url": row["url_en"],
        "startDate": row["start_date"].isoformat() if row["start_date"] else str(row["year"]),
        "eventStatus": {"@id": SCHEMA + _event_status(row)},
        "organizer": {"@type": "Organization", "name": told(*NETWORK)},
    }
    if row["format"]:
        node["eventAttendanceMode"] = {"@id": SCHEMA + ATTENDANCE[row["format"]]}
    if row["end_date"]:
        node["endDate"] = row["end_date"].isoformat()
    if row["planned_year"] != row["year"]:
        node["previousStartDate"] = str(row["planned_year"])
    if row["theme_en"] or row["theme_fr"]:
        node["description"] = told_where_known(row, "theme")
    if row["format"] == Meeting.Format.ONLINE:
        node["location"] = {"@type": "VirtualLocation", "url": row["website"] or row["url_en"]}
    elif row["hosts_en"] or row["venue"]:
        node["location"] = _place(row)
    if row["participants"] is not None:
        node["additionalProperty"] = [linked_property("participants", row["participants"])]
    return node


def _event_status(row: Row) -> str:
    """As schema.org tells it: postponed without days is one thing, with others another."""
    if row["status"] == Meeting.Status.CANCELLED:
        return "EventCancelled"
    if MeetingChange.Kind.POSTPONED in row["changes"]:
        has_days = row["start_date"] or row["status"] in Meeting.HELD
        return "EventRescheduled" if has_days else "EventPostponed"
    return "EventScheduled"


def _place(row: Row) -> dict[str, Any]:
    place: dict[str, Any] = {
        "@type": "Place",
        "name": row["venue"] or told(row["hosts_en"], row["hosts_fr"]),
    }
    if row["country"]:
        place["containedInPlace"] = linked_country(row)
    if row["address"]:
        place["address"] = row["address"]
    return place


MEETINGS = Dataset(
    name="meetings",
    title=_("Annual meetings of the UNESCO Creative Cities Network"),
    key=("edition",),
    linked=linked,
    columns=(
        Column("edition", _("Number of the edition, its address here"), Kind.INTEGER, is_always_known=True),
        Column("name_en", _("What it is called, in English"), is_always_known=True),
        Column("name_fr", _("What it is called, in French"), is_always_known=True),
        Column("hosts", _("Host cities that are or were members, their keys"), Kind.LIST),
        Column("hosts_en", _("Host cities in English, other places too")),
        Column("hosts_fr", _("Host cities in French, other places too")),
        Column("country", _("Country, two letters of ISO 3166")),
        Column("country_en", _("Country in English")),
        Column("country_fr", _("Country in French")),
        Column("region", _("Region of UNESCO, its key"), choices=tuple(Region.values)),
        Column("region_en", _("Region in English")),
        Column("region_fr", _("Region in French")),
        Column("status", _("Where it stands now, the key"), is_always_known=True, choices=tuple(Meeting.Status.values)),
        Column("planned_year", _("Year for which it was first planned"), Kind.INTEGER, is_always_known=True),
        Column("year", _("Year in which it takes or took place"), Kind.INTEGER, is_always_known=True),
        Column("start_date", _("First day, at the place"), Kind.DATE),
        Column("end_date", _("Last day, at the place"), Kind.DATE),
        Column("format", _("On site, online or both"), choices=tuple(Meeting.Format.values)),
        Column("theme_en", _("Theme in English")),
        Column("theme_fr", _("Theme in French")),
        Column("venue", _("Venue")),
        Column("address", _("Address of the venue")),
        Column("website", _("Website of the host"), Kind.ADDRESS),
        Column("registration_closes_at", _("When registration closes, where it was opened"), Kind.INSTANT),
        Column("changes", _("How it was moved, the oldest first: postponed, relocated, cancelled"), Kind.LIST),
        Column("changes_en", _("From what to what it was moved, and why, in English")),
        Column("changes_fr", _("From what to what it was moved, and why, in French")),
        Column("participants", _("Participants, once it was held"), Kind.INTEGER),
        Column("cities_represented", _("Cities represented, once it was held"), Kind.INTEGER),
        Column("mayors", _("Mayors, once it was held"), Kind.INTEGER),
        Column("figures_are_counted", _("Whether these were counted at the entrance, not reported"), Kind.BOOLEAN),
        Column("figures_source", _("Source of these where they were reported")),
        IS_DEMONSTRATION,
        Column("url_en", _("Page of the meeting here, in English"), Kind.ADDRESS, is_always_known=True),
        Column("url_fr", _("Page of the meeting here, in French"), Kind.ADDRESS, is_always_known=True),
    ),
)

NOWHERE = dict.fromkeys(("country", "country_en", "country_fr", "region", "region_en", "region_fr"), "")
OPENED = (Meeting.Status.REGISTRATION_OPEN, Meeting.Status.REGISTRATION_CLOSED)


def meeting_rows(meetings: Iterable[Meeting]) -> Iterator[Row]:
    """Meetings that come `with_hosts()` and their changes as rows; one query, for who came."""
    meetings = list(meetings)
    countries = {meeting.country for meeting in meetings if meeting.country}
    naming = Naming((), [(one.pk, one.name_en, one.name_fr, one.region) for one in countries])
    pages = Pages("meetings:meeting", int)
    came = figures_of([meeting for meeting in meetings if meeting.is_held])
    for meeting in meetings:
        # Where nobody was counted, nothing is known.
        figures = came.get(meeting.pk) or Figures()
        told_en, told_fr = _in_words(meeting, "en"), _in_words(meeting, "fr")
        closes = meeting.registration_closes_at if meeting.status in OPENED else None
        yield {
            "edition": meeting.edition,
            "name_en": told_en["name"],
            "name_fr": told_fr["name"],
            "hosts": [host.city.slug for host in meeting.hosts.all() if host.city],
            "hosts_en": told_en["hosts"],
            "hosts_fr": told_fr["hosts"],
            **(naming.countries[meeting.country_id] if meeting.country_id else NOWHERE),
            "status": str(meeting.status_now),
            "planned_year": meeting.planned_year,
            "year": meeting.year,
            "start_date": meeting.start_date,
            "end_date": meeting.end_date,
            # Of those held before the portal was there, nobody said so.
            "format": "" if meeting.is_held and meeting.format == Meeting.Format.ON_SITE else meeting.format,
            "theme_en": meeting.theme_en,
            "theme_fr": meeting.theme_fr,
            "venue": meeting.venue,
            "address": meeting.address,
            "website": meeting.website,
            "registration_closes_at": closes.astimezone(datetime.UTC) if closes else None,
            "changes": [change.kind for change in meeting.changes.all()],
            "changes_en": told_en["changes"],
            "changes_fr": told_fr["changes"],
            "participants": figures.participants,
            "cities_represented": figures.cities,
            "mayors": figures.mayors,
            "figures_are_counted": figures.counted if figures else None,
            "figures_source": figures.source,
            "is_demonstration": meeting.is_demonstration,
            **pages.of(meeting.edition),
        }


def _in_words(meeting: Meeting, language: str) -> dict[str, str]:
    with override(language):
        changes = [text for change in meeting.changes.all() for text in (change.in_words, change.reason) if text]
        return {"name": str(meeting), "hosts": meeting.host_names, "changes": " ".join(changes)}


def meeting_extract(query: QueryDict, *, language: str, address: str = "") -> Extract:
    """All editions, the newest first: nothing can be asked of them."""
    meetings = Meeting.objects.with_hosts().prefetch_related("changes")
    return Extract(
        dataset=MEETINGS,
        rows=Rows(meetings, meeting_rows, meetings.count),
        language=language,
        address=address,
        query=query.urlencode(),
        last_change=meetings_changed_on(timezone.now()),
    )


def meetings_move() -> Iterable[object]:
    """What no edition counts; one query."""
    return moved_by_hours(timezone.now())
