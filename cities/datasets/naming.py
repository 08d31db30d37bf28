"""What rows of several datasets have in common: names in both languages, and the addresses of pages."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..models import Country, CreativeField, Precision, Region
from .base import Column, Kind, in_both_languages

CHUNK = 1000
"""Rows read at a time, so that a file of the whole network never stands in memory."""

COUNTRY = (
    Column("country", _("Country, two letters of ISO 3166"), is_always_known=True),
    Column("country_en", _("Country in English"), is_always_known=True),
    Column("country_fr", _("Country in French"), is_always_known=True),
)
REGION = (
    Column("region", _("Region of UNESCO, its key"), is_always_known=True, choices=tuple(Region.values)),
    Column("region_en", _("Region in English"), is_always_known=True),
    Column("region_fr", _("Region in French"), is_always_known=True),
)
IS_DEMONSTRATION = Column(
    "is_demonstration",
    _("Whether it is invented, for a demonstration of the portal"),
    Kind.BOOLEAN,
    is_always_known=True,
)


def precision_of(day: str) -> Column:
    """The column that says how exactly the day in another one is known."""
    return Column(
        f"{day}_precision",
        _("How exactly that day is known: to the day, the month or the year"),
        is_always_known=True,
        choices=tuple(Precision.values),
    )


class Naming:
    """Names of countries, regions and fields in both languages, put together once a file."""

    def __init__(self, fields: Iterable[CreativeField] = (), countries: Iterable[tuple[str, str, str, str]] = ()):
        """Of the fields and of countries as (code, English name, French name, region)."""
        self.fields = {
            field.pk: {"field": field.slug, "field_en": field.name_en, "field_fr": field.name_fr or field.name_en}
            for field in fields
        }
        self.regions = {}
        for region in Region:
            english, french = in_both_languages(region.label)
            self.regions[region.value] = {"region": region.value, "region_en": english, "region_fr": french}
        self.countries = {
            code: {
                "country": code,
                "country_en": english,
                "country_fr": french or english,
                **self.regions[region],
            }
            for code, english, french, region in countries
        }

    @classmethod
    def known(cls, fields: Iterable[CreativeField] = ()) -> "Naming":
        """Of all countries; one query."""
        return cls(fields, Country.objects.order_by().values_list("iso2", "name_en", "name_fr", "region"))


class Pages:
    """The addresses of the pages of one kind, in both languages.

    Made from one with a placeholder: reversing each of 40,000 addresses would take longer than all the rest.
    """

    PLACEHOLDERS = {str: "PLACEHOLDER", int: 4_040_404_040}

    def __init__(self, name: str, kind: type = str) -> None:
        """`kind` is what the address is made with."""
        placeholder = self.PLACEHOLDERS[kind]
        self.patterns = []
        for language in ("en", "fr"):
            with override(language):
                path = reverse(name, args=[placeholder])
                self.patterns.append(settings.SITE_ADDRESS + path.replace(str(placeholder), "%s"))

    def of(self, key: str | int) -> dict[str, str]:
        """The columns `url_en` and `url_fr`; no character of the key needs to be escaped in an address."""
        return {"url_en": self.patterns[0] % key, "url_fr": self.patterns[1] % key}


def told(english: str, french: str) -> list[dict[str, str]]:
    """A text in both languages, in linked data."""
    return [{"@language": "en", "@value": english}, {"@language": "fr", "@value": french}]


def told_where_known(row: dict[str, Any], name: str) -> list[dict[str, str]]:
    """The same of a row's columns "…_en" and "…_fr", without a language that has no text."""
    texts = {language: row[f"{name}_{language}"] for language in ("en", "fr")}
    return [{"@language": language, "@value": text} for language, text in texts.items() if text]


def linked_country(row: dict[str, Any]) -> dict[str, Any]:
    """The country of a row that has its columns."""
    return {
        "@type": "Country",
        "identifier": row["country"],
        "name": told(row["country_en"], row["country_fr"]),
    }


def linked_place(row: dict[str, Any]) -> dict[str, Any]:
    """Where a row with a place is, under the name that schema.org has for it; nothing of one without."""
    if row["latitude"] is None:
        return {}
    return {"geo": {"@type": "GeoCoordinates", "latitude": row["latitude"], "longitude": row["longitude"]}}


def linked_property(name: str, value: Any) -> dict[str, Any]:
    """What schema.org has no word for, by the name of its column."""
    value = value.isoformat() if hasattr(value, "isoformat") else value
    return {"@type": "PropertyValue", "propertyID": name, "value": value}
