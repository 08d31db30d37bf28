from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import EntryReport
from ..people import Person
from ..services.entry_report import handle_report
from .base import PlainAdmin, ReadOnlyMixin
from .operations import OperationsMixin


class WaitingFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("waiting", _("waiting")), ("handled", _("handled"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() in ("waiting", "handled"):
            return queryset.filter(handled_at__isnull=self.value() == "waiting")
        return queryset


class HandleReportForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("What was done"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=gettext_lazy("for colleagues; it is not sent to the reader"),
    )
    fieldsets = ((None, {"fields": ("answer",)}),)

    def __init__(self, *args: Any, report: EntryReport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.report = report

    def act(self, *, by: Person) -> EntryReport:
        return handle_report(report=self.report, by=by, **self.cleaned_data)


@admin.register(EntryReport)
class EntryReportAdmin(ReadOnlyMixin, OperationsMixin, PlainAdmin):
    """The queue of what readers report: those that wait come first. Reports can be deleted, as readers are promised."""

    list_display = ("city", "excerpt", "created_at", "state", "handled_by")
    list_select_related = ("city", "handled_by")
    list_filter = (WaitingFilter, "language")
    ordering = (models.F("handled_at").desc(nulls_first=True), "-created_at")
    fields = ("city", "message", "source", "email", "language", "created_at", "handled_at", "handled_by", "answer")

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("cities.delete_entryreport")

    @admin.display(description=gettext_lazy("what is wrong"))
    def excerpt(self, report: EntryReport) -> str:
        return Truncator(report.message).chars(120)

    @admin.display(description=gettext_lazy("state"), ordering="handled_at")
    def state(self, report: EntryReport) -> str:
        return _("handled") if report.handled_at else _("waiting")

    def get_urls(self) -> list:
        handle = path(
            "<path:object_id>/handle/", self.admin_site.admin_view(self.handle_view), name="cities_entryreport_handle"
        )
        return [handle, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        report = context["original"]
        context |= {
            "may_handle": request.user.has_perm("cities.change_entryreport", report) and not report.handled_at,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def handle_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        report = self.get_subject(request, object_id, "cities.change_entryreport")
        if report.handled_at:
            return self.turned_away(request, report, _("Someone has handled this report already."))
        return self.run_operation(
            request,
            HandleReportForm(request.POST or None, report=report),
            title=_("Handle the report about %(city)s") % {"city": report.city},
            what_happens=[
                _("Correct the entry first, in its own page; then say here what was done."),
                _("The report leaves the queue. Your answer stays with it and is deleted with it."),
            ],
            button=_("Mark as handled"),
            done=lambda report: _("The report about %(city)s is handled.") % {"city": report.city},
            original=report,
            context={"report": report},
        )
