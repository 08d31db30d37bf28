"""The evaluator's pages. What a conflict of interest closes leaves no trace here: all of them begin at `held_by`."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..access import for_persons, needs
from ..exceptions import NetworkError, TransitionNotAllowed
from ..forms.evaluation import Clash, EvaluationDraft, answers_of
from ..models import Application, Assignment, Conflict, Criterion, Evaluation, PrivateFile
from ..people import Person
from ..services import assignment as service
from ..services.dossier import content_for
from ..services.evaluation import (
    evaluation_of,
    missing_parts,
    others_of,
    save_evaluation,
    submit_evaluation,
)
from ..services.moderation import DraftConflict, Incomplete
from .draft import forget_unsent, is_autosave, keeps_typed, not_saved, saved, unsent

Status = Assignment.Status


def held(user: Person) -> Any:
    return Assignment.objects.held_by(user).select_related(
        "application__call", "application__country", "application__field", "evaluator"
    )


def own_assignment(user: Person, pk: int) -> Assignment:
    """An assignment that a person holds now; raises Http404 for any other, whether it exists or not."""
    return get_object_or_404(held(user), pk=pk)


@for_persons
def my_evaluations(request: HttpRequest) -> HttpResponse:
    """What is assigned to a person, by what it asks for and when it is due."""
    now = timezone.now()
    found = list(held(request.user).select_related("evaluation"))
    to_do = [one for one in found if one.status in Assignment.WAITED_FOR and now < one.closes_at]
    context = {
        "asked": [one for one in to_do if one.status == Status.INVITED],
        "writing": [one for one in to_do if one.status != Status.INVITED],
        "done": [one for one in found if one not in to_do],
        "now": now,
    }
    return render(request, "my/evaluations.html", context)


def criteria_of(assignment: Assignment) -> list[Criterion]:
    return list(assignment.application.call.criteria.all())


def files_of(application: Application, user: Person) -> list[tuple[Any, str]]:
    """The documents of a file that a person may open: the file, and what it is."""
    files = PrivateFile.objects.visible_to(user)
    documents = application.documents.filter(replaced_at=None, file__in=files).select_related("file")
    found: list[tuple[Any, str]] = [(one.file, one.get_kind_display()) for one in documents]
    endorsement = getattr(application, "endorsement", None)
    if endorsement and endorsement.letter_id and files.filter(pk=endorsement.letter_id).exists():
        found.append((endorsement.letter, endorsement.letter.get_kind_display()))
    return found


def declaration_page(request: HttpRequest, assignment: Assignment, asked: str = "", status: int = 200) -> HttpResponse:
    """Before the file opens: city, country and field, and what counts as a conflict of interest."""
    context = {
        "assignment": assignment,
        "application": assignment.application,
        "conflicts": [one.label for one in Conflict if one != Conflict.DECLARED],
        "forms": answers_of(assignment, request.POST if asked else None, asked),
        "asked": asked,
        "is_open": timezone.now() < assignment.closes_at,
    }
    return render(request, "my/evaluation_declaration.html", context, status=status)


def page(
    request: HttpRequest,
    assignment: Assignment,
    draft: EvaluationDraft,
    *,
    failed: bool = False,
    conflict: dict[str, Any] | None = None,
    asked: str = "",
    status: int = 200,
) -> HttpResponse:
    """The file beside the form; what was written alone where the file is closed again."""
    application = assignment.application
    is_readable = assignment.status in Assignment.OPENED
    evaluation = draft.evaluation
    context = {
        "assignment": assignment,
        "application": application,
        "content": content_for(application, is_team=False) if is_readable else None,
        "files": files_of(application, request.user) if is_readable else [],
        "draft": draft,
        "form": draft.form,
        "rows": draft.rows,
        "evaluation": evaluation,
        "total": evaluation.total(draft.criteria) if evaluation.pk else None,
        "is_editable": assignment.is_editable,
        "shows_form": assignment.is_editable or failed or conflict is not None,
        "others": others_of(assignment),
        "next": next_of(request.user, assignment) if assignment.is_editable else None,
        "failed": failed,
        "errors": draft.errors() if failed or draft.form.errors else [],
        "conflict": conflict,
        "key": f"evaluation/{assignment.pk}",
        "unsent": unsent(request) is not None and not failed,
        "forms": answers_of(assignment, request.POST if asked else None, asked),
        "asked": asked,
    }
    return render(request, "my/evaluation.html", context, status=status)


def next_of(user: Person, assignment: Assignment) -> Assignment | None:
    """What the person has to do next besides this one, by when it is due."""
    now = timezone.now()
    rest = held(user).filter(status__in=Assignment.WAITED_FOR, application__call__evaluation_until__gt=now)
    return rest.exclude(pk=assignment.pk).order_by("due_at", "pk").first()


@keeps_typed("cities:my_evaluation")
@needs("cities.evaluate", of=own_assignment)
def my_evaluation(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """An evaluation: the declaration first, then the form beside the file; what is sent to it is saved."""
    if assignment.status == Status.INVITED:
        return declaration_page(request, assignment)
    evaluation, criteria = evaluation_of(assignment), criteria_of(assignment)
    if request.method != "POST":
        return page(request, assignment, EvaluationDraft(evaluation, criteria, unsent(request)))
    if "discard" in request.POST:
        forget_unsent(request)
        return redirect("cities:my_evaluation", assignment.pk)
    return receive(request, assignment, EvaluationDraft(evaluation, criteria, request.POST))


def receive(
    request: HttpRequest, assignment: Assignment, draft: EvaluationDraft, *, submitting: bool = False
) -> HttpResponse:
    """Save what a window sent; nothing typed is lost, whatever happens."""
    automatic = is_autosave(request)
    address = redirect("cities:my_evaluation", assignment.pk)
    if not assignment.is_editable and draft.is_unchanged and not automatic:
        return address  # a double click
    try:
        stored = save_evaluation(assignment=assignment, given=draft.given(), seen=draft.seen, by=request.user)
    except DraftConflict as conflict:
        if automatic:
            return not_saved(
                "conflict",
                _("You saved this in another window after you opened it here. Press “Save” to see both texts."),
            )
        forget_unsent(request)
        return conflicting(request, assignment, draft, conflict.stored)
    except TransitionNotAllowed as refusal:
        if automatic:
            return not_saved("closed", str(refusal))
        draft.own_errors.append(str(refusal))
        return page(request, assignment, draft, failed=True, status=409)
    if automatic:
        return saved(draft, stored)
    forget_unsent(request)
    if submitting:
        return confirmation(request, assignment, stored, draft.criteria)
    if stored.as_typed:
        messages.warning(
            request, _("Saved. What is marked is kept as you typed it: correct it before you submit the evaluation.")
        )
    else:
        messages.success(request, _("Saved. The evaluation counts once you submit it."))
    if "next" in request.POST and (following := next_of(request.user, assignment)):
        return redirect("cities:my_evaluation", following.pk)
    address["Location"] += "?saved=1"
    return address


def conflicting(
    request: HttpRequest, assignment: Assignment, draft: EvaluationDraft, stored: Evaluation
) -> HttpResponse:
    """The same person saved in another window: both texts, the one of this window in the form."""
    clashes: list[Clash] = draft.adopt(stored)
    about = {"stored": {"updated_by": request.user, "updated_at": stored.updated_at}, "clashes": clashes}
    return page(request, assignment, draft, conflict=about, status=409)


# Answers


@needs("cities.evaluate", of=own_assignment)
@require_POST
def my_evaluation_accept(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """Declare to have no conflict of interest, which opens the file; a second click finds it open."""
    if assignment.status != Status.INVITED:
        return redirect("cities:my_evaluation", assignment.pk)
    if not answers_of(assignment, request.POST, "accept")["accept"].is_valid():
        return declaration_page(request, assignment, "accept")
    try:
        service.accept(assignment=assignment, by=request.user)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
    return redirect("cities:my_evaluation", assignment.pk)


@needs("cities.evaluate", of=own_assignment)
@require_POST
def my_evaluation_decline(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    done = _("You do not evaluate this application. The secretariat looks for somebody else.")
    return answer(request, assignment, "decline", done)


@needs("cities.evaluate", of=own_assignment)
@require_POST
def my_evaluation_recuse(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    done = _("The conflict of interest is noted, and the file is closed to you. Thank you for saying so.")
    return answer(request, assignment, "recuse", done)


@needs("cities.evaluate", of=own_assignment)
@require_POST
def my_evaluation_abstain(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    done = _("You abstain, and the file is closed to you. The secretariat looks for somebody else.")
    return answer(request, assignment, "abstain", done)


def answer(request: HttpRequest, assignment: Assignment, asked: str, done: str) -> HttpResponse:
    """Give an application back, in one of three ways."""
    form: Any = answers_of(assignment, request.POST, asked)[asked]
    if not form.is_valid():
        if assignment.status == Status.INVITED:
            return declaration_page(request, assignment, asked)
        draft = EvaluationDraft(evaluation_of(assignment), criteria_of(assignment))
        return page(request, assignment, draft, asked=asked)
    said = form.cleaned_data["reason"]
    try:
        match asked:
            case "decline":
                service.decline_assignment(assignment=assignment, reason=said, by=request.user)
            case "recuse":
                service.recuse(assignment=assignment, text=said, by=request.user)
            case _:
                service.abstain(assignment=assignment, reason=said, by=request.user)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
        return redirect("cities:my_evaluation", assignment.pk)
    messages.success(request, done)
    return redirect("cities:my_evaluations")


@keeps_typed("cities:my_evaluation")
@needs("cities.evaluate", of=own_assignment)
@require_POST
def my_evaluation_submit(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """Save what the form says and ask whether it is to be submitted; `confirm` submits what was shown."""
    if assignment.status == Status.INVITED:
        return declaration_page(request, assignment)
    evaluation, criteria = evaluation_of(assignment), criteria_of(assignment)
    if "confirm" not in request.POST:
        return receive(request, assignment, EvaluationDraft(evaluation, criteria, request.POST), submitting=True)
    if assignment.status in Assignment.DONE:
        return redirect("cities:my_evaluation", assignment.pk)  # a double click
    if request.POST["confirm"] != str(evaluation.version):
        messages.warning(request, _("You changed the evaluation in another window: look at it again, then submit it."))
        return redirect("cities:my_evaluation", assignment.pk)
    try:
        submit_evaluation(assignment=assignment, by=request.user)
    except Incomplete:
        return confirmation(request, assignment, evaluation, criteria)
    except NetworkError as refusal:
        messages.warning(request, str(refusal))
        return redirect("cities:my_evaluation", assignment.pk)
    messages.success(
        request,
        _("Your evaluation of %(city)s is submitted. Thank you.") % {"city": assignment.application.name},
    )
    return redirect("cities:my_evaluations")


def confirmation(
    request: HttpRequest, assignment: Assignment, evaluation: Evaluation, criteria: list[Criterion]
) -> HttpResponse:
    """The last look before a submission; the form with what is missing when it is too early."""
    draft = EvaluationDraft(evaluation, criteria)
    if missing := missing_parts(evaluation, criteria):
        draft.add_errors(missing)
        return page(request, assignment, draft, failed=True)
    scores = {score.criterion_id: score for score in evaluation.scores.all()}
    context = {
        "assignment": assignment,
        "application": assignment.application,
        "evaluation": evaluation,
        "total": evaluation.total(criteria),
        "lines": [(criterion, scores[criterion.pk]) for criterion in criteria],
    }
    return render(request, "my/evaluation_submit.html", context)
