from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from cities.caching import public_page

from .models import Meeting


@public_page
def meeting_list(request: HttpRequest) -> HttpResponse:
    """The next meeting, then all editions, the newest first."""
    context = {"next_meeting": Meeting.objects.with_hosts().next(), "meetings": Meeting.objects.with_hosts()}
    return render(request, "meetings/meeting_list.html", context)


@public_page
def meeting(request: HttpRequest, edition: int) -> HttpResponse:
    entry = get_object_or_404(Meeting.objects.with_hosts(), edition=edition)
    context = {
        "meeting": entry,
        "previous": Meeting.objects.with_hosts().filter(edition__lt=edition).first(),
        "next": Meeting.objects.with_hosts().filter(edition__gt=edition).last(),
    }
    return render(request, "meetings/meeting.html", context)
