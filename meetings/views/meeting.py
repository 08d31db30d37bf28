from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from cities.caching import public_page
from cities.models import City, CreativeField
from cities.services.world import world_map

from ..models import Meeting


@public_page
def meeting_list(request: HttpRequest) -> HttpResponse:
    """The next meeting, then all editions, the newest first."""
    context = {"next_meeting": Meeting.objects.with_hosts().next(), "meetings": Meeting.objects.with_hosts()}
    return render(request, "meetings/meeting_list.html", context)


@public_page
def meeting(request: HttpRequest, edition: int) -> HttpResponse:
    """One edition: its hosts, each with today's field, when it is or was, and its neighbours."""
    entry = get_object_or_404(Meeting.objects.with_hosts(), edition=edition)
    members = list(City.objects.members().with_current().filter(hosted__meeting=entry).order_by("hosted__position"))
    field_of: dict[int | None, CreativeField] = {city.pk: city.current.field for city in members}
    here = next((city for city in members if city.has_place), None)
    context = {
        "meeting": entry,
        "hosts": [(host, field_of.get(host.city_id)) for host in entry.hosts.all()],
        "map": world_map(members, here=here) if here else None,
        "previous": Meeting.objects.prefetch_related("hosts").filter(edition__lt=edition).first(),
        "next": Meeting.objects.prefetch_related("hosts").filter(edition__gt=edition).last(),
    }
    return render(request, "meetings/meeting.html", context)
