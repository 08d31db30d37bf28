"""Calls for hosts: which member city, or cities together, will host an annual meeting."""

import datetime
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cities.constraints import CountsChanges, FrozenRules, FrozenWith
from cities.models import PrivateFile
from cities.models.bilingual import Bilingual

from .meeting import Meeting

RULES = ("meeting", "bidders_vote", "quorum_percent", "runoff_hours", "most_rounds", "most_cities")
"""The columns that no published call for hosts changes; its instants change by an operation with a reason."""


class HostCallQuerySet(models.QuerySet["HostCall"]):
    def public(self) -> Self:
        return self.exclude(status=HostCall.Status.DRAFT)

    def open(self, at: datetime.datetime | None = None) -> Self:
        """Those in which a bid can be handed in at an instant (now by default)."""
        at = at or timezone.now()
        return self.filter(status=HostCall.Status.PUBLISHED, opens_at__lte=at, closes_at__gt=at)

    def visible_to(self, user: Any) -> Self:
        """Drafts for the secretariat only."""
        return self if user.has_perm("meetings.view_hostcall") else self.public()


class HostCall(models.Model):
    """A call for hosts of one meeting: its instants, criteria and the rules of its ballot.

    Instants are half-open, as those of a call for applications. Where it stands between publication and ballot
    follows from them (`phase`). A meeting has one at a time that is not over; another follows when one found no host.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("in preparation")
        PUBLISHED = "published", pgettext_lazy("call", "published")
        BALLOT = "ballot", pgettext_lazy("call for hosts", "ballot")
        DECIDED = "decided", pgettext_lazy("call for hosts", "decided")
        CANCELLED = "cancelled", pgettext_lazy("call", "cancelled")

    class Phase(models.TextChoices):
        """Where it stands at an instant."""

        DRAFT = "draft", _("in preparation")
        SCHEDULED = "scheduled", _("published, not open yet")
        OPEN = "open", pgettext_lazy("call", "open")
        EXAMINATION = "examination", pgettext_lazy("call for hosts", "bids examined")
        BALLOT = "ballot", pgettext_lazy("call for hosts", "ballot")
        DECIDED = "decided", pgettext_lazy("call for hosts", "decided")
        CANCELLED = "cancelled", pgettext_lazy("call", "cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.PUBLISHED},
        Status.PUBLISHED: {Status.DRAFT, Status.BALLOT, Status.DECIDED, Status.CANCELLED},
        Status.BALLOT: {Status.DECIDED, Status.CANCELLED},
    }
    """Back to a draft only before it opens; decided without a ballot only when no eligible bid is there."""
    RUNNING = (Status.DRAFT, Status.PUBLISHED, Status.BALLOT)

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="host_calls", verbose_name=_("annual meeting"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    introduction_en = models.TextField(_("introduction in English"), blank=True)
    introduction_fr = models.TextField(_("introduction in French"), blank=True)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    ballot_opens_at = models.DateTimeField(_("ballot opens"))
    ballot_closes_at = models.DateTimeField(_("ballot closes"))
    bidders_vote = models.BooleanField(_("bidding cities vote too"), default=True)
    quorum_percent = models.PositiveSmallIntegerField(
        _("quorum, in % of the member cities that may vote"), default=0, validators=[MaxValueValidator(100)]
    )
    runoff_hours = models.PositiveSmallIntegerField(
        _("hours that a run-off lasts"), default=72, validators=[MinValueValidator(1)]
    )
    most_rounds = models.PositiveSmallIntegerField(
        _("rounds, at most"),
        default=3,
        validators=[MinValueValidator(1)],
        help_text=_("When the last of them ends in a tie too, the call ends without a host."),
    )
    most_cities = models.PositiveSmallIntegerField(
        _("cities that may bid together, at most"), default=3, validators=[MinValueValidator(1)]
    )
    agreement = models.ForeignKey(
        PrivateFile, models.PROTECT, null=True, blank=True, editable=False, related_name="host_agreements"
    )
    agreement_signed_on = models.DateField(_("agreement signed on"), null=True, blank=True, editable=False)
    is_demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)
    note = models.TextField(_("note for staff"), blank=True)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)

    introduction = Bilingual()
    objects = HostCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call for hosts")
        verbose_name_plural = _("calls for hosts")
        ordering = ["-opens_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "published", "ballot", "decided", "cancelled"]),
                name="host_call_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    closes_at__gt=models.F("opens_at"),
                    ballot_opens_at__gte=models.F("closes_at"),
                    ballot_closes_at__gt=models.F("ballot_opens_at"),
                ),
                name="host_call_instants_are_in_order",
                violation_error_message=_(
                    "The dates are out of order: opening, closing, opening of the ballot, its closing."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    quorum_percent__lte=100, runoff_hours__gte=1, most_rounds__gte=1, most_cities__gte=1
                ),
                name="host_call_rules_make_sense",
                violation_error_message=_("A quorum is at most 100 %; hours, rounds and cities are 1 or more."),
            ),
            models.UniqueConstraint(
                fields=["meeting"],
                condition=models.Q(status__in=["draft", "published", "ballot"]),
                name="host_call_one_runs",
                violation_error_message=_("Another call for hosts of this meeting is in preparation or runs."),
            ),
            FrozenRules(columns=RULES, name="host_call_rules_are_frozen"),
            CountsChanges(name="host_call_changes_count"),
        ]

    def __str__(self) -> str:
        return gettext("Call for hosts: %(meeting)s") % {"meeting": self.meeting}

    def get_absolute_url(self) -> str:
        return reverse("meetings:host_call", args=[self.meeting.edition])

    def phase(self, at: datetime.datetime | None = None) -> "HostCall.Phase":
        """Where it stands at an instant (now by default)."""
        Status, Phase = HostCall.Status, HostCall.Phase  # noqa: N806  classes
        if self.status != Status.PUBLISHED:
            return Phase(self.status)
        at = at or timezone.now()
        if at < self.opens_at:
            return Phase.SCHEDULED
        return Phase.OPEN if at < self.closes_at else Phase.EXAMINATION

    def takes_bids(self, at: datetime.datetime | None = None) -> bool:
        return self.phase(at) == HostCall.Phase.OPEN

    @property
    def is_draft(self) -> bool:
        return self.status == HostCall.Status.DRAFT


class HostCriterion(models.Model):
    """What a host must offer, as the members adopted it."""

    host_call = models.ForeignKey(HostCall, models.CASCADE, related_name="criteria", verbose_name=_("call for hosts"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    text_en = models.CharField(_("criterion in English"), max_length=400)
    text_fr = models.CharField(_("criterion in French"), max_length=400, blank=True)

    text = Bilingual()

    class Meta:
        verbose_name = _("criterion for hosts")
        verbose_name_plural = _("criteria for hosts")
        ordering = ["host_call", "position", "pk"]
        constraints = [
            FrozenWith(path=("host_call",), name="host_criterion_is_frozen"),
            CountsChanges(name="host_criterion_changes_count"),
        ]

    def __str__(self) -> str:
        return self.text


class Rescheduling(models.Model):
    """That the instants of a published call for hosts were changed, and why. Public."""

    host_call = models.ForeignKey(
        HostCall, models.PROTECT, related_name="reschedulings", verbose_name=_("call for hosts")
    )
    before = models.JSONField()
    after = models.JSONField()
    """Names of the columns that changed, to ISO instants."""
    reason_en = models.TextField(_("reason in English"))
    reason_fr = models.TextField(_("reason in French"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"), auto_now_add=True)

    reason = Bilingual()

    class Meta:
        verbose_name = _("new dates of a call for hosts")
        verbose_name_plural = _("new dates of calls for hosts")
        ordering = ["-at"]
        constraints = [CountsChanges(name="rescheduling_changes_count")]

    def __str__(self) -> str:
        return f"{self.host_call} · {self.at.date().isoformat()}"
