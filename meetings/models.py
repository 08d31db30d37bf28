from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from cities.constraints import CountsChanges
from cities.days import period_in_words, today
from cities.models import City, Country
from cities.models.bilingual import Bilingual
from cities.models.imported import Imported


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def with_hosts(self) -> "MeetingQuerySet":
        return self.select_related("country").prefetch_related("hosts__city")

    def hosted_by(self, city: City) -> "MeetingQuerySet":
        return self.filter(hosts__city=city)

    def held(self) -> "MeetingQuerySet":
        return self.filter(status=Meeting.Status.HELD)

    def next(self) -> "Meeting | None":
        """The first meeting that is to be held, today or later; one without a date counts by its year."""
        day = today()
        return (
            self.filter(status__in=[Meeting.Status.PLANNED, Meeting.Status.POSTPONED])
            .filter(models.Q(end_date__gte=day) | models.Q(end_date=None, year__gte=day.year))
            .order_by("year", models.F("start_date").asc(nulls_last=True), "edition")
            .first()
        )


class Meeting(Imported):
    """An edition of the annual meeting. Its number is its address; year and number do not go together."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", _("held")
        POSTPONED = "postponed", _("postponed")
        CANCELLED = "cancelled", _("cancelled")

    edition = models.PositiveSmallIntegerField(_("edition"), unique=True)
    country = models.ForeignKey(Country, models.PROTECT, related_name="meetings", verbose_name=_("country"))
    planned_year = models.PositiveSmallIntegerField(_("year first planned"))
    year = models.PositiveSmallIntegerField(_("year"))
    start_date = models.DateField(_("first day"), null=True, blank=True)
    end_date = models.DateField(_("last day"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    note = models.TextField(_("note for staff"), blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)

    objects = MeetingQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["imported"])

    class Meta:
        verbose_name = _("annual meeting")
        verbose_name_plural = _("annual meetings")
        ordering = ["-edition"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start_date=None, end_date=None)
                | models.Q(start_date__isnull=False, end_date__isnull=False, end_date__gte=models.F("start_date")),
                name="meeting_ends_after_it_begins",
                violation_error_message=_("Give both days, the last not before the first, or none."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["planned", "held", "postponed", "cancelled"]),
                name="meeting_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(start_date=None) | models.Q(start_date__year=models.F("year")),
                name="meeting_begins_in_its_year",
                violation_error_message=_("The meeting begins in another year."),
            ),
            CountsChanges(name="meeting_changes_count"),
        ]

    def __str__(self) -> str:
        return gettext("Annual meeting no. %(edition)s") % {"edition": self.edition}

    def get_absolute_url(self) -> str:
        return reverse("meetings:meeting", args=[self.edition])

    def clean(self) -> None:
        super().clean()
        if self.start_date and self.start_date.year != self.year:
            raise ValidationError({"year": _("The meeting begins in another year.")})

    @property
    def was_moved(self) -> bool:
        """Whether it took, or takes, place in another year than first planned."""
        return self.year != self.planned_year

    @property
    def is_held(self) -> bool:
        return self.status == self.Status.HELD

    @property
    def period(self) -> str:
        """Its days in the reader's language: "12–15 June 2018"; empty when they are not known."""
        return period_in_words(self.start_date, self.end_date) if self.start_date and self.end_date else ""

    @property
    def host_names(self) -> str:
        """The hosts in the reader's language: "Kraków and Katowice"."""
        names = [host.name for host in self.hosts.all()]
        if len(names) < 2:
            return "".join(names)
        return gettext("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


class MeetingHost(models.Model):
    """A place that hosts a meeting: a city of the network, or one that never was a member and has only its name."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="hosts", verbose_name=_("meeting"))
    city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="hosted", verbose_name=_("member city")
    )
    name_en = models.CharField(_("name in English"), max_length=100)
    name_fr = models.CharField(_("name in French"), max_length=100)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    name = Bilingual()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "city"], name="meeting_host_once"),
            CountsChanges(name="meeting_host_changes_count"),
        ]

    def __str__(self) -> str:
        return self.name
