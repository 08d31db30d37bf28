import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from cities.caching import public_data
from cities.models import Call, City, CityQuerySet, Country, CreativeField, Initiative
from cities.services.last_change import each_city_changed_at
from meetings.models import Meeting

from .models import DataSnapshot

ENTRIES = 10_000
"""Of one file; the protocol allows 50,000, which would take long to make."""


class Bilingual(Sitemap):
    """Pages of one kind, each in every language and naming the others, at the site's own address."""

    i18n = True
    alternates = True
    x_default = True
    limit = ENTRIES

    @cached_property
    def paginator(self) -> Paginator:
        # Django makes one at every mention, and each asks the database again.
        return super().paginator

    def get_protocol(self, protocol: str | None = None) -> str:
        return settings.SITE_ADDRESS.partition("://")[0]

    def get_domain(self, site: object = None) -> str:
        return settings.SITE_ADDRESS.partition("://")[2]


class Pages(Bilingual):
    def items(self) -> list[str]:
        return [
            "home",
            "cities:directory",
            "cities:map",
            "cities:table",
            "cities:field_list",
            "cities:country_list",
            "cities:cooperation",
            "cities:initiatives",
            "cities:calls",
            "network",
            "statistics",
            "data",
            "data_api",
            "data_changes",
            "meetings:list",
            "legal",
            "privacy",
            "accessibility",
            "contact",
        ]

    def location(self, item: str) -> str:
        return reverse(item)


class Cities(Bilingual):
    def items(self) -> CityQuerySet:
        return City.objects.members().only("slug").order_by("slug")

    @cached_property
    def changed_at(self) -> dict[int, datetime.datetime]:
        return each_city_changed_at()

    def lastmod(self, item: City) -> datetime.datetime | None:
        """Only where it is known that something changed since the first import."""
        return self.changed_at.get(item.pk)


class Fields(Bilingual):
    def items(self):
        return CreativeField.objects.all()


class Countries(Bilingual):
    def items(self):
        return Country.objects.filter(cities__in=City.objects.members()).distinct()


class Initiatives(Bilingual):
    """The published ones; those invented for a demonstration are for no search engine."""

    def items(self):
        return Initiative.objects.public().filter(is_demonstration=False).select_related("published").order_by("slug")

    def lastmod(self, item: Any) -> datetime.datetime | None:
        """When its text was published."""
        return item.published.decided_at


class Calls(Bilingual):
    """The published ones; a demonstration is for no search engine."""

    def items(self):
        return Call.objects.public().filter(is_demonstration=False)


class Meetings(Bilingual):
    """All editions; a demonstration is for no search engine."""

    def items(self):
        return Meeting.objects.filter(is_demonstration=False)


class Snapshots(Bilingual):
    """The newest edition of each day; its page leads to the former ones."""

    def items(self):
        newer = DataSnapshot.objects.filter(day=models.OuterRef("day"), edition__gt=models.OuterRef("edition"))
        return DataSnapshot.objects.filter(~models.Exists(newer)).defer("files", "changes").order_by("day")

    def lastmod(self, item: Any) -> datetime.datetime:
        return item.published_at


SITEMAPS = {
    "pages": Pages,
    "cities": Cities,
    "fields": Fields,
    "countries": Countries,
    "initiatives": Initiatives,
    "calls": Calls,
    "meetings": Meetings,
    "snapshots": Snapshots,
}


def _kinds() -> dict[str, Any]:
    """Each kind of page by its name, asking the database once a request."""
    return {name: kind() for name, kind in SITEMAPS.items()}


def _all(request: HttpRequest) -> HttpResponse:
    """Every public page in one file, or, where that would be too long, the index of a file or more for each kind."""
    kinds = _kinds()
    if sum(kind.paginator.count for kind in kinds.values()) <= ENTRIES:
        return views.sitemap(request, kinds)
    index = views.index(request, kinds, sitemap_url_name="sitemap_part")
    here = f"{request.scheme}://{request.get_host()}"
    for part in index.context_data["sitemaps"]:  # type: ignore[index]  # it has some
        part.location = settings.SITE_ADDRESS + part.location.removeprefix(here)
    return index


def _part(request: HttpRequest, section: str) -> HttpResponse:
    return views.sitemap(request, _kinds(), section)


sitemap = public_data(_all, keeps=True)
sitemap_part = public_data(_part, keeps=True)
