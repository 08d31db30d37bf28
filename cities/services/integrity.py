"""Submitted applications, verified as a whole. The chains of acts and of decisions are with their services."""

from collections.abc import Iterator

from ..models import Snapshot


def snapshot_flaws() -> Iterator[str]:
    """The submitted applications whose content is not what their hash covers, a sentence each."""
    for snapshot in Snapshot.objects.order_by("pk").iterator(chunk_size=100):
        if not snapshot.is_intact:
            yield f"The submitted application {snapshot.receipt} was changed: its content does not give its hash."
