"""The countries that have a member on a day, as the page of the countries shows them."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..forms.day import DayForm
from ..models import Country, Region
from ..models.bilingual import content_languages
from ..services.figures import Figures
from ..services.last_change import network_changed_on
from .base import Column, Dataset, Extract, Kind, Row, Rows, day_of
from .naming import REGION, Naming, Pages, linked_property, told


def linked(row: Row) -> dict[str, Any]:
    return {
        "@type": "Country",
        "@id": row["url_en"],
        "identifier": row["iso2"],
        "name": told(row["name_en"], row["name_fr"]),
        "url": row["url_en"],
        "additionalProperty": [linked_property(name, row[name]) for name in ("iso3", "region", "cities")],
    }


COUNTRIES = Dataset(
    name="countries",
    title=_("Countries of the UNESCO Creative Cities Network"),
    key=("iso2",),
    linked=linked,
    parameters=tuple(DayForm.base_fields),
    columns=(
        Column("iso2", _("Country, two letters of ISO 3166, and its address here"), is_always_known=True),
        Column("iso3", _("Country, three letters of ISO 3166"), is_always_known=True),
        Column("name_en", _("Name in English"), is_always_known=True),
        Column("name_fr", _("Name in French, the English one where there is no other"), is_always_known=True),
        *REGION,
        Column(
            "unesco_status",
            _("What the country is at UNESCO, its key"),
            is_always_known=True,
            choices=tuple(Country.UnescoStatus.values),
        ),
        Column("cities", _("Member cities on the day"), Kind.INTEGER, is_always_known=True),
        Column("url_en", _("Page of the country here, in English"), Kind.ADDRESS, is_always_known=True),
        Column("url_fr", _("Page of the country here, in French"), Kind.ADDRESS, is_always_known=True),
    ),
)

Counted = tuple[Country, int]


def countries_of(figures: Figures, language: str) -> list[Counted]:
    """The countries with a member on the day, with their counts: region by region, by name in it; one query."""
    with override(language):
        name = f"sort_key_{content_languages()[0]}"
    place_of = {region: place for place, region in enumerate(Region.values)}
    countries = Country.objects.filter(pk__in=figures.by_country).defer("imported").order_by(name)
    in_order = sorted(countries, key=lambda country: place_of[country.region])
    return [(country, figures.by_country[country.pk]) for country in in_order]


def country_rows(countries: Iterable[Counted]) -> Iterator[Row]:
    naming, pages = Naming(), Pages("cities:country")
    for country, cities in countries:
        yield {
            "iso2": country.iso2,
            "iso3": country.iso3,
            "name_en": country.name_en,
            "name_fr": country.name_fr or country.name_en,
            **naming.regions[country.region],
            "unesco_status": country.unesco_status,
            "cities": cities,
            **pages.of(country.iso2),
        }


def country_extract(query: QueryDict, *, language: str, address: str = "") -> Extract:
    """The countries that have a member on the day that the query asks for. Raises BadQuery."""
    day = day_of(query)
    found = countries_of(Figures.on(day), language)
    return Extract(
        dataset=COUNTRIES,
        rows=Rows(found, country_rows, partial(len, found)),
        language=language,
        address=address,
        query=query.urlencode(),
        as_of=day,
        last_change=network_changed_on(day),
    )
