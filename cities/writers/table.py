"""Rows as a table, for spreadsheets and for those who count: CSV and XLSX. No cell can be run as a formula."""

import csv
import datetime
import io
import re
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import override
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ..datasets import Column, Extract, Kind
from ..datasets.base import LIST_SEPARATOR
from ..formulas import guard
from ..text import plain

ABOUT = ("as_of", "last_change", "licence", "credit", "source")
"""What every row of a CSV file says of the file, after its own columns.

A table has no other place for it that every reader of CSV leaves alone, and rows that were put together from several
files still say where each came from. What was asked for is part of the source's address.
"""

BATCH = 250
PIECE = 64 * 1024
"""Bytes of a finished file sent at once."""

WIDTHS = {Kind.TEXT: 24, Kind.LIST: 24, Kind.ADDRESS: 40, Kind.INSTANT: 26}
"""Of columns, in characters; all others as their name needs."""
LONGEST = 32_767
"""Characters that a cell of a workbook holds."""
NEVER = datetime.date(1980, 1, 1)
"""Where a date must stand and none is known: the first that a ZIP file can hold."""
_LINE_BREAK = re.compile("\r\n?")


def text_of(value: Any) -> Any:
    """A value as text where texts are all there is; numbers stay, which become text in one way alone.

    Dates as ISO 8601, truth as "true" and "false", lists joined, None as nothing.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return LIST_SEPARATOR.join(value)
        case datetime.datetime():  # as it stands in JSON
            return DjangoJSONEncoder().default(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def cell(value: Any) -> Any:
    """A value as it may stand in any file that a spreadsheet opens."""
    text = text_of(value)
    if not isinstance(text, str):
        return text
    return guard(text if text.isprintable() else plain(text))


# CSV


def write_csv(extract: Extract) -> Iterator[bytes]:
    """UTF-8 without a mark, commas, lines that end as RFC 4180 says. A file without rows still has its header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    about = extract.about
    names = extract.dataset.names
    writer.writerow(map(cell, [*names, *ABOUT]))
    yield _taken(text)
    tail = [cell(about[name]) for name in ABOUT]
    for rows in batched(extract.rows, BATCH):
        writer.writerows([*(cell(row[name]) for name in names), *tail] for row in rows)
        yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    """What was written since the last call."""
    content = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return content


# XLSX


def write_xlsx(extract: Extract) -> Iterator[bytes]:
    """A workbook of two sheets: the rows under a header that stays in sight, and what stands in every file.

    It is written to a folder of its own, which is gone when the last piece is taken or the reader goes away.
    """
    with TemporaryDirectory(prefix="rvcu-xlsx-") as folder:
        path = Path(folder) / "file.xlsx"
        with override(extract.language):
            _write_book(path, folder, extract)
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _write_book(path: Path, folder: str, extract: Extract) -> None:
    about = extract.about
    # Rows go to a file at once, and no text becomes a formula or a link.
    options = {
        "constant_memory": True,
        "tmpdir": folder,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with Workbook(str(path), options) as book:
        # Not the instant of the run: the same rows give the same bytes.
        changed = datetime.datetime.combine(about["last_change"] or NEVER, datetime.time())
        book.set_properties({"title": about["title"], "author": about["publisher"], "created": changed})
        bold = book.add_format({"bold": True})
        _write_rows(book.add_worksheet(extract.dataset.name[:31]), bold, extract)
        _write_about(book.add_worksheet(_("About this file")[:31]), bold, about, extract.dataset.columns)


def _write_rows(sheet: Worksheet, bold: Format, extract: Extract) -> None:
    columns = extract.dataset.columns
    for number, column in enumerate(columns):
        _write(sheet, 0, number, column.name, bold)
        sheet.set_column(number, number, max(WIDTHS.get(column.kind, 0), len(column.name) + 4))
    sheet.freeze_panes(1, 0)
    last = 0
    for last, row in enumerate(extract.rows, 1):
        for number, column in enumerate(columns):
            _write(sheet, last, number, row[column.name])
    sheet.autofilter(0, 0, last, len(columns) - 1)


def _write_about(sheet: Worksheet, bold: Format, about: dict[str, Any], columns: tuple[Column, ...]) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    lines = [*about.items(), (None, None), *((column.name, str(column.description)) for column in columns)]
    for number, (name, value) in enumerate(lines):
        _write(sheet, number, 0, name, bold)
        _write(sheet, number, 1, value)


def _write(sheet: Worksheet, row: int, column: int, value: Any, look: Format | None = None) -> None:
    """One value into one cell: numbers, truth and dates as such, an instant as text, since a cell has no time zone."""
    match value:
        case None | "":
            return
        case bool():
            sheet.write_boolean(row, column, value, look)
        case int() | float():
            sheet.write_number(row, column, value, look)
        case datetime.date() if not isinstance(value, datetime.datetime):
            sheet.write_datetime(row, column, value, look)
        case _:
            # Excel breaks lines at "\n" alone and shows the other character.
            text = _LINE_BREAK.sub("\n", cell(value))
            if len(text) > LONGEST:
                # The library would leave the cell empty.
                text = f"{text[: LONGEST - 1]}…"
            if text.startswith("<r>") and text.endswith("</r>"):
                # The library takes such a text for its own markup, unless it is handed over in parts.
                sheet.write_rich_string(row, column, text[0], text[1], text[2:])
            else:
                sheet.write_string(row, column, text, look)
