"""The edit history of plain facts, kept by simple_history: what it lacks for rows that came from data files."""

from typing import Any

from ..people import Person

BASELINE = "baseline"
"""Marks the state of a row before anyone edited it."""


def keep_baseline(obj: Any) -> None:
    """Write the stored state of a row into its edit history when that is empty.

    To be called before the row is saved: without it, the first edit would not show what it changed. Rows that came
    from data files have no edit history yet.
    """
    history = type(obj).history
    if obj.pk is not None and not history.filter(**{obj._meta.pk.attname: obj.pk}).exists():
        stored = type(obj)._default_manager.filter(pk=obj.pk)
        history.bulk_history_create(stored, update=True, default_change_reason=BASELINE)


def sign_edit(obj: Any, by: Person, reason: str) -> None:
    """Tell the edit history who changes the row at its next save, and why (100 characters of it)."""
    obj._history_user, obj._change_reason = by, reason[:100]
