"""The history of acts as pages of the admin show it: with the objects' names, their pages and readable changes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import NoReverseMatch, reverse

from .models import City, Designation, HistoryEntry


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


def readable(entries: Iterable[Any]) -> list[Any]:
    """The entries, each with `subject` (the object, None when it is gone), `subject_url` and `lines`.

    One query a kind of object, however many entries. The callers load `actor`.
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
    for entry in entries:
        entry.subject = found.get((entry.object_type, entry.object_id))
        entry.subject_url = _page(entry.subject) if entry.subject else ""
        entry.lines = [FieldChange(_label(entry.object_type, name), *pair) for name, pair in entry.changes.items()]
    return entries


def _load(model: type[models.Model], ids: set[str]) -> models.QuerySet:
    related = [name for name in ("city", "field") if name in {field.name for field in model._meta.get_fields()}]
    queryset = model._default_manager.filter(pk__in=ids)
    return queryset.select_related(*related) if related else queryset


def _page(obj: models.Model) -> str:
    try:
        return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    except NoReverseMatch:
        return ""


def _label(object_type: str, name: str) -> str:
    """The field's name for readers; a move of a city speaks of fields of its designation."""
    for model in [apps.get_model(object_type)] if object_type else []:
        for owner in (model, Designation):
            try:
                field: Any = owner._meta.get_field(name)
                return str(field.verbose_name)
            except (FieldDoesNotExist, AttributeError):
                continue
    return name
