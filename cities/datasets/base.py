import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override

from ..forms.day import DayForm

Row = dict[str, Any]
"""A row by column names: texts, numbers, truth values, dates, aware instants, None, and lists of texts."""

LICENCE = "CC BY 4.0"
LICENCE_ADDRESS = "https://creativecommons.org/licenses/by/4.0/"
GEONAMES = "https://www.geonames.org/"
LIST_SEPARATOR = ";"
"""Between the values of a list where a cell holds one text; no value of a list may hold it."""


class Kind(StrEnum):
    """What the values of a column are, whatever a format calls it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    ADDRESS = "address"
    LIST = "list"


@dataclass(frozen=True)
class Column:
    """A column under the name that it has in every form."""

    name: str
    description: str | Promise
    """In words, for the data package, the API's document and the page that explains the files."""
    kind: Kind = Kind.TEXT
    is_always_known: bool = False
    choices: tuple[str, ...] = ()
    """All values there can be, where they are few and fixed in code."""


@dataclass(frozen=True)
class Dataset:
    name: str
    """Of the file, and of the list of rows in JSON: "cities"."""
    title: str | Promise
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """The columns that tell one row from another."""
    name_columns: tuple[str, str] = ("name_en", "name_fr")
    """What a row is called, in English and in French."""
    linked: Callable[[Row], dict[str, Any]] | None = None
    """A row as a node of schema.org; None where there is no fitting type."""
    has_places: bool = False
    """Whether rows have `latitude` and `longitude`."""
    parameters: tuple[str, ...] = ()
    """What a query of them can ask, by name: all that the form of their page knows."""

    def __getitem__(self, name: str) -> Column:
        """A column by its name; raises KeyError, which templates need to look further."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class Rows:
    """The rows that a query selects, in its order: all of them one by one, a part for a page, or how many."""

    found: Any
    """What can be cut into parts: a queryset or a list."""
    made: Callable[[Any], Iterable[Row]]
    """Makes rows of what was found or of a part; reads a queryset in chunks."""
    counted: Callable[[], int]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.made(self.found))

    def __len__(self) -> int:
        return self.counted()

    def __getitem__(self, part: slice) -> list[Row]:
        return list(self.made(self.found[part]))

    def one(self, column: str, value: Any) -> Row | None:
        """The row with a value in a column that tells rows from one another, and in a table has the same name there."""
        if isinstance(self.found, QuerySet):
            return next(iter(self.made(self.found.filter(**{column: value}))), None)
        return next((row for row in self if row[column] == value), None)


@dataclass(frozen=True)
class Extract:
    """The rows of a dataset that one query selects, and all that a file of them says about itself.

    Whole, rows are read from the database as they are written.
    """

    dataset: Dataset
    rows: Rows
    language: str
    """The one of the names by which rows are ordered, of titles and of credits."""
    address: str = ""
    """Where it can be asked for again, from the host on; none given: the page of open data."""
    query: str = ""
    as_of: datetime.date | None = None
    """The day whose state it shows; None where rows are no state of a day."""
    last_change: datetime.date | None = None
    """The day on which what it shows last changed, which is not the day of the run."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What else this one has to say, by names of JSON."""

    @property
    def about(self) -> dict[str, Any]:
        """What stands in every file beside the rows, by the names that it has everywhere."""
        with override(self.language):
            return {
                "title": str(self.dataset.title),
                "publisher": settings.PUBLISHER,
                "licence": LICENCE,
                "licence_url": LICENCE_ADDRESS,
                "credit": credit(),
                "source": f"{settings.SITE_ADDRESS}{self.address or reverse('data')}",
                "language": self.language,
                "query": self.query,
                "as_of": self.as_of,
                "last_change": self.last_change,
                **self.notes,
            }


def credit() -> str:
    """Whom to name when the data is used, in the reader's language."""
    return _("%(publisher)s; places: GeoNames (%(geonames)s)") % {"publisher": settings.PUBLISHER, "geonames": GEONAMES}


def in_both_languages(text: str | Promise) -> tuple[str, str]:
    """A translatable text in English and in French."""
    both = []
    for language in ("en", "fr"):
        with override(language):
            both.append(str(text))
    return both[0], both[1]


class BadQuery(Exception):
    """A query that selects nothing since a value of it cannot be read; `errors` holds sentences by parameter."""

    def __init__(self, errors: Mapping[str, Sequence[Any]]) -> None:
        self.errors = errors
        super().__init__(", ".join(errors))


def day_of(query: QueryDict) -> datetime.date:
    """The day that a query asks for, today where it names none. Raises BadQuery."""
    form = DayForm.of(query)
    if form.day is None:
        raise BadQuery(form.errors)
    return form.day
