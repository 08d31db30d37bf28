"""The file of an application, as staff read it: its acts, examination, reviews and documents, in constant queries."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from ..models import (
    Application,
    ApplicationDocument,
    Assignment,
    ConflictOverride,
    Criterion,
    Decision,
    Endorsement,
    HistoryEntry,
    Reason,
    Score,
    Screening,
    ScreeningItem,
)
from ..people import Person
from .evaluation import FileReviews, Review, reviews
from .screening import Line, checklist


def acts_on_file(application: Application, *, reader: Person) -> models.QuerySet[HistoryEntry]:
    """The acts on an application, its endorsement, examination and assignments, newest first.

    Those on its decisions only for who may know of them: a decision leaves an act with the announcement alone, and is
    asked for here all the same as `visible_to` says.
    """
    about = models.Q(object_type=Application._meta.label_lower, object_id=str(application.pk))
    parts: tuple[tuple[type[models.Model], models.QuerySet], ...] = (
        (Endorsement, Endorsement.objects.filter(application=application)),
        (Screening, Screening.objects.filter(application=application)),
        (Assignment, Assignment.objects.filter(application=application)),
        (ConflictOverride, ConflictOverride.objects.filter(application=application)),
        (Decision, Decision.objects.visible_to(reader).filter(application=application)),
    )
    for model, rows in parts:
        keys = [str(pk) for pk in rows.order_by().values_list("pk", flat=True)]
        about |= models.Q(object_type=model._meta.label_lower, object_id__in=keys)
    return HistoryEntry.objects.filter(about).select_related("actor")


def with_reviews(applications: models.QuerySet) -> models.QuerySet:
    """Applications with how many reviews their call wants, were asked for, are done, and are overdue.

    Counted row by row: for the rows of a page, not for thousands.
    """

    def count(**which: Any) -> Coalesce:
        rows = Assignment.objects.filter(application=OuterRef("pk"), **which).order_by().values("application")
        return Coalesce(Subquery(rows.annotate(n=models.Count("pk")).values("n")), 0)

    return applications.annotate(
        wanted=models.F("call__expert_reviews") + models.F("call__city_reviews"),
        asked=count(status__in=Assignment.ACTIVE),
        done=count(status__in=Assignment.DONE),
        overdue=count(status__in=Assignment.WAITED_FOR, due_at__lte=timezone.now()),
    )


@dataclass(frozen=True)
class Examination:
    """The technical examination as the file sums it up."""

    screening: Screening
    lines: list[Line]
    reasons: list[Any]

    @property
    def confirmed(self) -> int:
        return sum(line.is_confirmed for line in self.lines)

    @property
    def is_confirmed(self) -> bool:
        """Whether an officer found something on every item, of the file as it is."""
        return self.confirmed == len(self.lines)

    @property
    def failed(self) -> list[Line]:
        """What an officer found not in order, or, where none looked yet, what was computed to be."""
        return [line for line in self.lines if finding_of(line) == ScreeningItem.Result.FAIL]


def finding_of(line: Line) -> str:
    return line.item.result if line.item else line.computed


def examination_of(application: Application) -> Examination | None:
    """None for what was never submitted. One that is concluded is shown as it was, not computed anew."""
    if application.submitted_at is None:
        return None
    rows = Screening.objects.filter(application=application)
    screening = rows.select_related("proposed_by", "concluded_by").first() or Screening(application=application)
    if application.status == Application.Status.SUBMITTED:
        lines = checklist(application)
    else:
        items = {item.code: item for item in screening.items.select_related("by")} if screening.pk else {}
        lines = [Line(code, item.computed, [], item, True) for code in Reason if (item := items.get(code))]
    reasons = [Reason(code).label for code in screening.reasons if code in Reason.values]
    return Examination(screening, lines, reasons)


def reviews_on(application: Application) -> FileReviews | None:
    """What the evaluations of an application say together; None before it is evaluated."""
    return next(iter(reviews(application.call, only=application)), None)


def ended_assignments(application: Application) -> list[Assignment]:
    """The assignments that count no more: declined, in conflict, abstained, taken back, expired."""
    ended = Assignment.objects.filter(application=application).exclude(status__in=Assignment.ACTIVE)
    return list(ended.select_related("user", "evaluator").order_by("assigned_at", "pk"))


def scores_of(found: FileReviews | None) -> list[tuple[Review, list[tuple[Criterion, Score | None]]]]:
    """The submitted reviews with their scores, criterion by criterion."""
    if found is None:
        return []
    criteria = list(found.application.call.criteria.all())
    told = []
    for review in found.reviews:
        if review.assignment.status in Assignment.DONE and hasattr(review.assignment, "evaluation"):
            given = {score.criterion_id: score for score in review.assignment.evaluation.scores.all()}
            told.append((review, [(criterion, given.get(criterion.pk)) for criterion in criteria]))
    return told


def documents_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents of a submitted content with the name of their kind and their address."""
    kinds = dict(ApplicationDocument.Kind.choices)
    return [
        document
        | {"title": kinds.get(document["kind"], document["kind"]), "url": reverse("cities:file", args=[document["id"]])}
        for document in content["documents"]
    ]
