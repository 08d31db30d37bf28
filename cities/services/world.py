"""The member cities as places on the map."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from ..geo import Arc, Frame, Place, WorldMap, bow, draw, project
from ..models import City

DRAWN_AT_MOST = 5000
"""Beyond this many cities the dots would cover the land; the table is the answer then."""


def place(city: City, base: str = "") -> Place | None:
    """A city with its `current` designation and country loaded, as a place named "Lyon, France, Literature".

    None for a city without coordinates.
    """
    if city.coordinates is None:
        return None
    label = gettext("%(city)s, %(country)s, %(field)s") % {
        "city": city.name,
        "country": city.country.name,
        "field": city.current.field.name,
    }
    url = f"{base}{city.slug}/" if base else city.get_absolute_url()
    return Place(*city.coordinates, label, url, city.current.field.slug, city.name)


def world_map(
    cities: Iterable[City], *, frame: Frame | None = None, here: City | None = None, id: str = "map"
) -> WorldMap:
    """Draw member cities, loaded with_current(); those without coordinates are left out, and the table has them.

    A map about one city (`here`) stands beside its facts and is drawn for half the width.
    """
    # Reversing one address and extending it is ten times faster than reversing hundreds.
    base = reverse("cities:directory")
    places = [drawn for city in cities if (drawn := place(city, base))]
    here_place = next((p for p in places if here and p.url == f"{base}{here.slug}/"), None)
    return draw(places, frame=frame, here=here_place, width=560 if here_place else 1200, id=id)


class Link(NamedTuple):
    """Two cities that work together, in how many initiatives, and whether they lie in two regions."""

    city: City
    partner: City
    initiatives: int
    is_across_regions: bool

    @property
    def label(self) -> str:
        text = ngettext(
            "%(city)s and %(partner)s, %(count)d initiative",
            "%(city)s and %(partner)s, %(count)d initiatives",
            self.initiatives,
        )
        return text % {"city": self.city.name, "partner": self.partner.name, "count": self.initiatives}


def link_map(cities: Iterable[City], links: Iterable[Link], alone: Iterable[City]) -> WorldMap:
    """Draw the cities that links join, the links as arcs below them, and the cities without a link as faint dots."""
    drawn = world_map(cities)
    base = reverse("cities:directory")
    place_of = {point.url: place for place, point in enumerate(drawn.points)}
    arcs = []
    # Those within a region first, so that those between regions lie above them.
    for link in sorted(links, key=lambda link: link.is_across_regions):
        ends = [place_of.get(f"{base}{city.slug}/") for city in (link.city, link.partner)]
        if None in ends:
            continue
        start, end = (place for place in ends if place is not None)
        a, b = drawn.points[start], drawn.points[end]
        arcs.append(Arc(bow((a.x, a.y), (b.x, b.y)), start, end, link.label, link.is_across_regions))
    quiet = [project(*city.coordinates) for city in alone if city.coordinates]
    return replace(drawn, arcs=tuple(arcs), quiet=tuple(quiet))
