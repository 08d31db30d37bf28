"""What other sites show within their pages: the card of a city, and the map with the members that a query selects.

An embedded page is the same for everybody: it reads no cookie and sets none, runs no script, and its links open in the
window of the page around it. It alone may be framed.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.translation import get_language
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override

from ..access import View
from ..caching import public_data
from ..days import today
from ..downloads import given
from ..filters import Directory, with_query
from ..models import City
from ..services.world import DRAWN_AT_MOST, world_map
from .city import by_address

POLICY: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "frame-ancestors": ["*"],
}
"""That of all pages but for who may frame it, and with nothing that an embedded page does not need."""


def embedded(view: View) -> View:
    """Decorate a view whose page any site may frame; a language that is none of ours is no address."""

    def in_its_language(request: HttpRequest, language: str, **kwargs: str) -> HttpResponse:
        if language != get_language():
            raise Http404
        return view(request, **kwargs)

    return xframe_options_exempt(csp_override(POLICY)(public_data(in_its_language, keeps=True)))


def framed(template: str, page: str, **context: object) -> HttpResponse:
    """An answer that asks for no more than its data: `page` is the path of the whole page that it stands for."""
    context |= {"page": page, "canonical": settings.SITE_ADDRESS + page, "publisher": settings.PUBLISHER}
    return HttpResponse(render_to_string(template, context))


@embedded
def city(request: HttpRequest, slug: str) -> HttpResponse:
    """The card of a city that is or was a member; a former address leads to today's."""
    entry = by_address(slug)
    if entry.slug != slug:
        return redirect("embed_city", get_language(), entry.slug, permanent=True)
    current = City.objects.members().with_current().filter(pk=entry.pk).first()
    return framed(
        "embed/city.html",
        entry.get_absolute_url(),
        city=entry,
        current=current.current if current else None,
        last=None if current else entry.designations.filter(starts_on__lte=today()).select_related("field").last(),
    )


@embedded
def network_map(request: HttpRequest) -> HttpResponse:
    """The cities that a query of the directory selects, on the map. A bad value selects none, with 200."""
    directory = Directory(given(request.GET))
    found = directory.page("1", DRAWN_AT_MOST)
    drawn = {one.current.field for one in found.object_list}
    # The sentence above the map says the day.
    chips = directory.chips[:-1] if directory.values.get("as_of") else directory.chips
    return framed(
        "embed/map.html",
        with_query(reverse("cities:map"), directory.selecting),
        directory=directory,
        fields=[one for one in directory.creative_fields if one in drawn],
        choices=[chip.label for chip in chips],
        map=world_map(found.object_list) if directory.count else None,
        map_is_too_full=found.has_next(),
    )
