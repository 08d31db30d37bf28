"""The history of acts: one append-only chain, each entry holding the hash of the one before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from ..models.history import NO_HASH, HistoryEntry
from ..people import Person

# Any number, the same in every process: the key of PostgreSQL's advisory lock on the end of the chain.
_CHAIN_LOCK = 20041014


@dataclass(frozen=True)
class Head:
    """The end of the chain: how many entries, and the hash of the last. Kept elsewhere, it anchors the chain."""

    count: int
    hash: str

    def __str__(self) -> str:
        return f"{self.count}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read "<count>:<hash>"; raises ValueError."""
        count, _, digest = text.strip().partition(":")
        if not count.isdecimal() or len(digest) != len(NO_HASH):
            raise ValueError(text)
        return cls(int(count), digest.lower())


def head() -> Head:
    last = HistoryEntry.objects.order_by("number").values_list("number", "hash").last()
    return Head(*last) if last else Head(0, NO_HASH)


@transaction.atomic
def record(
    verb: HistoryEntry.Verb,
    *,
    on: models.Model | None = None,
    by: Person | None,
    changes: dict[str, list[Any]] | None = None,
    reason: str = "",
) -> HistoryEntry:
    """Add one act to the chain, in the caller's transaction.

    `on` is the object (None: the network), `changes` maps a field to [from, to], both plain JSON values and never
    personal ones. Writers queue: SQLite's transactions take the write lock at once, PostgreSQL's an advisory lock.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    last = head()
    entry = HistoryEntry(
        number=last.count + 1,
        at=timezone.now(),
        actor=by,
        verb=verb,
        object_type=on._meta.label_lower if on else "",
        object_id=str(on.pk) if on else "",
        changes=changes or {},
        reason=reason,
        previous_hash=last.hash,
    )
    entry.hash = entry.computed_hash()
    entry.save(force_insert=True)
    return entry


def flaws(anchor: Head | None = None) -> Iterator[str]:
    """Read the whole chain and tell what does not fit, a sentence each; nothing when it is whole.

    Finds a changed row (its hash), a removed or reordered one (the number, the hash before) and, given an anchor
    kept elsewhere, a chain that was cut short or rewritten.
    """
    previous, number, met = NO_HASH, 0, anchor is None or anchor.count == 0
    for entry in HistoryEntry.objects.order_by("number").iterator(chunk_size=2000):
        number += 1
        if entry.number != number:
            missing = str(number) if entry.number == number + 1 else f"{number} to {entry.number - 1}"
            yield f"Entry {missing} is missing: {entry.number} follows {number - 1}."
            number = entry.number
        elif entry.previous_hash != previous:
            yield f"Entry {number} does not follow entry {number - 1}: its previous hash is another."
        if entry.computed_hash() != entry.hash:
            yield f"Entry {number} was changed: its content does not give its hash."
        if anchor and number == anchor.count:
            met = True
            if entry.hash != anchor.hash:
                yield f"Entry {number} is not the one of the head given: the chain was rewritten."
        previous = entry.hash
    if anchor and not met:
        yield f"The chain was cut: it ends at entry {number}, the head given is entry {anchor.count}."
