"""The formats that data leaves in: each writes an extract as bytes, piece by piece, and knows nothing of what it is of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..datasets import Dataset, Extract
from .plain import write_json
from .table import write_csv


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
        Format("json", _("JSON"), "application/json", write_json),
    )
}
"""By their extension, in the order in which they are offered."""
