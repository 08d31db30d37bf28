"""Calendars (iCalendar, RFC 5545) of annual meetings, of their sessions, and of who comes.

An event is the same in every calendar that holds it: its UID is made of its key and the site's address, its SEQUENCE
grows with its changes, and its DTSTAMP is the instant of the last one. So an application that reads a calendar again
moves its entries and doubles none. Made anew of the same rows, a calendar is the same to the byte.
"""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import override
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.enums import STATUS, TRANSP

from cities.days import FIRST_DAY

from ..models import Meeting, MeetingHost, Registration, Session, SessionSpeaker

CONTENT_TYPE = "text/calendar; charset=utf-8"
DAY = datetime.timedelta(days=1)
READ_AGAIN = datetime.timedelta(hours=12)
"""How often an application that subscribed is asked to look for changes."""

# RFC 5545, section 3.3.11: texts hold no control characters but the tab; line breaks are written as \n.
_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass
class Revision:
    """How often something was changed, and when it last was."""

    number: int = 0
    at: datetime.datetime = field(
        default_factory=lambda: datetime.datetime.combine(FIRST_DAY, datetime.time(), datetime.UTC)
    )

    def add(self, number: int, at: datetime.datetime) -> None:
        self.number, self.at = self.number + number, max(self.at, at)


def meeting_calendar(meetings: Iterable[Meeting], language: str) -> bytes:
    """A calendar of meetings, each as whole days; those without days are left out, as there is nothing to enter.

    Costs two queries beside those of the meetings, which come `with_hosts()`.
    """
    dated = [meeting for meeting in meetings if meeting.start_date]
    revisions = _revisions(dated)
    with override(language):
        name = str(dated[0]) if len(dated) == 1 else _("Annual meetings of the Creative Cities Network")
        events = [_meeting_event(meeting, revisions[meeting.pk]) for meeting in dated]
        return _calendar(events, name, READ_AGAIN)


def session_calendar(session: Session, language: str) -> bytes:
    """A calendar of one session, in the time zone of the place."""
    with override(language):
        return _calendar([_session_event(session)], session.title)


def registration_calendar(registration: Registration, language: str) -> bytes:
    """What a person has to keep free: the meeting, its plenaries, and the sessions in which they booked a place.

    Who is on the waiting list gets the meeting as not yet sure, who cancelled as cancelled. Eight queries at most.
    """
    meeting = Meeting.objects.with_hosts().get(pk=registration.meeting_id)
    sessions: list[Session] = []
    if registration.status == Registration.Status.REGISTERED:
        wanted = Q(kind=Session.Kind.PLENARY) | Q(bookings__registration=registration)
        found = meeting.sessions.filter(wanted).distinct().select_related("room")
        sessions = list(found.order_by("starts_at", "pk").prefetch_related("speakers__speaker"))
    with override(language):
        events = []
        if meeting.start_date:
            events.append(_own_event(meeting, registration))
        for session in sessions:
            session.meeting = meeting
            events.append(_session_event(session))
        return _calendar(events, str(meeting))


# Events


def _meeting_event(meeting: Meeting, revision: Revision) -> Event:
    status = STATUS.CONFIRMED
    if meeting.is_cancelled:
        status = STATUS.CANCELLED
    elif meeting.status == Meeting.Status.PLANNED:
        status = STATUS.TENTATIVE
    hosts = meeting.host_names
    summary = f"{meeting}, {hosts}" if hosts else str(meeting)
    address = _address(meeting.get_absolute_url())
    return _event(
        uid=f"meeting-{meeting.edition}",
        summary=_named(meeting, summary),
        start=meeting.start_date,  # type: ignore[arg-type]  # only dated ones come here
        # The day after the last one: ends are not part of an event.
        end=meeting.end_date + DAY,  # type: ignore[operator, arg-type]
        where=_place(meeting),
        texts=(meeting.theme, address),
        url=address,
        status=status,
        # Days of a meeting in the diary of somebody who only follows it keep nothing free.
        is_busy=False,
        revision=revision,
    )


def _own_event(meeting: Meeting, registration: Registration) -> Event:
    revision = _revisions([meeting])[meeting.pk]
    event = _meeting_event(meeting, revision)
    if registration.status == Registration.Status.CANCELLED or meeting.is_cancelled:
        event.status = STATUS.CANCELLED
        # Later than what an application read before.
        event.sequence = revision.number + 1
        return event
    event.transparency = TRANSP.OPAQUE
    if registration.status == Registration.Status.WAITING:
        event.status = STATUS.TENTATIVE
        words = _("You are on the waiting list.")
    else:
        words = _("Your code at the entrance: %(code)s") % {"code": registration.code}
    event.description = _text("\n\n".join(text for text in (words, str(event.description or "")) if text))
    return event


def _session_event(session: Session) -> Event:
    meeting = session.meeting
    # Its own page, with the anchor of the session.
    address = _address(session.get_absolute_url())
    speakers = ", ".join(_speaker(one) for one in session.speakers.all())
    return _event(
        uid=f"session-{session.pk}",
        summary=_named(meeting, session.title),
        start=session.local_start,
        end=session.local_end,
        where=", ".join(part for part in (session.room.name, _place(meeting)) if part),
        texts=(session.summary, speakers, str(meeting), address),
        url=address,
        status=STATUS.CANCELLED if meeting.is_cancelled else STATUS.CONFIRMED,
        is_busy=True,
        # A meeting is cancelled without a word to its sessions.
        revision=Revision(session.sequence + int(meeting.is_cancelled), session.updated_at),
    )


def _named(meeting: Meeting, name: str) -> str:
    """What stands in a diary: an invented meeting says there, too, that it is none."""
    return _("Demonstration: %(name)s") % {"name": name} if meeting.is_demonstration else name


def _speaker(one: SessionSpeaker) -> str:
    name: str = one.speaker.name
    return _("%(name)s (moderator)") % {"name": name} if one.is_moderator else name


def _event(
    *,
    uid: str,
    summary: str,
    start: datetime.date,
    end: datetime.date,
    where: str,
    texts: Iterable[str],
    url: str,
    status: STATUS,
    is_busy: bool,
    revision: Revision,
) -> Event:
    return Event.new(
        uid=f"{uid}@{_host()}",
        summary=_text(" ".join(summary.split())),
        start=start,
        end=end,
        location=_text(" ".join(where.split())) or None,
        description=_text("\n\n".join(text.strip() for text in texts if text.strip())) or None,
        url=url,
        status=status,
        transparency=TRANSP.OPAQUE if is_busy else TRANSP.TRANSPARENT,
        sequence=revision.number,
        stamp=revision.at.replace(microsecond=0),
        last_modified=revision.at.replace(microsecond=0),
    )


def _place(meeting: Meeting) -> str:
    """Venue, address, hosts, country, as far as they are known."""
    if meeting.format == Meeting.Format.ONLINE:
        return _("online")
    country = meeting.country.name if meeting.country else ""
    address = ", ".join(line.strip() for line in meeting.address.splitlines() if line.strip())
    # An address may name the city.
    hosts = "" if meeting.host_names in address else meeting.host_names
    return ", ".join(part for part in (meeting.venue, address, hosts, country) if part)


# Calendars


def _calendar(events: list[Event], name: str, read_again: datetime.timedelta | None = None) -> bytes:
    names = sorted(event.get("UID", "") for event in events)
    calendar = Calendar.new(
        prodid=f"-//RVCU//{_host()}//EN",
        name=_text(" ".join(name.split())),
        uid=names[0] if len(names) == 1 else f"meetings@{_host()}",
        refresh_interval=read_again,
        subcomponents=[*_zones(events), *events],
    )
    return calendar.to_ical()


def _zones(events: Iterable[Event]) -> list[Timezone]:
    """What the events name by TZID, around the years that they are in."""
    years: dict[str, list[int]] = {}
    for event in events:
        for instant in (event.start, event.end):
            zone = instant.tzinfo if isinstance(instant, datetime.datetime) else None
            if isinstance(zone, ZoneInfo) and zone.key != "UTC":
                years.setdefault(zone.key, []).append(instant.year)
    return [_zone(name, min(found) - 1, max(found) + 1) for name, found in sorted(years.items())]


@lru_cache(maxsize=64)
def _zone(name: str, first: int, last: int) -> Timezone:
    """A zone as its changes of clocks in the years, each onset by the clock that ran until then.

    The library's own gives onsets by the clock that runs from then on, which is an hour late in spring.
    """
    zone = ZoneInfo(name)
    begins = datetime.datetime(first, 1, 1, tzinfo=zone)
    made = Timezone()
    made.add("TZID", name)
    made.add_component(_observance(begins, begins.replace(tzinfo=None), begins))
    day = begins.astimezone(datetime.UTC)
    while day.year <= last:
        before, after = day.astimezone(zone), (day + DAY).astimezone(zone)
        if before.utcoffset() != after.utcoffset():
            change = _change_between(day, day + DAY, zone)
            old, new = (change - datetime.timedelta(seconds=1)).astimezone(zone), change.astimezone(zone)
            onset = (change + (old.utcoffset() or datetime.timedelta())).replace(tzinfo=None)
            made.add_component(_observance(new, onset, old))
        day += DAY
    return made


def _change_between(first: datetime.datetime, last: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """The second from which on the offset is another one; clocks change once a day at most."""
    offset = first.astimezone(zone).utcoffset()
    low, high = 0, int((last - first).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        is_same = (first + datetime.timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset
        low, high = (middle, high) if is_same else (low, middle)
    return first + datetime.timedelta(seconds=high)


def _observance(
    local: datetime.datetime, onset: datetime.datetime, before: datetime.datetime
) -> TimezoneDaylight | TimezoneStandard:
    made = TimezoneDaylight() if local.dst() else TimezoneStandard()
    made.add("DTSTART", onset)
    made.add("TZOFFSETFROM", before.utcoffset())
    made.add("TZOFFSETTO", local.utcoffset())
    made.add("TZNAME", local.tzname())
    return made


# Words and numbers


def _host() -> str:
    return urlsplit(settings.SITE_ADDRESS).hostname or "localhost"


def _address(path: str) -> str:
    return f"{settings.SITE_ADDRESS.rstrip('/')}{path}"


def _text(text: str) -> str:
    """A text as a calendar may hold it; the library folds its lines and escapes it."""
    return _CONTROL.sub("", _LINE_BREAKS.sub("\n", text)).strip()


def _revisions(meetings: Iterable[Meeting]) -> dict[int, Revision]:
    """How often each meeting and its hosts were edited, and when last; what came from data files counts as never."""
    found = {meeting.pk: Revision() for meeting in meetings}
    sources = ((Meeting.history.model, "id"), (MeetingHost.history.model, "meeting_id"))
    for records, key in sources:
        rows = records._default_manager.filter(**{f"{key}__in": list(found)}).order_by()
        for pk, number, at in rows.values_list(key).annotate(Count("history_id"), Max("history_date")):
            found[pk].add(number, at)
    return found


def name_of_file(*parts: object) -> str:
    """The name under which a calendar is saved: "rvcu-meeting-19.ics"."""
    return "-".join(("rvcu", *map(str, parts))) + ".ics"
