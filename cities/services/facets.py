"""Counting of what each filter of the directory would leave.

One query counts the members by field, country and year of membership: a cube of a few thousand cells at most, however
many the cities. All facets and totals are sums over its cells.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern

from django.db.models import F, Func, IntegerField, StringAgg, TextField, Value
from django.db.models.functions import Cast

from ..models import CityQuerySet

GROUPS = ("field", "region", "country", "year")

Cell = tuple[int, str, int, int]
"""Primary key of the field, country, year, number of cities."""


TEN_THOUSAND = 10_000
"""Years have four digits."""


class YearOf(Func):
    """The year of a date column, by a shorter way than Django's: SQLite keeps dates as text, which is only cut."""

    output_field = IntegerField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="CAST(substr(%(expressions)s, 1, 4) AS integer)", **context)

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="date_part('year', %(expressions)s)::integer", **context)


def cube(members: CityQuerySet) -> Iterator[Cell]:
    """Count members by field, country and year; one query. `members` comes from `City.objects.members()`.

    The database lists the fields and years of each country, and Python counts them: a country's cities lie side by
    side in an index, whereas grouping by all three would sort every member.
    """
    each = Cast(F("current__field_id") * TEN_THOUSAND + YearOf("current__member_since"), TextField())
    by_country = members.order_by().values_list("country_id").annotate(each=StringAgg(each, Value(",")))
    for country, fields_and_years in by_country:
        for field_and_year, cities in Counter(fields_and_years.split(",")).items():
            field_pk, year = divmod(int(field_and_year), TEN_THOUSAND)
            yield field_pk, country, year, cities


def each_member(members: CityQuerySet) -> Iterator[tuple[int, str, Cell]]:
    """Members one by one: primary key, the text that is searched, and a cell of its own; one query."""
    # The type checker knows fields only, not the relation that `members()` adds.
    rows = members.order_by().values_list(
        "pk",
        "search_text",
        "current__field_id",
        "country_id",
        "current__member_since",  # type: ignore[misc]
    )
    for pk, searched, field_pk, country, since in rows.iterator():
        yield pk, searched, (field_pk, intern(country), since.year, 1)


@dataclass
class Tally:
    """How many cities are selected, in which countries and fields, and how many each choice of a group would leave.

    A group's own selection does not narrow its own counts: choices within a group add up. Keys are those of the
    address: slugs, codes and years as texts.
    """

    cities: int = 0
    countries: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {group: Counter() for group in GROUPS})


def tally(
    cells: Iterable[Cell],
    selected: Mapping[str, set[str]],
    slug_of: Mapping[int, str],
    region_of: Mapping[str, str],
) -> Tally:
    """Sum the cells under a selection: a set of values a group, as texts; an empty set selects all."""
    fields, regions, countries, years = (selected.get(group, set()) for group in GROUPS)
    # Whether a value lies outside the selection of its group, as 0 or 1, worked out once a value and not once a cell.
    out_of_field = {pk: int(bool(fields) and slug not in fields) for pk, slug in slug_of.items()}
    out_of_region = {code: int(bool(regions) and region not in regions) for code, region in region_of.items()}
    out_of_country = {code: int(bool(countries) and code not in countries) for code in region_of}
    wanted_years = {int(year) for year in years}

    result = Tally()
    by_field: dict[int, int] = defaultdict(int)
    by_country: dict[str, int] = defaultdict(int)
    by_country_for_region: dict[str, int] = defaultdict(int)
    by_year: dict[int, int] = defaultdict(int)
    for field_pk, country, year, cities in cells:
        of_field, of_country, of_region = out_of_field[field_pk], out_of_country[country], out_of_region[country]
        of_year = 1 if wanted_years and year not in wanted_years else 0
        out = of_field + of_country + of_region + of_year
        if out == 0:
            by_field[field_pk] += cities
            by_country[country] += cities
            by_country_for_region[country] += cities
            by_year[year] += cities
            result.cities += cities
            result.countries.add(country)
            result.fields.add(slug_of[field_pk])
        elif out == 1:
            if of_field:
                by_field[field_pk] += cities
            elif of_country:
                by_country[country] += cities
            elif of_region:
                by_country_for_region[country] += cities
            else:
                by_year[year] += cities

    result.counts["field"].update({slug_of[pk]: cities for pk, cities in by_field.items()})
    result.counts["country"].update(by_country)
    result.counts["year"].update({str(year): cities for year, cities in by_year.items()})
    for country, cities in by_country_for_region.items():
        result.counts["region"][region_of[country]] += cities
    return result
