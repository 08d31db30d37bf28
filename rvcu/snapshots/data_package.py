"""A snapshot described for programs: a data package (Frictionless, version 1) of its tables, made of their columns."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cities.datasets import Column, Dataset, Kind
from cities.datasets.base import GEONAMES, LICENCE, LICENCE_ADDRESS, LIST_SEPARATOR, in_both_languages
from cities.writers.table import ABOUT

NAME = "rvcu-open-data"
TITLE = _("Open data of the UNESCO Creative Cities Network")
SPDX = "CC-BY-4.0"

TYPES = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "date"},
    Kind.INSTANT: {"type": "datetime"},
    Kind.ADDRESS: {"type": "string", "format": "uri"},
    Kind.LIST: {"type": "string"},
}
OF_THE_FILE = {
    "as_of": {"type": "date"},
    "last_change": {"type": "date"},
    "licence": {"type": "string"},
    "credit": {"type": "string"},
    "source": {"type": "string", "format": "uri"},
}
"""What every row of a CSV file says of the file."""

FOREIGN_KEYS: dict[str, dict[str, tuple[str, str]]] = {
    "cities": {"field": ("fields", "slug"), "country": ("countries", "iso2")},
    "cooperation": {"city_a": ("cities", "slug"), "city_b": ("cities", "slug")},
}
"""By table and column the table and column that hold each value. Only what is true on every day: former members are no
rows of the cities."""


def data_package(datasets: Iterable[Dataset], files: dict[str, dict[str, Any]], *, version: str) -> dict[str, Any]:
    """The description of a folder that holds each dataset as CSV; `files` has size and sum by the name of a file."""
    english, french = in_both_languages(TITLE)
    return {
        "profile": "data-package",
        "name": NAME,
        "title": english,
        "title_fr": french,
        "version": version,
        "homepage": settings.SITE_ADDRESS,
        "licenses": [{"name": SPDX, "path": LICENCE_ADDRESS, "title": LICENCE}],
        "sources": [
            {"title": settings.PUBLISHER, "path": settings.SITE_ADDRESS},
            {"title": "GeoNames", "path": GEONAMES},
        ],
        "resources": [resource(dataset, files[f"{dataset.name}.csv"]) for dataset in datasets],
    }


def resource(dataset: Dataset, file: dict[str, Any]) -> dict[str, Any]:
    english, french = in_both_languages(dataset.title)
    return {
        "profile": "tabular-data-resource",
        "name": dataset.name,
        "title": english,
        "title_fr": french,
        "path": file["name"],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file["size"],
        "hash": f"sha256:{file['sha256']}",
        "schema": {
            "fields": [field(column) for column in dataset.columns]
            + [{"name": name, **OF_THE_FILE[name]} for name in ABOUT],
            "missingValues": [""],
            "primaryKey": list(dataset.key),
            "foreignKeys": [
                {"fields": [column], "reference": {"resource": table, "fields": [key]}}
                for column, (table, key) in FOREIGN_KEYS.get(dataset.name, {}).items()
            ],
        },
    }


def field(column: Column) -> dict[str, Any]:
    english, french = in_both_languages(column.description)
    constraints: dict[str, Any] = {"required": True} if column.is_always_known else {}
    if column.choices:
        constraints["enum"] = list(column.choices)
    described: dict[str, Any] = {
        "name": column.name,
        **TYPES[column.kind],
        "description": english,
        "description_fr": french,
    }
    if column.kind is Kind.LIST:
        described["list_separator"] = LIST_SEPARATOR
    return described | ({"constraints": constraints} if constraints else {})
