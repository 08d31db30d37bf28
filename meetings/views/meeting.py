"""The public pages of the annual meetings.

As those of calls they are made anew for every request: whether one can register changes at an instant within a day, and
how many places are left with every registration. The feed tells what happened, and until when one can register.
"""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cities.access import for_everyone
from cities.caching import made_anew, public_data
from cities.downloads import asked
from cities.feeds import Feed, as_feed
from cities.models import City, CreativeField
from cities.problems import with_problems
from cities.services.world import world_map

from ..models import Meeting, MeetingDocument
from ..services.meeting import closed_by_the_clock, figures
from ..services.news import news


@made_anew
def meeting_list(request: HttpRequest) -> HttpResponse:
    """The next meeting, then all editions, the newest first."""
    meetings = list(Meeting.objects.with_hosts())
    following = Meeting.objects.next()
    context = {
        "next_meeting": next((one for one in meetings if one == following), None),
        "meetings": meetings,
    }
    return render(request, "meetings/meeting_list.html", context)


@made_anew
def meeting(request: HttpRequest, edition: int) -> HttpResponse:
    """One edition: who hosts it, when, what moved it, what it decided, and its neighbours."""
    entry = get_object_or_404(Meeting.objects.with_hosts(), edition=edition)
    members = list(City.objects.members().with_current().filter(hosted__meeting=entry).order_by("hosted__position"))
    field_of: dict[int | None, CreativeField] = {city.pk: city.current.field for city in members}
    here = next((city for city in members if city.has_place), None)
    documents = MeetingDocument.objects.visible_to(request.user).filter(meeting=entry).select_related("file")
    context = {
        "meeting": entry,
        "hosts": [(host, field_of.get(host.city_id)) for host in entry.hosts.all()],
        "map": world_map(members, here=here) if here else None,
        "changes": entry.changes.all(),
        "objectives": entry.objectives.all() if entry.status == Meeting.Status.OUTCOME_PUBLISHED else [],
        "documents": [document for document in documents if document.file.file],
        "figures": figures(entry) if entry.is_held else None,
        "previous": Meeting.objects.prefetch_related("hosts").filter(edition__lt=edition).first(),
        "next": Meeting.objects.prefetch_related("hosts").filter(edition__gt=edition).last(),
    }
    return render(request, "meetings/meeting.html", context)


@for_everyone
def document(request: HttpRequest, edition: int, pk: int) -> Any:
    """A document of a meeting, to be kept; nobody learns of one that is not for them."""
    visible = MeetingDocument.objects.visible_to(request.user).select_related("file")
    found = get_object_or_404(visible, meeting__edition=edition, pk=pk)
    if not found.file.file:
        raise Http404
    response = FileResponse(
        found.file.file.open("rb"),
        as_attachment=True,
        filename=found.file.name,
        content_type=found.file.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    if not found.is_public:
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
    return response


@with_problems
def _feed(request: HttpRequest) -> HttpResponse:
    """What happens to the annual meetings, as Atom."""
    asked(request.GET, ())
    return as_feed(
        Feed(
            kind="meetings",
            title=_("RVCU, the annual meetings"),
            subtitle=_("New editions, their hosts and days, what moves them, and what they decide."),
            path=request.path,
            page=reverse("meetings:list"),
            news=news(),
        )
    )


feed = public_data(_feed, moving=lambda: closed_by_the_clock(timezone.now()))
