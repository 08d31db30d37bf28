"""Applications as staff work on them: the list, the file of each, what may be done with many at once.

Nothing is edited here. What follows an application (endorsement, examination, evaluation, decision) adds its part to
the page by `add_part`: buttons, a panel, pages of operations.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from ..acts import readable
from ..attachment import attachment
from ..days import today, until_in_words
from ..exceptions import NetworkError
from ..forms.act import ActForm
from ..models import (
    Application,
    Decision,
    Endorsement,
    Screening,
)
from ..services.application_file import (
    acts_on_file,
    documents_of,
    ended_assignments,
    examination_of,
    reviews_on,
    scores_of,
    with_reviews,
)
from ..services.checklist import completeness
from ..services.draft_reminder import remind_team, why_not_reminded
from ..services.screening import find_eligible
from ..services.sheet import CSV, XLSX, Sheet
from .application_filters import (
    ApplicantCountryFilter,
    CallFilter,
    EndorsementFilter,
    FieldFilter,
    LanguageFilter,
    PhaseFilter,
    RegionFilter,
    ReturnedFilter,
    ReviewsFilter,
    ScreeningFilter,
    StatusFilter,
)
from .operations import Operation, OperationsAdmin, posted

Status = Application.Status


# What other subjects add to the page of an application


@dataclass(frozen=True)
class Part:
    """What a subject adds to each application's page: any of buttons, a panel and pages of operations.

    `panel(request, application)` gives what `template` shows as `part`, or None where there is nothing to show.
    `pages(application_admin)` gives addresses below those of the applications: `application_admin.page_at(…)`.
    """

    operations: Callable[[HttpRequest, Application], list[Operation]] | None = None
    template: str = ""
    panel: Callable[[HttpRequest, Application], Any] | None = None
    pages: Callable[["ApplicationAdmin"], list[URLPattern]] | None = None
    list_operations: Callable[[HttpRequest], list[Operation]] | None = None


PARTS: list[Part] = []


def add_part(part: Part) -> None:
    """Called once by the module of the subject, in the order in which the parts stand on the page."""
    PARTS.append(part)


VIEWS = (
    (gettext_lazy("Drafts of open calls"), "phase=open&status=draft"),
    (gettext_lazy("Not endorsed"), "endorsement=missing&status=submitted"),
    (gettext_lazy("To examine"), "screening=to-examine"),
    (gettext_lazy("Waiting for a second officer"), "screening=second"),
    (gettext_lazy("Returned, time over"), "returned=over"),
    (gettext_lazy("Too few evaluators"), "reviews=unassigned"),
    (gettext_lazy("Reviews missing"), "reviews=missing"),
    (gettext_lazy("Reviews overdue"), "reviews=overdue"),
)
"""Named views: query strings of the list, which can be kept and sent as they are."""


# The list


class PageOfRows(ChangeList):
    """Finds the rows of the page by their keys first: sorting thousands of them then moves no texts."""

    model_admin: "ApplicationAdmin"

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        order = self.queryset.query.order_by
        self.result_list = self.model_admin.loaded(self.result_list.values("pk")).order_by(*order)


class OnlyTheQuery(ChangeList):
    """The rows of a list as filtered and sorted, without its page."""

    def get_results(self, request: HttpRequest) -> None:
        self.result_list, self.result_count, self.full_result_count = [], 0, 0


COLUMNS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("reference", lambda row: row.reference),
    ("call", lambda row: row.call.slug),
    ("name_en", lambda row: row.name_en),
    ("name_fr", lambda row: row.name_fr),
    ("local_name", lambda row: row.local_name),
    ("country", lambda row: row.country_id),
    ("country_name", lambda row: row.country.name),
    ("region", lambda row: row.country.region),
    ("field", lambda row: row.field.slug if row.field else ""),
    ("language", lambda row: row.language),
    ("status", lambda row: row.status),
    ("begun", lambda row: instant(row.created_at)),
    ("shared", lambda row: instant(row.shared_at)),
    ("submitted", lambda row: instant(row.submitted_at)),
    ("withdrawn", lambda row: instant(row.withdrawn_at)),
    ("endorsement", lambda row: said(row).status if said(row) else ""),
    ("endorsement_place", lambda row: said(row).place if said(row) else ""),
    ("examination", lambda row: examined(row).status if examined(row) else ""),
    ("reasons", lambda row: " ".join(examined(row).reasons) if examined(row) else ""),
    ("reviews_wanted", lambda row: row.wanted),
    ("reviews_asked", lambda row: row.asked),
    ("reviews_done", lambda row: row.done),
)
"""Of an export: names of columns, which stay the same in both languages, and what they hold. Nothing of decisions."""


def said(application: Application) -> Any:
    """What the National Commission said, or None."""
    return getattr(application, "endorsement", None)


def examined(application: Application) -> Any:
    return getattr(application, "screening", None)


def instant(value: Any) -> str:
    return timezone.localtime(value).isoformat(timespec="seconds") if value else ""


def short(value: Any) -> str:
    return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT") if value else ""


def state(code: str, label: Any) -> str:
    return format_html('<span class="state-{}">{}</span>', code, label)


@admin.register(Application)
class ApplicationAdmin(OperationsAdmin):
    """The applications of all calls, and the file of each. Read here; changed by operations alone."""

    change_form_template = "admin/cities/application/change_form.html"
    change_list_template = "admin/cities/application/change_list.html"
    list_display = (
        "city",
        "country_name",
        "field_name",
        "status_now",
        "endorsed",
        "examination",
        "reviews_done",
        "submitted",
    )
    list_display_links = ("city",)
    list_filter = (
        CallFilter,
        PhaseFilter,
        StatusFilter,
        EndorsementFilter,
        ScreeningFilter,
        ReturnedFilter,
        ReviewsFilter,
        FieldFilter,
        RegionFilter,
        ApplicantCountryFilter,
        LanguageFilter,
    )
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-call__opens_at", "sort_key", "pk")
    search_fields = ("search_text",)
    search_help_text = gettext_lazy(
        "A name of the city or its country, or the reference, such as 2027-014; accents do not matter."
    )
    fields = ()
    actions = ("find_eligible_selected", "remind_selected", "export_selected")

    def heading(self, obj: Any) -> str:
        return obj.name

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PageOfRows

    def loaded(self, keys: Any) -> models.QuerySet:
        """Applications by their keys with all that the list says of them, in one query."""
        related = ("call", "country", "field", "endorsement", "screening")
        return with_reviews(Application.objects.filter(pk__in=keys).select_related(*related))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What the filters offer and no other column: one could tell what a draft says."""
        return lookup in {offered.parameter_name for offered in self.list_filter}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple:
        return queryset.search(search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        query = request.GET.urlencode()
        context = {"views": self.views(request), "query": query}
        return super().changelist_view(request, context | (extra_context or {}))

    def views(self, request: HttpRequest) -> list[tuple[Any, str, bool]]:
        """The named views, within the call that is looked at: label, address, whether it is this one."""
        within = {"call": request.GET["call"]} if request.GET.get("call") else {}
        here = {key: value for key, value in request.GET.items() if key not in ("p", "o")}
        found = []
        for label, query in VIEWS:
            view = QueryDict(query, mutable=True)
            view.update(within)
            found.append((label, f"?{view.urlencode()}", view.dict() == here))
        return found

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        found = [one for part in PARTS if part.list_operations for one in part.list_operations(request)]
        if request.user.has_perm("cities.assign"):
            found.append(Operation(reverse("admin:cities_assignment_plan"), _("Assign automatically")))
        return found

    @admin.display(description=gettext_lazy("application"), ordering="sort_key")
    def city(self, application: Application) -> str:
        return format_html('{} <span class="quiet">{}</span>', application.name, application.reference)

    @admin.display(description=gettext_lazy("country"), ordering="country__sort_key_en")
    def country_name(self, application: Application) -> str:
        return application.country.name

    @admin.display(description=gettext_lazy("field"), ordering="field__position", empty_value="–")
    def field_name(self, application: Application) -> str | None:
        return application.field.name if application.field else None

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_now(self, application: Application) -> str:
        return state(application.status, application.get_status_display())

    @admin.display(description=gettext_lazy("endorsement"), ordering="endorsement__status", empty_value="–")
    def endorsed(self, application: Any) -> str | None:
        found = said(application)
        if found is None:
            return None
        if found.is_in_force and found.cap:
            return _("%(place)s of %(cap)s") % {"place": found.place, "cap": found.cap}
        return found.get_status_display()

    @admin.display(description=gettext_lazy("examination"), ordering="screening__status", empty_value="–")
    def examination(self, application: Any) -> str | None:
        found = examined(application)
        if application.status == Status.RETURNED:
            return _("with the city until %(day)s") % {"day": short(application.return_until)}
        if found is None:
            return _("to examine") if application.status == Status.SUBMITTED else None
        if found.status == Screening.Status.PROPOSED:
            return _("waits for a second officer")
        return found.get_status_display()

    @admin.display(description=gettext_lazy("reviews"))
    def reviews_done(self, application: Any) -> str:
        if not application.asked and application.status != Status.ELIGIBLE:
            return "–"
        counts = {"done": application.done, "wanted": application.wanted}
        if application.overdue:
            return _("%(done)s of %(wanted)s (overdue)") % counts
        return _("%(done)s of %(wanted)s") % counts

    @admin.display(description=pgettext_lazy("application", "submitted"), ordering="submitted_at", empty_value="–")
    def submitted(self, application: Application) -> str | None:
        return short(application.submitted_at) or None

    # The file of one application

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("call")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any):
        application = context["original"]
        response = super().render_change_form(request, context, *args, **kwargs)
        response.context_data |= self.file(request, application) | {
            "neighbours": self.neighbours(request, application),
            "print_url": self.url_of("print", application.pk),
        }
        return response

    def file(self, request: HttpRequest, application: Application) -> dict[str, Any]:
        """All that the page of an application and its print show."""
        snapshots = list(application.snapshots.select_related("by"))
        may_read = bool(snapshots) and request.user.has_perm("cities.read_application", application)
        endorsements = Endorsement.objects.filter(application=application)
        evaluations = reviews_on(application)
        return {
            "application": application,
            "call": application.call,
            "phase": application.call.phase(),
            "completeness": None if application.submitted_at else completeness(application),
            "closes_in_words": until_in_words(application.closes_at),
            "facts": self.facts(application),
            "team": application.applicants.in_force().select_related("user").order_by("begins_at", "pk"),
            "snapshots": snapshots,
            "snapshot": snapshots[0] if may_read else None,
            "content": snapshots[0].content if may_read else None,
            "documents": documents_of(snapshots[0].content) if may_read else [],
            "endorsement": endorsements.select_related("decided_by", "letter", "field").first(),
            "examined": examination_of(application),
            "evaluations": evaluations,
            "scores": scores_of(evaluations),
            "ended": ended_assignments(application),
            "decisions": list(
                Decision.objects.visible_to(request.user)
                .filter(application=application)
                .select_related("by", "file")
                .order_by("number")
            ),
            "parts": [
                {"template": part.template, "part": shown}
                for part in PARTS
                if part.panel and (shown := part.panel(request, application)) is not None
            ],
            "acts": readable(acts_on_file(application, reader=request.user)[:200], reader=request.user),
        }

    def facts(self, application: Application) -> list[tuple[Any, str]]:
        """What is known of the city; of a draft no more than that there is one."""
        told = application.submitted_at is not None
        country, field = application.country, application.field
        flags = application.call
        found = [
            (_("Country"), country.name),
            (_("Region"), with_flag(country.get_region_display(), country.region in flags.priority_regions)),
            (_("Creative field"), field.name if field else _("not chosen yet")),
            (_("Language of the application"), application.get_language_display()),
        ]
        if field and field.pk in {one.pk for one in flags.priority_fields.all()}:
            found[2] = (found[2][0], with_flag(field.name, True))
        if told:
            population = application.population
            if population and application.population_year:
                with_year = _("%(number)s (%(year)s)") % {
                    "number": number_format(population, force_grouping=True),
                    "year": application.population_year,
                }
                found.append((_("Population"), with_year))
            elif population:
                found.append((_("Population"), number_format(population, force_grouping=True)))
        if application.former_city:
            found.append((_("Former member"), str(application.former_city)))
        return found

    def neighbours(self, request: HttpRequest, application: Application) -> dict[str, Any]:
        """The addresses of the rows before and after in the list that one comes from; without one, in its call's."""
        query = request.GET.get("_changelist_filters", "")
        asked: Any = copy(request)
        asked.GET = QueryDict(query or f"call={application.call.slug}")
        try:
            listed = self.plain_list(asked).queryset
        except (IncorrectLookupParameters, DisallowedModelAdminLookup):
            return {}
        keys = list(listed.values_list("pk", flat=True))
        if application.pk not in keys:
            return {}
        place = keys.index(application.pk)
        suffix = f"?{urlencode({'_changelist_filters': query})}" if query else ""
        found: dict[str, Any] = {"place": place + 1, "of": len(keys)}
        if place:
            found["before"] = self.url_of("change", keys[place - 1]) + suffix
        if place + 1 < len(keys):
            found["after"] = self.url_of("change", keys[place + 1]) + suffix
        return found

    def plain_list(self, request: HttpRequest) -> ChangeList:
        """The list as the request's query filters and sorts it, without loading a page of it."""
        only_the_query: Any = OnlyTheQuery  # whose arguments are typed more narrowly than what the admin gives
        return only_the_query(
            request,
            self.model,
            self.get_list_display(request),
            self.get_list_display_links(request, self.list_display),
            self.get_list_filter(request),
            self.date_hierarchy,
            self.get_search_fields(request),
            self.get_list_select_related(request),
            self.list_per_page,
            self.list_max_show_all,
            self.list_editable,
            self,
            self.get_sortable_by(request),
            self.search_help_text,
        )

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        found = [one for part in PARTS if part.operations for one in part.operations(request, obj)]
        if request.user.has_perm("cities.screen") and not why_not_reminded(obj):
            found.append(Operation(self.url_of("remind", obj.pk), _("Remind the team")))
        return found

    # Pages

    def get_urls(self) -> list:
        return [
            self.page_at("export/", "export", self.export_view),
            self.page_at("<path:object_id>/print/", "print", self.print_view),
            self.page_at("<path:object_id>/remind/", "remind", self.remind_view),
            *(page for part in PARTS if part.pages for page in part.pages(self)),
            *super().get_urls(),
        ]

    def print_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All of an application's file on one page, for paper."""
        application = self.get_object(request, unquote(object_id))
        if application is None:
            raise Http404
        if not self.has_view_permission(request, application):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        context = self.admin_site.each_context(request) | self.file(request, application)
        title = f"{application.name} · {application.reference}"
        context |= {
            "title": title,
            "opts": self.opts,
            "original": application,
            "change_url": self.change_url(application),
            "printed_at": timezone.now(),
        }
        return TemplateResponse(request, "admin/cities/application/print.html", context)

    def remind_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        application = self.get_subject(request, object_id, "cities.screen")
        if why := why_not_reminded(application):
            return self.turned_away(request, application, why)
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(remind_team, application=application)),
            title=_("Remind the team of %(city)s") % {"city": application.name},
            what_happens=[
                _("The owners of the application get a mail: that it is not submitted, and until when it can be."),
                _("The mail is held in the outbox until somebody of the staff approves it."),
            ],
            button=_("Remind the team"),
            done=lambda mails: held_sentence(len(mails)),
            original=application,
            page_of=lambda _mails: application,
        )

    # Files

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The list as it is filtered, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        query = request.GET.copy()
        kind = (query.pop("format", ["xlsx"]) or ["xlsx"])[-1]
        asked: Any = copy(request)
        asked.GET = query
        try:
            rows = self.plain_list(asked).queryset
        except (IncorrectLookupParameters, DisallowedModelAdminLookup):
            return redirect(f"{self.url_of('changelist')}?e=1")
        return self.as_file(rows, kind, query.urlencode())

    def as_file(self, queryset: models.QuerySet, kind: str, query: str) -> HttpResponse:
        keys = list(queryset.values_list("pk", flat=True))
        loaded: dict[int, Any] = {}
        for start in range(0, len(keys), 500):
            loaded |= self.loaded(keys[start : start + 500]).in_bulk()
        sheet = Sheet(
            title=str(self.opts.verbose_name_plural),
            head=[name for name, _value in COLUMNS],
            rows=([value(loaded[key]) for _name, value in COLUMNS] for key in keys),
            about=[
                (_("What"), _("Applications to the UNESCO Creative Cities Network, as the secretariat lists them")),
                (_("As of"), timezone.localtime().isoformat(timespec="seconds")),
                (_("Query"), query or _("all")),
                (_("Rows"), str(len(keys))),
                (_("Licence"), _("Internal to the secretariat: not for publication.")),
            ],
        )
        name = f"{slugify(str(self.opts.verbose_name_plural))}-{today().isoformat()}"
        if kind == "csv":
            return attachment(sheet.csv(), CSV, f"{name}.csv")
        return attachment(sheet.xlsx(), XLSX, f"{name}.xlsx")

    # Many at once, after a page that says which

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("cities.screen")

    @admin.action(description=gettext_lazy("Export to XLSX"), permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse:
        return self.as_file(queryset, "xlsx", _("chosen by hand"))

    @admin.action(description=gettext_lazy("Remind teams that have not submitted"), permissions=["act"])
    def remind_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self.act_on_many(
            request,
            queryset,
            title=_("Remind teams that have not submitted"),
            sentences=[
                _("The owners of each application get a mail: that it is not submitted, and until when it can be."),
                _("The mails are held in the outbox until somebody of the staff approves them."),
            ],
            button=_("Remind the teams"),
            refusal=why_not_reminded,
            verb=lambda application: remind_team(application=application, by=request.user),
            done=lambda number: (
                ngettext(
                    "%(number)s team: the mails wait in the outbox.",
                    "%(number)s teams: the mails wait in the outbox.",
                    number,
                )
                % {"number": number}
            ),
        )

    @admin.action(description=gettext_lazy("Find eligible"), permissions=["act"])
    def find_eligible_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self.act_on_many(
            request,
            queryset,
            title=_("Find applications eligible"),
            sentences=[
                _("Those whose checklist an officer confirmed, item by item, and found in order become eligible."),
                _("Their teams are told by mail, unless the call tells them with the announcement."),
            ],
            button=_("Find eligible"),
            refusal=lambda application: why_not(lambda: find_eligible(application=application, by=request.user)),
            verb=lambda application: find_eligible(application=application, by=request.user),
            done=lambda number: (
                ngettext("%(number)s application is eligible.", "%(number)s applications are eligible.", number)
                % {"number": number}
            ),
        )

    def act_on_many(
        self,
        request: HttpRequest,
        queryset: models.QuerySet,
        *,
        title: str,
        sentences: list[str],
        button: str,
        refusal: Callable[[Any], str],
        verb: Callable[[Any], Any],
        done: Callable[[int], str],
    ) -> HttpResponse | None:
        """First a page that says what would happen to which and to which not, and why; then the act, one by one."""
        related = ("call", "country", "field", "screening", "endorsement")
        chosen = list(queryset.select_related(*related).prefetch_related("call__extensions"))
        if "confirmed" not in request.POST:
            looked_at = [(application, refusal(application)) for application in chosen]
            request.current_app = self.admin_site.name
            context = {
                "title": title,
                "opts": self.opts,
                "sentences": sentences,
                "chosen": [application for application, why in looked_at if not why],
                "left": [(application, why) for application, why in looked_at if why],
                "action": request.POST["action"],
                "button": button,
                "action_checkbox_name": admin.helpers.ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(
                request, "admin/cities/application/many.html", self.admin_site.each_context(request) | context
            )
        number = 0
        for application in chosen:
            try:
                verb(application)
                number += 1
            except NetworkError as refused:
                self.message_user(request, f"{application}: {refused}", messages.WARNING)
        if number:
            self.message_user(request, done(number), messages.SUCCESS)
        return None


def why_not(act: Callable[[], Any]) -> str:
    """What an act would be refused for; "" when it would be done. It is tried, and undone."""
    try:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
    except NetworkError as refused:
        return str(refused)
    return ""


def held_sentence(number: int) -> str:
    told = ngettext("%(number)s mail waits in the outbox.", "%(number)s mails wait in the outbox.", number)
    return told % {"number": number}


def with_flag(name: Any, is_flagged: bool) -> str:
    """A region or a field; the call may say that it is under-represented."""
    return _("%(name)s (under-represented)") % {"name": name} if is_flagged else str(name)
