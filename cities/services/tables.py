"""Reading of data files row by row, with every fault named by file, line, column and value."""

import csv
import datetime
import io
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..exceptions import NetworkError


@dataclass(frozen=True, order=True)
class Problem:
    file: str
    line: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.column}: {self.value!r}: {self.message}"


class ImportRefused(NetworkError):
    """The files have faults; `problems` lists them all, and the database is as it was."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class Row:
    """One row of a file. Its readers return the value of a column, or None after noting what is wrong with it."""

    file: str
    line: int
    values: dict[str, str]
    problems: list[Problem] = field(repr=False)

    def refuse(self, column: str, message: str) -> None:
        self.problems.append(Problem(self.file, self.line, column, self.values.get(column, ""), message))

    def text(self, column: str, *, required: bool = False, limit: int = 10_000) -> str:
        value = self.values[column]
        if required and not value:
            self.refuse(column, "is empty")
        if len(value) > limit:
            self.refuse(column, f"is longer than {limit} characters")
        if re.search(r"[\udc80-\udcff]", value):
            self.refuse(column, "is not UTF-8")
            return ""
        if "\x00" in value:
            self.refuse(column, "holds a null character")
            return ""
        return value

    def match(self, column: str, pattern: str, meaning: str, *, limit: int = 10_000) -> str:
        value = self.text(column, required=True, limit=limit)
        if value and not re.fullmatch(pattern, value):
            self.refuse(column, f"is not {meaning}")
        return value

    def choice(self, column: str, known: Container[str], meaning: str, *, required: bool = True) -> str:
        value = self.text(column, required=required)
        if value and value not in known:
            self.refuse(column, f"is no known {meaning}")
        return value

    def day(self, column: str, *, required: bool = False) -> datetime.date | None:
        value = self.text(column, required=required)
        if not value:
            return None
        try:
            # The pattern shuts out the other forms of ISO 8601, such as 20160428 and 2016-W17-4.
            return datetime.date.fromisoformat(value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else "")
        except ValueError:
            self.refuse(column, "is no date of the form 2016-04-28")
            return None

    def integer(self, column: str, low: int, high: int, *, required: bool = False) -> int | None:
        value = self.text(column, required=required)
        if not value:
            return None
        if not re.fullmatch(r"\d{1,12}", value, re.ASCII) or not low <= int(value) <= high:
            self.refuse(column, f"is no whole number from {low} to {high}")
            return None
        return int(value)

    def degrees(self, column: str, limit: int) -> float | None:
        value = self.text(column)
        if not value:
            return None
        if not re.fullmatch(r"-?\d{1,3}(\.\d+)?", value, re.ASCII) or abs(float(value)) > limit:
            self.refuse(column, f"is no number of degrees from -{limit} to {limit}")
            return None
        return float(value)


@dataclass
class Folder:
    """A folder of data files; collects what is wrong in any of them. A file it lacks may come from `fallback`."""

    path: Path
    fallback: Path | None = None
    problems: list[Problem] = field(default_factory=list)

    def file(self, name: str) -> Path:
        path = self.path / name
        return self.fallback / name if self.fallback and not path.exists() else path

    def rows(self, file: str, columns: str, optional: str = "") -> list[Row]:
        """The rows of a CSV file in UTF-8 that has these columns (names parted by spaces), in any order.

        An optional column may be missing; the rows then have no value for it.
        """
        try:
            # Bytes that are not UTF-8 survive as surrogates, so that their row and column can be named.
            content = self.file(file).read_bytes().decode("utf-8-sig", errors="surrogateescape")
        except OSError as error:
            self.problems.append(Problem(file, 0, "file", str(self.path), error.strerror or "cannot be read"))
            return []
        lines = io.StringIO(content, newline="").readlines()
        reader = csv.reader(lines, strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            self.problems.append(Problem(file, 1, "header", lines[0].strip()[:40], f"is no CSV: {error}"))
            return []
        wanted = columns.split() + [name for name in optional.split() if name in header]
        for name in wanted:
            if header.count(name) != 1:
                message = "is missing" if name not in header else "appears more than once"
                self.problems.append(Problem(file, 1, name, ",".join(header), f"the column {message}"))
        if any(header.count(name) != 1 for name in wanted):
            return []
        return list(self._rows(file, reader, lines, header))

    def _rows(self, file: str, reader, lines: list[str], header: list[str]) -> Iterator[Row]:
        line = reader.line_num + 1
        try:
            for cells in reader:
                if len(cells) == len(header):
                    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
                    yield Row(file, line, values, self.problems)
                elif cells:
                    message = f"the row has {len(cells)} columns, the header {len(header)}"
                    self.problems.append(Problem(file, line, "row", cells[0][:40], message))
                line = reader.line_num + 1
        except csv.Error as error:
            self.problems.append(Problem(file, line, "row", lines[line - 1].strip()[:40], f"is no CSV: {error}"))

    def unique(self, rows: list[Row], *columns: str) -> None:
        """Refuse a row whose values in these columns an earlier row has, unless they are all empty."""
        first: dict[tuple[str, ...], int] = {}
        for row in rows:
            value = tuple(row.values[column] for column in columns)
            if any(value) and first.setdefault(value, row.line) != row.line:
                row.refuse(columns[0], f"stands already in line {first[value]}")

    def refuse_if_faulty(self) -> None:
        """Raises ImportRefused when anything was wrong so far."""
        if self.problems:
            raise ImportRefused(self.problems)


Progress = Callable[[Iterable, str], Iterator]
"""Wraps the rows being written, for a progress bar."""
