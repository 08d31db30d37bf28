from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..acts import readable
from ..models import City, CreativeField, Designation, HistoryEntry
from ..text import words
from .base import PlainAdmin, ReadOnlyMixin, known_day
from .files import GuardedExportMixin, GuardedResource


class FieldFilter(admin.SimpleListFilter):
    title = gettext_lazy("creative field")
    parameter_name = "field"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(field.slug, field.name) for field in CreativeField.objects.all()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(field__slug=self.value()) if self.value() else queryset


class EndedFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("open", _("in force")), *Designation.EndReason.choices]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() == "open":
            return queryset.filter(ends_on=None)
        return queryset.filter(end_reason=self.value()) if self.value() else queryset


class DesignationResource(GuardedResource):
    class Meta:
        model = Designation
        fields = (
            "city__slug",
            "field__slug",
            "starts_on",
            "starts_precision",
            "ends_on",
            "end_reason",
            "member_since",
            "source",
        )
        name = Designation._meta.verbose_name_plural


@admin.register(Designation)
class DesignationAdmin(GuardedExportMixin, ReadOnlyMixin, PlainAdmin):
    """To be looked up only: designations change by the operations on a city's page."""

    resource_classes = [DesignationResource]
    list_display = ("city", "country", "field", "first_day", "last_day", "end_reason", "source")
    list_select_related = ("city__country", "field")
    list_filter = (FieldFilter, EndedFilter, "starts_precision")
    list_per_page = 50
    date_hierarchy = "starts_on"
    ordering = ("-starts_on", "city__sort_key_en")
    search_fields = ("city__search_text",)
    search_help_text = gettext_lazy("A name of the city in any language or the country; accents do not matter.")
    fields = (
        "city",
        "field",
        "first_day",
        "last_day",
        "end_reason",
        "end_reason_is_public",
        "since",
        "source",
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("city__country", "field")

    def get_search_results(self, request: HttpRequest, queryset: models.QuerySet, search_term: str) -> tuple:
        if not search_term.strip():
            return queryset, False
        if not words(search_term):
            return queryset.none(), False
        return queryset.filter(city__in=City.objects.search(search_term).order_by()), False

    @admin.display(description=gettext_lazy("country"), ordering="city__country__sort_key_en")
    def country(self, designation: Designation) -> str:
        return designation.city.country.name

    @admin.display(description=gettext_lazy("first day"), ordering="starts_on")
    def first_day(self, designation: Designation) -> str:
        return known_day(designation.starts_on, designation.starts_precision, short=True)

    @admin.display(description=gettext_lazy("last day"), ordering="ends_on", empty_value="–")
    def last_day(self, designation: Designation) -> str:
        return known_day(designation.ends_on, short=True)

    @admin.display(description=gettext_lazy("member since"), ordering="member_since")
    def since(self, designation: Designation) -> str:
        return known_day(designation.member_since, designation.member_since_precision)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        designation = context["original"]
        entries = HistoryEntry.objects.about(designation).select_related("actor")
        context |= {"acts": readable(entries)}
        return super().render_change_form(request, context, *args, **kwargs)
