"""The programme of a meeting in templates: hours at the place, and the edition's own short view of it."""

import datetime
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import format_html

from meetings.models import Meeting, Registration, Session
from meetings.services import programme

register = template.Library()


@register.filter
def when(session: Session) -> str:
    """ "Tuesday 1 June 2027, 09:00–10:30", at the place."""
    return programme.when(session)


@register.filter
def day_in_words(day: datetime.date) -> str:
    """ "Tuesday 1 June 2027"."""
    return programme.day_in_words(day)


@register.filter
def audience(session: Session) -> str:
    return programme.audience(session)


@register.simple_tag
def hour(instant: datetime.datetime, meeting: Meeting) -> str:
    """The hour at the place, marked with its instant."""
    local = instant.astimezone(meeting.zone)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), programme.local_time(instant, meeting))


@register.simple_tag
def end_hour(instant: datetime.datetime, meeting: Meeting) -> str:
    """The hour of an end at the place: midnight is 24:00 of the day before."""
    local = instant.astimezone(meeting.zone)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), programme.local_end(instant, meeting))


@register.simple_tag
def sessions_to_book(registration: Registration) -> bool:
    """Whether there are sessions in which a person with a place at the meeting books one."""
    if registration.status != Registration.Status.REGISTERED:
        return False
    return registration.meeting.sessions.filter(places__isnull=False).exists()


@dataclass
class ShortDay:
    """A day of a programme as the page of the edition shows it."""

    day: datetime.date
    main: list[Session]
    others: int = 0


@register.simple_tag
def programme_of(meeting: Meeting) -> list[ShortDay]:
    """The days of a meeting's programme, each with its plenaries and how many other sessions; one query."""
    days: dict[datetime.date, ShortDay] = {}
    sessions: Any = meeting.sessions.order_by("starts_at", "room__position", "pk")
    for session in sessions:
        session.meeting = meeting
        day = session.local_start.date()
        shown = days.setdefault(day, ShortDay(day, []))
        if session.kind in (Session.Kind.PLENARY, Session.Kind.MAYORS):
            shown.main.append(session)
        else:
            shown.others += 1
    return list(days.values())
