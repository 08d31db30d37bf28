import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from ..constraints import CountsChanges
from .creative_field import CreativeField
from .imported import Imported


class OfficialTotalQuerySet(models.QuerySet["OfficialTotal"]):
    def known(self, on: datetime.date) -> "OfficialTotal | None":
        """The newest total of the whole network that UNESCO had given by a day."""
        return self.filter(field=None, day__lte=on).order_by("day").last()


class OfficialTotal(Imported):
    """What UNESCO said the network counted on a day, in all or in one field; held against our own rows."""

    day = models.DateField(_("day"))
    field = models.ForeignKey(CreativeField, models.CASCADE, null=True, blank=True, verbose_name=_("creative field"))
    cities = models.PositiveIntegerField(_("cities"))
    countries = models.PositiveIntegerField(_("countries"), null=True, blank=True)
    fields = models.PositiveIntegerField(_("creative fields"), null=True, blank=True)
    missing = models.PositiveIntegerField(
        _("cities unknown here"), default=0, help_text=_("members that no source at hand names")
    )
    source = models.CharField(_("source"), max_length=300)

    objects = OfficialTotalQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["imported"])

    class Meta:
        verbose_name = _("official total")
        verbose_name_plural = _("official totals")
        ordering = ["-day", "field"]
        constraints = [
            models.UniqueConstraint(fields=["day", "field"], name="official_total_once_a_field"),
            models.UniqueConstraint(
                fields=["day"],
                condition=models.Q(field=None),
                name="official_total_once_a_day",
                violation_error_message=_("There is a total of the whole network for this day already."),
            ),
            models.CheckConstraint(
                condition=models.Q(missing__lte=models.F("cities")),
                name="official_total_misses_no_more_than_it_counts",
                violation_error_message=_("More cities cannot be unknown than there are."),
            ),
            CountsChanges(name="official_total_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.cities}"
