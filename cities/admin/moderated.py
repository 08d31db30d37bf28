"""What cities propose and staff decide: a queue, a page that shows the difference, and the decisions.

`ModeratedAdmin` serves every model of `Moderated` kind; a subclass registers it and says how to name a row.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..acts import readable
from ..forms.act import ActForm
from ..models import Moderated
from ..people import Person
from ..services.difference import differences, photo_differences
from ..services.moderation import publish, reject, request_changes
from .base import LinksMixin, ReadOnlyMixin
from .operations import OperationsMixin, posted

WAITING = Moderated.Status.SUBMITTED


class StateFilter(admin.SimpleListFilter):
    """By state; without a choice, what waits for staff."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(value, label) for value, label in Moderated.Status.choices if value != WAITING] + [("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        waiting, *others = super().choices(changelist)
        yield waiting | {"display": WAITING.label}
        yield from others

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        state = self.value() or WAITING
        return queryset.filter(status=state) if state in Moderated.Status.values else queryset


class ReasonForm(ActForm):
    reason = forms.CharField(
        label=gettext_lazy("What to change, and why"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=4000,
        help_text=gettext_lazy("the coordinators read this as it stands, in their mail and above the text"),
    )
    fieldsets = ((None, {"fields": ("reason",)}),)


class RejectForm(ReasonForm):
    reason = forms.CharField(
        label=gettext_lazy("Why it is rejected"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=4000,
        help_text=gettext_lazy("the coordinators read this as it stands, in their mail and above the text"),
    )


class ModeratedAdmin(ReadOnlyMixin, OperationsMixin, LinksMixin, admin.ModelAdmin):
    """The queue, oldest first, and one proposal with its difference from what is public.

    Subclasses set `related`, the relations that the name of a row needs.
    """

    change_form_template = "admin/cities/moderated/change_form.html"
    change_form_object_tools_template = "admin/cities/moderated/change_form_object_tools.html"
    related: tuple[str, ...] = ()
    list_display: tuple[str, ...] = ("about", "number", "status", "waits", "submitted_by", "decided_at", "decided_by")
    list_filter = (StateFilter,)
    list_per_page = 50
    # “Found among all” would lead back to the queue, which is not all.
    show_full_result_count = False
    fields = ()

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("submitted_by", "decided_by", "updated_by", *self.related)

    def get_ordering(self, request: HttpRequest) -> tuple:
        waiting = request.GET.get("state", WAITING) == WAITING
        return ("submitted_at", "pk") if waiting else ("-updated_at", "-pk")

    @admin.display(description=gettext_lazy("about"))
    def about(self, revision: Any) -> str:
        return str(revision.subject)

    @admin.display(description=gettext_lazy("waiting for"), ordering="submitted_at", empty_value="–")
    def waits(self, revision: Any) -> str | None:
        return timesince(revision.submitted_at) if revision.is_waiting else None

    # One proposal

    def earlier(self, revision: Any) -> Any:
        """The public text that a proposal is compared with."""
        before = revision.predecessor()
        return self.get_queryset_of_all().filter(pk=before.pk).first() if before else None

    def get_queryset_of_all(self) -> models.QuerySet:
        return self.model._default_manager.select_related("submitted_by", "decided_by", *self.related)

    def is_public(self, revision: Any) -> bool:
        """Whether this is what the public reads."""
        newest = revision.siblings().published().order_by("-number").first()
        return newest is not None and newest.pk == revision.pk

    def may_restore(self, revision: Any) -> bool:
        """Whether staff can go back to this text; subclasses whose model can be restored say when."""
        return False

    def restore(self, revision: Any, *, by: Person) -> Any:
        raise NotImplementedError

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        revision: Any = context["original"]
        before = self.earlier(revision)
        may_moderate = request.user.has_perm("cities.moderate", revision)
        context |= {
            "differences": differences(before, revision),
            "photos": photo_differences(before, revision),
            "before": before,
            "parts": revision.parts(),
            "is_public": self.is_public(revision),
            "missing": revision.missing() if revision.is_open else [],
            "siblings": revision.siblings().select_related("submitted_by", "decided_by").order_by("-number"),
            "acts": readable(self.acts_on(revision)[:20]),
            "seen": self.last_act(revision),
            "may_decide": may_moderate and revision.is_waiting,
            "may_restore": may_moderate and self.may_restore(revision),
            "operations": f"admin:{self.opts.app_label}_{self.opts.model_name}",
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def last_act(self, revision: Any) -> str:
        act = self.acts_on(revision).first()
        return str(act.number if act else 0)

    # Decisions

    def get_urls(self) -> list:
        return [
            self.page_at("<path:object_id>/publish/", "publish", self.publish_view),
            self.page_at("<path:object_id>/changes/", "changes", self.changes_view),
            self.page_at("<path:object_id>/reject/", "reject", self.reject_view),
            self.page_at("<path:object_id>/restore/", "restore", self.restore_view),
            *super().get_urls(),
        ]

    def decide(
        self, request: HttpRequest, object_id: str, form: type[ActForm], verb: Callable[..., Any], **texts: Any
    ) -> HttpResponse:
        revision = self.get_subject(request, object_id, "cities.moderate")
        if not revision.is_waiting:
            why = _("There is nothing to decide: the text is “%(status)s”.") % {"status": revision.get_status_display()}
            return self.turned_away(request, revision, why)
        response = self.run_operation(
            request, form(posted(request), verb=partial(verb, revision)), original=revision, **texts
        )
        return self.next_in_queue(request, response)

    def next_in_queue(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """After a decision, back to the queue: what is decided needs no second look."""
        if response.status_code != 302:
            return response
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.decide(
            request,
            object_id,
            ActForm,
            publish,
            title=_("Publish"),
            what_happens=[
                _("The text becomes what the public reads, at once."),
                _("The coordinators get a mail. The text that was public stays in the list and can be restored."),
            ],
            button=_("Publish"),
            done=lambda revision: _("%(subject)s: published.") % {"subject": revision.called},
        )

    def changes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.decide(
            request,
            object_id,
            ReasonForm,
            request_changes,
            title=_("Request changes"),
            what_happens=[
                _("The coordinators get your words in a mail and above the text, which they can edit again."),
                _("What is public stays as it is."),
            ],
            button=_("Request changes"),
            done=lambda revision: _("%(subject)s: changes requested.") % {"subject": revision.called},
        )

    def reject_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.decide(
            request,
            object_id,
            RejectForm,
            reject,
            title=_("Reject"),
            what_happens=[
                _("This proposal is closed for good; the coordinators get your words in a mail."),
                _("Their next one begins anew from what is public. To have this one improved, request changes."),
            ],
            button=_("Reject"),
            done=lambda revision: _("%(subject)s: rejected.") % {"subject": revision.called},
        )

    def restore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        revision = self.get_subject(request, object_id, "cities.moderate")
        if not self.may_restore(revision):
            return self.turned_away(request, revision, _("This text cannot be restored."))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(self.restore, revision)),
            title=_("Restore this text"),
            what_happens=[
                _("A copy of this text is published, at once. Nothing is lost: what is public now stays in the list."),
                _("What the coordinators are writing stays as it is. They get a mail."),
            ],
            button=_("Restore"),
            done=lambda restored: _("%(subject)s: the earlier text is public again.") % {"subject": restored.called},
            original=revision,
        )
