"""The formats that data leaves in: each writes an extract as bytes, piece by piece, and knows no subject."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..datasets import Dataset, Extract
from .linked import write_jsonld
from .place import write_geojson, write_kml
from .plain import write_json
from .table import write_csv, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Format:
    extension: str
    label: str | Promise
    """Of a button."""
    content_type: str
    write: Callable[[Extract], Iterator[bytes]]
    needs_places: bool = False
    needs_links: bool = False

    def takes(self, dataset: Dataset) -> bool:
        """Whether it can hold what the dataset has."""
        return (dataset.has_places or not self.needs_places) and (dataset.linked is not None or not self.needs_links)


FORMATS = {
    one.extension: one
    for one in (
        Format("csv", _("CSV"), "text/csv; charset=utf-8; header=present", write_csv),
        Format("xlsx", _("Excel"), XLSX, write_xlsx),
        Format("json", _("JSON"), "application/json", write_json),
        Format("geojson", _("GeoJSON"), "application/geo+json", write_geojson, needs_places=True),
        Format("kml", _("KML"), "application/vnd.google-earth.kml+xml", write_kml, needs_places=True),
        Format("jsonld", _("JSON-LD"), "application/ld+json", write_jsonld, needs_links=True),
    )
}
"""By their extension, in the order in which they are offered."""
