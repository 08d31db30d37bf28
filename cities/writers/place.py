"""Rows on a map: GeoJSON (RFC 7946) and KML (OGC 2.2), for datasets whose rows have a latitude and a longitude."""

from collections.abc import Iterator
from itertools import batched
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import override

from ..datasets import Dataset, Extract, Kind, Row
from ..text import plain
from .plain import BATCH, write_list
from .table import text_of

TYPES = {Kind.INTEGER: "int", Kind.NUMBER: "double", Kind.BOOLEAN: "bool"}
"""Of columns, as KML names them; all others are texts."""


def write_geojson(extract: Extract) -> Iterator[bytes]:
    """A collection of features with all columns as properties; what stands in every file is a member of its own.

    A row without a place is a feature without a geometry, so that it counts.
    """
    frame = {
        "type": "FeatureCollection",
        "name": extract.dataset.name,
        "about": extract.about,
        "features": [],
    }
    return write_list(frame, (feature(extract.dataset, row) for row in extract.rows))


def feature(dataset: Dataset, row: Row) -> dict[str, Any]:
    place = coordinates(row)
    return {
        "type": "Feature",
        "id": "/".join(str(row[name]) for name in dataset.key),
        "geometry": place and {"type": "Point", "coordinates": place},
        "properties": row,
    }


def coordinates(row: Row) -> tuple[float, float] | None:
    """Longitude first, as both formats have it."""
    if row["longitude"] is None or row["latitude"] is None:
        return None
    return row["longitude"], row["latitude"]


def write_kml(extract: Extract) -> Iterator[bytes]:
    """A document of placemarks, which hold all columns as data of a schema. One without a place has no point."""
    dataset, about = extract.dataset, extract.about
    name_column = dataset.name_columns[extract.language == "fr"]
    with override(extract.language):
        opening = "".join(_opening(dataset, about))
    yield opening.encode()
    for rows in batched(extract.rows, BATCH):
        yield "".join(_placemark(dataset, row, row[name_column]) for row in rows).encode()
    yield b"</Folder>\n</Document>\n</kml>\n"


def _opening(dataset: Dataset, about: dict[str, Any]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
    yield f"<name>{_escaped(about['title'])}</name>\n"
    # Viewers show a description and nothing of the data of a document.
    yield f"<description>{_escaped('\n'.join((about['credit'], about['licence'], about['source'])))}</description>\n"
    yield "<ExtendedData>\n"
    for name, value in about.items():
        if value is not None:
            yield f"<Data name={quoteattr(name)}><value>{_escaped(value)}</value></Data>\n"
    yield f'</ExtendedData>\n<Schema name="{dataset.name}" id="{dataset.name}">\n'
    for column in dataset.columns:
        kind = TYPES.get(column.kind, "string")
        description = _escaped(str(column.description))
        yield (
            f'<SimpleField type="{kind}" name="{column.name}"><displayName>{description}</displayName></SimpleField>\n'
        )
    # Readers take a folder for a table, which is there though nothing is in it.
    yield f"</Schema>\n<Folder>\n<name>{dataset.name}</name>\n"


def _placemark(dataset: Dataset, row: Row, name: str) -> str:
    data = "".join(
        f'<SimpleData name="{column}">{_escaped(row[column])}</SimpleData>'
        for column in dataset.names
        if row[column] is not None
    )
    place = coordinates(row)
    point = f"<Point><coordinates>{place[0]},{place[1]}</coordinates></Point>" if place else ""
    return (
        f'<Placemark><name>{_escaped(name)}</name><ExtendedData><SchemaData schemaUrl="#{dataset.name}">{data}'
        f"</SchemaData></ExtendedData>{point}</Placemark>\n"
    )


def _escaped(value: Any) -> str:
    """A value as the text of an element, without the characters that XML cannot hold."""
    return escape(plain(str(text_of(value))))
