"""Who evaluates what: planned one by one or all at once, asked, reminded, taken back; and what lacks or diverges."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from ..days import short_until
from ..exceptions import NetworkError
from ..forms.act import ActForm
from ..forms.assignment import AssignForm, OverrideForm, ReopenForm, TakeBackForm
from ..models import Application, Assignment, Call, ConflictOverride, Evaluator
from ..services import assignment as service
from ..services.conflict import Candidate, agree_override, candidates
from ..services.evaluation import evaluation_of, reopen_evaluation, reviews, severity
from .application import ApplicationAdmin, Part, add_part
from .operations import Operation, OperationsAdmin, posted

ASSIGN = "cities.assign"
Status = Assignment.Status


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("what waits")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("planned", _("planned, to be asked")),
            ("open", _("with the evaluator")),
            ("overdue", _("overdue")),
            ("conflict", _("in conflict by now")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        match self.value():
            case "planned":
                return queryset.filter(status=Status.PROPOSED)
            case "open":
                return queryset.filter(status__in=Assignment.WAITED_FOR)
            case "overdue":
                return queryset.filter(status__in=Assignment.WAITED_FOR, due_at__lte=timezone.now())
            case "conflict":
                return queryset.filter(pk__in=service.conflicted(service.in_running_calls().select_related("user")))
        return queryset


class WithConflicts(ChangeList):
    """The list, each row of which knows the conflict of interest that it has now; one look for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        held = [one for one in self.result_list if one.status in Assignment.ACTIVE]
        found = service.conflicted(held)
        for one in self.result_list:
            one.conflict_now = found.get(one.pk, "")


@admin.register(Assignment)
class AssignmentAdmin(OperationsAdmin):
    list_display = ("city", "user", "panel", "field_name", "state", "due", "submitted_at")
    list_filter = (StateFilter, "status", "evaluator__panel", "application__field", "application__call")
    ordering = ("due_at", "pk")
    date_hierarchy = "due_at"
    search_fields = ("user__name", "user__email", "application__name_en", "application__name_fr")
    actions = ("ask_selected", "remind_selected")
    fields = (
        "application",
        "user",
        "evaluator",
        "status",
        "conflict",
        "due",
        ("assigned_at", "assigned_by"),
        ("invited_at", "declared_at"),
        "submitted_at",
        "reason",
        "declared",
        "review",
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        related = ("application__call", "application__field", "application__country", "user", "evaluator__city")
        return super().get_queryset(request).select_related(*related, "evaluator__field", "assigned_by")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithConflicts

    def heading(self, obj: Any) -> str:
        return f"{obj.application.name} · {obj.user}"

    @admin.display(description=gettext_lazy("application"), ordering="application__sort_key")
    def city(self, assignment: Assignment) -> str:
        return f"{assignment.application.name} ({assignment.application.reference})"

    @admin.display(description=gettext_lazy("panel"), ordering="evaluator__panel")
    def panel(self, assignment: Assignment) -> str:
        return str(assignment.evaluator.city or assignment.evaluator.get_panel_display())

    @admin.display(description=gettext_lazy("field"), ordering="application__field__position")
    def field_name(self, assignment: Assignment) -> str:
        return str(assignment.application.field or "–")

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, assignment: Any) -> Any:
        if assignment.conflict_now:
            return format_html("<strong>{}</strong>", _("in conflict: does not count"))
        if assignment.is_overdue:
            status = assignment.get_status_display()
            return format_html("<strong>{}</strong>", _("%(status)s, overdue") % {"status": status})
        return assignment.get_status_display()

    @admin.display(description=gettext_lazy("due"), ordering="due_at")
    def due(self, assignment: Assignment) -> str:
        return short_until(assignment.due_at)

    @admin.display(description=gettext_lazy("conflict of interest"))
    def conflict(self, assignment: Assignment) -> str:
        return service.conflicted([assignment]).get(assignment.pk, _("none known"))

    @admin.display(description=gettext_lazy("declared conflict"))
    def declared(self, assignment: Assignment) -> str:
        declared = assignment.application.conflict_declarations.filter(user=assignment.user).first()
        return (declared.text or _("without a word")) if declared else "–"

    @admin.display(description=gettext_lazy("evaluation"))
    def review(self, assignment: Assignment) -> Any:
        evaluation = evaluation_of(assignment)
        if evaluation.pk is None or assignment.status not in Assignment.DONE:
            return _("not submitted")
        total = evaluation.total(list(assignment.application.call.criteria.all()))
        points = _("%(total)s of 100 points") % {"total": total}
        return format_html("{} · {}<br>{}", points, evaluation.get_recommendation_display(), evaluation.comment)

    # Operations

    def get_urls(self) -> list:
        return [
            self.page_at("plan/", "plan", self.plan_view),
            self.page_at("reviews/", "reviews", self.reviews_view),
            self.page_at("<path:object_id>/ask/", "ask", self.ask_view),
            self.page_at("<path:object_id>/take-back/", "take_back", self.take_back_view),
            self.page_at("<path:object_id>/reopen/", "reopen", self.reopen_view),
            *super().get_urls(),
        ]

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ASSIGN)

    def list_operations(self, request: HttpRequest) -> list[Operation]:
        found = [Operation(self.url_of("reviews"), _("Missing and diverging reviews"))]
        if request.user.has_perm(ASSIGN):
            found.append(Operation(self.url_of("plan"), _("Assign automatically")))
        return found

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        if not request.user.has_perm(ASSIGN):
            return []
        after = Assignment.TRANSITIONS.get(Status(obj.status), set())
        found = []
        if obj.status == Status.PROPOSED:
            found.append(Operation(self.url_of("ask", obj.pk), _("Ask the evaluator"), is_next=True))
        if obj.status == Status.SUBMITTED and timezone.now() < obj.closes_at:
            found.append(Operation(self.url_of("reopen", obj.pk), _("Open it again")))
        if Status.REPLACED in after:
            found.append(Operation(self.url_of("take_back", obj.pk), pgettext("assignment", "Take it back")))
        return found

    def turned_away_unless(self, request: HttpRequest, obj: Any, to: str) -> HttpResponse | None:
        if to in Assignment.TRANSITIONS.get(Status(obj.status), set()):
            return None
        status = obj.get_status_display()
        why = _("This cannot be done: the assignment is “%(status)s” now.") % {"status": status}
        return self.turned_away(request, obj, why)

    def ask_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        assignment = self.get_subject(request, object_id, ASSIGN)
        names = {"name": assignment.user, "city": assignment.application.name}
        return self.turned_away_unless(request, assignment, Status.INVITED) or self.run_operation(
            request,
            ActForm(posted(request), verb=partial(service.ask, assignments=[assignment])),
            title=_("Ask %(name)s to evaluate %(city)s") % names,
            what_happens=[
                _("%(name)s gets a mail and sees city, country and field; the file opens after a declaration.") % names
            ],
            button=_("Ask the evaluator"),
            done=lambda _asked: _("%(name)s is asked by mail.") % names,
            original=assignment,
            page_of=lambda _asked: assignment,
        )

    def take_back_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        assignment = self.get_subject(request, object_id, ASSIGN)
        names = {"name": assignment.user, "city": assignment.application.name}
        return self.turned_away_unless(request, assignment, Status.REPLACED) or self.run_operation(
            request,
            TakeBackForm(posted(request), verb=partial(service.take_back, assignment=assignment)),
            title=_("Take %(city)s back from %(name)s") % names,
            what_happens=[
                _("The file closes to %(name)s at once; what was written stays, and does not count.") % names,
                _("%(name)s is told by mail, unless they were not asked yet or have a conflict of interest.") % names,
            ],
            button=pgettext("assignment", "Take it back"),
            done=lambda _taken: _("Taken back: the application can be given to somebody else."),
            original=assignment,
        )

    def reopen_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        assignment = self.get_subject(request, object_id, ASSIGN)
        names = {"name": assignment.user, "city": assignment.application.name}
        return self.turned_away_unless(request, assignment, Status.IN_PROGRESS) or self.run_operation(
            request,
            ReopenForm(posted(request), verb=partial(reopen_evaluation, assignment=assignment)),
            title=_("Open the evaluation of %(city)s by %(name)s again") % names,
            what_happens=[
                _("%(name)s gets your words by mail and can change the evaluation.") % names,
                _("It does not count until it is submitted again."),
            ],
            button=_("Open it again"),
            done=lambda _opened: _("The evaluation is with %(name)s again.") % names,
            original=assignment,
        )

    # Of a call

    def call_of(self, request: HttpRequest) -> tuple[Call | None, list[Call]]:
        """The call that the address names, or else the newest with something to evaluate; and all of them."""
        calls = list(Call.objects.filter(status__in=[Call.Status.PUBLISHED, *Call.ANNOUNCED]).order_by("-opens_at"))
        if "call" in request.GET:
            named = [call for call in calls if call.slug == request.GET["call"]]
            if not named:
                raise Http404
            return named[0], calls
        running = [call for call in calls if call.applications.filter(status=Application.Status.ELIGIBLE).exists()]
        return next(iter(running or calls), None), calls

    def plan_view(self, request: HttpRequest) -> HttpResponse:
        """A plan for all that lacks reviews: looked at first, then carried out whole, or looked at anew."""
        if not request.user.has_perm(ASSIGN):
            raise PermissionDenied
        call, calls = self.call_of(request)
        plan = service.plan(call) if call else None
        error = ""
        if plan and request.method == "POST":
            if request.POST.get("digest") != plan.digest:
                error = _("Something changed since you looked at the plan. This is the new one: look at it again.")
            else:
                try:
                    made = service.apply_plan(plan=plan, by=request.user)
                except NetworkError as refusal:
                    error = str(refusal)
                else:
                    said = ngettext(
                        "%(number)s assignment is planned. Its evaluator learns of it when you ask.",
                        "%(number)s assignments are planned. The evaluators learn of them when you ask.",
                        len(made),
                    )
                    self.message_user(request, said % {"number": len(made)}, messages.SUCCESS)
                    return redirect(f"{self.url_of('changelist')}?waits=planned")
        context = {
            "title": _("Assign automatically"),
            "call": call,
            "calls": calls,
            "plan": plan,
            "loads": plan_loads(plan) if plan else [],
            "error": error,
        }
        return self.own_page(request, "admin/cities/assignment/plan.html", context)

    def reviews_view(self, request: HttpRequest) -> HttpResponse:
        """What lacks reviews, where they diverge, and how severe evaluators are beside each other."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        call, calls = self.call_of(request)
        found = reviews(call) if call else []
        context = {
            "title": _("Missing and diverging reviews"),
            "call": call,
            "calls": calls,
            "missing": [one for one in found if one.missing],
            "diverging": [one for one in found if one.diverging],
            "conflicted": [review for one in found for review in one.reviews if review.conflict],
            "complete": sum(one.is_complete for one in found),
            "files": found,
            "severity": severity(found),
            "panels": Evaluator.Panel.choices,
            "may_assign": request.user.has_perm(ASSIGN),
        }
        return self.own_page(request, "admin/cities/assignment/reviews.html", context)

    def own_page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request, template, self.admin_site.each_context(request) | {"opts": self.opts} | context
        )

    # Many at once, after a page that says which

    @admin.action(description=gettext_lazy("Ask the evaluators"), permissions=["assign"])
    def ask_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        planned = list(queryset.filter(status=Status.PROPOSED))
        tied = service.conflicted(planned)
        chosen = [one for one in planned if one.pk not in tied]
        if "confirmed" not in request.POST:
            return self.many(request, chosen, list(queryset), _("Ask these evaluators"), _("Ask the evaluators"))
        try:
            asked = service.ask(assignments=chosen, by=request.user)
        except NetworkError as refusal:
            self.message_user(request, str(refusal), messages.WARNING)
            return None
        told = ngettext("%(number)s evaluation is asked for.", "%(number)s evaluations are asked for.", len(asked))
        self.message_user(request, told % {"number": len(asked)}, messages.SUCCESS)
        return None

    @admin.action(description=gettext_lazy("Remind the evaluators"), permissions=["assign"])
    def remind_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        chosen = list(queryset.filter(status__in=Assignment.WAITED_FOR))
        tied = service.conflicted(chosen)
        chosen = [one for one in chosen if one.pk not in tied]
        if "confirmed" not in request.POST:
            return self.many(request, chosen, list(queryset), _("Remind these evaluators"), _("Remind the evaluators"))
        written = service.remind(assignments=chosen, by=request.user)
        told = ngettext(
            "%(number)s reminder is on its way; nobody gets a second one on the same day.",
            "%(number)s reminders are on their way; nobody gets a second one on the same day.",
            written,
        )
        self.message_user(request, told % {"number": written}, messages.SUCCESS)
        return None

    def many(
        self, request: HttpRequest, chosen: list[Assignment], all_chosen: list[Assignment], title: str, button: str
    ) -> HttpResponse:
        context = {
            "title": title,
            "button": button,
            "chosen": chosen,
            "left": [one for one in all_chosen if one not in chosen],
            "action": request.POST["action"],
            "action_checkbox_name": admin.helpers.ACTION_CHECKBOX_NAME,
        }
        return self.own_page(request, "admin/cities/assignment/many.html", context)


def plan_loads(plan: service.Plan) -> list[tuple[Evaluator, int, int]]:
    """Who gets something by a plan: the evaluator, how many more, and how many that makes."""
    more: dict[int, list[Evaluator]] = {}
    for one in plan.assignments:
        more.setdefault(one.evaluator.pk, []).append(one.evaluator)
    return [(given[0], len(given), plan.loads[pk]) for pk, given in more.items()]


@admin.register(ConflictOverride)
class ConflictOverrideAdmin(OperationsAdmin):
    list_display = ("application", "user", "conflict", "proposed_by", "proposed_at", "agreed_by", "agreed_at")
    list_filter = (("agreed_at", admin.EmptyFieldListFilter), "conflict", "application__call")
    ordering = ("-proposed_at", "-pk")
    fields = ("application", "user", "conflict", "reason", ("proposed_by", "proposed_at"), ("agreed_by", "agreed_at"))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("application__call", "user", "proposed_by", "agreed_by")

    def get_urls(self) -> list:
        return [self.page_at("<path:object_id>/agree/", "agree", self.agree_view), *super().get_urls()]

    def operations_on(self, request: HttpRequest, obj: Any) -> list[Operation]:
        people = {obj.proposed_by_id, obj.user_id}
        if obj.agreed_at or request.user.pk in people or not request.user.has_perm(ASSIGN):
            return []
        return [Operation(self.url_of("agree", obj.pk), _("Agree"), is_next=True)]

    def agree_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        override = self.get_subject(request, object_id, ASSIGN)
        if override.agreed_at:
            return self.turned_away(request, override, _("This is agreed already."))
        names = {"name": override.user, "city": override.application.name, "conflict": override.get_conflict_display()}
        return self.run_operation(
            request,
            ActForm(posted(request), verb=partial(agree_override, override=override)),
            title=_("Agree that a conflict of interest does not count"),
            what_happens=[
                _("%(name)s may evaluate %(city)s although this holds: %(conflict)s.") % names,
                _("Any other conflict with the application counts as before."),
            ],
            button=_("Agree"),
            done=lambda _agreed: _("The conflict no longer keeps %(name)s from the application.") % names,
            original=override,
        )


# On the page of an application


def operations(request: HttpRequest, application: Application) -> list[Operation]:
    is_open = timezone.now() < application.call.evaluation_until
    if application.status != Application.Status.ELIGIBLE or not is_open or not request.user.has_perm(ASSIGN):
        return []
    return [
        Operation(reverse("admin:cities_application_assign", args=[application.pk]), _("Assign an evaluator")),
    ]


def assign_view(admin_: ApplicationAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The evaluators of the field with load and languages; those who cannot, with why not."""
    application = admin_.get_subject(request, object_id, ASSIGN)
    found = candidates(application)
    names = {"city": application.name}
    response = admin_.run_operation(
        request,
        AssignForm(posted(request), application=application, candidates=found),
        title=_("Assign %(city)s to an evaluator") % names,
        what_happens=[
            _("The assignment is planned: the evaluator learns of it when you ask."),
            _("The evaluation is due at the end of the evaluation of the call."),
        ],
        button=_("Assign"),
        done=lambda made: _("%(name)s is planned for %(city)s.") % {"name": made.user, **names},
        original=application,
        page_of=lambda _made: application,
        context={
            "free": [one for one in found if one.is_free],
            "others": [one for one in found if not one.is_free],
            "override_url": reverse("admin:cities_application_override", args=[application.pk])
            if any(one.conflicts for one in found)
            else "",
        },
    )
    if isinstance(response, TemplateResponse):
        response.template_name = "admin/cities/assignment/assign.html"
    return response


def override_view(admin_: ApplicationAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    application = admin_.get_subject(request, object_id, ASSIGN)
    tied: list[Candidate] = [one for one in candidates(application) if one.conflicts]
    if not tied:
        why = _("No evaluator of the field has a conflict of interest with this application.")
        return admin_.turned_away(request, application, why)
    return admin_.run_operation(
        request,
        OverrideForm(posted(request), application=application, candidates=tied),
        title=_("Propose that a conflict of interest does not count"),
        what_happens=[
            _("Nothing changes until another officer agrees."),
            _("Then the person may evaluate %(city)s; any other conflict counts as before.")
            % {"city": application.name},
        ],
        button=_("Propose"),
        done=lambda _made: _("Proposed: another officer has to agree."),
        original=application,
        page_of=lambda made: made,
    )


def pages(admin_: ApplicationAdmin) -> list[URLPattern]:
    return [
        admin_.page_at("<path:object_id>/assign/", "assign", partial(assign_view, admin_)),
        admin_.page_at("<path:object_id>/override/", "override", partial(override_view, admin_)),
    ]


add_part(Part(operations=operations, pages=pages))
