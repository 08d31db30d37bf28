"""What the pages of the admin have in common: who may, edit history, and operations with a page of their own."""

import datetime
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from ..acts import readable
from ..models import HistoryEntry, Precision
from ..services.edits import BASELINE, keep_baseline, sign_edit


def known_day(day: datetime.date | None, precision: str = Precision.DAY, *, short: bool = False) -> str:
    """A day as exactly as it is known: "31 October 2017" (short: "31 Oct 2017"), "August 2005", "2009"."""
    if day is None:
        return ""
    formats = {
        Precision.DAY: "SHORT_DATE_FORMAT" if short else "DATE_FORMAT",
        Precision.MONTH: "YEAR_MONTH_FORMAT",
        Precision.YEAR: "Y",
    }
    return date_format(day, formats[Precision(precision)])


class DayFieldsMixin(admin.ModelAdmin):
    """Days are chosen with the browser's own picker: no script, any keyboard, any screen reader."""

    formfield_overrides = {
        models.DateField: {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})},
    }


class ReadOnlyMixin(admin.ModelAdmin):
    """For what only operations write, or nobody does: not even a superuser edits it here."""

    has_history = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """As declared, but what the reader may not open is a name instead of a link: officers see no accounts."""
        return [
            (title, options | {"fields": [self._openable(request, name) for name in options["fields"]]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def _openable(self, request: HttpRequest, name: Any) -> Any:
        if not isinstance(name, str):
            return [self._openable(request, part) for part in name] if isinstance(name, list | tuple) else name
        column: Any = next(
            (field for field in self.opts.concrete_fields if field.name == name and field.is_relation), None
        )
        target = self.admin_site._registry.get(column.related_model) if column else None
        if column is None or target is None or target.has_view_permission(request):
            return name

        def plain(obj: models.Model) -> str:
            return str(getattr(obj, name) or self.get_empty_value_display())

        plain.__name__ = name
        return admin.display(description=column.verbose_name)(plain)


class LinksMixin(admin.ModelAdmin):
    """Pages headed by what they show, and the links that stand at the top right of an object's page."""

    has_history = True
    public_page = False
    only_offered = False
    """Whether a list's address may ask for nothing but what its filters offer: the rows that come, or do not, would
    tell what a column says that the reader may not read."""
    # The stock link takes a detour that knows neither the reader's language nor the port.
    view_on_site = False
    empty_value_display = "–"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        context |= {"has_history": self.has_history, "public_page": self.public_page, "subtitle": None}
        if context.get("original"):
            context["title"] = self.heading(context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def heading(self, obj: Any) -> str:
        """What heads an object's page; its name in the admin's log may have to say less."""
        return str(obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Nothing of the rows that point here may be asked for in a list's address, unless the list offers it.

        Django lets through what takes one step: whether there is a decision, for whoever may see the application.
        """
        offered = set()
        for one in self.get_list_filter(request):
            own = one[0] if isinstance(one, tuple | list) else one
            offered.add(own if isinstance(own, str) else getattr(own, "parameter_name", ""))
        reverse = {column.name for column in self.opts.get_fields() if column.auto_created and not column.concrete}
        is_offered = lookup in offered or any(lookup.startswith(f"{name}__") for name in offered if name)
        may_go_beyond = not self.only_offered and lookup.partition("__")[0] not in reverse
        return (may_go_beyond or is_offered) and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))


class NeverDeletedMixin(admin.ModelAdmin):
    """For what other rows, links or the history point to."""

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


def group_by(rows: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    """The rows by the value of an attribute, in their order."""
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(getattr(row, name), []).append(row)
    return groups


class PlainValues(HistoricalRecordContextHelper):
    """Values of an edit as the page shows them: one that is not known as nothing, a day or a choice in words."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        column = self.model._meta.get_field(change.field)
        if value is None or (column.is_relation and value.pk is None):
            return ""
        if isinstance(value, datetime.date):
            return date_format(value)
        return dict(column.flatchoices).get(value, value) if isinstance(value, str) else value


class HistoryMixin(SimpleHistoryAdmin):
    """Edit history with differences, and the acts on the object, on one page.

    The library's page of one old version is left out: it would save what is posted to it by whoever may only read.
    """

    object_history_template: Any = "admin/history/object_history.html"
    object_history_list_template = "admin/history/_edits.html"
    parts: tuple[str, ...] = ()
    """Related names of rows that are edited on the object's own page and have an edit history."""

    def get_urls(self) -> list:
        unwanted = f"{self.opts.app_label}_{self.opts.model_name}_simple_history"
        return [url for url in super().get_urls() if url.name != unwanted]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        acts = readable(self.get_acts(obj)[:100]) if obj else []
        parts = [self.edits_of_part(request, obj, name) for name in self.parts] if obj else []
        context = {"acts": acts, "baseline": BASELINE, "parts": parts}
        return super().history_view(request, object_id, context | (extra_context or {}))

    def edits_of_part(self, request: HttpRequest, obj: models.Model, name: str) -> tuple[str, list[Any]]:
        """The name of a kind of part and the edits of all such parts of the object, removed ones too, newest first."""
        relation: Any = obj._meta.get_field(name)
        part = relation.related_model
        tracked = [field.name for field in part.history.model.tracked_fields if field.is_relation]
        records = part.history.filter(**{relation.field.attname: obj.pk}).select_related("history_user", *tracked)
        edits = list(records.order_by("-history_date", "-history_id")[: self.history_list_per_page])
        for own in group_by(edits, part._meta.pk.attname).values():
            for newer, older in pairwise(own):
                delta = newer.diff_against(older, foreign_keys_are_objs=True)
                newer.history_delta_changes = PlainValues(part, newer).context_for_delta_changes(delta)
        return capfirst(str(part._meta.verbose_name_plural)), edits

    def get_history_queryset(
        self, request: HttpRequest, history_manager: models.Manager, pk_name: str, object_id: str
    ) -> models.QuerySet:
        # The library's own also loads the tracked relations of a model that has none, which Django deprecates.
        tracked = [field.name for field in history_manager.model.tracked_fields if field.is_relation]
        return history_manager.filter(**{pk_name: object_id}).select_related("history_user", *tracked)

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> PlainValues:
        return PlainValues(self.model, historical_record)

    def history_view_title(self, request: HttpRequest, obj: models.Model) -> str | Promise:
        return str(obj)

    def get_acts(self, obj: models.Model) -> models.QuerySet[HistoryEntry]:
        return HistoryEntry.objects.about(obj).select_related("actor")

    def save_formset(self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool) -> None:
        if hasattr(formset.model, "history"):
            for part in formset.initial_forms:
                if part.has_changed():
                    keep_baseline(part.instance)
        super().save_formset(request, form, formset, change)

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        if changed := columns & set(form.changed_data):
            keep_baseline(obj)
            sign_edit(obj, request.user, "")
            # No other column: another person, or an operation, may have written since the form was read.
            obj.save(update_fields=changed)


class PlainAdmin(LinksMixin, DayFieldsMixin, admin.ModelAdmin):
    """For tables without an edit history of their own; the admin's log of changes serves."""


class NetworkAdmin(HistoryMixin, LinksMixin, DayFieldsMixin):
    """For the tables with public pages, whose plain edits are kept in an edit history."""

    public_page = True
