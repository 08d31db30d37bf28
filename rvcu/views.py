from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from cities.access import for_everyone
from cities.caching import public_page
from cities.days import today
from cities.forms.day import DayForm
from cities.geo import WORLD
from cities.models import Call, City, Country, CreativeField, Region
from cities.models.bilingual import content_languages
from cities.services.figures import Figures
from cities.services.world import world_map

NEWEST = 16


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """The network on a day, today by default: its figures, its map, its fields and its newest members."""
    form = DayForm.of(request.GET)
    context: dict[str, Any] = {"form": form, "day": form.day}
    if form.day:
        figures = Figures.on(form.day)
        name = f"sort_key_{content_languages()[0]}"
        of_the_day = City.objects.members(on=form.day).with_current()
        # "current" is a relation that members() adds, unknown to the type checker.
        members = list(of_the_day.order_by("-current__member_since", name))  # type: ignore[misc]  # a relation that on() adds
        newest_year = members[0].current.member_since.year if members else None
        context |= {
            "figures": figures,
            "official": figures.official,
            "fields": [
                (field, figures.by_field[field.pk])
                for field in CreativeField.objects.all()
                if figures.by_field[field.pk]
            ],
            "newest": members[:NEWEST],
            "newest_year": newest_year,
            "newest_count": sum(city.current.member_since.year == newest_year for city in members),
            "map": world_map(members, frame=WORLD),
            # By the day, as the page is kept; the banner names the instants.
            "open_calls": Call.objects.open_on(form.day) if form.day == today() else [],
        }
    return render(request, "pages/home.html", context)


@public_page
def network(request: HttpRequest) -> HttpResponse:
    figures = Figures.on(today())
    return render(request, "pages/network.html", {"figures": figures, "official": figures.official})


@public_page
def statistics(request: HttpRequest) -> HttpResponse:
    """Totals, growth, field by region, countries, firsts and cohorts, as of a day."""
    form = DayForm.of(request.GET)
    context: dict[str, Any] = {"form": form, "day": form.day}
    if form.day:
        figures = Figures.on(form.day)
        fields = list(CreativeField.objects.all())
        countries = list(Country.objects.order_by(f"sort_key_{content_languages()[0]}"))
        region_of = {country.pk: country.region for country in countries}
        place_of = {country.pk: place for place, country in enumerate(countries)}
        matrix = figures.matrix(region_of)
        context |= {
            "figures": figures,
            "official": figures.official,
            "regions": Region,
            "matrix": [
                (field, [(region, matrix[field.pk, region.value]) for region in Region], figures.by_field[field.pk])
                for field in fields
                if figures.by_field[field.pk]
            ],
            "matrix_totals": [sum(matrix[field.pk, region] for field in fields) for region in Region.values],
            "matrix_most": max(matrix.values(), default=0),
            "by_field": sorted(
                ((field, figures.by_field[field.pk]) for field in fields if figures.by_field[field.pk]),
                key=lambda row: -row[1],
            ),
            "first_of_fields": figures.firsts("field", fields),
            "countries": sorted(
                ((first, figures.by_country[first.of.pk]) for first in figures.firsts("country", countries)),
                key=lambda row: (-row[1], place_of[row[0].of.pk]),
            ),
            "cohorts": figures.cohorts(region_of),
        }
    return render(request, "pages/statistics.html", context)


@public_page
def page(request: HttpRequest, template: str) -> HttpResponse:
    """A page of prose."""
    return render(request, template)


@for_everyone
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@public_page
def robots(request: HttpRequest) -> HttpResponse:
    return render(
        request, "robots.txt", {"site_address": settings.SITE_ADDRESS}, content_type="text/plain; charset=utf-8"
    )


def gone_stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or came from elsewhere; nothing was saved."""
    return render(request, "403_csrf.html", status=403)
