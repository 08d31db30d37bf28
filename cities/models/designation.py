import datetime
from itertools import pairwise

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..constraints import CountsChanges, NoOverlap
from ..days import FIRST_DAY, in_words, today
from .city import City
from .creative_field import CreativeField
from .in_force import in_force


class Precision(models.TextChoices):
    """How exactly a first day is known. Membership counts from the stored day, the first of its month or year."""

    DAY = "day", _("to the day")
    MONTH = "month", _("to the month")
    YEAR = "year", _("to the year")

    def allows(self, day: datetime.date) -> bool:
        """Whether a day may stand for a date of this precision."""
        return self is self.DAY or (day.day == 1 and (self is self.MONTH or day.month == 1))

    def in_words(self, day: datetime.date) -> str:
        """A date as exactly as it is known: "11 December 2015", "June 2008", "2010"."""
        if self is self.YEAR:
            return str(day.year)
        return date_format(day, "YEAR_MONTH_FORMAT") if self is self.MONTH else in_words(day)


class DesignationQuerySet(models.QuerySet["Designation"]):
    def in_force(self, on: datetime.date | None = None) -> "DesignationQuerySet":
        return self.filter(in_force(on or today()))


class Designation(models.Model):
    """A city's designation in one field, from a first day to, perhaps, a last; both days count.

    Never two at once for one city. Rows change only through `cities.services.designation`.
    """

    class EndReason(models.TextChoices):
        FIELD_CHANGE = "field-change", _("moved to another field")
        WITHDRAWN = "withdrawn", _("left the network")
        REMOVED = "removed", _("removed by decision")

    city = models.ForeignKey(City, models.PROTECT, related_name="designations", verbose_name=_("city"))
    field = models.ForeignKey(
        CreativeField,
        models.PROTECT,
        related_name="designations",
        verbose_name=_("creative field"),
        db_index=False,  # eight values: reading by it would be slower than reading all
    )
    starts_on = models.DateField(_("first day"))
    starts_precision = models.CharField(_("known"), max_length=5, choices=Precision, default=Precision.DAY)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=20, choices=EndReason, blank=True)
    end_reason_is_public = models.BooleanField(_("show the reason to the public"), default=False)
    source = models.CharField(_("source"), max_length=300)
    member_since = models.DateField(_("member since"), editable=False)
    member_since_precision = models.CharField(max_length=5, choices=Precision, editable=False)
    imported = models.JSONField(default=dict, editable=False)

    objects = DesignationQuerySet.as_manager()

    class Meta:
        verbose_name = _("designation")
        verbose_name_plural = _("designations")
        ordering = ["starts_on", "city"]
        indexes = [
            # Holds all that the counts of the directory read.
            models.Index(fields=["city", "starts_on", "ends_on", "field", "member_since"], name="designation_of_city"),
            # For the cohorts alone: partial, so that SQLite's planner cannot take it for anything else.
            models.Index(
                fields=["member_since", "member_since_precision"],
                condition=models.Q(starts_on=models.F("member_since")),
                name="designation_begins_membership",
            ),
            # The first days after a move and the last days, which are few, for when the network last changed.
            models.Index(
                fields=["starts_on"],
                condition=models.Q(starts_on__gt=models.F("member_since")),
                name="designation_goes_on",
            ),
            models.Index(fields=["ends_on"], condition=models.Q(ends_on__isnull=False), name="designation_has_ended"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="designation_ends_after_it_begins",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None, end_reason="")
                | (models.Q(ends_on__isnull=False) & ~models.Q(end_reason="")),
                name="designation_end_has_a_reason",
                violation_error_message=_("A last day needs a reason, and a reason a last day."),
            ),
            models.CheckConstraint(
                condition=models.Q(end_reason__in=["", "field-change", "withdrawn", "removed"]),
                name="designation_end_reason_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(starts_precision=Precision.DAY)
                | models.Q(starts_precision=Precision.MONTH, starts_on__day=1)
                | models.Q(starts_precision=Precision.YEAR, starts_on__day=1, starts_on__month=1),
                name="designation_first_day_fits_its_precision",
                violation_error_message=_("Of a month or a year, give the first day."),
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on__gte=FIRST_DAY), name="designation_not_before_the_network"
            ),
            models.CheckConstraint(
                condition=models.Q(member_since__lte=models.F("starts_on")),
                name="designation_member_before_it_begins",
            ),
            NoOverlap(
                key="city",
                start="starts_on",
                end="ends_on",
                name="designation_one_at_a_time",
                violation_error_message=_("The city has another designation in these days."),
            ),
            CountsChanges(name="designation_changes_count"),
        ]

    def __str__(self) -> str:
        # As much of the day as is known: "2008-06" in June 2008.
        known = {Precision.YEAR: "%Y", Precision.MONTH: "%Y-%m"}.get(Precision(self.starts_precision), "%Y-%m-%d")
        return f"{self.city} · {self.field} · {self.starts_on:{known}}"

    @property
    def follows_another(self) -> bool:
        """Whether it continues a membership that began with an earlier designation."""
        return self.member_since < self.starts_on


def set_member_since(designations: list[Designation]) -> None:
    """Fill `member_since` of all the designations of one city: the first day of each one's unbroken run."""
    designations.sort(key=lambda designation: designation.starts_on)
    for designation in designations:
        designation.member_since = designation.starts_on
        designation.member_since_precision = designation.starts_precision
    for before, after in pairwise(designations):
        if before.ends_on and before.ends_on + datetime.timedelta(days=1) == after.starts_on:
            after.member_since = before.member_since
            after.member_since_precision = before.member_since_precision
