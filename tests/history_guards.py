"""Switching the triggers of the history off and on: only tests may."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from cities.constraints import AppendOnly
from cities.models import HistoryEntry

TABLE = HistoryEntry._meta.db_table


@contextmanager
def history_unguarded() -> Iterator[None]:
    """Within it, the rows of the history can be changed and removed."""
    (guard,) = (c for c in HistoryEntry._meta.constraints if isinstance(c, AppendOnly))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for act in ("DISABLE", "ENABLE"):
                # A table with foreign keys still to be checked cannot be altered.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f'ALTER TABLE "{TABLE}" {act} TRIGGER "{guard.name}"')
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                if act == "DISABLE":
                    yield
            return
        names = guard.trigger_names("sqlite")
        marks = ", ".join(["%s"] * len(names))
        cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN ({marks})", names)
        statements = dict(cursor.fetchall())
        for name in statements:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for statement in statements.values():
            cursor.execute(statement)
