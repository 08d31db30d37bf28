"""What changed in the API, newest first: the addresses, parameters and columns, never the data."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

VERSION = "1.0"
"""Of the newest entry: the first number is that of the address, the second grows with each addition."""


class Sort(StrEnum):
    """What a change means for who wrote a program."""

    ADDED = "added"
    MENDED = "mended"
    DEPRECATED = "deprecated"
    REMOVED = "removed"

    @property
    def label(self) -> str | Promise:
        return {
            Sort.ADDED: pgettext_lazy("change of the API", "Added"),
            Sort.MENDED: pgettext_lazy("change of the API", "Mended"),
            Sort.DEPRECATED: pgettext_lazy("change of the API", "Deprecated"),
            Sort.REMOVED: pgettext_lazy("change of the API", "Removed"),
        }[self]


@dataclass(frozen=True)
class Entry:
    """One release of the API."""

    day: datetime.date
    version: str
    changes: tuple[tuple[Sort, str | Promise], ...]

    @property
    def anchor(self) -> str:
        """Where it stands on the reference page; announcements of deprecation lead there."""
        return f"version-{self.version}"


CHANGELOG = (
    Entry(
        datetime.date(2026, 11, 23),
        VERSION,
        (
            (
                Sort.ADDED,
                _(
                    "First version: cities, designations, fields, countries, initiatives, meetings and statistics, in"
                    " pages, with the parameters of the lists on this site."
                ),
            ),
        ),
    ),
)
