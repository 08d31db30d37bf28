"""Switching off and on the triggers of what only grows or is frozen: only tests may."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.apps import apps
from django.db import connection, models

from cities.constraints import AppendOnly, FrozenWith
from cities.models import HistoryEntry


@contextmanager
def history_unguarded() -> Iterator[None]:
    """Within it, the rows of the history can be changed and removed."""
    with unguarded(HistoryEntry):
        yield


@contextmanager
def all_unguarded() -> Iterator[None]:
    """Within it, every table can be emptied."""
    with ExitStack() as stack:
        for model in apps.get_models():
            if any(isinstance(constraint, AppendOnly | FrozenWith) for constraint in model._meta.constraints):
                stack.enter_context(unguarded(model))
        yield


@contextmanager
def unguarded(model: type[models.Model]) -> Iterator[None]:
    guards = [c for c in model._meta.constraints if isinstance(c, AppendOnly | FrozenWith)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for act in ("DISABLE", "ENABLE"):
                # A table with foreign keys still to be checked cannot be altered.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                for guard in guards:
                    cursor.execute(f'ALTER TABLE "{model._meta.db_table}" {act} TRIGGER "{guard.name}"')
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                if act == "DISABLE":
                    yield
            return
        names = [name for guard in guards for name in guard.trigger_names("sqlite")]
        marks = ", ".join(["%s"] * len(names))
        cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN ({marks})", names)
        statements = dict(cursor.fetchall())
        for name in statements:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for statement in statements.values():
            cursor.execute(statement)
