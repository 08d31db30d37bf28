from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..acts import readable
from ..models import HistoryEntry
from .base import PlainAdmin, ReadOnlyMixin


class ReadableChangeList(ChangeList):
    """Loads the objects that the entries of the page are about, a query a kind."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = readable(self.result_list, reader=request.user)


@admin.register(HistoryEntry)
class HistoryEntryAdmin(ReadOnlyMixin, PlainAdmin):
    """The chain of acts. It only grows, here and in the database."""

    list_display = ("number", "at", "who", "verb", "about", "changed", "reason")
    list_filter = ("verb", ("actor", admin.RelatedOnlyFieldListFilter))
    list_per_page = 50
    date_hierarchy = "at"
    search_fields = ("reason", "object_id")
    search_help_text = _("A word of the reason, or the number of the object.")
    fields = ("number", "at", "who", "verb", "about", "changed", "reason", "previous_hash", "hash")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ReadableChangeList

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("actor")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> HistoryEntry | None:
        entry = super().get_object(request, object_id, from_field)
        return readable([entry], reader=request.user, in_full=True)[0] if entry else None

    @admin.display(description=_("who"), ordering="actor")
    def who(self, entry: HistoryEntry) -> str:
        return str(entry.actor) if entry.actor else gettext("the system")

    @admin.display(description=_("object"))
    def about(self, entry: Any) -> str:
        if not entry.object_type:
            return gettext("the network")
        if not entry.subject:
            return f"{entry.object_type} {entry.object_id}"
        if not entry.subject_url:
            return str(entry.subject)
        return format_html('<a href="{}">{}</a>', entry.subject_url, entry.subject)

    @admin.display(description=_("fields"))
    def changed(self, entry: Any) -> str:
        return render_to_string("admin/cities/_changes.html", {"lines": entry.lines})
