"""The network of today as the directory reads it: once an edition of the data, then from memory.

A directory's page differs by its query, but the fields, the countries, the official totals, the members of today and
where to find them in a text are the same for all. A process keeps them until the data change or a day ends, and reads
each when it is first wanted.
"""

import datetime
import itertools
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.db.models import Count, F

from ..days import today
from ..models import City, Country, CreativeField, Designation, Edition, OfficialTotal, Precision, Region
from ..text import words
from .facets import Cell, cube, each_member

COHORT = 5
"""From how many new members on a day they are a cohort, which the date picker offers."""


class CountryRow(NamedTuple):
    """A country as the filters need it, named in the reader's language."""

    code: str
    name: str
    region: str

    def get_region_display(self) -> str:
        return str(Region(self.region).label)


class Present:
    """What was read of one edition on one day. Nothing in it may be altered: requests share it."""

    def __init__(self, day: datetime.date) -> None:
        self.day = day
        self._countries: dict[str, list[CountryRow]] = {}

    @cached_property
    def creative_fields(self) -> list[CreativeField]:
        return list(CreativeField.objects.defer("imported"))

    def countries(self, language: str) -> list[CountryRow]:
        """All countries by name. As plain rows: two hundred model instances would cost more than all the queries."""
        if language not in self._countries:
            rows = Country.objects.order_by(f"sort_key_{language}").values_list("iso2", f"name_{language}", "region")
            self._countries[language] = list(itertools.starmap(CountryRow, rows))
        return self._countries[language]

    @cached_property
    def cohorts(self) -> list[tuple[datetime.date, int]]:
        """The days on which several cities joined, the newest first, with their number."""
        return list(
            Designation.objects.filter(starts_on=F("member_since"), member_since_precision=Precision.DAY)
            .order_by("-member_since")
            .values_list("member_since")
            .annotate(cities=Count("pk"))
            .filter(cities__gte=COHORT, member_since__lte=self.day)
        )

    @cached_property
    def _official(self) -> list[OfficialTotal]:
        return list(OfficialTotal.objects.filter(field=None).order_by("-day"))

    def official(self, on: datetime.date) -> OfficialTotal | None:
        """The newest total of the whole network that UNESCO had given by a day."""
        return next((total for total in self._official if total.day <= on), None)

    @cached_property
    def cells(self) -> list[Cell]:
        """The members counted by field, country and year."""
        return list(cube(City.objects.members(on=self.day)))

    @cached_property
    def _members(self) -> list[tuple[int, str, Cell]]:
        return list(each_member(City.objects.members(on=self.day)))

    def search(self, text: str) -> dict[int, Cell]:
        """The members that a text finds, as `CityQuerySet.search` does."""
        rows = self._members
        for word in words(text):
            # Both sides are folded, and every word in the text follows a space.
            sought = f" {word}"
            rows = [row for row in rows if sought in row[1]]
        return {pk: cell for pk, _searched, cell in rows}


def present() -> Present:
    """What is known now; one query, and those of what is read for the first time."""
    edition = Edition.objects.get()
    return read_of(edition.number, edition.changed_at, today())


@lru_cache(maxsize=1)
def read_of(number: int, changed_at: datetime.datetime, day: datetime.date) -> Present:
    """Of an edition, whose number alone may come back after a transaction that was undone."""
    return Present(day)
