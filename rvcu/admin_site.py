"""The admin's own site: its name, its start page, the order of its menu.

Apart from `rvcu.admin`, which registers into it: the site is made when it is first asked for, perhaps halfway through
that module.
"""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from cities.acts import readable
from cities.days import today
from cities.models import City, EntryReport, HistoryEntry, OfficialTotal
from cities.services.city import MISSING, missing_counts
from cities.services.history import head
from meetings.models import Meeting

# The menu in the order of the day's work; what is not named follows.
ORDER = (
    "cities.City",
    "cities.Designation",
    "cities.EntryReport",
    "cities.Country",
    "cities.CreativeField",
    "cities.OfficialTotal",
    "cities.HistoryEntry",
    "meetings.Meeting",
    "rvcu.User",
)


class RvcuAdminSite(admin.AdminSite):
    site_title = _("RVCU staff")
    site_header = _("RVCU staff")
    index_title = _("The network today")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        # The permission to see the app, and so what the start page tells of it.
        context = state_of_the_network() if request.user.has_perm("cities") else {}
        return super().index(request, context | (extra_context or {}))

    def get_urls(self) -> list:
        return [path("help/", self.admin_view(self.help_view), name="help"), *super().get_urls()]

    def help_view(self, request: HttpRequest) -> TemplateResponse:
        """What staff do here and how, for a first day at work."""
        context = {"title": _("Help"), "may_edit": request.user.has_perm("cities.add_city")}
        return TemplateResponse(request, "admin/help.html", self.each_context(request) | context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(model["model"]))
        return sorted(apps, key=lambda app: _place(app["models"][0]["model"]))


def _place(model: type[models.Model]) -> int:
    label = model._meta.label
    return ORDER.index(label) if label in ORDER else len(ORDER)


def state_of_the_network() -> dict[str, Any]:
    """What the start page tells: figures, gaps, what waits. The number of queries does not grow with the network."""
    day = today()
    figures = City.objects.members(day).aggregate(
        cities=models.Count("pk"),
        countries=models.Count("country", distinct=True),
        fields=models.Count("current__field", distinct=True),
    )
    official = OfficialTotal.objects.known(day)
    counts = missing_counts()
    return {
        "figures": figures,
        "official": official,
        "official_gap": official.cities - figures["cities"] if official else 0,
        "next_meeting": Meeting.objects.next(),
        "missing": [(key, label, counts[key]) for key, label in MISSING.items()],
        "reports": EntryReport.objects.waiting().select_related("city").order_by("created_at")[:5],
        "reports_waiting": EntryReport.objects.waiting().count(),
        "head": head(),
        "acts": readable(HistoryEntry.objects.select_related("actor")[:8]),
    }
