from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from ..caching import public_page
from ..forms.day import DayForm
from ..models import City, Country, Designation, Region
from ..models.bilingual import content_languages
from ..services.figures import Figures
from ..services.world import world_map


@public_page
def country_list(request: HttpRequest) -> HttpResponse:
    """All countries by region, with how many members each has on the day."""
    form = DayForm.of(request.GET)
    figures = Figures.on(form.day) if form.day else None
    countries = list(Country.objects.order_by(f"sort_key_{content_languages()[0]}")) if figures else []
    regions = [
        (
            region,
            [(country, figures.by_country[country.pk]) for country in of_region if figures.by_country[country.pk]],
            [country for country in of_region if not figures.by_country[country.pk]],
            sum(figures.by_country[country.pk] for country in of_region),
        )
        for region in Region
        for of_region in [[country for country in countries if country.region == region]]
        if figures
    ]
    context = {"form": form, "day": form.day, "figures": figures, "regions": regions}
    return render(request, "cities/country_list.html", context)


@public_page
def country(request: HttpRequest, iso2: str) -> HttpResponse:
    if iso2 != iso2.upper():
        query = request.META["QUERY_STRING"]
        url = reverse("cities:country", args=[iso2.upper()])
        return redirect(f"{url}?{query}" if query else url, permanent=True)
    entry = get_object_or_404(Country, pk=iso2)
    form = DayForm.of(request.GET)
    cities: list[City] = []
    former: list[City] = []
    figures = first = None
    if form.day:
        name = f"sort_key_{content_languages()[0]}"
        members = City.objects.members(on=form.day).with_current().filter(country=entry)
        cities = list(members.order_by(name))
        ended = City.objects.filter(country=entry, designations__ends_on__lt=form.day)
        left = ended.exclude(pk__in=[city.pk for city in cities]).annotate(left_on=Max("designations__ends_on"))
        former = list(left.order_by(name))
        figures = Figures.on(form.day, Designation.objects.filter(city__country=entry))
        first = next(iter(figures.firsts("country", [entry])), None)
    context = {
        "country": entry,
        "form": form,
        "day": form.day,
        "cities": cities,
        "former": former,
        "figures": figures,
        "first": first,
        "map": world_map(cities) if cities else None,
    }
    return render(request, "cities/country.html", context)
