from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from ..forms.act import ActForm
from ..forms.mandate import InviteStaffForm
from ..models import Invitation
from ..rules import GROUP_NAMES, GROUPS_EXPLAINED
from ..services.invitation import send_again, withdraw
from .mandate import OfCityMixin
from .operations import Operation, OperationsAdmin, posted


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("open", pgettext("invitation", "open")),
            ("expired", pgettext("invitation", "expired")),
            ("accepted", pgettext("invitation", "accepted")),
            ("withdrawn", pgettext("invitation", "withdrawn")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        match self.value():
            case "open":
                return queryset.open()
            case "expired":
                return queryset.unused().filter(expires_at__lte=timezone.now())
            case "accepted":
                return queryset.exclude(accepted_at=None)
            case "withdrawn":
                return queryset.exclude(withdrawn_at=None)
        return queryset


@admin.register(Invitation)
class InvitationAdmin(OfCityMixin, OperationsAdmin):
    """Who is invited to what. Mandates are offered on their own pages, accounts of staff here."""

    list_display = ("email", "kind", "to_what", "role_or_panel", "created_at", "state", "invited_by")
    list_select_related = ("city", "country", "field", "group", "invited_by", "call", "application__call")
    list_filter = (StateFilter, "kind")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    search_fields = ("email", "name")
    fields = (
        "email",
        "name",
        "language",
        "kind",
        "to_what",
        "role_or_panel",
        "state",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "user",
        "withdrawn_at",
        "change",
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related(*self.list_select_related, "user", "change__city")

    def heading(self, obj: Any) -> str:
        return f"{obj.email or '–'} · {self.to_what(obj)}"

    @admin.display(description=gettext_lazy("to what"))
    def to_what(self, invitation: Invitation) -> str:
        if invitation.kind == Invitation.Kind.STAFF and invitation.group is not None:
            return str(GROUP_NAMES.get(invitation.group.name, invitation.group.name))
        return str(invitation.scope or "–")

    @admin.display(description=gettext_lazy("role"))
    def role_or_panel(self, invitation: Invitation) -> str:
        return invitation.get_role_display() or invitation.get_panel_display() or "–"

    @admin.display(description=gettext_lazy("state"))
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at:
            return pgettext("invitation", "accepted")
        if invitation.withdrawn_at:
            return pgettext("invitation", "withdrawn")
        if not invitation.is_open:
            return pgettext("invitation", "expired")
        return pgettext("invitation", "open until %(day)s") % {
            "day": date_format(timezone.localtime(invitation.expires_at))
        }

    # Operations

    def get_urls(self) -> list:
        return [
            self.page_at("staff/", "staff", self.staff_view),
            self.page_at("<path:object_id>/withdraw/", "withdraw", self.withdraw_view),
            self.page_at("<path:object_id>/again/", "again", self.again_view),
            *super().get_urls(),
        ]

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        if not request.user.has_perm("cities.invite_staff"):
            return []
        return [Operation(self.url_of("staff"), _("Invite staff"))]

    def permission_on(self, invitation: Invitation) -> str:
        return "cities.invite_staff" if invitation.kind == Invitation.Kind.STAFF else "cities.appoint"

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not obj.is_unused or not request.user.has_perm(self.permission_on(obj)):
            return []
        return [
            Operation(self.url_of("again", obj.pk), _("Send again")),
            Operation(self.url_of("withdraw", obj.pk), _("Withdraw")),
        ]

    def get_invitation(self, request: HttpRequest, object_id: str) -> Invitation:
        invitation = self.get_subject(request, object_id, "cities.appoint")
        if not request.user.has_perm(self.permission_on(invitation)):
            raise PermissionDenied
        return invitation

    def staff_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("cities.invite_staff"):
            raise PermissionDenied
        return self.run_operation(
            request,
            InviteStaffForm(posted(request), group_labels=GROUPS_EXPLAINED),
            title=_("Invite staff"),
            what_happens=[
                _("The person gets a mail with a link that works once."),
                _("On accepting they make an account, or sign in to the one they have, and are of the group."),
                _("They reach the administration when they have set up a second factor."),
            ],
            button=_("Invite"),
            done=lambda invitation: _("The invitation to %(email)s is on its way.") % {"email": invitation.email},
        )

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invitation = self.get_invitation(request, object_id)
        if not invitation.is_unused:
            return self.turned_away(request, invitation, _("This invitation is closed already."))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(withdraw, invitation=invitation)),
            title=_("Withdraw the invitation to %(email)s") % {"email": invitation.email},
            what_happens=[_("Its link no longer works. Nobody is told.")],
            button=_("Withdraw"),
            done=lambda invitation: (
                _("The invitation to %(email)s is withdrawn: its link no longer works.") % {"email": invitation.email}
            ),
            original=invitation,
        )

    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invitation = self.get_invitation(request, object_id)
        if not invitation.is_unused:
            return self.turned_away(request, invitation, _("This invitation is closed already."))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(send_again, invitation=invitation)),
            title=_("Send the invitation to %(email)s again") % {"email": invitation.email},
            what_happens=[
                _("A new link is mailed, and the term begins anew."),
                _("The link before no longer works."),
            ],
            button=_("Send again"),
            done=lambda invitation: (
                _("A new link is on its way to %(email)s; the one before no longer works.")
                % {"email": invitation.email}
            ),
            original=invitation,
        )
