"""The figures of the network on a day, as the statistics page shows them."""

from collections import Counter
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cities.datasets import Dataset, Extract, Rows
from cities.datasets.base import day_of
from cities.datasets.naming import Naming
from cities.models import CreativeField, OfficialTotal, Region
from cities.services.figures import Figures
from cities.services.last_change import network_changed_on

STATISTICS = Dataset(
    name="statistics",
    title=_("Figures of the UNESCO Creative Cities Network"),
    columns=(),
    key=(),
    name_columns=("", ""),
)


def statistics(query: QueryDict, *, language: str, address: str) -> dict[str, Any]:
    """The figures of the day that a query asks for, after what is known of them. Raises BadQuery."""
    day = day_of(query)
    figures = Figures.on(day)
    fields = list(CreativeField.objects.defer("imported"))
    naming = Naming.known(fields)
    by_region: Counter[str] = Counter()
    for code, cities in figures.by_country.items():
        by_region[naming.countries[code]["region"]] += cities
    about = Extract(
        STATISTICS,
        Rows([], iter, int),
        language,
        address=address,
        query=query.urlencode(),
        as_of=day,
        last_change=network_changed_on(day),
    ).about
    return {
        **about,
        "cities": figures.cities,
        "countries": figures.countries,
        "fields": figures.fields,
        "official": official_total(figures.official),
        "by_field": [
            {**naming.fields[field.pk], "cities": figures.by_field[field.pk]}
            for field in fields
            if figures.by_field[field.pk]
        ],
        "by_region": [{**naming.regions[region], "cities": by_region[region]} for region in Region.values],
        "by_country": [
            {**naming.countries[code], "cities": cities} for code, cities in sorted(figures.by_country.items())
        ],
        "growth": [year._asdict() for year in figures.growth],
    }


def official_total(total: OfficialTotal | None) -> dict[str, Any] | None:
    """What UNESCO counted last by the day; `missing` of it are in no source at hand."""
    names = ("day", "cities", "countries", "fields", "missing", "source")
    return {name: getattr(total, name) for name in names} if total else None
