from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..acts import about_city, readable
from ..forms.designation import CorrectFirstDayForm
from ..models import City, CreativeField, Designation, HistoryEntry
from ..text import words
from .base import PlainAdmin, ReadOnlyMixin, known_day
from .files import GuardedExportMixin, GuardedResource
from .operations import OperationsMixin


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
class DesignationAdmin(GuardedExportMixin, ReadOnlyMixin, OperationsMixin, PlainAdmin):
    """To be looked up only: designations change by operations, here and on a city's page."""

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

    # One designation

    def acts_on(self, obj: Designation) -> models.QuerySet[HistoryEntry]:
        """Those on its city too: a move from one field to another is an act on the city."""
        return about_city(obj.city, obj.city.designations.all())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        designation = context["original"]
        context |= {
            "acts": readable(self.acts_on(designation)),
            "may_designate": request.user.has_perm("cities.designate", designation),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list:
        first_day = path(
            "<path:object_id>/first-day/",
            self.admin_site.admin_view(self.first_day_view),
            name="cities_designation_first_day",
        )
        return [first_day, *super().get_urls()]

    def first_day_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        designation = self.get_subject(request, object_id, "cities.designate")
        return self.run_operation(
            request,
            CorrectFirstDayForm(request.POST or None, designation=designation),
            title=_("Correct the first day of %(city)s in %(field)s")
            % {"city": designation.city, "field": designation.field},
            what_happens=[
                _("The first day known now is %(day)s; its source: %(source)s.")
                % {
                    "day": known_day(designation.starts_on, designation.starts_precision),
                    "source": designation.source,
                },
                _("Lists, counts, statistics and “member since” follow the corrected day, also for days in the past."),
                _("The source given here takes the place of the one before; the history keeps both days."),
            ],
            button=_("Correct the first day"),
            done=lambda designation: (
                _("The first day of %(city)s in %(field)s is now %(day)s.")
                % {
                    "city": designation.city,
                    "field": designation.field,
                    "day": known_day(designation.starts_on, designation.starts_precision),
                }
            ),
            original=designation,
            page_of=lambda designation: designation.city,
        )
