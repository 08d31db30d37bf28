"""The history of acts as pages of the admin show it: with the objects' names, their pages and readable changes."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .models import City, CreativeField, Designation, HistoryEntry, Reason, ScreeningItem
from .people import Person

HASH_LENGTH = 64


@dataclass(frozen=True)
class FieldChange:
    label: str
    old: Any
    new: Any


def about_city(city: City, designations: Iterable[Designation]) -> models.QuerySet[HistoryEntry]:
    """The acts on a city and on its designations, newest first."""
    of_designations = models.Q(
        object_type=Designation._meta.label_lower, object_id__in=[str(designation.pk) for designation in designations]
    )
    of_city = models.Q(object_type=City._meta.label_lower, object_id=str(city.pk))
    return HistoryEntry.objects.filter(of_city | of_designations).select_related("actor")


def readable(entries: Iterable[Any], *, reader: Person | None = None, in_full: bool = False) -> list[Any]:
    """The entries, each with `subject` (the object, None when it is gone), `subject_url` and `lines`.

    The address is empty where a `reader` may not open it. One query a kind of object, however many entries, and one
    for the names of fields. The callers load `actor`. Hashes of files are cut short unless `in_full`.
    """
    entries = list(entries)
    wanted = defaultdict(set)
    for entry in entries:
        wanted[entry.object_type].add(entry.object_id)
    found = {
        (object_type, str(obj.pk)): obj
        for object_type, ids in wanted.items()
        if object_type
        for obj in _load(apps.get_model(object_type), ids)
    }
    fields: dict[Any, str] = {}
    if any({"field", "field_id"} & entry.changes.keys() for entry in entries):
        for field in CreativeField.objects.all():
            fields[field.slug] = fields[field.pk] = field.name
    for entry in entries:
        entry.subject = found.get((entry.object_type, entry.object_id))
        entry.subject_url = _page(entry.subject, reader) if entry.subject else ""
        if entry.verb == HistoryEntry.Verb.EXAMINED:
            entry.lines = [_finding(code, pair) for code, pair in entry.changes.items()]
            continue
        entry.lines = [
            _line(_column(entry.object_type, name), name, pair, fields, in_full) for name, pair in entry.changes.items()
        ]
    return entries


def _load(model: type[models.Model], ids: set[str]) -> models.QuerySet:
    names = {field.name for field in model._meta.get_fields() if field.concrete}
    related: list[str] = [name for name in ("city", "field", "published", "call") if name in names]
    if "application" in names:
        # What an endorsement, an examination, an assignment or a decision is called.
        related += ["application__call"] + (["user"] if "user" in names else [])
    # What a call for hosts, a bid or a ballot of a meeting is called.
    related += ["meeting"] if "meeting" in names else []
    related += ["host_call__meeting"] if "host_call" in names else []
    if "initiative" in names:
        # What a partnership or a text of an initiative is called.
        related += ["initiative__published", "initiative__lead"]
    queryset: Any = model._default_manager.filter(pk__in=ids)
    if "lead" in names and any(field.name == "cities" for field in model._meta.get_fields() if field.one_to_many):
        # A bid is called by its cities.
        queryset = queryset.prefetch_related("cities__city")
    return queryset.select_related(*related) if related else queryset


def _page(obj: models.Model, reader: Person | None) -> str:
    if reader and not reader.has_perm(f"{obj._meta.app_label}.view_{obj._meta.model_name}", obj):
        return ""
    try:
        return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    except NoReverseMatch:
        return ""


def _plain(value: Any) -> Any:
    """Numbers by their name as a line ("1: 202, 2: 201"); anything else as it is."""
    return ", ".join(f"{name}: {one}" for name, one in value.items()) if isinstance(value, dict) else value


def _cut_short(value: Any) -> Any:
    """The beginning of a hash; anything shorter as it is."""
    return f"{value[:12]}…" if isinstance(value, str) and len(value) >= HASH_LENGTH else value


def _column(object_type: str, name: str) -> Any:
    """The column that an act names, or None; a move of a city speaks of columns of its designation."""
    for model in [apps.get_model(object_type)] if object_type else []:
        for owner in (model, Designation):
            try:
                column: Any = owner._meta.get_field(name)
            except FieldDoesNotExist:
                continue
            if column.concrete:
                return column
    return None


def _line(column: Any, name: str, pair: list[Any], fields: dict[Any, str], in_full: bool) -> FieldChange:
    if name == "reasons":
        # Of an ineligible application.
        items: dict[Any, Any] = dict(Reason.choices)
        return FieldChange(
            _("reasons"), *(", ".join(str(items.get(one, one)) for one in value or []) for value in pair)
        )
    if column is None:
        # A file and its hash, or a day.
        return FieldChange(name, *(_plain(value) if in_full else _cut_short(_plain(value)) for value in pair))
    return FieldChange(str(column.verbose_name), *(_in_words(column, value, fields) for value in pair))


def _finding(code: str, pair: list[Any]) -> FieldChange:
    """An item of the technical examination, before and after an officer looked at it."""
    items: dict[Any, Any] = dict(Reason.choices)
    findings: dict[Any, Any] = dict(ScreeningItem.Result.choices)
    return FieldChange(str(items.get(code, code)), *(findings.get(value, value) for value in pair))


def _in_words(column: Any, value: Any, fields: dict[Any, str]) -> Any:
    """A value of the history, which holds codes and ISO days, as a reader would say it."""
    match column:
        case _ if value is None or value == "":
            return ""
        case models.BooleanField():
            return _("yes") if value else _("no")
        case models.DateTimeField():
            return date_format(timezone.localtime(datetime.datetime.fromisoformat(value)), "DATETIME_FORMAT")
        case models.DateField():
            return date_format(datetime.date.fromisoformat(value))
        case models.ForeignKey(related_model=related) if related is CreativeField:
            return fields.get(value, value)
    return dict(column.flatchoices).get(value, value)
