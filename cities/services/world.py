"""The member cities as places on the map."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext

from ..geo import Frame, Place, WorldMap, draw
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
