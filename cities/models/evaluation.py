import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .application import Application
from .call import Criterion
from .conflict import Conflict
from .mandate import Evaluator


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def of(self, user: Any) -> Self:
        return self.filter(user=user) if user.is_authenticated and user.is_active else self.none()

    def active(self) -> Self:
        """Those that count for the load of an evaluator and the number of reviews of a file."""
        return self.filter(status__in=Assignment.ACTIVE)

    def taking_time(self) -> Self:
        """Those that count for the load of an evaluator now."""
        done_with = Q(status=Assignment.Status.LOCKED) | Q(application__status=Application.Status.WITHDRAWN)
        return self.active().exclude(done_with)

    def shown_to_evaluator(self) -> Self:
        """Those whose evaluator knows of them, while the mandate lasts.

        One that expired is among them if it had been opened: what was written stays in sight, the file does not.
        """
        known = Q(status__in=Assignment.SHOWN) | Q(status=Assignment.Status.EXPIRED, declared_at__isnull=False)
        return self.filter(known, evaluator__in=Evaluator.objects.in_force().order_by().values("pk"))

    def held_by(self, user: Any) -> Self:
        """What an evaluator meets of the own assignments, staff or not: without those of applications that they have a
        conflict with now, which leave no trace in what is made of the rest."""
        free = Application.objects.to_evaluate(user).order_by()
        return self.of(user).shown_to_evaluator().filter(application__in=free.values("pk"))

    def visible_to(self, user: Any) -> Self:
        """All for the secretariat; for evaluators what they hold."""
        return self if user.has_perm("cities.view_assignment") else self.held_by(user)


class Assignment(models.Model):
    """An application given to an evaluator. What they hold of it, or learn of it, ends with a conflict of interest."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("planned")
        INVITED = "invited", pgettext_lazy("evaluator", "asked")
        ACCEPTED = "accepted", pgettext_lazy("evaluator", "accepted")
        IN_PROGRESS = "in-progress", pgettext_lazy("evaluation", "begun")
        SUBMITTED = "submitted", pgettext_lazy("evaluation", "submitted")
        LOCKED = "locked", _("locked")
        DECLINED = "declined", pgettext_lazy("evaluator", "declined")
        RECUSED = "recused", _("conflict declared")
        ABSTAINED = "abstained", _("abstained")
        REPLACED = "replaced", pgettext_lazy("assignment", "taken back")
        EXPIRED = "expired", _("expired")

    TRANSITIONS = {
        Status.PROPOSED: {Status.INVITED, Status.REPLACED},
        Status.INVITED: {Status.ACCEPTED, Status.DECLINED, Status.RECUSED, Status.REPLACED, Status.EXPIRED},
        Status.ACCEPTED: {
            Status.IN_PROGRESS,
            Status.SUBMITTED,
            Status.RECUSED,
            Status.ABSTAINED,
            Status.REPLACED,
            Status.EXPIRED,
        },
        Status.IN_PROGRESS: {
            Status.SUBMITTED,
            Status.RECUSED,
            Status.ABSTAINED,
            Status.REPLACED,
            Status.EXPIRED,
        },
        Status.SUBMITTED: {Status.IN_PROGRESS, Status.LOCKED, Status.RECUSED},
    }
    ACTIVE = (Status.PROPOSED, Status.INVITED, Status.ACCEPTED, Status.IN_PROGRESS, Status.SUBMITTED, Status.LOCKED)
    SHOWN = (Status.INVITED, Status.ACCEPTED, Status.IN_PROGRESS, Status.SUBMITTED, Status.LOCKED)
    OPENED = (Status.ACCEPTED, Status.IN_PROGRESS, Status.SUBMITTED, Status.LOCKED)
    """After the declaration: the file itself may be read."""
    EDITABLE = (Status.ACCEPTED, Status.IN_PROGRESS)
    WAITED_FOR = (Status.INVITED, *EDITABLE)
    """What the evaluator has still to do."""
    DONE = (Status.SUBMITTED, Status.LOCKED)

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="assignments", verbose_name=_("application")
    )
    evaluator = models.ForeignKey(Evaluator, models.PROTECT, related_name="assignments", verbose_name=_("evaluator"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments", verbose_name=_("person")
    )
    """The evaluator's person: one person reviews an application once, in whichever panel."""
    status = models.CharField(_("status"), max_length=15, choices=Status, default=Status.PROPOSED, editable=False)
    due_at = models.DateTimeField(_("due"))
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("assigned by")
    )
    assigned_at = models.DateTimeField(_("assigned"), auto_now_add=True)
    invited_at = models.DateTimeField(pgettext_lazy("evaluator", "asked on"), null=True, editable=False)
    declared_at = models.DateTimeField(_("declared free of conflicts"), null=True, editable=False)
    submitted_at = models.DateTimeField(pgettext_lazy("evaluation", "submitted"), null=True, editable=False)
    reason = models.TextField(_("reason"), blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "proposed",
                        "invited",
                        "accepted",
                        "in-progress",
                        "submitted",
                        "locked",
                        "declined",
                        "recused",
                        "abstained",
                        "replaced",
                        "expired",
                    ]
                ),
                name="assignment_status_is_known",
            ),
            models.UniqueConstraint(
                fields=["application", "user"],
                condition=Q(status__in=["proposed", "invited", "accepted", "in-progress", "submitted", "locked"]),
                name="assignment_once_a_person",
                violation_error_message=_("This person has the application already."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "invited", "declined", "recused", "replaced", "expired"])
                | Q(declared_at__isnull=False),
                name="assignment_opened_after_the_declaration",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.user}"

    @property
    def is_editable(self) -> bool:
        return self.status in self.EDITABLE and timezone.now() < self.closes_at

    @property
    def is_overdue(self) -> bool:
        """Whether it waits for its evaluator after the day on which it was due."""
        return self.status in self.WAITED_FOR and timezone.now() >= self.due_at

    @property
    def closes_at(self) -> datetime.datetime:
        """When the evaluation can no longer be written: the end of the evaluation, whatever the day it is due."""
        return self.application.call.evaluation_until


class ConflictDeclaration(models.Model):
    """A person says that they have a conflict of interest with an application."""

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="conflict_declarations", verbose_name=_("application")
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person"))
    text = models.TextField(_("what the conflict is"), blank=True)
    at = models.DateTimeField(_("declared"), auto_now_add=True)

    class Meta:
        verbose_name = _("declared conflict of interest")
        verbose_name_plural = _("declared conflicts of interest")
        constraints = [models.UniqueConstraint(fields=["application", "user"], name="conflict_declared_once")]

    def __str__(self) -> str:
        return f"{self.application} · {self.user}"


class ConflictOverrideQuerySet(models.QuerySet["ConflictOverride"]):
    def agreed(self) -> Self:
        return self.filter(agreed_at__isnull=False)

    def visible_to(self, user: Any) -> Self:
        """The secretariat's; whom an override is about would learn from it what they are kept from."""
        return self if user.has_perm("cities.assign") else self.none()


class ConflictOverride(models.Model):
    """Two officers decide that one kind of conflict does not keep a person from evaluating an application."""

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="conflict_overrides", verbose_name=_("application")
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person"))
    conflict = models.CharField(_("conflict"), max_length=20, choices=Conflict)
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("agreed by")
    )
    agreed_at = models.DateTimeField(_("agreed"), null=True)

    objects = ConflictOverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("override of a conflict of interest")
        verbose_name_plural = _("overrides of conflicts of interest")
        constraints = [
            models.UniqueConstraint(fields=["application", "user", "conflict"], name="conflict_overridden_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="conflict_override_has_a_reason"),
            models.CheckConstraint(
                condition=Q(agreed_by=None, agreed_at=None)
                | (Q(agreed_by__isnull=False, agreed_at__isnull=False) & ~Q(agreed_by=models.F("proposed_by"))),
                name="conflict_override_needs_two_officers",
                violation_error_message=_("Another officer has to agree."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.user} · {self.get_conflict_display()}"


class Evaluation(models.Model):
    """An evaluator's review of an application. Each criterion has its score; the total weighs them, 0 to 100."""

    class Recommendation(models.TextChoices):
        RECOMMEND = "recommend", _("recommended")
        RESERVE = "reserve", _("with reservations")
        DO_NOT = "do-not", _("not recommended")

    assignment = models.OneToOneField(
        Assignment, models.PROTECT, related_name="evaluation", verbose_name=_("assignment")
    )
    recommendation = models.CharField(_("recommendation"), max_length=10, choices=Recommendation, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    as_typed = models.JSONField(default=dict, blank=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(_("last saved"), auto_now=True)

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")

    def __str__(self) -> str:
        return str(self.assignment)

    def total(self, criteria: list[Criterion]) -> Decimal | None:
        """The weighted mean of the scores in points of 100, to two decimals; None while one is missing.

        Reads `scores`: prefetch them for many.
        """
        scores = {score.criterion_id: score.value for score in self.scores.all() if score.value is not None}
        if not criteria or any(criterion.pk not in scores for criterion in criteria):
            return None
        weight = sum(criterion.weight for criterion in criteria)
        points = sum((Decimal(scores[c.pk] * c.weight * 100) / c.scale for c in criteria), Decimal())
        return (points / weight).quantize(Decimal("0.01"))


class Score(models.Model):
    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="+", verbose_name=_("criterion"))
    value = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [models.UniqueConstraint(fields=["evaluation", "criterion"], name="score_once_a_criterion")]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.value}"
