from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cities.admin.base import NetworkAdmin
from cities.admin.files import GuardedExportMixin, GuardedResource
from cities.forms.seen import SeenForm

from ..models import Meeting, MeetingHost


class MeetingHostForm(forms.ModelForm):
    """A member city lends its names; a place that never was a member needs its own."""

    class Meta:
        model = MeetingHost
        fields = ("city", "name_en", "name_fr", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name_en", "name_fr"):
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        city = data.get("city")
        for name in ("name_en", "name_fr"):
            if not data.get(name):
                if city:
                    data[name] = getattr(city, name) or city.name_en
                else:
                    self.add_error(name, _("Choose a member city, or give the name of the place in both languages."))
        return data


class MeetingHostInline(admin.StackedInline):
    model = MeetingHost
    form = MeetingHostForm
    extra = 1
    autocomplete_fields = ("city",)
    fields = (("city", "name_en", "name_fr", "position"),)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "city":
            # A new member is admitted with its designation, not in passing.
            field.widget.can_add_related = False
        return field


class MeetingResource(GuardedResource):
    class Meta:
        model = Meeting
        fields = ("edition", "country", "planned_year", "year", "start_date", "end_date", "status", "source", "note")
        name = Meeting._meta.verbose_name_plural


@admin.register(Meeting)
class MeetingAdmin(GuardedExportMixin, NetworkAdmin):
    resource_classes = [MeetingResource]
    form = SeenForm
    readonly_fields = ("status",)
    inlines = (MeetingHostInline,)
    parts = ("hosts",)
    list_display = ("edition", "hosts_line", "country", "days", "status", "moved")
    list_display_links = ("edition", "hosts_line")
    list_filter = ("status",)
    search_fields = ("hosts__name_en", "hosts__name_fr", "hosts__city__search_text", "country__name_en", "year")
    search_help_text = _("A host or the country by its first letters, or the year.")
    autocomplete_fields = ("country",)
    fieldsets = (
        (None, {"fields": ("edition", "country", "status")}),
        (_("When"), {"fields": (("planned_year", "year"), ("start_date", "end_date"))}),
        (_("Notes"), {"fields": ("source", "note")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        meetings: Any = super().get_queryset(request)
        return meetings.with_hosts()

    @admin.display(description=_("hosts"))
    def hosts_line(self, meeting: Meeting) -> str:
        return meeting.host_names

    @admin.display(description=_("days"), ordering="year")
    def days(self, meeting: Meeting) -> str:
        return meeting.period or str(meeting.year)

    @admin.display(description=_("first planned for"), empty_value="–")
    def moved(self, meeting: Meeting) -> int | None:
        return meeting.planned_year if meeting.was_moved else None
