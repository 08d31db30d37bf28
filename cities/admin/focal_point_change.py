from functools import partial
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..forms.act import ActForm
from ..forms.mandate import RefuseChangeForm
from ..models import Coordinator, FocalPointChange
from ..services.focal_point_change import approve_change, refuse_change
from ..services.invitation import account_of
from .mandate import OfCityMixin, link_to
from .operations import Operation, OperationsAdmin, posted

DECIDE = "cities.decide_focalpointchange"


@admin.register(FocalPointChange)
class FocalPointChangeAdmin(OfCityMixin, OperationsAdmin):
    """The queue of cities that ask for another focal point: those that wait come first, the oldest on top."""

    list_display = ("city", "name", "status", "requested_at", "requested_by", "decided_by", "decided_at")
    list_select_related = ("city", "requested_by", "decided_by")
    list_filter = ("status",)
    ordering = (
        models.Case(models.When(status=FocalPointChange.Status.SUBMITTED, then=0), default=1).asc(),
        "requested_at",
        "pk",
    )
    search_fields = ("email", "name")
    fields = (
        "city",
        "in_office",
        "name",
        "email",
        "language",
        "letter_link",
        "requested_by",
        "requested_at",
        "status",
        "decided_by",
        "decided_at",
        "reason",
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related(*self.list_select_related, "letter")

    @admin.display(description=gettext_lazy("letter of the mayor"))
    def letter_link(self, change: FocalPointChange) -> Any:
        return link_to(change.letter)

    @admin.display(description=gettext_lazy("focal point now"))
    def in_office(self, change: FocalPointChange) -> str:
        in_force = Coordinator.objects.in_force().filter(city=change.city_id, role=Coordinator.Role.FOCAL_POINT)
        held = in_force.select_related("user").first()
        return str(held.user) if held else "–"

    # Operations

    def get_urls(self) -> list:
        return [
            self.page_at("<path:object_id>/approve/", "approve", self.approve_view),
            self.page_at("<path:object_id>/refuse/", "refuse", self.refuse_view),
            *super().get_urls(),
        ]

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not obj.is_waiting or not request.user.has_perm(DECIDE, obj):
            return []
        return [
            Operation(self.url_of("approve", obj.pk), _("Approve"), is_next=True),
            Operation(self.url_of("refuse", obj.pk), _("Refuse")),
        ]

    def approve_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        change = self.get_subject(request, object_id, DECIDE)
        if not change.is_waiting:
            return self.turned_away(request, change, _("This request is decided already."))
        names = {"new": change.name, "old": change.requested_by, "city": change.city}
        if account_of(change.email):
            what = [
                _("%(new)s has an account and becomes the focal point of %(city)s at once.") % names,
                _("In the same instant the mandate of %(old)s ends: nothing can be changed with it any more.") % names,
            ]
        else:
            what = [
                _("%(new)s has no account yet and is invited by mail.") % names,
                _("%(old)s remains the focal point of %(city)s until the invitation is accepted; then both change.")
                % names,
            ]
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(approve_change, change=change)),
            title=_("Approve another focal point for %(city)s") % names,
            what_happens=[
                *what,
                _("Invitations of %(old)s for the city end with the mandate. Both are told by mail.") % names,
            ],
            button=_("Approve"),
            done=lambda change: _("The change of the focal point of %(city)s is approved.") % {"city": change.city},
            original=change,
        )

    def refuse_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        change = self.get_subject(request, object_id, DECIDE)
        if not change.is_waiting:
            return self.turned_away(request, change, _("This request is decided already."))
        return self.run_operation(
            request,
            RefuseChangeForm(posted(request), verb=partial(refuse_change, change=change)),
            title=_("Refuse another focal point for %(city)s") % {"city": change.city},
            what_happens=[
                _("%(old)s remains the focal point and gets your words by mail.") % {"old": change.requested_by},
                _("The city can ask again with another letter."),
            ],
            button=_("Refuse"),
            done=lambda change: _("The change of the focal point of %(city)s is refused.") % {"city": change.city},
            original=change,
        )
