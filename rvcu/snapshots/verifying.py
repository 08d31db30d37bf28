"""Whether every published file is still the one that was published."""

import json
from collections.abc import Iterator

from cities.models import HistoryEntry
from cities.services.history import Head

from ..models import DataSnapshot
from .packing import MANIFEST, SUMS, manifest
from .storage import folder_of, sum_of


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
