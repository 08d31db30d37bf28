"""Rankings, shortlists and decisions. Until the announcement they exist for decision officers only.

Nothing of them may be told by anything else: they stand in tables of their own, each decision chained to the one
before, and enter the history of acts with the announcement.
"""

import datetime
import hashlib
import json
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..constraints import AppendOnly
from .application import Application
from .call import Call
from .private_file import PrivateFile


class EmbargoedQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Decision officers see all; the rest of the secretariat what is announced; nobody else anything."""
        if user.has_perm("cities.decide"):
            return self
        if user.has_perm("cities.view_application"):
            return self.filter(call__status__in=Call.ANNOUNCED)
        return self.none()


class Ranking(models.Model):
    """A ranking of a call's applications as it was computed once, with all that it was computed from."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="rankings", verbose_name=_("call"))
    number = models.PositiveSmallIntegerField(_("number"))
    inputs = models.JSONField()
    """Criteria with their weights, and of each application the totals of its reviews; no names of persons."""
    inputs_sha256 = models.CharField(max_length=64)
    rows = models.JSONField()
    at = models.DateTimeField(_("computed"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    objects = EmbargoedQuerySet.as_manager()

    class Meta:
        verbose_name = _("ranking")
        verbose_name_plural = _("rankings")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="ranking_number_once_a_call"),
            AppendOnly(unique=(("call", "number"),), name="ranking_only_grows"),
        ]

    def __str__(self) -> str:
        return f"{self.call} · {self.number}"


class Shortlisting(models.Model):
    """Where an application stands before the decision. The newest counts; all are kept."""

    class Standing(models.TextChoices):
        SHORTLISTED = "shortlisted", _("shortlisted")
        RESERVE = "reserve", pgettext_lazy("shortlist", "reserve")
        NOT_SHORTLISTED = "not-shortlisted", _("not shortlisted")

    call = models.ForeignKey(Call, models.PROTECT, related_name="shortlistings", verbose_name=_("call"))
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="shortlistings", verbose_name=_("application")
    )
    standing = models.CharField(_("standing"), max_length=20, choices=Standing)
    reason = models.TextField(_("reason"), blank=True)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    objects = EmbargoedQuerySet.as_manager()

    class Meta:
        verbose_name = _("place on the shortlist")
        verbose_name_plural = _("shortlist")
        ordering = ["-pk"]
        constraints = [AppendOnly(unique=(), name="shortlisting_only_grows")]

    def __str__(self) -> str:
        return f"{self.application} · {self.get_standing_display()}"


class DecisionQuerySet(EmbargoedQuerySet):
    def standing(self) -> Self:
        """Those that no later one supersedes: one an application at most."""
        return self.filter(superseded_by=None)


class Decision(models.Model):
    """The act by which a city is designated, or is not. Never changed: a correction is a row that supersedes it."""

    class Outcome(models.TextChoices):
        DESIGNATED = "designated", pgettext_lazy("decision", "designated")
        NOT_DESIGNATED = "not-designated", pgettext_lazy("decision", "not designated")

    call = models.ForeignKey(Call, models.PROTECT, related_name="decisions", verbose_name=_("call"))
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="decisions", verbose_name=_("application")
    )
    outcome = models.CharField(_("outcome"), max_length=15, choices=Outcome)
    reference = models.CharField(_("reference of the act"), max_length=100)
    decided_on = models.DateField(_("date of the act"))
    decider = models.CharField(_("decided by"), max_length=150)
    """Who decided, in words: the office, not the account that recorded it."""
    file = models.ForeignKey(
        PrivateFile, models.PROTECT, null=True, blank=True, related_name="decisions", verbose_name=_("signed act")
    )
    starts_on = models.DateField(
        _("first day as a member"),
        null=True,
        blank=True,
        help_text=_("only where the act names one before the announcement"),
    )
    reason = models.TextField(_("reason"), blank=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by", verbose_name=_("supersedes")
    )
    at = models.DateTimeField(_("recorded"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by"))
    number = models.PositiveIntegerField(unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, unique=True, editable=False)
    hash = models.CharField(_("hash"), max_length=64, unique=True, editable=False)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(supersedes=None),
                name="decision_first_once_an_application",
                violation_error_message=_("There is a decision on this application already."),
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["designated", "not-designated"]), name="decision_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(supersedes=None) | ~models.Q(reason=""), name="decision_correction_has_a_reason"
            ),
            AppendOnly(
                unique=("number", "supersedes", "previous_hash", "hash", ("application", "supersedes")),
                name="decision_only_grows",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.get_outcome_display()}"

    @property
    def is_designation(self) -> bool:
        return self.outcome == self.Outcome.DESIGNATED

    def content(self) -> dict[str, Any]:
        """What the hash covers: every column but the primary key and the hash itself."""
        return {
            "number": self.number,
            "call": self.call_id,
            "application": self.application_id,
            "outcome": self.outcome,
            "reference": self.reference,
            "decided_on": self.decided_on.isoformat(),
            "decider": self.decider,
            "file": str(self.file_id or ""),
            "starts_on": self.starts_on.isoformat() if self.starts_on else "",
            "reason": self.reason,
            "supersedes": self.supersedes_id,
            "at": self.at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
            "by": self.by_id,
            "previous_hash": self.previous_hash,
        }

    def computed_hash(self) -> str:
        """SHA-256 over the content as JSON with sorted keys and no spaces, in UTF-8; 64 hexadecimal digits."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
