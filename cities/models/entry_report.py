from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..days import PARIS
from .city import City


class EntryReportQuerySet(models.QuerySet["EntryReport"]):
    def waiting(self) -> "EntryReportQuerySet":
        return self.filter(handled_at=None)


class EntryReport(models.Model):
    """What a reader says is wrong in a city's entry, waiting for staff."""

    city = models.ForeignKey(City, models.CASCADE, related_name="reports", verbose_name=_("city"))
    message = models.TextField(_("what is wrong"), max_length=2000)
    source = models.CharField(_("where it can be checked"), max_length=500, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(_("received"), auto_now_add=True)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True, editable=False)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("handled by"),
    )
    answer = models.TextField(_("what was done"), blank=True)

    objects = EntryReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report of an error")
        verbose_name_plural = _("reports of errors")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.city} · {self.created_at.astimezone(PARIS):%Y-%m-%d}"
