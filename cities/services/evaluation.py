"""Writing an evaluation, handing it in, and what the evaluations of a call say together."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import mean, median
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import Application, Assignment, Call, Criterion, Evaluation, HistoryEntry, Score
from ..people import Person
from .assignment import check_open, conflicted, hold, move, own, wanted_reviews
from .moderation import DraftConflict, Incomplete
from .outbox import write_mail

Status = Assignment.Status
Verb = HistoryEntry.Verb
Blindness = Call.Blindness
CENT = Decimal("0.01")


# Writing


@dataclass(frozen=True)
class Given:
    """What a window says of an evaluation: each criterion's score and comment by its key, and the rest.

    `as_typed` holds what could not be taken over, by the name of its field.
    """

    scores: dict[str, tuple[int | None, str]] = field(default_factory=dict)
    recommendation: str = ""
    comment: str = ""
    as_typed: dict[str, str] = field(default_factory=dict)


def evaluation_of(assignment: Assignment) -> Evaluation:
    """What is written so far, with its scores; a new one, not saved, where nothing is."""
    written = Evaluation.objects.filter(assignment=assignment).prefetch_related("scores__criterion").first()
    return written or Evaluation(assignment=assignment)


def given_of(evaluation: Evaluation) -> Given:
    """What is stored, in the shape in which a window sends it."""
    scores = {score.criterion.key: score for score in evaluation.scores.all()} if evaluation.pk else {}
    return Given(
        scores={key: (score.value, score.comment) for key, score in scores.items()},
        recommendation=evaluation.recommendation,
        comment=evaluation.comment,
        as_typed=evaluation.as_typed,
    )


@transaction.atomic
def save_evaluation(*, assignment: Assignment, given: Given, seen: int, by: Person) -> Evaluation:
    """Write what a window that read version `seen` says; the first save begins the evaluation.

    Raises DraftConflict when it was saved since, TransitionNotAllowed when it can no longer be written. Nothing is
    written and the version stays when nothing changed.
    """
    stored = own(assignment, by)
    check_open(stored)
    if stored.status not in Assignment.EDITABLE:
        raise TransitionNotAllowed(
            _("This evaluation cannot be changed: it is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    evaluation = evaluation_of(stored)
    criteria = list(Criterion.objects.filter(call=stored.application.call_id))
    empty: dict[str, tuple[int | None, str]] = {criterion.key: (None, "") for criterion in criteria}
    before = given_of(evaluation)
    if _plain(before, empty) == _plain(given, empty):
        return evaluation
    if evaluation.version != seen:
        raise DraftConflict(evaluation)
    evaluation.recommendation, evaluation.comment = given.recommendation, given.comment
    evaluation.as_typed, evaluation.version = given.as_typed, evaluation.version + 1
    evaluation.save()
    for criterion in criteria:
        if criterion.key in given.scores and given.scores[criterion.key] != before.scores.get(criterion.key):
            value, comment = given.scores[criterion.key]
            Score.objects.update_or_create(
                evaluation=evaluation, criterion=criterion, defaults={"value": value, "comment": comment}
            )
    if stored.status == Status.ACCEPTED:
        move(stored, Status.IN_PROGRESS, verb=None, by=by)
    return evaluation_of(stored)


def _plain(given: Given, empty: dict[str, tuple[int | None, str]]) -> tuple:
    known = {key: score for key, score in given.scores.items() if key in empty}
    return empty | known, given.recommendation, given.comment, given.as_typed


def missing_parts(evaluation: Evaluation, criteria: list[Criterion]) -> dict[str, str]:
    """What a submission still needs, by the name of the field: a sentence each."""
    given = given_of(evaluation)
    missing = {name: _("This is kept as you typed it: correct it first.") for name in given.as_typed}
    for criterion in criteria:
        value, comment = given.scores.get(criterion.key, (None, ""))
        if value is None:
            missing.setdefault(f"score_{criterion.key}", _("Give a score."))
        elif value == 0 and not comment.strip():
            missing[f"comment_{criterion.key}"] = _("Say why the score is 0.")
    if not given.recommendation:
        missing.setdefault("recommendation", _("Say what you recommend."))
    if not given.comment.strip():
        missing.setdefault("comment", _("Sum up your evaluation in a few sentences."))
    return missing


@transaction.atomic
def submit_evaluation(*, assignment: Assignment, by: Person) -> Assignment:
    """Hand in an evaluation: from now on it counts, and cannot be changed. Raises Incomplete when something lacks."""
    stored = own(assignment, by)
    check_open(stored)
    evaluation = evaluation_of(stored)
    if stored.status in Assignment.EDITABLE:
        criteria = list(Criterion.objects.filter(call=stored.application.call_id))
        if missing := missing_parts(evaluation, criteria):
            names: dict[str, Any] = {f"score_{one.key}": one.name for one in criteria}
            names |= {f"comment_{one.key}": one.name for one in criteria}
            raise Incomplete(
                [
                    _("%(criterion)s: %(sentence)s") % {"criterion": names[name], "sentence": sentence}
                    if name in names
                    else sentence
                    for name, sentence in missing.items()
                ]
            )
    return move(stored, Status.SUBMITTED, verb=Verb.EVALUATED, by=by, submitted_at=timezone.now())


@transaction.atomic
def reopen_evaluation(*, assignment: Assignment, reason: str, by: Person) -> Assignment:
    """Give a submitted evaluation back to its evaluator, who gets the reason by mail; it does not count meanwhile."""
    if not reason.strip():
        raise NetworkError(_("Say why, in words that help the evaluator."))
    stored = hold(assignment)
    check_open(stored)
    if stored.user_id == by.pk:
        # Who is an officer as well has read by now what the others wrote.
        raise NetworkError(_("Nobody opens an evaluation of their own again: a colleague does."))
    if conflicted([stored]):
        raise NetworkError(_("The evaluator has a conflict of interest by now, and can no longer open the file."))
    move(
        stored,
        Status.IN_PROGRESS,
        verb=Verb.EVALUATION_REOPENED,
        by=by,
        reason=reason.strip(),
        submitted_at=None,
    )
    write_mail("evaluation-reopened", to=stored.user, context={"assignment": stored, "reason": reason.strip()})
    return stored


# What evaluators of a file see of each other


def others_of(assignment: Assignment) -> list[tuple[Evaluation, Decimal | None]]:
    """The submitted evaluations of the same file that the evaluator of this one may read now, with their totals.

    By the call's rule; without those that do not count because of a conflict of interest. Whose they are is not told.
    """
    call = assignment.application.call
    hidden = {
        Blindness.OPEN: assignment.status not in Assignment.OPENED,
        Blindness.UNTIL_SUBMITTED: assignment.status not in Assignment.DONE,
        Blindness.ALWAYS: True,
    }
    if hidden[Blindness(call.blindness)]:
        return []
    found = list(
        Evaluation.objects.filter(
            assignment__application=assignment.application_id, assignment__status__in=Assignment.DONE
        )
        .exclude(assignment=assignment.pk)
        .select_related("assignment__application", "assignment__evaluator", "assignment__user")
        .prefetch_related("scores__criterion")
        .order_by("assignment__evaluator__panel", "assignment__submitted_at", "pk")
    )
    out = conflicted([one.assignment for one in found])
    criteria = list(call.criteria.all())
    return [(one, one.total(criteria)) for one in found if one.assignment_id not in out]


# What the evaluations of a call say together


@dataclass
class Review:
    """One assignment as officers see it."""

    assignment: Assignment
    total: Decimal | None
    """In points of 100; None until it is submitted."""
    conflict: str
    """The conflict of interest that keeps it from counting, in words."""

    @property
    def counts(self) -> bool:
        return self.total is not None


@dataclass
class FileReviews:
    """What the evaluations of an application say together. Only submitted ones without a conflict of interest count."""

    application: Application
    wanted: dict[str, int]
    """How many each panel owes."""
    limit: int
    reviews: list[Review] = field(default_factory=list)

    @property
    def counting(self) -> list[Review]:
        return [review for review in self.reviews if review.counts]

    @property
    def totals(self) -> list[Decimal]:
        return sorted(review.total for review in self.reviews if review.total is not None)

    @property
    def mean(self) -> Decimal | None:
        return Decimal(mean(self.totals)).quantize(CENT) if self.totals else None

    @property
    def median(self) -> Decimal | None:
        return Decimal(median(self.totals)).quantize(CENT) if self.totals else None

    @property
    def spread(self) -> Decimal | None:
        """Between the highest and the lowest; None with fewer than two."""
        return self.totals[-1] - self.totals[0] if len(self.totals) > 1 else None

    @property
    def done(self) -> dict[str, int]:
        """How many count, by panel."""
        found = dict.fromkeys(self.wanted, 0)
        for review in self.counting:
            found[review.assignment.evaluator.panel] = found.get(review.assignment.evaluator.panel, 0) + 1
        return found

    @property
    def missing_by_panel(self) -> dict[str, int]:
        done = self.done
        return {panel: max(0, wanted - done[panel]) for panel, wanted in self.wanted.items()}

    @property
    def missing(self) -> int:
        """How many reviews the panels still owe."""
        return sum(self.missing_by_panel.values())

    @property
    def is_complete(self) -> bool:
        return self.missing == 0

    @property
    def completeness(self) -> int:
        """In percent of the reviews that are owed."""
        owed = sum(self.wanted.values())
        return 100 if not owed else round(100 * (owed - self.missing) / owed)

    @property
    def diverging(self) -> bool:
        return self.spread is not None and self.spread >= self.limit


def reviews(call: Call, *, only: Application | None = None) -> list[FileReviews]:
    """The evaluations of each application of a call that is evaluated or was, in the order of their numbers.

    With `only`, of that one. The same number of queries for one application as for a thousand.
    """
    states = (Application.Status.ELIGIBLE, Application.Status.DESIGNATED, Application.Status.NOT_DESIGNATED)
    evaluated = Application.objects.filter(call=call, status__in=states)
    files = {
        application.pk: FileReviews(application, wanted_reviews(call), call.spread_limit)
        for application in (evaluated.filter(pk=only.pk) if only else evaluated)
        .select_related("country", "field")
        .order_by("number", "pk")
    }
    criteria = list(Criterion.objects.filter(call=call))
    assignments = list(
        Assignment.objects.active()
        .filter(application__in=files)
        .select_related("application", "evaluator__field", "evaluator__city", "user", "evaluation")
        .prefetch_related("evaluation__scores")
        .order_by("evaluator__panel", "assigned_at", "pk")
    )
    out = conflicted(assignments)
    for one in files.values():
        one.application.call = call
    for assignment in assignments:
        assignment.application = files[assignment.application_id].application
        is_done = assignment.status in Assignment.DONE and assignment.pk not in out
        written = getattr(assignment, "evaluation", None)
        total = written.total(criteria) if written and is_done else None
        files[assignment.application_id].reviews.append(Review(assignment, total, out.get(assignment.pk, "")))
    return list(files.values())


@dataclass(frozen=True)
class Severity:
    """How an evaluator scores beside the others of the same files: below 0 is more severe."""

    user: Person
    count: int
    """Of the files compared."""
    difference: Decimal


def severity(found: list[FileReviews]) -> list[Severity]:
    """For each evaluator the mean distance of the own totals to the mean of the others', the most severe first."""
    apart: dict[Any, list[Decimal]] = defaultdict(list)
    for one in found:
        for review in one.counting:
            others = [other.total for other in one.counting if other is not review and other.total is not None]
            if others and review.total is not None:
                apart[review.assignment.user].append(review.total - Decimal(mean(others)))
    told = [Severity(user, len(gaps), Decimal(mean(gaps)).quantize(CENT)) for user, gaps in apart.items()]
    return sorted(told, key=lambda one: (one.difference, one.user.pk))


def waiting_for(user: Person) -> list[Assignment]:
    """What a person has to do as an evaluator, by when it is due; nothing that a conflict of interest closes."""
    to_do = Assignment.objects.held_by(user).filter(
        status__in=Assignment.WAITED_FOR, application__call__evaluation_until__gt=timezone.now()
    )
    return list(to_do.select_related("application__country", "application__field").order_by("due_at", "pk"))
