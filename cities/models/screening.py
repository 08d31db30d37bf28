from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .application import Application


class Reason(models.TextChoices):
    """Items of the technical examination, which are the reasons for which an application is ineligible."""

    IN_TIME = "in-time", _("received before the deadline")
    MEMBER_STATE = "member-state", _("city of a Member State or Associate Member of UNESCO")
    NOT_A_MEMBER = "not-a-member", _("not a member of the network already")
    FIELD_OFFERED = "field-offered", _("creative field offered in the call")
    LANGUAGE = "language", _("in a language of the call")
    COMPLETE = "complete", _("all questions answered")
    WITHIN_LIMITS = "within-limits", _("word limits respected")
    MAYORS_LETTER = "mayors-letter", _("letter of the mayor, signed, for this city")
    ENDORSED = "endorsed", _("endorsed by the National Commission, for this city and field")
    COUNTRY_CAP = "country-cap", _("within the places of the country")
    SUPPORT_LETTERS = "support-letters", _("letters of support")
    PHOTOS = "photos", _("photos with captions, credits and rights")
    BUDGET = "budget", _("budget adds up")
    INITIATIVES = "initiatives", _("number of initiatives")
    LINKS = "links", _("number of links")
    COOLOFF = "cooloff", _("no pause after unsuccessful applications")
    ONLY_ONE = "only-one", _("the city’s only application")
    COMMITMENTS = "commitments", _("commitments made")


class Screening(models.Model):
    """The technical examination of an application: a checklist, half of it computed, all confirmed by officers."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("examination", "under way")
        PROPOSED = "proposed", _("a second officer is to agree that it is ineligible")
        CONCLUDED = "concluded", _("concluded")

    TRANSITIONS = {
        Status.OPEN: {Status.PROPOSED, Status.CONCLUDED},
        Status.PROPOSED: {Status.OPEN, Status.CONCLUDED},
    }

    application = models.OneToOneField(
        Application, models.PROTECT, related_name="screening", verbose_name=_("application")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False)
    reasons = models.JSONField(_("reasons"), default=list, blank=True)
    """Codes of `Reason` for which it is ineligible, or was proposed to be."""
    note = models.TextField(_("note"), blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"), null=True)
    concluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("concluded by")
    )
    concluded_at = models.DateTimeField(_("concluded"), null=True)
    returned_at = models.DateTimeField(_("returned for completion"), null=True)
    """Once only."""

    class Meta:
        verbose_name = _("technical examination")
        verbose_name_plural = _("technical examinations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "proposed", "concluded"]), name="screening_status_is_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="concluded")
                | models.Q(proposed_by=None)
                | ~models.Q(proposed_by=models.F("concluded_by")),
                name="screening_needs_two_officers",
                violation_error_message=_("Another officer has to agree."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.get_status_display()}"


class ScreeningItem(models.Model):
    """What an officer found on one item; the computed finding is made anew whenever it is shown."""

    class Result(models.TextChoices):
        PASS = "pass", _("in order")
        FAIL = "fail", _("not in order")
        NOT_APPLICABLE = "na", _("does not apply")

    screening = models.ForeignKey(Screening, models.CASCADE, related_name="items")
    code = models.CharField(_("item"), max_length=20, choices=Reason)
    result = models.CharField(_("finding"), max_length=5, choices=Result)
    computed = models.CharField(max_length=5, choices=Result, blank=True)
    """What was computed when the officer looked; "" where nothing can be."""
    note = models.CharField(_("note"), max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"), auto_now=True)

    class Meta:
        verbose_name = _("item of a technical examination")
        verbose_name_plural = _("items of technical examinations")
        constraints = [models.UniqueConstraint(fields=["screening", "code"], name="screening_item_once")]

    def __str__(self) -> str:
        return f"{self.get_code_display()}: {self.get_result_display()}"
