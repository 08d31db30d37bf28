"""The programme of a meeting for everybody, and places in sessions for who comes.

Its page is not kept in the memory of public pages: what is on now, and what comes next, changes within a day.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cities.access import for_persons, needs
from cities.caching import made_anew
from cities.exceptions import NetworkError

from ..filters import Programme
from ..models import Meeting, Registration, Session, SessionPlace
from ..services.programme import (
    OVER,
    audience,
    book,
    fields_of,
    free_places,
    keeps_out,
    last_day,
    leave,
    offset_in_words,
)
from ..services.registration import registration_by_secret
from .registration import kept_by_nobody


@dataclass
class Row:
    """A session as one reader finds it."""

    session: Any
    is_past: bool
    is_now: bool
    is_next: bool = False
    is_booked: bool = False
    may_book: bool = False
    why_not: str = ""

    @property
    def audience(self) -> str:
        return audience(self.session)

    @property
    def free(self) -> int | None:
        return free_places(self.session, self.session.booked)

    @property
    def ends_on(self) -> datetime.date | None:
        """The day of its end, where that is another one."""
        last = last_day(self.session)
        return last if last != self.session.local_start.date() else None


@dataclass
class Day:
    day: datetime.date
    offset: str
    """How far the clocks of the place are from universal time on that day."""
    rows: list[Row]


def own_registration(meeting: Meeting, user: Any) -> Registration | None:
    """The place at a meeting of whoever reads."""
    if not user.is_authenticated:
        return None
    return Registration.objects.coming().filter(meeting=meeting, user=user.pk).first()


def rows_of(sessions: list[Any], now: datetime.datetime, registration: Registration | None) -> list[Row]:
    """The sessions with what is on and what is next, and what a person may do with them: two queries for a person."""
    booked: set[int] = set()
    fields: dict[int, int] = {}
    if registration:
        booked = set(SessionPlace.objects.filter(registration=registration).values_list("session_id", flat=True))
        fields = fields_of([registration])
    coming = [session.starts_at for session in sessions if session.starts_at > now]
    first = min(coming, default=None)
    rows = []
    for session in sessions:
        # "Next" says something on the day itself; before the meeting all of it is to come.
        is_next = (
            session.starts_at == first and session.local_start.date() == now.astimezone(session.meeting.zone).date()
        )
        row = Row(session, session.ends_at <= now, session.starts_at <= now < session.ends_at, is_next)
        row.is_booked = session.pk in booked
        if registration and session.places is not None and session.starts_at > now and not row.is_booked:
            row.why_not = keeps_out(session, registration, fields)
            row.may_book = not row.why_not and bool(row.free)
        rows.append(row)
    return rows


def by_day(rows: list[Row]) -> list[Day]:
    """Sessions by the day on which they begin at the place."""
    days: dict[datetime.date, Day] = {}
    for row in rows:
        local = row.session.local_start
        days.setdefault(local.date(), Day(local.date(), offset_in_words(local), [])).rows.append(row)
    return list(days.values())


@made_anew
def programme(request: HttpRequest, edition: int) -> HttpResponse:
    """All sessions by day, in the time of the place; who has a place at the meeting books sessions here."""
    meeting = get_object_or_404(Meeting.objects.with_hosts(), edition=edition)
    found = Programme(request.GET, meeting)
    registration = own_registration(meeting, request.user)
    context = {
        "meeting": meeting,
        "found": found,
        "form": found.form,
        "days": by_day(rows_of(found.sessions, timezone.now(), registration)),
        "registration": registration,
        "can_change": meeting.status not in OVER,
    }
    return render(request, "meetings/programme.html", context)


def _own(request: HttpRequest, edition: int, pk: int) -> tuple[Session, Registration]:
    """The session, and the reader's own registration; raises Http404 without one."""
    session = get_object_or_404(Session.objects.select_related("meeting"), meeting__edition=edition, pk=pk)
    standing = Registration.objects.standing()
    return session, get_object_or_404(standing, meeting=session.meeting, user=request.user.pk)


def _moved(request: HttpRequest, edition: int, pk: int, act: Callable[..., Any], done: str) -> HttpResponse:
    """Take or give back one's own place by a verb, and go back to the session with what it did or refused."""
    session, registration = _own(request, edition, pk)
    try:
        act(session=session, registration=registration, by=request.user)
    except NetworkError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done % {"session": session.title})
    return redirect(session)


@for_persons
@require_POST
def session_book(request: HttpRequest, edition: int, pk: int) -> HttpResponse:
    """Take a place in a session for oneself."""
    return _moved(request, edition, pk, book, _("You have a place in “%(session)s”."))


@for_persons
@require_POST
def session_leave(request: HttpRequest, edition: int, pk: int) -> HttpResponse:
    """Give one's place in a session back."""
    return _moved(request, edition, pk, leave, _("Your place in “%(session)s” is free again."))


# The sessions of one person: for coordinators, and for who has no account


def of_reader(user: Any, pk: int) -> Registration:
    """A registration among those that a person may know of; raises Http404."""
    found = Registration.objects.visible_to(user).select_related("meeting__country", "city")
    return get_object_or_404(found.prefetch_related("meeting__hosts"), pk=pk)


@needs("meetings.manage_registration", of=of_reader)
def my_registration_sessions(request: HttpRequest, registration: Registration) -> HttpResponse:
    """Book sessions for oneself, or for somebody of one's city."""
    return _sessions_of(request, registration, request.user)


@kept_by_nobody
def registration_sessions(request: HttpRequest, token: str) -> HttpResponse:
    """Book sessions by the link of a mail."""
    return _sessions_of(request, registration_by_secret(token), None)


def _sessions_of(request: HttpRequest, registration: Registration, by: Any) -> HttpResponse:
    meeting = registration.meeting
    if request.method == "POST":
        return _act(request, registration, by)
    sessions: Any = Session.objects.filter(meeting=meeting, places__isnull=False).annotate(booked=Count("bookings"))
    sessions = list(
        sessions.select_related("room", "field")
        .prefetch_related("speakers__speaker__city")
        .order_by("starts_at", "room__position", "pk")
    )
    for session in sessions:
        session.meeting = meeting
    has_place = registration.status == Registration.Status.REGISTERED and meeting.status not in OVER
    rows = rows_of(sessions, timezone.now(), registration if has_place else None)
    context = {
        "registration": registration,
        "meeting": meeting,
        "has_place": has_place,
        "days": by_day(rows),
        "here": request.path,
        "is_own": by is None or registration.user_id == by.pk,
    }
    return render(request, "meetings/registration_sessions.html", context)


def _act(request: HttpRequest, registration: Registration, by: Any) -> HttpResponse:
    """Book or give back the session that was sent; back to the list, at that session."""
    pk = request.POST.get("session", "")
    session = Session.objects.filter(meeting=registration.meeting, pk=pk[:9] if pk.isdecimal() else 0).first()
    if session is None:
        raise Http404
    acts = {
        "book": (book, _("A place in “%(session)s” is booked.")),
        "leave": (leave, _("The place in “%(session)s” is free again.")),
    }
    if request.POST.get("act") in acts:
        verb, done = acts[request.POST["act"]]
        try:
            verb(session=session, registration=registration, by=by)
        except NetworkError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, done % {"session": session.title})
    return redirect(f"{request.path}#session-{session.pk}")
