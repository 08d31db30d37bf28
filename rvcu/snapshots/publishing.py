"""Publishing a day: its first edition, or a further one beside it where its data were corrected."""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cities.days import today
from cities.exceptions import NetworkError
from cities.models import HistoryEntry
from cities.people import Person
from cities.services.history import record

from ..models import DataSnapshot
from .corrections import changed_rows, named
from .packing import AROUND, MANIFEST, pack
from .reading import Data, one_state, write_data
from .storage import MAKING, File, alone, folder_of, put, root


class SnapshotRefused(NetworkError):
    """A snapshot cannot be published as asked."""


@dataclass(frozen=True)
class Publication:
    """What publishing came to: a new edition, or the one that has held the same data before."""

    snapshot: DataSnapshot
    is_new: bool


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


def compared(files: Iterable[File]) -> dict[str, str]:
    """The sums that tell whether the data are the same (see `publish_snapshot`)."""
    return {
        file["name"]: file["sha256"]
        for file in files
        if file["name"] not in AROUND and not file["name"].endswith((".xlsx", ".zip"))
    }
