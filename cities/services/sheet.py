"""Lists as files for spreadsheets: guarded against formulas, saying what they are, of when and by what query."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook  # type: ignore[import-untyped]  # has no types
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Font  # type: ignore[import-untyped]

from ..formulas import guard

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLE_LENGTH = 31
"""What a spreadsheet takes as the name of a sheet."""


@dataclass
class Sheet:
    """A table with its head, and lines about it, each a label and a text."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[Any]]
    about: list[tuple[str, str]] = field(default_factory=list)

    def csv(self) -> bytes:
        """In UTF-8 with a mark at the beginning, for spreadsheets; what it is stands below the last row."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([guard(str(cell)) for cell in self.head])
        writer.writerows([guard(_plain(cell)) for cell in row] for row in self.rows)
        if self.about:
            writer.writerow([])
            writer.writerows([guard(label), guard(line)] for label, line in self.about)
        return text.getvalue().encode("utf-8-sig")

    def xlsx(self) -> bytes:
        """What it is stands on a second sheet."""
        book = Workbook(write_only=True)
        sheet = book.create_sheet(self.title[:TITLE_LENGTH])
        sheet.freeze_panes = "A2"
        head = [WriteOnlyCell(sheet, guard(str(cell))) for cell in self.head]
        for cell in head:
            cell.font = Font(bold=True)
        sheet.append(head)
        for row in self.rows:
            sheet.append([guard(_plain(cell)) for cell in row])
        if self.about:
            second = book.create_sheet(_("About this file")[:TITLE_LENGTH])
            for label, line in self.about:
                second.append([guard(label), guard(line)])
        content = io.BytesIO()
        book.save(content)
        return content.getvalue()


def _plain(value: Any) -> Any:
    """Numbers stay numbers; all else is a text, the unknown an empty one."""
    if value is None:
        return ""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
