"""Operations: what staff do by a page of its own, which shows what will happen before it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ..acts import readable
from ..exceptions import NetworkError
from ..models import HistoryEntry
from .base import PlainAdmin, ReadOnlyMixin


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, even if that is nothing: an act without words has no fields. None while its page is only shown."""
    return request.POST if request.method == "POST" else None


@dataclass(frozen=True)
class Operation:
    """A button that leads to the page of an operation; `is_next` is what is usually done."""

    url: str
    label: str | Promise
    is_next: bool = False


class OperationsMixin(admin.ModelAdmin):
    """Operations: pages of a model's admin that show a form and what it will do, and act on POST."""

    operation_template = "admin/cities/operation.html"

    def url_of(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def page_at(self, route: str, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(
            route, self.admin_site.admin_view(view), name=f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        )

    def get_subject(self, request: HttpRequest, object_id: str, permission: str) -> Any:
        """The object of an operation, after checking the permission on it; raises Http404 or PermissionDenied."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not request.user.has_perm(permission, obj):
            raise PermissionDenied
        return obj

    def change_url(self, obj: models.Model) -> str:
        return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])

    def turned_away(self, request: HttpRequest, obj: models.Model, why: str) -> HttpResponse:
        """Back to the page of an object on which there is nothing to do: a colleague was faster, or a second click."""
        self.message_user(request, why, messages.WARNING)
        return redirect(self.change_url(obj))

    def acts_on(self, obj: Any) -> models.QuerySet[HistoryEntry]:
        """The acts, newest first, after which what an operation's page said would no longer be true."""
        return HistoryEntry.objects.about(obj).select_related("actor")

    def run_operation(
        self,
        request: HttpRequest,
        form: Any,
        *,
        title: str,
        what_happens: list[str],
        button: str,
        done: Callable[[Any], str],
        original: models.Model | None = None,
        page_of: Callable[[Any], models.Model] = lambda result: result,
        has_acted: Callable[[Any], bool] = lambda result: True,
        context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form, or call its `act(by=…)` and go to the page of `page_of(result)`.

        What the act refuses is said in the form, with what was typed still there; so is an act by someone else after
        the page was opened, since what it said is no longer true. `done(result)` is the message, a warning where
        `has_acted(result)` tells that there was nothing to do.
        """
        last_act = self.acts_on(original).first() if original else None
        seen = str(last_act.number if last_act else 0)
        if last_act and request.POST.get("seen", seen) != seen:
            form.add_error(
                None,
                _("Meanwhile: %(act)s, by %(who)s. Look at what would happen now, then confirm again.")
                % {"act": last_act.get_verb_display(), "who": last_act.actor or _("the system")},
            )
        elif request.method == "POST" and form.is_valid():
            try:
                result = form.act(by=request.user)
            except NetworkError as refusal:
                form.add_error(None, str(refusal))
            else:
                level = messages.SUCCESS if has_acted(result) else messages.WARNING
                self.message_user(request, done(result), level)
                return redirect(self.change_url(page_of(result)))
        admin_form = helpers.AdminForm(form, form.fieldsets, {}, (), model_admin=self)
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            self.operation_template,
            self.admin_site.each_context(request)
            | {
                "title": title,
                "opts": self.opts,
                "original": original,
                "change_url": self.change_url(original) if original else "",
                "adminform": admin_form,
                "media": self.media + form.media,
                "errors": form.errors,
                "what_happens": what_happens,
                "button": button,
                "seen": seen,
            }
            | (context or {}),
        )


class OperationsAdmin(ReadOnlyMixin, OperationsMixin, PlainAdmin):
    """Rows that only operations write: their buttons above the list and above each row, the acts below it."""

    change_form_template = "admin/cities/operations/change_form.html"
    change_list_template = "admin/cities/operations/change_list.html"
    list_per_page = 50

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        return []

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        return []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"operations": self.list_operations(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        obj = context["original"]
        context |= {"acts": readable(self.acts_on(obj)[:50]), "operations": self.operations_on(request, obj)}
        return super().render_change_form(request, context, *args, **kwargs)
