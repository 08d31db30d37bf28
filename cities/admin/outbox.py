from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..exceptions import NetworkError
from ..forms.act import ActForm
from ..models import OutboxMessage
from ..services.outbox import approve, retry, withdraw
from .operations import Operation, OperationsAdmin, posted

Status = OutboxMessage.Status


KINDS = {
    "account-email-changed": gettext_lazy("e-mail address changed"),
    "account-email-confirmation-signup": gettext_lazy("address to be verified"),
    "account-email-confirmation": gettext_lazy("address to be verified"),
    "account-email-deleted": gettext_lazy("e-mail address removed"),
    "account-password-changed": gettext_lazy("password changed"),
    "account-password-reset-key": gettext_lazy("password forgotten"),
    "account-password-reset": gettext_lazy("password chosen anew"),
    "account-password-set": gettext_lazy("password set"),
    "account-recovery-codes-generated": gettext_lazy("recovery codes made"),
    "account-second-factor-taken": gettext_lazy("second factor taken away"),
    "account-totp-activated": gettext_lazy("app for codes added"),
    "account-totp-deactivated": gettext_lazy("app for codes removed"),
    "account-webauthn-added": gettext_lazy("passkey added"),
    "account-webauthn-removed": gettext_lazy("passkey removed"),
    "announced-commission": gettext_lazy("announcement: National Commission"),
    "announced-designated": gettext_lazy("announcement: designated"),
    "announced-ineligible": gettext_lazy("announcement: ineligible"),
    "announced-not-designated": gettext_lazy("announcement: not designated"),
    "announcement-not-ready": gettext_lazy("announcement: not ready, to decision officers"),
    "application-begin-account": gettext_lazy("application: how to begin, with an account"),
    "application-incomplete": gettext_lazy("application: not submitted yet"),
    "application-shared": gettext_lazy("application: shared"),
    "application-shared-to-staff": gettext_lazy("application: shared, to staff"),
    "application-still-returned": gettext_lazy("application: not completed yet"),
    "application-submitted": gettext_lazy("application: submitted"),
    "application-submitted-commission": gettext_lazy("application: submitted, to the National Commission"),
    "application-withdrawn": gettext_lazy("application: withdrawn"),
    "application-withdrawn-commission": gettext_lazy("application: withdrawn, to the National Commission"),
    "call-cancelled": gettext_lazy("call: cancelled"),
    "call-extended": gettext_lazy("call: extended"),
    "endorsement-declined": gettext_lazy("endorsement: declined"),
    "endorsement-endorsed": gettext_lazy("endorsement: endorsed"),
    "endorsement-recorded": gettext_lazy("endorsement: letter on paper recorded"),
    "endorsement-withdrawn": gettext_lazy("endorsement: withdrawn"),
    "endorsement-withdrawn-to-staff": gettext_lazy("endorsement: withdrawn, to staff"),
    "evaluation-asked": gettext_lazy("evaluation: asked for"),
    "evaluation-reminder": gettext_lazy("evaluation: reminder"),
    "evaluation-reopened": gettext_lazy("evaluation: opened again"),
    "evaluation-taken-back": gettext_lazy("evaluation: taken back"),
    "evaluation-to-staff": gettext_lazy("evaluation: to be given anew, to staff"),
    "focal-point-approved": gettext_lazy("focal point: approved"),
    "focal-point-refused": gettext_lazy("focal point: refused"),
    "focal-point-requested": gettext_lazy("focal point: request received"),
    "focal-point-to-staff": gettext_lazy("focal point: request, to staff"),
    "invitation-applicant": gettext_lazy("invitation: application"),
    "invitation-commission": gettext_lazy("invitation: National Commission"),
    "invitation-coordinator": gettext_lazy("invitation: city"),
    "invitation-evaluator": gettext_lazy("invitation: evaluator"),
    "invitation-staff": gettext_lazy("invitation: staff"),
    "mandate-begun": gettext_lazy("mandate begun"),
    "mandate-ended": gettext_lazy("mandate ended"),
    "partnership-asked": gettext_lazy("partner asked"),
    "partnership-confirmed": gettext_lazy("partnership confirmed"),
    "partnership-declined": gettext_lazy("partnership declined"),
    "partnership-ended": gettext_lazy("partnership ended"),
    "partnership-reminder": gettext_lazy("reminder: partner asked"),
    "reminder-confirmation": gettext_lazy("reminder: yearly confirmation"),
    "reminder-endorsement": gettext_lazy("reminder: endorsement asked for"),
    "reminder-photos": gettext_lazy("reminder: rights of photos"),
    "revision-changes-requested": gettext_lazy("text: changes requested"),
    "revision-published": gettext_lazy("text: published"),
    "revision-rejected": gettext_lazy("text: rejected"),
    "revision-restored": gettext_lazy("text: restored"),
    "screening-eligible": gettext_lazy("technical examination: eligible"),
    "screening-ineligible": gettext_lazy("technical examination: ineligible"),
    "screening-returned": gettext_lazy("technical examination: returned for completion"),
}
"""What the templates of mails are about, in a few words."""


class KindFilter(admin.SimpleListFilter):
    title = gettext_lazy("kind of mail")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        kinds = OutboxMessage.objects.order_by("template").values_list("template", flat=True).distinct()
        return [(kind, str(KINDS.get(kind, kind))) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(template=self.value()) if self.value() else queryset


@admin.register(OutboxMessage)
class OutboxMessageAdmin(OperationsAdmin):
    """All mail: what is held, what leaves, what left, what could not. Nobody writes one here."""

    change_form_template = "admin/cities/outboxmessage/change_form.html"
    change_list_template = "admin/cities/outboxmessage/change_list.html"
    list_display = ("what", "to", "state", "created_at", "sent_at")
    list_filter = ("status", KindFilter, "language")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    search_fields = ("to", "subject", "user__email", "user__name")
    search_help_text = gettext_lazy("A word of the subject, the address or the name of the person.")
    fields = (
        "mail",
        "state",
        ("created_at", "sent_at"),
        ("attempts", "next_try"),
        "error",
        "user",
        "kind",
        "language",
        "approved_by",
    )
    actions = ("approve_selected", "retry_selected", "withdraw_selected")

    @admin.display(description=gettext_lazy("kind of mail"))
    def kind(self, message: OutboxMessage) -> str:
        return str(KINDS.get(message.template, message.template))

    @admin.display(description=gettext_lazy("subject"), ordering="subject")
    def what(self, message: OutboxMessage) -> str:
        return message.subject or _("(emptied)")

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, message: OutboxMessage) -> str:
        return message.get_status_display()

    @admin.display(description=gettext_lazy("next try"))
    def next_try(self, message: OutboxMessage) -> str:
        if message.status not in (Status.APPROVED, Status.FAILED):
            return "–"
        return date_format(timezone.localtime(message.next_try_at), "DATETIME_FORMAT")

    @admin.display(description=gettext_lazy("mail"))
    def mail(self, message: OutboxMessage) -> str:
        """The mail as it will look; in the demo, where this page is the mailbox, its links can be followed."""
        return render_to_string(
            "admin/cities/outboxmessage/_mail.html",
            {
                "message": message,
                "sender": settings.DEFAULT_FROM_EMAIL,
                "is_mailbox": settings.OUTBOX_SHOWS_WHOLE_MAILS,
                "is_masked": message.secret and not settings.OUTBOX_SHOWS_WHOLE_MAILS,
            },
        )

    # Pages

    def has_release_permission(self, request: HttpRequest, obj: OutboxMessage | None = None) -> bool:
        return request.user.has_perm("cities.release_outboxmessage", obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"nothing_is_sent": settings.OUTBOX_SHOWS_WHOLE_MAILS}
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        context["nothing_is_sent"] = settings.OUTBOX_SHOWS_WHOLE_MAILS
        return super().render_change_form(request, context, *args, **kwargs)

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not self.has_release_permission(request, obj):
            return []
        found = []
        if obj.status == Status.HELD:
            found.append(Operation(self.url_of("approve", obj.pk), _("Approve and send"), is_next=True))
        if obj.status in (Status.FAILED, Status.GIVEN_UP) and not obj.is_empty:
            found.append(Operation(self.url_of("retry", obj.pk), _("Send again"), is_next=True))
        if Status.WITHDRAWN in OutboxMessage.TRANSITIONS.get(Status(obj.status), set()):
            found.append(Operation(self.url_of("withdraw", obj.pk), _("Withdraw")))
        return found

    def get_urls(self) -> list:
        return [
            self.page_at("<path:object_id>/approve/", "approve", self.approve_view),
            self.page_at("<path:object_id>/retry/", "retry", self.retry_view),
            self.page_at("<path:object_id>/withdraw/", "withdraw", self.withdraw_view),
            *super().get_urls(),
        ]

    # Operations

    def approve_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._operate(
            request,
            object_id,
            approve,
            title=_("Approve this mail"),
            what_happens=_("The mail leaves at once. It cannot be called back."),
            button=_("Approve and send"),
            done=_("The mail is on its way."),
        )

    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._operate(
            request,
            object_id,
            retry,
            title=_("Send this mail again"),
            what_happens=_("The mail is tried again at once, and as often as a new one. It may arrive twice."),
            button=_("Send again"),
            done=_("The mail is on its way."),
        )

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._operate(
            request,
            object_id,
            withdraw,
            title=_("Withdraw this mail"),
            what_happens=_("The mail never leaves. It stays in this list."),
            button=_("Withdraw"),
            done=_("The mail is withdrawn."),
        )

    def _operate(
        self,
        request: HttpRequest,
        object_id: str,
        verb: Callable[..., OutboxMessage],
        *,
        title: str,
        what_happens: str,
        button: str,
        done: str,
    ) -> HttpResponse:
        message = self.get_subject(request, object_id, "cities.release_outboxmessage")
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(verb, message)),
            title=title,
            what_happens=[
                _("“%(subject)s”, to %(to)s") % {"subject": message.subject, "to": message.to or "–"},
                what_happens,
            ],
            button=button,
            done=lambda _message: done,
            original=message,
        )

    # The same for many, after a page that says which

    @admin.action(description=gettext_lazy("Approve and send"), permissions=["release"])
    def approve_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self._operate_on_many(request, queryset, approve, _("Approve these mails"), _("Approve and send"))

    @admin.action(description=gettext_lazy("Send again"), permissions=["release"])
    def retry_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self._operate_on_many(request, queryset, retry, _("Send these mails again"), _("Send again"))

    @admin.action(description=gettext_lazy("Withdraw"), permissions=["release"])
    def withdraw_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self._operate_on_many(request, queryset, withdraw, _("Withdraw these mails"), _("Withdraw"))

    def _operate_on_many(
        self,
        request: HttpRequest,
        queryset: models.QuerySet,
        verb: Callable[..., OutboxMessage],
        title: str,
        button: str,
    ) -> HttpResponse | None:
        chosen = list(queryset)
        if "confirmed" not in request.POST:
            request.current_app = self.admin_site.name
            return TemplateResponse(
                request,
                "admin/cities/outboxmessage/many.html",
                self.admin_site.each_context(request)
                | {
                    "title": title,
                    "opts": self.opts,
                    "chosen": chosen,
                    "action": request.POST["action"],
                    "button": button,
                    "action_checkbox_name": admin.helpers.ACTION_CHECKBOX_NAME,
                },
            )
        done, left = 0, 0
        for message in chosen:
            try:
                verb(message, by=request.user)
                done += 1
            except NetworkError:
                left += 1
        if done:
            told = ngettext("Done for %(number)s mail.", "Done for %(number)s mails.", done)
            self.message_user(request, told % {"number": done}, messages.SUCCESS)
        if left:
            told = ngettext(
                "%(number)s mail stays as it is: its state does not allow it.",
                "%(number)s mails stay as they are: their state does not allow it.",
                left,
            )
            self.message_user(request, told % {"number": left}, messages.WARNING)
        return None
