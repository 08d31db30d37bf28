"""System check: the triggers and constraints that keep the history and the designations true are in the database."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from .constraints import TriggerConstraint


def missing_triggers(alias: str = "default") -> list[str]:
    """Names of the triggers that the models declare and the database lacks; tables not yet made are passed over."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            # Triggers that fire for ordinary sessions, and the constraints that stand in for triggers.
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
                " UNION SELECT conname FROM pg_constraint WHERE contype = 'x'"
            )
        found = {name for (name,) in cursor.fetchall()}
    wanted = [
        name
        for model in apps.get_models()
        if model._meta.db_table in tables
        for constraint in model._meta.constraints
        if isinstance(constraint, TriggerConstraint)
        for name in constraint.trigger_names(connection.vendor)
    ]
    return [name for name in wanted if name not in found]


def is_behind(alias: str) -> bool:
    """Whether migrations wait to be applied: one of them may bring the trigger, and must not be refused for it."""
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@register(Tags.database)
def triggers_are_in_place(databases: Iterable[str] | None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The trigger {name} is missing from the database {alias}.",
            hint="Remove and remake the constraint in a migration.",
            id="cities.E001",
        )
        for alias in databases or ()
        if not is_behind(alias)
        for name in missing_triggers(alias)
    ]
