"""The members of a day, as the directory selects them."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..filters import CityFilter, Directory
from ..models import CityQuerySet, CreativeField
from ..services.last_change import network_changed_on
from .base import BadQuery, Column, Dataset, Extract, Kind, Row, Rows
from .naming import (
    CHUNK,
    COUNTRY,
    REGION,
    Naming,
    Pages,
    linked_country,
    linked_place,
    linked_property,
    precision_of,
    told,
)


def linked(row: Row) -> dict[str, Any]:
    """A city as schema.org tells it; a designation has no type there, so field and dates are properties by name."""
    node: dict[str, Any] = {
        "@type": "City",
        "@id": row["url_en"],
        "identifier": row["slug"],
        "name": told(row["name_en"], row["name_fr"]),
        "url": row["url_en"],
        "containedInPlace": linked_country(row),
        "additionalProperty": [
            linked_property(name, row[name])
            for name in ("field", "member_since", "designated_on", "population")
            if row[name] is not None
        ],
        **linked_place(row),
    }
    if row["local_name"]:
        node["alternateName"] = row["local_name"]
    if row["geonames_id"]:
        node["sameAs"] = {"@id": f"https://sws.geonames.org/{row['geonames_id']}/"}
    return node


CITIES = Dataset(
    name="cities",
    title=_("Members of the UNESCO Creative Cities Network"),
    key=("slug",),
    has_places=True,
    linked=linked,
    parameters=tuple(CityFilter.base_filters),
    columns=(
        Column("slug", _("Address of the city here, its key"), is_always_known=True),
        Column("name_en", _("Name in English"), is_always_known=True),
        Column("name_fr", _("Name in French, the English one where there is no other"), is_always_known=True),
        Column("local_name", _("Name as the city writes it")),
        *COUNTRY,
        *REGION,
        Column("field", _("Creative field on the day, its key"), is_always_known=True),
        Column("field_en", _("Creative field in English"), is_always_known=True),
        Column("field_fr", _("Creative field in French"), is_always_known=True),
        Column("member_since", _("First day of the unbroken membership"), Kind.DATE, is_always_known=True),
        precision_of("member_since"),
        Column("designated_on", _("First day in this creative field"), Kind.DATE, is_always_known=True),
        precision_of("designated_on"),
        Column("latitude", _("Latitude in degrees (WGS 84)"), Kind.NUMBER),
        Column("longitude", _("Longitude in degrees (WGS 84)"), Kind.NUMBER),
        Column("population", _("Population"), Kind.INTEGER),
        Column("population_year", _("Year of the population"), Kind.INTEGER),
        Column("population_source", _("Source of the population")),
        Column("geonames_id", _("Number of the place in GeoNames"), Kind.INTEGER),
        Column("website", _("Website of the city"), Kind.ADDRESS),
        Column("url_en", _("Page of the city here, in English"), Kind.ADDRESS, is_always_known=True),
        Column("url_fr", _("Page of the city here, in French"), Kind.ADDRESS, is_always_known=True),
    ),
)


def city_rows(cities: CityQuerySet, fields: list[CreativeField]) -> Iterator[Row]:
    """Cities that come from `members()` as rows, in their order; a query for the countries, one for the cities."""
    naming, pages = Naming.known(fields), Pages("cities:city")
    found = cities.values_list(
        *("slug", "name_en", "name_fr", "local_name", "country_id"),
        *("current__field_id", "current__member_since", "current__member_since_precision"),
        *("current__starts_on", "current__starts_precision"),
        *("latitude", "longitude", "population", "population_year", "population_source", "geonames_id", "website"),
    )
    for (
        slug,
        english,
        french,
        local,
        country,
        field,
        since,
        since_precision,
        on,
        on_precision,
        *facts,
    ) in found.iterator(chunk_size=CHUNK):
        latitude, longitude, population, year, source, geonames, website = facts
        yield {
            "slug": slug,
            "name_en": english,
            "name_fr": french or english,
            "local_name": local,
            **naming.countries[country],
            **naming.fields[field],
            "member_since": since,
            "member_since_precision": since_precision,
            "designated_on": on,
            "designated_on_precision": on_precision,
            "latitude": latitude,
            "longitude": longitude,
            "population": population,
            "population_year": year,
            "population_source": source,
            "geonames_id": geonames,
            "website": website,
            **pages.of(slug),
        }


def city_extract(query: QueryDict, *, language: str, address: str = "") -> Extract:
    """All cities that a query of the directory selects, in its order. Raises BadQuery."""
    with override(language):
        directory = Directory(query)
        if not directory.is_valid or directory.day is None:
            raise BadQuery(directory.form.errors)
        results = directory.results
    return Extract(
        dataset=CITIES,
        rows=Rows(results, partial(city_rows, fields=directory.creative_fields), lambda: directory.count),
        language=language,
        address=address,
        query=query.urlencode(),
        as_of=directory.day,
        last_change=network_changed_on(directory.day),
    )
