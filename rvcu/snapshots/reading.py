"""The data of a day, read from one state of the database and written down in every form."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import override

from cities.datasets import Extract, Row, Rows
from cities.services.history import head
from meetings.models import Meeting
from meetings.services.calendar import meeting_calendar

from ..lists import LISTS, Listed
from .storage import File, write

CONTENTS = ("cities", "designations", "fields", "countries", "initiatives", "cooperation", "meetings")
CALENDARS = {"en": "meetings.ics", "fr": "meetings-fr.ics"}
LANGUAGE = "en"
"""Of the order of rows and of titles; names stand in both languages in every file."""


@dataclass(frozen=True)
class Data:
    """What was read, and written down."""

    files: list[File]
    cities: int
    last_change: date | None
    history_head: str


@contextmanager
def one_state() -> Iterator[None]:
    """Whatever is read within is read from one state of the data; others write meanwhile."""
    is_outermost, mode = not connection.in_atomic_block, getattr(connection, "transaction_mode", None)
    if connection.vendor == "sqlite":
        # Ours take the lock of writers at once.
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # of SQLite's connections
    try:
        with transaction.atomic(durable=True):
            if connection.vendor == "postgresql" and is_outermost:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    finally:
        if connection.vendor == "sqlite":
            connection.transaction_mode = mode  # type: ignore[attr-defined]


def write_data(day: date, folder: Path) -> Data:
    """Write every list in every format that it fits, and the calendars."""
    files, cities, last_change = [], 0, None
    query = QueryDict(f"as_of={day.isoformat()}")
    address = reverse("snapshots_of_day", args=[day.isoformat()])
    with override(LANGUAGE):
        for listed in contents():
            extract_of = listed.real or listed.extract
            extract = without_demonstrations(extract_of(query, language=LANGUAGE, address=address))
            if listed.dataset.name == "cities":
                cities, last_change = len(extract.rows), extract.last_change
            for form in listed.formats:
                files.append(write(folder / f"{listed.dataset.name}.{form.extension}", form.write(extract)))
    meetings = Meeting.objects.with_hosts().filter(is_demonstration=False).order_by("edition")
    for language, name in CALENDARS.items():
        files.append(write(folder / name, [meeting_calendar(meetings, language)]))
    return Data(files, cities, last_change, str(head()))


def contents() -> list[Listed]:
    return [LISTS[name] for name in CONTENTS]


def without_demonstrations(extract: Extract) -> Extract:
    """The same without rows that are only shown for a demonstration."""
    if "is_demonstration" not in extract.dataset.names:
        return extract
    rows = extract.rows

    def real(found: Any) -> Iterator[Row]:
        return (row for row in rows.made(found) if not row["is_demonstration"])

    return replace(extract, rows=Rows(rows.found, real, lambda: sum(1 for _row in real(rows.found))))
