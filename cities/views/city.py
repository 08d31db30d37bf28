from django.db.models import FETCH_PEERS, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ..caching import public_page
from ..days import today
from ..geo import distance_km
from ..models import City, CityQuerySet, Initiative, ProfileRevision
from ..models.bilingual import content_languages
from ..services.cooperation import partners_of
from ..services.photo import photos_to_show
from ..services.world import world_map

NEIGHBOURS = 6
ON_THE_MAP = 100


def by_address(slug: str) -> City:
    """The city that has an address, or once had it; raises Http404."""
    cities = City.objects.select_related("country")
    entry = cities.filter(slug=slug).first() or cities.filter(former_slugs__slug=slug).first()
    if entry is None:
        raise Http404
    return entry


@public_page
def city(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a city that is or was a member; a former address leads to today's."""
    entry = by_address(slug)
    if entry.slug != slug:
        return redirect(entry, permanent=True)
    spells = list(entry.designations.select_related("field").order_by("-starts_on"))
    current = City.objects.members().with_current().filter(pk=entry.pk).first()
    members = City.objects.members().with_current().fetch_mode(FETCH_PEERS)
    near = neighbours(current, members) if current else []
    before, after = beside(entry, members)
    shown = current or entry
    if spells and not current:
        # A former member is drawn too, in the colour of its last field.
        entry.current = spells[0]
    profile = ProfileRevision.objects.public(entry)
    initiatives = Initiative.objects.public().with_cities([entry]).select_related("lead", "published")
    context = {
        "city": entry,
        "profile": profile,
        "photos": photos_to_show(profile),
        "initiatives": initiatives.order_by("-published__first_year", "-pk"),
        "partner_cities": partners_of(entry, today()).order_by(f"sort_key_{content_languages()[0]}"),
        "current": current.current if current else None,
        "spells": spells,
        "last": spells[0] if spells else None,
        "neighbours": near[:NEIGHBOURS],
        "previous": before,
        "next": after,
        "map": world_map([*(neighbour for neighbour, _km in near[:ON_THE_MAP]), shown], here=shown)
        if spells and shown.has_place
        else None,
    }
    return render(request, "cities/city.html", context)


def neighbours(city: City, members: CityQuerySet) -> list[tuple[City, int]]:
    """The other members of the city's field, each with its distance in kilometres, the nearest first."""
    here = city.coordinates
    if here is None:
        return []
    # "current" is a relation that members() adds, unknown to the type checker.
    of_field = members.filter(current__field=city.current.field_id)  # type: ignore[misc]  # a relation that on() adds
    others = of_field.filter(latitude__isnull=False).exclude(pk=city.pk)
    away = ((other, round(distance_km(here, there))) for other in others if (there := other.coordinates))
    return sorted(away, key=lambda pair: pair[1])


def beside(city: City, members: CityQuerySet) -> tuple[City | None, City | None]:
    """The members before and after a city in the order of names in the reader's language."""
    name = f"sort_key_{content_languages()[0]}"
    key = getattr(city, name)
    before = members.filter(Q(**{f"{name}__lt": key}) | Q(**{name: key, "pk__lt": city.pk}))
    after = members.filter(Q(**{f"{name}__gt": key}) | Q(**{name: key, "pk__gt": city.pk}))
    return before.order_by(f"-{name}", "-pk").first(), after.order_by(name, "pk").first()
