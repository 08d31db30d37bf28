"""Figures of the network on a day, all summed in Python from one query over its designations."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ..models import City, Country, CreativeField, Designation, OfficialTotal, Region
from ..models.designation import DesignationQuerySet


class Spell(NamedTuple):
    """A designation, flat."""

    city: int
    field: int
    country: str
    starts_on: datetime.date
    starts_precision: str
    ends_on: datetime.date | None

    def covers(self, day: datetime.date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class Year(NamedTuple):
    """Members at the end of a year (or on the day asked about, in its own year), and how many joined in it."""

    year: int
    members: int
    joined: int


class Cohort(NamedTuple):
    """The cities that joined in one year: how many, from which regions, and how many countries came with them."""

    year: int
    cities: int
    by_region: list[int]
    new_countries: int


class First[Subject: (CreativeField, Country)](NamedTuple):
    """The first city of a field or a country, by the day of its designation; of several, the first by name."""

    of: Subject
    city: City
    starts_on: datetime.date
    starts_precision: str
    others: int
    """How many more began on the same day."""


@dataclass
class Figures:
    """The network on a day. `spells` are all that began by then, in their order; one query reads them."""

    day: datetime.date
    spells: list[Spell]

    @classmethod
    def on(cls, day: datetime.date, designations: DesignationQuerySet | None = None) -> "Figures":
        """Of the whole network, or of some of its designations (those of a field, of a country)."""
        rows = (designations if designations is not None else Designation.objects.all()).filter(starts_on__lte=day)
        return cls(
            day,
            [
                Spell(*row)
                for row in rows.order_by("starts_on", "city__sort_key_en").values_list(
                    "city_id",
                    "field_id",
                    "city__country_id",
                    "starts_on",
                    "starts_precision",
                    "ends_on",
                )
            ],
        )

    @cached_property
    def in_force(self) -> list[Spell]:
        return [spell for spell in self.spells if spell.covers(self.day)]

    @property
    def cities(self) -> int:
        return len(self.in_force)

    @cached_property
    def by_field(self) -> Counter[int]:
        return Counter(spell.field for spell in self.in_force)

    @cached_property
    def by_country(self) -> Counter[str]:
        return Counter(spell.country for spell in self.in_force)

    @property
    def countries(self) -> int:
        return len(self.by_country)

    @property
    def fields(self) -> int:
        return len(self.by_field)

    @cached_property
    def official(self) -> OfficialTotal | None:
        """What UNESCO counted last by that day."""
        return OfficialTotal.objects.known(self.day)

    @cached_property
    def arrivals(self) -> list[Spell]:
        """The spells that continue none of the same city here. In a field, a city that moved to it arrives."""
        ended: dict[int, datetime.date | None] = {}
        found = []
        for spell in self.spells:
            if ended.get(spell.city) != spell.starts_on - datetime.timedelta(days=1):
                found.append(spell)
            ended[spell.city] = spell.ends_on
        return found

    @cached_property
    def growth(self) -> list[Year]:
        """One entry a year, from the first member's to the day's."""
        if not self.spells:
            return []
        joined = Counter(spell.starts_on.year for spell in self.arrivals)
        years = range(self.spells[0].starts_on.year, self.day.year + 1)
        ends = {year: min(datetime.date(year, 12, 31), self.day) for year in years}
        return [Year(year, sum(spell.covers(ends[year]) for spell in self.spells), joined[year]) for year in years]

    def matrix(self, region_of: dict[str, str]) -> dict[tuple[int, str], int]:
        """Members by (field, region)."""
        return Counter((spell.field, region_of[spell.country]) for spell in self.in_force)

    def cohorts(self, region_of: dict[str, str]) -> list[Cohort]:
        """The newest first."""
        joined: dict[int, list[Spell]] = defaultdict(list)
        for spell in self.arrivals:
            joined[spell.starts_on.year].append(spell)
        seen: set[str] = set()
        cohorts = []
        for year, spells in sorted(joined.items()):
            regions = Counter(region_of[spell.country] for spell in spells)
            new = {spell.country for spell in spells} - seen
            seen |= new
            cohorts.append(Cohort(year, len(spells), [regions[region] for region in Region.values], len(new)))
        return cohorts[::-1]

    def firsts[Subject: (CreativeField, Country)](self, key: str, of: Iterable[Subject]) -> list[First[Subject]]:
        """The first city of each field (`key` "field") or country ("country") that has had one; one query."""
        first: dict[int | str, list[Spell]] = defaultdict(list)
        for spell in self.spells:
            of_key = first[getattr(spell, key)]
            if not of_key or spell.starts_on == of_key[0].starts_on:
                of_key.append(spell)
        unread = ("aliases", "search_text", "note", "imported", "country__imported")
        cities = (
            City.objects.select_related("country").defer(*unread).in_bulk([spells[0].city for spells in first.values()])
        )
        found = [
            First(obj, cities[spells[0].city], spells[0].starts_on, spells[0].starts_precision, len(spells) - 1)
            for obj in of
            if (spells := first.get(obj.pk))
        ]
        return sorted(found, key=lambda entry: entry.starts_on)
