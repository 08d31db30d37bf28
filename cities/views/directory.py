from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from ..caching import public_page
from ..filters import Directory
from ..services.world import DRAWN_AT_MOST, world_map

CARDS, TABLE, MAP = "cards", "table", "map"
PAGE_SIZE = {CARDS: 24, TABLE: 100, MAP: DRAWN_AT_MOST}


def without_empty(query: QueryDict) -> str:
    """The query string without empty values, which a form sends for what was left open."""
    kept = query.copy()
    for name, values in query.lists():
        kept.setlist(name, [value for value in values if value])
    return kept.urlencode()


@public_page
def directory(request: HttpRequest, layout: str = CARDS) -> HttpResponse:
    """The cities that the query selects, as cards, as a table or on the map. A bad value selects none, with 200."""
    if any("" in values for _name, values in request.GET.lists()):
        query = without_empty(request.GET)
        return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
    found = Directory(request.GET)
    try:
        page = found.page(request.GET.get("page", "1"), PAGE_SIZE[layout])
    except InvalidPage:
        raise Http404(_("The list has no such page.")) from None
    context = {
        "directory": found,
        "form": found.form,
        "layout": layout,
        "page": page,
        "map": world_map(page.object_list) if layout == MAP else None,
        "map_is_too_full": layout == MAP and page.has_next(),
    }
    return render(request, "cities/directory.html", context)
