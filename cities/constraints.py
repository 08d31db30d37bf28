"""Constraints that Django does not have, declared in `Meta.constraints` like the others.

Each knows its SQL for SQLite and for PostgreSQL. Because the schema editor writes them whenever it makes or
remakes a table, no migration can lose a trigger; `cities.checks` looks for them all the same.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models.constraints import BaseConstraint


class TriggerConstraint(BaseConstraint):
    """A constraint that is kept by triggers, named after it, on one or both databases.

    Subclasses give the statements: `%(table)s` stands for the quoted table, `%(name)s` for the constraint's name.
    A statement that may hold a percent sign of its own writes it twice.
    """

    sqlite: tuple[str, ...] = ()
    postgresql: tuple[str, ...] = ()
    postgresql_drop: tuple[str, ...] = ("DROP TRIGGER %(name)s ON %(table)s",)
    triggers: tuple[str, ...] = ("%(name)s",)
    """Names of the triggers on SQLite; PostgreSQL's are those of `postgresql_triggers`."""
    postgresql_triggers: tuple[str, ...] = ("%(name)s",)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TriggerConstraint):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def parameters(self, model: type[models.Model]) -> dict[str, Any]:
        """What the statements need besides the table and the name."""
        return {}

    def trigger_names(self, vendor: str) -> list[str]:
        """The triggers that the database of this vendor must have."""
        templates = self.triggers if vendor == "sqlite" else self.postgresql_triggers
        return [template % {"name": self.name} for template in templates]

    def statements(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
        return self._statements(getattr(self, schema_editor.connection.vendor), model, schema_editor)

    def _statements(self, templates, model, schema_editor) -> list[Statement]:
        table = Table(model._meta.db_table, schema_editor.quote_name)
        return [Statement(sql, table=table, name=self.name, **self.parameters(model)) for sql in templates]

    def constraint_sql(self, model, schema_editor):
        """Nothing inside CREATE TABLE: the triggers follow when the table stands under its final name."""
        if schema_editor.connection.vendor == "sqlite":
            self._set_aside_readers(model, schema_editor)
        schema_editor.deferred_sql.extend(self.statements(model, schema_editor))

    def _set_aside_readers(self, model, schema_editor) -> None:
        """Drop the triggers of other tables that read this one, and make them again behind its remaking.

        SQLite refuses to rename a table, as Django does to remake one, while a trigger names one that is missing.
        """
        table = model._meta.db_table.removeprefix("new__")
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> %s AND sql LIKE %s",
                [table, f'%FROM "{table}"%'],
            )
            readers = cursor.fetchall()
        for name, sql in readers:
            schema_editor.execute(f'DROP TRIGGER "{name}"')
            schema_editor.deferred_sql.append(sql)

    def create_sql(self, model, schema_editor):
        return "; ".join(map(str, self.statements(model, schema_editor)))

    def remove_sql(self, model, schema_editor):
        return "; ".join(map(str, self._statements(self.postgresql_drop, model, schema_editor)))

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        """Nothing that a form could violate."""


class NoOverlap(TriggerConstraint):
    """At most one row for the same `key` at any time; an empty `end` is for ever.

    Of days both ends count; of instants the last does not, so that one row can end as the next begins. `only` names
    a column and a value: other rows may overlap. PostgreSQL: an exclusion constraint over two ranges, the key as a
    range of one, which needs no extension. SQLite: a trigger that raises an integrity error with the name.
    """

    _sqlite_when = """
        CREATE TRIGGER "%(name)s{suffix}" BEFORE {event} ON %(table)s WHEN %(new)s EXISTS (
            SELECT 1 FROM %(table)s AS other
            WHERE other."%(key)s" = NEW."%(key)s" AND other.id IS NOT NEW.id %(other)s
              AND other."%(start)s" %(before)s COALESCE(NEW."%(end)s", '9999-12-31')
              AND COALESCE(other."%(end)s", '9999-12-31') %(after)s NEW."%(start)s"
        ) BEGIN SELECT RAISE(ABORT, '%(name)s'); END"""
    sqlite = (_sqlite_when.format(suffix="", event="INSERT"), _sqlite_when.format(suffix="_on_update", event="UPDATE"))
    triggers = ("%(name)s", "%(name)s_on_update")
    _exclude = (
        'CONSTRAINT "%(name)s" EXCLUDE USING gist (int8range("%(key)s", "%(key)s", \'[]\') WITH &&,'
        """ %(range)s("%(start)s", "%(end)s", '%(bounds)s') WITH &&) %(where)s"""
    )
    postgresql = (f"ALTER TABLE %(table)s ADD {_exclude}",)
    postgresql_drop = ('ALTER TABLE %(table)s DROP CONSTRAINT "%(name)s"',)

    def __init__(self, *, key: str, start: str, end: str, only: tuple[str, str] | None = None, **kwargs: Any) -> None:
        self.key, self.start, self.end = key, start, end
        self.only = tuple(only) if only else None
        super().__init__(**kwargs)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        only = {"only": self.only} if self.only else {}
        return path, args, {"key": self.key, "start": self.start, "end": self.end, **only, **kwargs}

    def parameters(self, model):
        columns = {
            part: model._meta.get_field(name).column
            for part, name in (("key", self.key), ("start", self.start), ("end", self.end))
        }
        equals = f"\"{model._meta.get_field(self.only[0]).column}\" = '{self.only[1]}'" if self.only else ""
        condition = {
            "new": f"NEW.{equals} AND" if equals else "",
            "other": f"AND other.{equals}" if equals else "",
            "where": f"WHERE ({equals})" if equals else "",
        }
        if self.of_instants(model):
            kind = {"before": "<", "after": ">", "range": "tstzrange", "bounds": "[)"}
        else:
            kind = {"before": "<=", "after": ">=", "range": "daterange", "bounds": "[]"}
        return {**columns, **condition, **kind}

    def of_instants(self, model: type[models.Model]) -> bool:
        return isinstance(model._meta.get_field(self.start), models.DateTimeField)

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        column = model._meta.get_field(self.key).attname
        key, start, end = getattr(instance, column), getattr(instance, self.start), getattr(instance, self.end)
        if key is None or start is None or (exclude and {self.key, self.start, self.end} & set(exclude)):
            return
        if self.only and getattr(instance, self.only[0]) != self.only[1]:
            return
        equal = "" if self.of_instants(model) else "e"
        others = model._default_manager.using(using).filter(
            models.Q(**{f"{self.end}__gt{equal}": start}) | models.Q(**{f"{self.end}__isnull": True}),
            **{column: key},
        )
        if self.only:
            others = others.filter(**{self.only[0]: self.only[1]})
        if end is not None:
            others = others.filter(**{f"{self.start}__lt{equal}": end})
        if others.exclude(pk=instance.pk).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)


class AppendOnly(TriggerConstraint):
    """Rows can be added and read, nothing else: UPDATE, DELETE, TRUNCATE and REPLACE fail in the database itself.

    `unique` names the columns, or groups of columns, by which an INSERT OR REPLACE of SQLite could displace a row:
    SQLite fires no DELETE trigger for that.
    """

    sqlite: tuple[str, ...] = (
        """CREATE TRIGGER "%(name)s_update" BEFORE UPDATE ON %(table)s
           BEGIN SELECT RAISE(ABORT, '%(name)s: no row may be changed'); END""",
        """CREATE TRIGGER "%(name)s_delete" BEFORE DELETE ON %(table)s
           BEGIN SELECT RAISE(ABORT, '%(name)s: no row may be removed'); END""",
    )
    _replace = """CREATE TRIGGER "%(name)s_replace" BEFORE INSERT ON %(table)s WHEN {exists}
                  BEGIN SELECT RAISE(ABORT, '%(name)s: no row may be replaced'); END"""
    # One look-up an index: joined by OR within one, SQLite would read the whole table at every insert.
    _exists = "EXISTS (SELECT 1 FROM %(table)s AS other WHERE {same})"
    # "IS" in a group, because a condition on what is empty can make the rest unique.
    _same: tuple[str, str] = ('other."%({key})s" = NEW."%({key})s"', 'other."%({key})s" IS NEW."%({key})s"')
    triggers = ("%(name)s_update", "%(name)s_delete", "%(name)s_replace")
    postgresql = (
        """CREATE OR REPLACE FUNCTION "%(name)s"() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION '%(name)s: no row may be changed or removed'
                 USING ERRCODE = 'restrict_violation'; END $$""",
        """CREATE TRIGGER "%(name)s" BEFORE UPDATE OR DELETE OR TRUNCATE ON %(table)s
           FOR EACH STATEMENT EXECUTE FUNCTION "%(name)s"()""",
    )
    postgresql_drop = ('DROP TRIGGER "%(name)s" ON %(table)s', 'DROP FUNCTION "%(name)s"()')

    def __init__(self, *, unique: tuple[str | tuple[str, ...], ...], **kwargs: Any) -> None:
        self.unique = tuple(unique)
        exists = " OR ".join(self._exists.format(same=self._same_as(key)) for key in ("pk", *self.unique))
        self.sqlite = (*type(self).sqlite, self._replace.format(exists=exists))
        super().__init__(**kwargs)

    def _same_as(self, key: str | tuple[str, ...]) -> str:
        single, grouped = self._same
        if isinstance(key, str):
            return single.format(key=key)
        return " AND ".join(grouped.format(key=name) for name in key)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, {"unique": self.unique, **kwargs}

    def parameters(self, model):
        names = [name for key in self.unique for name in ([key] if isinstance(key, str) else key)]
        columns = {name: model._meta.get_field(name).column for name in names}
        return {"pk": model._meta.pk.column, **columns}


class CountsChanges(TriggerConstraint):
    """Every change of the table adds one to the row of `cities_edition` and dates it, by whatever road it came.

    Cached pages carry the number that they were made from, so none can outlive what it shows
    (see `cities.models.Edition`). `only` names a column and a value: rows that neither had nor have it, such as
    drafts, do not count. Never alter the table of `Edition` without remaking these triggers.
    """

    triggers = ("%(name)s_insert", "%(name)s_update", "%(name)s_delete")
    sqlite = tuple(
        f"""CREATE TRIGGER "{trigger}" AFTER {trigger.rpartition("_")[2]} ON %(table)s %({trigger.rpartition("_")[2]})s
            BEGIN UPDATE cities_edition
            SET number = number + 1, changed_at = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now'); END"""  # noqa: S608  no value of a user
        for trigger in triggers
    )
    _count = """CREATE OR REPLACE FUNCTION cities_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN UPDATE cities_edition SET number = number + 1, changed_at = clock_timestamp(); RETURN NULL; END $$"""
    postgresql: tuple[str, ...] = (
        _count,
        """CREATE TRIGGER "%(name)s" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %(table)s
           FOR EACH STATEMENT EXECUTE FUNCTION cities_count_change()""",
    )
    _postgresql_only = (
        _count,
        """CREATE OR REPLACE FUNCTION "%(name)s"() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF (TG_OP <> 'INSERT' AND OLD."%(column)s" = '%(value)s')
                OR (TG_OP <> 'DELETE' AND NEW."%(column)s" = '%(value)s')
             THEN UPDATE cities_edition SET number = number + 1, changed_at = clock_timestamp(); END IF;
             RETURN NULL;
           END $$""",
        """CREATE TRIGGER "%(name)s" AFTER INSERT OR UPDATE OR DELETE ON %(table)s
           FOR EACH ROW EXECUTE FUNCTION "%(name)s"()""",
        """CREATE TRIGGER "%(name)s_truncate" AFTER TRUNCATE ON %(table)s
           FOR EACH STATEMENT EXECUTE FUNCTION cities_count_change()""",
    )

    def __init__(self, *, only: tuple[str, str] | None = None, **kwargs: Any) -> None:
        self.only = tuple(only) if only else None
        if self.only:
            self.postgresql = self._postgresql_only
            self.postgresql_triggers = ("%(name)s", "%(name)s_truncate")
            self.postgresql_drop = (
                'DROP TRIGGER "%(name)s" ON %(table)s',
                'DROP TRIGGER "%(name)s_truncate" ON %(table)s',
                'DROP FUNCTION "%(name)s"()',
            )
        super().__init__(**kwargs)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, {**({"only": self.only} if self.only else {}), **kwargs}

    def parameters(self, model):
        if not self.only:
            return {"insert": "", "update": "", "delete": ""}
        column, value = model._meta.get_field(self.only[0]).column, self.only[1]
        new, old = f"NEW.\"{column}\" = '{value}'", f"OLD.\"{column}\" = '{value}'"
        return {
            "column": column,
            "value": value,
            "insert": f"WHEN {new}",
            "update": f"WHEN {new} OR {old}",
            "delete": f"WHEN {old}",
        }


class FrozenWith(TriggerConstraint):
    """Rows that belong to a call can be added, changed and removed only while the call is a draft.

    `path` names the foreign keys from the table to the call: ("section", "call") for instance. Whatever else has a
    status will do; `free` is the one in which its rows can be changed.
    """

    _sqlite_when = """CREATE TRIGGER "%(name)s_{event}" BEFORE {event} ON %(table)s WHEN {rows}
           BEGIN SELECT RAISE(ABORT, '%(name)s'); END"""
    sqlite = (
        _sqlite_when.format(event="insert", rows="%(new)s"),
        _sqlite_when.format(event="update", rows="%(old)s OR %(new)s"),
        _sqlite_when.format(event="delete", rows="%(old)s"),
    )
    triggers = ("%(name)s_insert", "%(name)s_update", "%(name)s_delete")
    postgresql = (
        """CREATE OR REPLACE FUNCTION "%(name)s"() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF (TG_OP <> 'INSERT' AND %(old)s) OR (TG_OP <> 'DELETE' AND %(new)s) THEN
               RAISE EXCEPTION '%(name)s' USING ERRCODE = 'restrict_violation';
             END IF;
             IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
             RETURN NEW;
           END $$""",
        """CREATE TRIGGER "%(name)s" BEFORE INSERT OR UPDATE OR DELETE ON %(table)s
           FOR EACH ROW EXECUTE FUNCTION "%(name)s"()""",
    )
    postgresql_drop = ('DROP TRIGGER "%(name)s" ON %(table)s', 'DROP FUNCTION "%(name)s"()')

    def __init__(self, *, path: tuple[str, ...], free: str = "draft", **kwargs: Any) -> None:
        self.path, self.free = tuple(path), free
        super().__init__(**kwargs)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        free = {"free": self.free} if self.free != "draft" else {}
        return path, args, {"path": self.path, **free, **kwargs}

    def parameters(self, model):
        return {row.lower(): self._is_frozen(row, model) for row in ("NEW", "OLD")}

    def _is_frozen(self, row: str, model: type[models.Model]) -> str:
        column: Any = model._meta.get_field(self.path[0])
        value, related = f'{row}."{column.column}"', column.related_model
        for name in (*self.path[1:], "status"):
            column = related._meta.get_field(name)
            value = f'(SELECT "{column.column}" FROM "{related._meta.db_table}" WHERE id = {value})'  # noqa: S608
            related = column.related_model
        # A call that is being removed as a whole is no longer there.
        return f"COALESCE({value}, '{self.free}') <> '{self.free}'"


class FrozenRules(TriggerConstraint):
    """Of a call that is no draft the named columns keep their values, and it stays no draft while they change.

    On SQLite no INSERT OR REPLACE puts another row in its place, by the primary key or a column of `unique`. Whatever
    else has a status will do; `free` is the one in which it can be changed.
    """

    sqlite = (
        """CREATE TRIGGER "%(name)s" BEFORE UPDATE ON %(table)s WHEN %(differ)s
           BEGIN SELECT RAISE(ABORT, '%(name)s'); END""",
        """CREATE TRIGGER "%(name)s_replace" BEFORE INSERT ON %(table)s WHEN EXISTS (
               SELECT 1 FROM %(table)s AS other
               WHERE (%(same)s) AND other.status <> '%(free)s'
           ) BEGIN SELECT RAISE(ABORT, '%(name)s'); END""",
    )
    triggers = ("%(name)s", "%(name)s_replace")
    postgresql = (
        """CREATE OR REPLACE FUNCTION "%(name)s"() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION '%(name)s' USING ERRCODE = 'restrict_violation'; END $$""",
        """CREATE TRIGGER "%(name)s" BEFORE UPDATE ON %(table)s
           FOR EACH ROW WHEN (%(differ)s) EXECUTE FUNCTION "%(name)s"()""",
    )
    postgresql_drop = ('DROP TRIGGER "%(name)s" ON %(table)s', 'DROP FUNCTION "%(name)s"()')

    def __init__(
        self, *, columns: tuple[str, ...], unique: tuple[str, ...] = (), free: str = "draft", **kwargs: Any
    ) -> None:
        self.columns, self.unique, self.free = tuple(columns), tuple(unique), free
        super().__init__(**kwargs)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        unique = {"unique": self.unique} if self.unique else {}
        free = {"free": self.free} if self.free != "draft" else {}
        return path, args, {"columns": self.columns, **unique, **free, **kwargs}

    def parameters(self, model):
        columns = [model._meta.get_field(name).column for name in self.columns]
        # Both databases know it, SQLite since 3.39.
        differ = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)
        same = " OR ".join(f'other."{name}" = NEW."{name}"' for name in ("id", *self.unique))
        return {"differ": f"OLD.status <> '{self.free}' AND ({differ})", "same": same, "free": self.free}


class Unsampled(TriggerConstraint):
    """PostgreSQL samples none of the columns for its planner: samples would outlive the rows they were taken of."""

    triggers = ()
    postgresql_triggers = ()

    def __init__(self, *, columns: tuple[str, ...], **kwargs: Any) -> None:
        self.columns = tuple(columns)
        acts = {
            act: ", ".join(f'ALTER COLUMN "%({name})s" SET STATISTICS {number}' for name in self.columns)
            for act, number in (("take", 0), ("leave", -1))
        }
        self.postgresql = (f"ALTER TABLE %(table)s {acts['take']}",)
        self.postgresql_drop = (f"ALTER TABLE %(table)s {acts['leave']}",)
        super().__init__(**kwargs)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, {"columns": self.columns, **kwargs}

    def parameters(self, model):
        return {name: model._meta.get_field(name).column for name in self.columns}
