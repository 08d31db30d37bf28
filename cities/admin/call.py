"""Calls as a workplace: drafts in plain forms, published ones read-only with operations, and a preview of both."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models
from django.forms import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from ..acts import readable
from ..days import from_in_words, short_from, short_until, until_in_words
from ..forms.act import ActForm
from ..forms.call import (
    AddCallDocumentForm,
    CallForm,
    CancelCallForm,
    CopyCallForm,
    ExtendCallForm,
    InstantInput,
    ReasonForm,
    RescheduleCallForm,
)
from ..models import Application, Call, CallDocument, Criterion, OfferedField, Question, Section
from ..services.call import (
    INSTANTS,
    add_call_document,
    archive_call,
    cancel_call,
    copy_call,
    criteria_with_share,
    extend_call,
    name_of,
    obstacles,
    publish_call,
    remove_call_document,
    reschedule_call,
    take_back_call,
    with_numbers,
)
from .base import PlainAdmin
from .operations import Operation, OperationsMixin, posted

RUN = "cities.run_call"
Status = Call.Status
OVER = (Status.ARCHIVED, Status.CANCELLED)
BEGINNINGS = ("opens_at", "decision_at", "announce_at")
"""Instants at which something begins; the others end something."""


class FrozenMixin(OperationsMixin):
    """For what can be edited while its call is a draft: published meanwhile, a late save gets a sentence."""

    permission = "cities.{}_call"
    """The name of the permission to view, change or delete what is edited with its call."""

    def call_of(self, obj: Any) -> Any:
        """The call that something belongs to; None for nothing in particular."""
        return obj

    def frozen(self) -> str:
        return _("This call is no longer a draft: its rules, its form and its criteria stay as they are.")

    def is_frozen(self, obj: Any) -> bool:
        call = self.call_of(obj) if obj is not None else None
        return call is not None and not call.is_draft

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.permission.format("view"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.permission.format("change")) and not self.is_frozen(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.permission.format("delete")) and not self.is_frozen(obj)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        view = partial(super().changeform_view, request, object_id, *args, **kwargs)
        return self._unless_frozen(request, object_id, view)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> Any:
        return self._unless_frozen(request, object_id, partial(super().delete_view, request, object_id, extra_context))

    def _unless_frozen(self, request: HttpRequest, object_id: str | None, view: Any) -> HttpResponse:
        obj = self.get_object(request, object_id) if object_id and request.method == "POST" else None
        if obj is not None and self.is_frozen(obj) and request.user.has_perm(self.permission.format("change")):
            return self.turned_away(request, obj, self.frozen())
        try:
            return view()
        except IntegrityError:
            # Between the look and the save: the database itself refuses what is frozen, or was written twice.
            if not object_id or (now := self.get_object(request, object_id)) is None:
                raise
            why = self.frozen() if self.is_frozen(now) else _("Somebody saved at the same time: look again, then save.")
            return self.turned_away(request, now, why)


LOW_TEXTS: dict[type[models.Field], Any] = {
    models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3, "cols": 50})}
}


class AtTheEnd(BaseInlineFormSet):
    """New rows come after those that are there."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk is None:
            form.initial["position"] = self.initial_form_count() + 1


class OfCallInline(InlineModelAdmin):
    """A part of a call: whoever may edit the call may edit it."""

    formset: Any = AtTheEnd
    formfield_overrides = LOW_TEXTS

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("cities.view_call")

    def may_edit(self, request: HttpRequest, obj: Any) -> bool:
        call = obj.call if isinstance(obj, Section) else obj
        return request.user.has_perm("cities.change_call") and (call is None or call.is_draft)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_edit(request, obj)

    has_change_permission = has_delete_permission = has_add_permission


class SectionInline(OfCallInline, admin.TabularInline):
    model = Section
    fields = ("position", "key", "title_en", "title_fr", "questions_asked")
    readonly_fields = ("questions_asked",)
    extra = 1
    show_change_link = True
    verbose_name = gettext_lazy("section")
    verbose_name_plural = gettext_lazy("sections; open one for its questions")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).annotate(asked=models.Count("questions"))

    @admin.display(description=gettext_lazy("questions"), empty_value="–")
    def questions_asked(self, section: Any) -> str:
        return str(getattr(section, "asked", "–"))


class CriterionInline(OfCallInline, admin.StackedInline):
    model = Criterion
    fields = (
        ("position", "key", "weight", "scale"),
        ("name_en", "name_fr"),
        ("help_en", "help_fr"),
    )
    extra = 0
    classes = ("collapse",)


class QuestionInline(OfCallInline, admin.StackedInline):
    model = Question
    fields = (
        ("position", "number", "key"),
        ("kind", "words", "is_required"),
        "text_en",
        "text_fr",
        ("help_en", "help_fr"),
    )
    extra = 1


@admin.register(Section)
class SectionAdmin(FrozenMixin, PlainAdmin):
    """A section with its questions: a page of the form."""

    fields = ("call", ("position", "key"), ("title_en", "title_fr"), ("help_en", "help_fr"))
    formfield_overrides = LOW_TEXTS
    readonly_fields = ("call",)
    inlines = (QuestionInline,)
    list_display = ("title", "call", "position")
    list_filter = ("call",)
    list_select_related = ("call",)
    change_form_template = "admin/cities/section/change_form.html"

    def call_of(self, obj: Section) -> Call:
        return obj.call

    def heading(self, obj: Section) -> str:
        return f"{obj.call} · {obj}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Sections are begun on the page of their call.
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("call")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        section: Any = context["original"]
        around = list(section.call.sections.values_list("pk", flat=True))
        place = around.index(section.pk)
        context |= {
            "call_url": self.change_url(section.call),
            "previous": around[place - 1] if place else None,
            "next": around[place + 1] if place + 1 < len(around) else None,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return redirect(self.change_url(obj.call))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        self.message_user(request, _("The section “%(section)s” is removed.") % {"section": obj_display})
        return redirect("admin:cities_call_changelist")


@admin.register(Call)
class CallAdmin(FrozenMixin, PlainAdmin):
    form = CallForm
    inlines = (SectionInline, CriterionInline)
    change_form_template = "admin/cities/call/change_form.html"
    list_display = ("in_words", "slug", "phase_now", "opens", "closes", "begun_count", "received_count")
    list_filter = ("status", "is_demonstration")
    search_fields = ("title_en", "title_fr", "slug")
    ordering = ("-opens_at", "slug")
    formfield_overrides = {models.DateTimeField: {"form_class": forms.DateTimeField, "widget": InstantInput()}}
    actions = None
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("year", "slug"),
                    "title_en",
                    "title_fr",
                    "introduction_en",
                    "introduction_fr",
                    "is_demonstration",
                    "seen",
                )
            },
        ),
        (
            gettext_lazy("Dates"),
            {
                "fields": INSTANTS,
                "description": gettext_lazy(
                    "Paris time. An end at 00:00 is the end of the day before: for “until 30 June, 24:00” give"
                    " 1 July, 00:00."
                ),
            },
        ),
        (
            gettext_lazy("Who may apply"),
            {"fields": (("takes_english", "takes_french"), "offered", "cooloff_failures", "cooloff_calls")},
        ),
        (
            gettext_lazy("Places of a country"),
            {
                "fields": (
                    ("max_endorsed", "endorsed_fields_differ"),
                    ("max_designated", "designated_fields_differ"),
                ),
                "description": gettext_lazy("Empty: as many as one likes."),
            },
        ),
        (
            gettext_lazy("What is handed in"),
            {
                "fields": (
                    ("min_local", "max_local"),
                    ("min_international", "max_international"),
                    ("support_letters", "photos", "max_links"),
                    "return_days",
                )
            },
        ),
        (
            gettext_lazy("Evaluation"),
            {
                "fields": (
                    ("expert_reviews", "city_reviews", "spread_limit"),
                    "blindness",
                    "tells_ineligible",
                    "priority_regions",
                    "priority_fields",
                )
            },
        ),
    )
    # The list

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return with_numbers(super().get_queryset(request))

    @admin.display(description=gettext_lazy("call"), ordering="title_en")
    def in_words(self, call: Call) -> str:
        return call.title

    @admin.display(description=gettext_lazy("phase"))
    def phase_now(self, call: Call) -> str:
        phase = call.phase()
        return format_html('<span class="state-phase state-phase-{}">{}</span>', phase.value, phase.label)

    @admin.display(description=gettext_lazy("opens"), ordering="opens_at")
    def opens(self, call: Call) -> str:
        return short_from(call.opens_at)

    @admin.display(description=gettext_lazy("closes"), ordering="closes_at")
    def closes(self, call: Call) -> str:
        return short_until(call.closes_for_all)

    @admin.display(description=pgettext_lazy("applications", "begun"), ordering="begun")
    def begun_count(self, call: Any) -> int:
        return call.begun

    @admin.display(description=pgettext_lazy("applications", "submitted"), ordering="received")
    def received_count(self, call: Any) -> int:
        return call.received

    # One call

    @admin.display(description=gettext_lazy("creative fields"))
    def offered_in_words(self, call: Call) -> str:
        return ", ".join(field.name for field in call.fields.order_by("position", "slug")) or "–"

    @admin.display(description=gettext_lazy("under-represented regions"))
    def regions_in_words(self, call: Call) -> str:
        return ", ".join(map(str, call.regions_flagged)) or "–"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """As declared; who only reads sees the dates as a timeline, and choices as words."""
        if self.has_change_permission(request, obj):
            return self.fieldsets
        in_words: dict[Any, str] = {"offered": "offered_in_words", "priority_regions": "regions_in_words"}
        return [
            (
                title,
                options
                | {
                    "description": "",
                    "fields": [in_words.get(name, name) for name in options["fields"] if name != "seen"],
                },
            )
            for title, options in self.fieldsets
            if options["fields"] != INSTANTS
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("offered_in_words", "regions_in_words")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "priority_fields":
            # Fields of the network are added on their own page, not in passing.
            field.widget.can_add_related = False
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        call, chosen = form.instance, set(form.cleaned_data["offered"])
        offered = set(call.fields.all())
        OfferedField.objects.filter(call=call, field__in=offered - chosen).delete()
        OfferedField.objects.bulk_create(OfferedField(call=call, field=field) for field in chosen - offered)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        call: Any = context.get("original")
        if call is not None:
            context |= self.state_of(request, call)
        return super().render_change_form(request, context, *args, **kwargs)

    def state_of(self, request: HttpRequest, call: Any) -> dict[str, Any]:
        """What the page of a call tells beside its form."""
        now = timezone.now()
        return {
            "call": call,
            "phase": call.phase(now),
            "operations": self.operations_on(request, call),
            "obstacles": obstacles(call, now) if call.is_draft else [],
            "timeline": timeline(call),
            "extensions": call.extensions.select_related("country", "application__call", "by"),
            "documents": call.documents.select_related("file"),
            "may_run": request.user.has_perm(RUN, call),
            "documents_can_change": call.status not in OVER,
            "criteria": criteria_with_share(call),
            "acts": readable(self.acts_on(call)[:50]),
            "public_page": not call.is_draft,
        }

    # Operations

    def get_urls(self) -> list:
        pages = {
            "publish": self.publish_view,
            "take-back": self.take_back_view,
            "extend": self.extend_view,
            "reschedule": self.reschedule_view,
            "cancel": self.cancel_view,
            "archive": self.archive_view,
            "copy": self.copy_view,
            "document": self.add_document_view,
        }
        return [
            *(self.page_at(f"<path:object_id>/{name}/", name.replace("-", "_"), view) for name, view in pages.items()),
            self.page_at("documents/<int:pk>/remove/", "document_remove", self.remove_document_view),
            *super().get_urls(),
        ]

    def operations_on(self, request: HttpRequest, call: Call) -> list[Operation]:
        found = []
        if call.is_draft:
            for language, label in (("en", _("Preview in English")), ("fr", _("Preview in French"))):
                with translation.override(language):
                    found.append(Operation(call.get_absolute_url(), label))
        if first := call.sections.first():
            found.append(Operation(reverse("cities:call_preview", args=[call.slug, first.key]), _("The form")))
        now = timezone.now()
        is_evaluated = call.status == Status.PUBLISHED and now >= call.evaluation_until
        # By the call's instants alone: whether anything was decided must not show.
        if call.is_announced or (is_evaluated and request.user.has_perm("cities.decide")):
            found.append(Operation(self.url_of("decisions", call.pk), _("Ranking and decisions")))
        if not request.user.has_perm(RUN, call):
            return found

        def add(name: str, label: str, *, is_next: bool = False) -> None:
            found.append(Operation(self.url_of(name, call.pk), label, is_next))

        match call.status:
            case Status.DRAFT:
                add("publish", _("Publish"), is_next=not obstacles(call, now))
            case Status.PUBLISHED:
                if now < call.opens_at:
                    add("take_back", _("Make it a draft again"))
                add("extend", _("Give more time"))
                add("reschedule", _("Reschedule"))
                add("cancel", _("Cancel the call"))
            case Status.ANNOUNCED:
                add("archive", _("Archive"), is_next=True)
        add("copy", _("Copy for another year"))
        return found

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        call = self.get_subject(request, object_id, RUN)
        if not call.is_draft:
            return self.turned_away(request, call, _("This call is published already."))
        if found := obstacles(call):
            return self.turned_away(
                request,
                call,
                ngettext(
                    "The call cannot be published yet: one thing is in the way, named on its page.",
                    "The call cannot be published yet: %(count)s things are in the way, named on its page.",
                    len(found),
                )
                % {"count": len(found)},
            )
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(publish_call, call=call)),
            title=_("Publish: %(call)s") % {"call": call},
            what_happens=[
                _("Everybody can read the call, with its dates, rules, questions and criteria."),
                _("Applications can be begun from this instant on: %(at)s.") % {"at": from_in_words(call.opens_at)},
                _("Rules, form and criteria are frozen: nobody can change them any more, here or in the database."),
                _("Until it opens it can be made a draft again; after that it can be extended or cancelled only."),
            ],
            button=_("Publish"),
            done=lambda call: _("%(call)s is published.") % {"call": call},
            original=call,
        )

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        call = self.get_subject(request, object_id, RUN)
        if call.phase() != Call.Phase.SCHEDULED:
            return self.turned_away(request, call, _("Only a published call that has not opened can be a draft again."))
        return self.run_operation(
            request,
            ReasonForm(posted(request), verb=partial(take_back_call, call=call)),
            title=_("Make it a draft again: %(call)s") % {"call": call},
            what_happens=[
                _("The public pages of the call disappear until it is published again."),
                _("Its rules, form and criteria can be changed again."),
            ],
            button=_("Make it a draft"),
            done=lambda call: _("%(call)s is a draft again.") % {"call": call},
            original=call,
        )

    def extend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        call = self.get_subject(request, object_id, RUN)
        if call.status != Status.PUBLISHED:
            return self.turned_away(
                request, call, _("Only a published call that is not announced yet can be extended.")
            )
        return self.run_operation(
            request,
            ExtendCallForm(posted(request), call=call, verb=partial(extend_call, call=call)),
            title=_("Give more time: %(call)s") % {"call": call},
            what_happens=[
                _("Now it closes for all: %(at)s.") % {"at": until_in_words(call.closes_for_all)},
                _("Now it takes endorsements from all until: %(at)s.")
                % {"at": until_in_words(call.endorses_until(None))},
                _("Time can be added, never taken away; at most until the technical examination ends: %(at)s.")
                % {"at": until_in_words(call.screening_until)},
                _("Teams that have not submitted and the National Commissions concerned get the reason by mail."),
                _("More time for all is shown on the public page, with its reason."),
            ],
            button=_("Give more time"),
            done=lambda extension: _("More time is given, and those concerned are told by mail."),
            original=call,
            page_of=lambda extension: extension.call,
        )

    def reschedule_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        call = self.get_subject(request, object_id, RUN)
        if call.status != Status.PUBLISHED:
            return self.turned_away(
                request, call, _("Only a published call that is not announced yet can be rescheduled.")
            )
        return self.run_operation(
            request,
            RescheduleCallForm(posted(request), call=call, verb=partial(reschedule_call, call=call)),
            title=_("Reschedule: %(call)s") % {"call": call},
            what_happens=[
                _("Only what comes after the closing can be moved, in its order, and only what has not passed."),
                _("Until the decision cities can withdraw, and nothing can be decided."),
                _("The new dates stand on the public page at once. Nobody is told by mail."),
            ],
            button=_("Reschedule"),
            done=lambda call: _("The dates of %(call)s are moved.") % {"call": call},
            original=call,
        )

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        call = self.get_subject(request, object_id, RUN)
        if call.status != Status.PUBLISHED:
            return self.turned_away(
                request, call, _("Only a published call that is not announced yet can be cancelled.")
            )
        running = Application.objects.filter(call=call).exclude(status=Application.Status.WITHDRAWN).count()
        return self.run_operation(
            request,
            CancelCallForm(posted(request), verb=partial(cancel_call, call=call)),
            title=_("Cancel the call: %(call)s") % {"call": call},
            what_happens=[
                _("The call ends for ever: nothing can be submitted, endorsed, evaluated or decided any more."),
                ngettext(
                    "It has %(count)s application; its team gets your words by mail, as do all National Commissions.",
                    "It has %(count)s applications; their teams get your words by mail, as do all National"
                    " Commissions.",
                    running,
                )
                % {"count": running},
                _("The public page stays and says that the call is cancelled."),
            ],
            button=_("Cancel the call"),
            done=lambda call: _("%(call)s is cancelled.") % {"call": call},
            original=call,
        )

    def archive_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        call = self.get_subject(request, object_id, RUN)
        if call.status != Status.ANNOUNCED:
            return self.turned_away(request, call, _("Only a call that is announced can be archived."))
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(archive_call, call=call)),
            title=_("Archive: %(call)s") % {"call": call},
            what_happens=[
                _("The call leaves the officers’ daily lists; its documents can no longer be changed."),
                _("Its public pages and its figures stay."),
            ],
            button=_("Archive"),
            done=lambda call: _("%(call)s is archived.") % {"call": call},
            original=call,
        )

    def copy_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        call = self.get_subject(request, object_id, RUN)
        year = call.year + 2
        return self.run_operation(
            request,
            CopyCallForm(
                posted(request), verb=partial(copy_call, call=call), initial={"year": year, "slug": str(year)}
            ),
            title=_("Copy: %(call)s") % {"call": call},
            what_happens=[
                _("A new draft takes over the rules, sections, questions, criteria and documents."),
                _("Its dates are those of this call, moved by whole years, at the same time of day in Paris."),
                _("A field that the network got meanwhile is offered; one that ended is not."),
                _("Titles and introduction are copied too: change the year in them."),
            ],
            button=_("Copy"),
            done=lambda call: _("The new draft has the address %(slug)s.") % {"slug": call.slug},
            original=call,
        )

    def add_document_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        call = self.get_subject(request, object_id, RUN)
        if call.status in OVER:
            return self.turned_away(request, call, _("The call is over: its documents stay as they are."))
        files = request.FILES if request.method == "POST" else None
        return self.run_operation(
            request,
            AddCallDocumentForm(posted(request), files, verb=partial(add_call_document, call=call)),
            title=_("Add a document: %(call)s") % {"call": call},
            what_happens=[
                _("Everybody can download the file from the page of the call, once that is published."),
                _("The file is kept as it is: remove names and addresses from its properties first."),
            ],
            button=_("Add the document"),
            done=lambda document: _("“%(title)s” is offered on the page of the call.") % {"title": document.title},
            original=call,
            page_of=lambda document: document.call,
        )

    def remove_document_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        document = CallDocument.objects.select_related("call", "file").filter(pk=pk).first()
        call = document.call if document else None
        if not request.user.has_perm(RUN, call):
            raise PermissionDenied
        if document is None or call is None or call.status in OVER:
            self.message_user(request, _("There is no document to remove any more."), messages.WARNING)
            return redirect(self.change_url(call) if call else self.url_of("changelist"))
        return self.run_operation(
            request,
            ReasonForm(posted(request), verb=partial(remove_call_document, document=document)),
            title=_("Remove the document: %(title)s") % {"title": Truncator(document.title).chars(60)},
            what_happens=[
                _("The page of the call offers this file no longer: %(name)s.") % {"name": document.file.name},
                _("The file itself is kept with the secretariat."),
            ],
            button=_("Remove the document"),
            done=lambda call: _("The document is removed."),
            original=call,
        )


def timeline(call: Call) -> list[dict[str, Any]]:
    """The instants of a call in words, with what extensions for all made of them."""
    now = timezone.now()
    later = {"closes_at": call.closes_for_all, "national_deadline_at": call.endorses_until(None)}
    rows = []
    for name in INSTANTS:
        held = getattr(call, name)
        instant = later.get(name, held)
        words = from_in_words if name in BEGINNINGS else until_in_words
        rows.append(
            {
                "name": name_of(name),
                "instant": instant,
                "words": words(instant),
                "first": words(held) if instant != held else "",
                "has_passed": instant <= now,
            }
        )
    return rows
