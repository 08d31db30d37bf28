from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..days import today
from ..forms.creative_field import GROUNDS, AddFieldForm, CreativeFieldForm
from ..models import CreativeField, Designation
from .base import NetworkAdmin, NeverDeletedMixin
from .operations import OperationsMixin


@admin.register(CreativeField)
class CreativeFieldAdmin(NeverDeletedMixin, OperationsMixin, NetworkAdmin):
    form = CreativeFieldForm
    list_display = ("look", "name_en", "name_fr", "member_cities", "valid_from", "valid_to", "position")
    list_display_links = ("name_en",)
    fieldsets = (
        (None, {"fields": ("name_en", "name_fr", "slug", "summary_en", "summary_fr")}),
        (gettext_lazy("Look"), {"fields": ("look", ("colour_light", "colour_dark"), "pictogram", "position")}),
        (gettext_lazy("Days"), {"fields": (("valid_from", "valid_to"),)}),
    )
    readonly_fields = ("slug", "look")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        members = (
            Designation.objects.in_force(today())
            .filter(field=models.OuterRef("pk"))
            .order_by()
            .values("field")
            .annotate(count=models.Count("pk"))
            .values("count")
        )
        return super().get_queryset(request).annotate(members=Coalesce(models.Subquery(members), 0))

    @admin.display(description=gettext_lazy("look"))
    def look(self, field: CreativeField) -> str:
        looks = [(getattr(field, name), ground) for name, (ground, _needed) in GROUNDS.items()]
        return render_to_string("admin/cities/_look.html", {"field": field, "looks": looks})

    @admin.display(description=gettext_lazy("member cities"), ordering="members")
    def member_cities(self, field: Any) -> int:
        return field.members

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.run_operation(
            request,
            AddFieldForm(request.POST or None),
            title=_("Add a creative field"),
            what_happens=[
                _("Cities can be designated in the field from its first day on."),
                _("It is in the lists and on the maps of every day with a member in it."),
                _("Its address cannot change later; the history keeps who added it and why."),
            ],
            button=_("Add the field"),
            done=lambda field: _("%(field)s is a field of the network.") % {"field": field},
        )
