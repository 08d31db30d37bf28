"""Rows as a table, for spreadsheets and for those who count: CSV and XLSX. No cell of theirs can be run as a formula."""

import csv
import io
from collections.abc import Iterator
from itertools import batched
from typing import Any

from ..datasets import Extract
from ..datasets.base import LIST_SEPARATOR
from ..formulas import guard

ABOUT = ("as_of", "last_change", "licence", "credit", "source")
"""What every row of a CSV file says of the file, after its own columns.

A table has no other place for it that every reader of CSV leaves alone, and rows that were put together from several
files still say where each came from. What was asked for is part of the source's address.
"""

BATCH = 250


def write_csv(extract: Extract) -> Iterator[bytes]:
    """UTF-8 without a mark, commas, lines that end as RFC 4180 says. A file without rows still has its header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    about = extract.about
    writer.writerow([*extract.dataset.names, *ABOUT])
    yield _taken(text)
    tail = [cell(about[name]) for name in ABOUT]
    names = extract.dataset.names
    for rows in batched(extract.rows, BATCH):
        writer.writerows([*(cell(row[name]) for name in names), *tail] for row in rows)
        yield _taken(text)


def cell(value: Any) -> Any:
    """A value as the text of a cell: dates as ISO 8601, truth as "true" and "false", lists joined, None as nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return guard(LIST_SEPARATOR.join(value))
        case str():
            return guard(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _taken(text: io.StringIO) -> bytes:
    """What was written since the last call."""
    content = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return content
