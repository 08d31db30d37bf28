"""Snapshots: all open data as of a day in one folder, published once and kept as they are.

The folder `snapshots/<day>/<edition>/` of the storage holds every list in every format that it fits, `README.txt`,
`datapackage.json`, `manifest.json`, `SHA256SUMS` (of all of these, for `sha256sum -c`) and an archive of them all.
Rows of `DataSnapshot` say which folders are there and what each file must be; a folder without a row is what a run
left that was killed, and nobody is shown it.
"""

import csv
import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from cities.datasets import Dataset, Extract, Row, Rows
from cities.datasets.base import LICENCE, LICENCE_ADDRESS, credit, in_both_languages
from cities.days import today
from cities.exceptions import NetworkError
from cities.models import HistoryEntry
from cities.people import Person
from cities.services.history import Head, head, record
from cities.writers.plain import dumped
from cities.writers.table import ABOUT
from meetings.models import Meeting
from meetings.services.calendar import meeting_calendar

from .data_package import TITLE, data_package
from .lists import LISTS, Listed
from .models import DataSnapshot

CONTENTS = ("cities", "designations", "fields", "countries", "initiatives", "cooperation", "meetings")
"""The lists that a snapshot holds, by their names in `LISTS`."""
CALENDARS = {"en": "meetings.ics", "fr": "meetings-fr.ics"}
README, PACKAGE, MANIFEST, SUMS = "README.txt", "datapackage.json", "manifest.json", "SHA256SUMS"
ABOUT_THEM = frozenset({README, PACKAGE, MANIFEST, SUMS})
LANGUAGE = "en"
"""Of the order of rows and of titles; names stand in both languages in every file."""

READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
MAKING = ".making-"
NAMED_IN_HISTORY = 20
"""So many rows of a list that a correction changed are named in the history; the manifest names all."""
FIRST_YEAR_OF_ZIP = 1980
PIECE = 1024 * 1024

File = dict[str, Any]
"""Name, size in bytes and SHA-256 of a file."""


class SnapshotRefused(NetworkError):
    """A snapshot cannot be published as asked."""


@dataclass(frozen=True)
class Publication:
    """What publishing came to: a new edition, or the one that has held the same data before."""

    snapshot: DataSnapshot
    is_new: bool


@dataclass(frozen=True)
class Data:
    """What was read from the database in one state of it, and written down."""

    files: list[File]
    cities: int
    last_change: date | None
    history_head: str


# Publishing


def publish_snapshot(*, day: date, by: Person | None = None, reason: str = "") -> Publication:
    """Write all files of a day and keep them as its next edition; nothing when its newest edition holds the same data.

    The same are all files of data, but for spreadsheets, whose bytes depend on what compresses them and whose rows are
    those of the CSV. What is packed around them does not count: neither the head of the history, nor a description or
    a README that another release words in another way. Where the files of the newest edition are lost they are made
    again, to the same bytes. Raises SnapshotRefused, and RuntimeError within a transaction.

    All is read in one state of the data and written to a folder aside, which gets its name at the end, before the
    transaction that makes it known. Publications into one storage queue.
    """
    if day > today():
        raise SnapshotRefused(_("Choose today or an earlier day: what comes later is not known."))
    with alone(root()) as storage:
        making = Path(tempfile.mkdtemp(prefix=MAKING, dir=storage))
        try:
            with one_state():
                data = write_data(day, making)
            with transaction.atomic(durable=True):
                return keep(data, making, day=day, by=by, reason=reason.strip())
        finally:
            shutil.rmtree(making, ignore_errors=True)


def keep(data: Data, making: Path, *, day: date, by: Person | None, reason: str) -> Publication:
    """Make the files that were written the next edition of the day, if there is anything new in them."""
    former = DataSnapshot.objects.filter(day=day).order_by("edition").last()
    if former and compared(former.files) == compared(data.files):
        if not folder_of(former).is_dir():
            make_again(former, data, making)
        return Publication(former, is_new=False)
    snapshot = DataSnapshot(
        day=day,
        edition=former.edition + 1 if former else 1,
        published_at=timezone.now(),
        by=by,
        reason=reason,
        cities=data.cities,
        last_change=data.last_change,
        history_head=data.history_head,
        changes=changed_rows(folder_of(former), making) if former else {},
    )
    snapshot.files = pack(snapshot, data.files, making)
    put(making, folder_of(snapshot))
    snapshot.save(force_insert=True)
    record(
        HistoryEntry.Verb.SNAPSHOT_PUBLISHED,
        on=snapshot,
        by=by,
        changes={MANIFEST: [former.manifest_sha256 if former else "", snapshot.manifest_sha256]}
        | {name: [named(of, "went"), named(of, "came")] for name, of in snapshot.changes.items()},
        reason=reason,
    )
    return Publication(snapshot, is_new=True)


def make_again(snapshot: DataSnapshot, data: Data, making: Path) -> None:
    """Bring lost files back, since the data are still those that they were made of."""
    if pack(snapshot, data.files, making) != snapshot.files:
        raise SnapshotRefused(
            _("The files of this edition are missing and would no longer be the same: bring them back from a copy.")
        )
    put(making, folder_of(snapshot))


def named(of: dict[str, list[str]], side: str) -> str:
    """The rows of a list before or after a correction; one that changed is on both sides."""
    keys = sorted([*of[side], *of["changed"]])
    return ", ".join(keys[:NAMED_IN_HISTORY]) + (" …" if len(keys) > NAMED_IN_HISTORY else "")


def compared(files: Iterable[File]) -> dict[str, str]:
    """The sums that tell whether the data are the same (see `publish_snapshot`)."""
    return {
        file["name"]: file["sha256"]
        for file in files
        if file["name"] not in ABOUT_THEM and not file["name"].endswith((".xlsx", ".zip"))
    }


# Reading


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


# Writing


def pack(snapshot: DataSnapshot, data: list[File], folder: Path) -> list[File]:
    """Write what belongs around the data; all files, as the row names them."""
    datasets = [listed.dataset for listed in contents()]
    files = [*data, write(folder / README, [readme(snapshot, datasets).encode()])]
    version = f"{snapshot.day.isoformat()}-{snapshot.edition}"
    package = data_package(datasets, {file["name"]: file for file in files}, version=version)
    files.append(write(folder / PACKAGE, [dumped(package).encode()]))
    files.sort(key=lambda file: file["name"])
    files.append(write(folder / MANIFEST, [manifest(snapshot, files)]))
    sums = "".join(f"{file['sha256']}  {file['name']}\n" for file in files)
    files.append(write(folder / SUMS, [sums.encode()]))
    files.append(archive(snapshot, files, folder))
    return files


def manifest(snapshot: DataSnapshot, files: list[File]) -> bytes:
    """What the snapshot is and which files it has; the same bytes for the same row."""
    english, french = in_both_languages(TITLE)
    with override(LANGUAGE):
        whom = credit()
    content = {
        "title": english,
        "title_fr": french,
        "publisher": settings.PUBLISHER,
        "day": snapshot.day,
        "edition": snapshot.edition,
        "corrects_edition": snapshot.edition - 1 or None,
        "reason": snapshot.reason,
        "changes": {name: {side: snapshot.changes[name][side] for side in SIDES} for name in sorted(snapshot.changes)},
        "cities": snapshot.cities,
        "last_change": snapshot.last_change,
        "licence": LICENCE,
        "licence_url": LICENCE_ADDRESS,
        "credit": whom,
        "source": settings.SITE_ADDRESS + snapshot.get_absolute_url(),
        "history_head": snapshot.history_head,
        "files": [{name: file[name] for name in ("name", "size", "sha256")} for file in files],
    }
    return f"{dumped(content)}\n".encode()


def readme(snapshot: DataSnapshot, datasets: list[Dataset]) -> str:
    """What is in the folder, in both languages."""
    texts = []
    for language in ("en", "fr"):
        with override(language):
            context = {
                "snapshot": snapshot,
                "datasets": datasets,
                "licence": LICENCE,
                "licence_url": LICENCE_ADDRESS,
                "credit": credit(),
                "source": settings.SITE_ADDRESS + snapshot.get_absolute_url(),
            }
            texts.append(render_to_string("data/readme.txt", context).strip())
    return "\n\n--\n\n".join(texts) + "\n"


def archive(snapshot: DataSnapshot, files: list[File], folder: Path) -> File:
    """All files in one, under one folder, dated by the snapshot's day."""
    stem = f"rvcu-{snapshot.day.isoformat()}-{snapshot.edition}"
    path = folder / f"{stem}.zip"
    when = (max(snapshot.day.year, FIRST_YEAR_OF_ZIP), snapshot.day.month, snapshot.day.day, 0, 0, 0)
    with zipfile.ZipFile(path, "w") as packed:
        for file in files:
            entry = zipfile.ZipInfo(f"{stem}/{file['name']}", when)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = (stat.S_IFREG | READ_ONLY) << 16
            with (folder / file["name"]).open("rb") as content, packed.open(entry, "w") as target:
                shutil.copyfileobj(content, target, PIECE)
    return sealed(path)


def write(path: Path, pieces: Iterable[bytes]) -> File:
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    return sealed(path)


def sealed(path: Path) -> File:
    """A file that was written, on the disk and read-only from now on."""
    path.chmod(READ_ONLY)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return {"name": path.name, "size": path.stat().st_size, "sha256": sum_of(path)}


def sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# The storage


def root() -> Path:
    return Path(settings.VAR_DIR) / "files" / "snapshots"


def folder_of(snapshot: DataSnapshot) -> Path:
    return root() / snapshot.day.isoformat() / str(snapshot.edition)


@contextmanager
def alone(storage: Path) -> Iterator[Path]:
    """The storage, while nobody else publishes into it; folders that a killed run began are removed."""
    storage.mkdir(parents=True, exist_ok=True)
    with (storage / ".lock").open("a") as lock:
        # Let go of by the system when the process ends, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in storage.glob(f"{MAKING}*"):
            shutil.rmtree(left)
        yield storage


def put(making: Path, folder: Path) -> None:
    """Give a folder its name for good, in place of what a killed run left there."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(exist_ok=True)
    making.chmod(READ_ONLY | stat.S_IWUSR | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    sync_folder(making)
    making.rename(folder)
    sync_folder(folder.parent)
    sync_folder(folder.parent.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# What a correction changed

SIDES = ("came", "went", "changed")


def changed_rows(before: Path, after: Path) -> dict[str, dict[str, list[str]]]:
    """By the name of each list that is not the same in two folders, the keys of the rows that differ.

    A list that the former folder does not have, or no longer, is left out.
    """
    found = {}
    for listed in contents():
        name = f"{listed.dataset.name}.csv"
        if not (before / name).is_file():
            continue
        old, new = (rows_by_key(listed.dataset, folder / name) for folder in (before, after))
        sides = {
            "came": sorted(new.keys() - old.keys()),
            "went": sorted(old.keys() - new.keys()),
            "changed": sorted(key for key in old.keys() & new.keys() if old[key] != new[key]),
        }
        if any(sides.values()):
            found[listed.dataset.name] = sides
    return found


def rows_by_key(dataset: Dataset, path: Path) -> dict[str, dict[str, str]]:
    """The rows of a CSV file, without what each says of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            "/".join(row[name] for name in dataset.key): {
                name: value for name, value in row.items() if name not in ABOUT
            }
            for row in csv.DictReader(file)
        }


# Verifying


def flaws() -> Iterator[str]:
    """Read every published file and tell what is not as it was published, a sentence each; nothing when all is.

    Each file is held against the row, the manifest against what the row makes of it, the row against the act in the
    history, and the head that it names against the chain. Whether the chain itself is whole, `verify_history` tells.
    """
    last: DataSnapshot | None = None
    for snapshot in DataSnapshot.objects.order_by("day", "edition"):
        before = last.edition if last and last.day == snapshot.day else 0
        if snapshot.edition != before + 1:
            yield f"Edition {before + 1} of {snapshot.day} is missing."
        for flaw in (*_flaws_of_files(snapshot), *_flaws_of_row(snapshot)):
            yield f"{snapshot.day}, edition {snapshot.edition}: {flaw}"
        last = snapshot


def _flaws_of_files(snapshot: DataSnapshot) -> Iterator[str]:
    folder = folder_of(snapshot)
    for file in snapshot.files:
        path = folder / file["name"]
        if not path.is_file():
            yield f"{file['name']} is missing."
        elif sum_of(path) != file["sha256"]:
            yield f"{file['name']} was changed: its sum is another."
    known = {file["name"] for file in snapshot.files}
    for path in sorted(folder.glob("*")):
        if path.name not in known:
            yield f"{path.name} does not belong there."


TOLD_BY_ROW = ("day", "edition", "reason", "changes", "cities", "last_change", "history_head", "files")
"""Of a manifest, what the row of the snapshot knows as well; all else follows the settings of its day."""


def _flaws_of_row(snapshot: DataSnapshot) -> Iterator[str]:
    path = folder_of(snapshot) / MANIFEST
    if path.is_file() and sum_of(path) == snapshot.manifest_sha256:
        kept = json.loads(path.read_bytes())
        listed = [file for file in snapshot.files if file["name"] not in (MANIFEST, SUMS, snapshot.archive["name"])]
        known = json.loads(manifest(snapshot, listed))
        if any(kept[name] != known[name] for name in TOLD_BY_ROW):
            yield "the manifest is not the one of the database."
    act = HistoryEntry.objects.about(snapshot).filter(verb=HistoryEntry.Verb.SNAPSHOT_PUBLISHED).last()
    if act is None:
        yield "the history does not know of it."
    elif act.changes[MANIFEST][1] != snapshot.manifest_sha256:
        yield "the history names another manifest."
    anchor = Head.parse(snapshot.history_head)
    if anchor.count and not HistoryEntry.objects.filter(number=anchor.count, hash=anchor.hash).exists():
        yield "the head of the history that it names is not in the chain."
