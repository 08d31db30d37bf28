"""Calendars to be opened or subscribed to."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from cities.attachment import attachment
from cities.caching import public_page

from ..models import Meeting, Session
from ..services.calendar import CONTENT_TYPE, meeting_calendar, name_of_file, session_calendar


def as_calendar(content: bytes, name: str) -> HttpResponse:
    """A calendar under a file name, which a phone opens and a computer saves."""
    return attachment(content, CONTENT_TYPE, name)


@public_page
def calendar_all(request: HttpRequest) -> HttpResponse:
    """All editions whose days are known, without what is only shown for a demonstration."""
    meetings = Meeting.objects.with_hosts().filter(is_demonstration=False).order_by("edition")
    return as_calendar(meeting_calendar(meetings, get_language() or "en"), name_of_file("meetings"))


@public_page
def calendar(request: HttpRequest, edition: int) -> HttpResponse:
    """One edition, over its days; nothing before they are known."""
    meeting = get_object_or_404(Meeting.objects.with_hosts(), edition=edition)
    if not meeting.start_date:
        raise Http404
    return as_calendar(meeting_calendar([meeting], get_language() or "en"), name_of_file("meeting", edition))


@public_page
def session_calendar_file(request: HttpRequest, edition: int, pk: int) -> HttpResponse:
    """One session of the programme."""
    sessions = Session.objects.select_related("meeting__country", "room")
    whole = sessions.prefetch_related("meeting__hosts", "speakers__speaker")
    session = get_object_or_404(whole, meeting__edition=edition, pk=pk)
    return as_calendar(session_calendar(session, get_language() or "en"), name_of_file("meeting", edition, pk))
