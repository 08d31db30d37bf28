"""Annual meetings: when and where, who hosts, what moved them, what they decided."""

import datetime
from collections.abc import Sequence
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from cities.constraints import CountsChanges
from cities.days import period_in_words, today
from cities.models import City, Country, PrivateFile
from cities.models.bilingual import Bilingual
from cities.models.imported import Imported


def joined(names: Sequence[str]) -> str:
    """Names as one reads them in a sentence: "Kraków and Katowice"."""
    if len(names) < 2:
        return "".join(names)
    return gettext("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def with_hosts(self) -> "MeetingQuerySet":
        return self.select_related("country").prefetch_related("hosts__city")

    def hosted_by(self, city: City) -> "MeetingQuerySet":
        return self.filter(hosts__city=city)

    def held(self) -> "MeetingQuerySet":
        return self.filter(status__in=Meeting.HELD)

    def next(self) -> "Meeting | None":
        """The first meeting that is to be held, today or later; one without a date counts by its year.

        What is only shown for a demonstration is never awaited.
        """
        day = today()
        return (
            self.filter(status__in=Meeting.TO_COME, is_demonstration=False)
            .filter(models.Q(end_date__gte=day) | models.Q(end_date=None, year__gte=day.year))
            .order_by("year", models.F("start_date").asc(nulls_last=True), "edition")
            .first()
        )


def known_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("This is no time zone: give a name as “Africa/Casablanca”."))


class Meeting(Imported):
    """An edition of the annual meeting. Its number is its address; year and number do not go together.

    Days are days at the place of the meeting; sessions are instants, shown in its `time_zone`. Registration is open
    while the status says so and `registration_closes_at` is not reached. That a meeting was postponed or relocated
    is told by its `changes`, not by its status.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("meeting", "planned")
        HOST_SELECTED = "host-selected", _("host selected")
        REGISTRATION_OPEN = "registration-open", _("registration open")
        REGISTRATION_CLOSED = "registration-closed", _("registration closed")
        HELD = "held", pgettext_lazy("meeting", "held")
        OUTCOME_PUBLISHED = "outcome-published", _("outcome published")
        CANCELLED = "cancelled", pgettext_lazy("meeting", "cancelled")

    TRANSITIONS = {
        Status.PLANNED: {Status.HOST_SELECTED, Status.HELD, Status.CANCELLED},
        Status.HOST_SELECTED: {Status.PLANNED, Status.REGISTRATION_OPEN, Status.HELD, Status.CANCELLED},
        Status.REGISTRATION_OPEN: {Status.REGISTRATION_CLOSED, Status.CANCELLED},
        Status.REGISTRATION_CLOSED: {Status.REGISTRATION_OPEN, Status.HELD, Status.CANCELLED},
        Status.HELD: {Status.OUTCOME_PUBLISHED},
    }
    """Back to planned when the host gives it up; held without registration where that was done elsewhere."""
    TO_COME = (Status.PLANNED, Status.HOST_SELECTED, Status.REGISTRATION_OPEN, Status.REGISTRATION_CLOSED)
    HELD = (Status.HELD, Status.OUTCOME_PUBLISHED)

    class Format(models.TextChoices):
        ON_SITE = "on-site", _("on site")
        HYBRID = "hybrid", _("on site and online")
        ONLINE = "online", _("online")

    edition = models.PositiveSmallIntegerField(_("edition"), unique=True)
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="meetings",
        verbose_name=_("country"),
        help_text=_("empty until it is known who hosts"),
    )
    planned_year = models.PositiveSmallIntegerField(_("year first planned"))
    year = models.PositiveSmallIntegerField(_("year"))
    start_date = models.DateField(_("first day"), null=True, blank=True)
    end_date = models.DateField(_("last day"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PLANNED, editable=False)
    format = models.CharField(_("format"), max_length=10, choices=Format, default=Format.ON_SITE)
    theme_en = models.CharField(_("theme in English"), max_length=250, blank=True)
    theme_fr = models.CharField(_("theme in French"), max_length=250, blank=True)
    introduction_en = models.TextField(_("introduction in English"), blank=True)
    introduction_fr = models.TextField(_("introduction in French"), blank=True)
    venue = models.CharField(_("venue"), max_length=200, blank=True)
    address = models.TextField(_("address of the venue"), blank=True)
    practical_en = models.TextField(
        _("practical information in English"), blank=True, help_text=_("arrival, visas, hotels, accessibility")
    )
    practical_fr = models.TextField(_("practical information in French"), blank=True)
    website = models.URLField(_("website of the host"), blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=40,
        default=settings.TIME_ZONE,
        validators=[known_time_zone],
        help_text=_("of the place, as “Africa/Casablanca”"),
    )
    places = models.PositiveSmallIntegerField(
        _("places"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("empty: no limit")
    )
    per_city = models.PositiveSmallIntegerField(
        _("persons of one city, at most"), default=3, validators=[MinValueValidator(1)]
    )
    capacities = models.JSONField(default=list, blank=True)
    """The codes of `Registration.Capacity` in which persons can register; empty for all."""
    registration_closes_at = models.DateTimeField(_("registration closes"), null=True, blank=True)
    personal_data_until = models.DateField(
        _("personal data kept until"),
        null=True,
        blank=True,
        help_text=_("On this day names, addresses and answers of those who registered are removed."),
    )
    personal_data_removed_at = models.DateTimeField(null=True, editable=False)
    participants = models.PositiveIntegerField(
        _("participants"), null=True, blank=True, help_text=_("as reported; empty: counted from the check-in")
    )
    cities_represented = models.PositiveSmallIntegerField(_("cities represented"), null=True, blank=True)
    mayors = models.PositiveSmallIntegerField(_("mayors"), null=True, blank=True)
    figures_source = models.CharField(_("source of the figures"), max_length=300, blank=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)
    note = models.TextField(_("note for staff"), blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)

    theme = Bilingual()
    introduction = Bilingual()
    practical = Bilingual()
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
                condition=models.Q(
                    status__in=[
                        "planned",
                        "host-selected",
                        "registration-open",
                        "registration-closed",
                        "held",
                        "outcome-published",
                        "cancelled",
                    ]
                ),
                name="meeting_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(start_date=None) | models.Q(start_date__year=models.F("year")),
                name="meeting_begins_in_its_year",
                violation_error_message=_("The meeting begins in another year."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status="registration-open") | models.Q(registration_closes_at__isnull=False),
                name="meeting_registration_has_an_end",
            ),
            models.CheckConstraint(
                condition=models.Q(personal_data_until=None)
                | models.Q(end_date=None)
                | models.Q(personal_data_until__gt=models.F("end_date")),
                name="meeting_keeps_persons_until_it_is_over",
                violation_error_message=_("Personal data are needed until the meeting is over."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["planned", "cancelled"]) | models.Q(country__isnull=False),
                name="meeting_with_a_host_has_a_country",
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
    def title(self) -> str:
        """What heads its page and stands in lists: the hosts, or that none is known."""
        return self.host_names or gettext("Host not known yet")

    @property
    def was_moved(self) -> bool:
        """Whether it took, or takes, place in another year than first planned."""
        return self.year != self.planned_year

    @property
    def is_held(self) -> bool:
        return self.status in self.HELD

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def takes_registrations(self, at: datetime.datetime | None = None) -> bool:
        """Whether one can register at an instant (now by default)."""
        closes = self.registration_closes_at
        is_open = self.status == self.Status.REGISTRATION_OPEN and closes is not None
        return is_open and (at or timezone.now()) < closes  # type: ignore[operator]  # known by then

    @property
    def status_now(self) -> "Meeting.Status":
        """Where it stands now: registration closes at its instant, whenever the clock notes it."""
        if self.status == self.Status.REGISTRATION_OPEN and not self.takes_registrations():
            return self.Status.REGISTRATION_CLOSED
        return self.Status(self.status)

    @property
    def status_in_words(self) -> str:
        return str(self.status_now.label)

    @property
    def period(self) -> str:
        """Its days in the reader's language: "12–15 June 2018"; empty when they are not known."""
        return period_in_words(self.start_date, self.end_date) if self.start_date and self.end_date else ""

    @property
    def host_names(self) -> str:
        """The hosts in the reader's language: "Kraków and Katowice"."""
        return joined([host.name for host in self.hosts.all()])


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


class MeetingChange(Imported):
    """That a meeting was postponed, relocated or cancelled: from what, to what, and why. Public."""

    class Kind(models.TextChoices):
        POSTPONED = "postponed", _("postponed")
        RELOCATED = "relocated", _("relocated")
        CANCELLED = "cancelled", pgettext_lazy("meeting", "cancelled")

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="changes", verbose_name=_("annual meeting"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    """None where only the fact is known."""
    year_from = models.PositiveSmallIntegerField(null=True)
    year_to = models.PositiveSmallIntegerField(null=True)
    start_from = models.DateField(null=True)
    end_from = models.DateField(null=True)
    start_to = models.DateField(null=True)
    end_to = models.DateField(null=True)
    hosts_from_en = models.CharField(max_length=300, blank=True)
    hosts_from_fr = models.CharField(max_length=300, blank=True)
    hosts_to_en = models.CharField(max_length=300, blank=True)
    hosts_to_fr = models.CharField(max_length=300, blank=True)
    reason_en = models.TextField(_("reason in English"), blank=True)
    reason_fr = models.TextField(_("reason in French"), blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    """None where it was imported."""
    at = models.DateTimeField(_("recorded"), default=timezone.now)

    hosts_from = Bilingual()
    hosts_to = Bilingual()
    reason = Bilingual()

    class Meta:
        verbose_name = _("change of a meeting")
        verbose_name_plural = _("changes of meetings")
        ordering = ["meeting", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["postponed", "relocated", "cancelled"]),
                name="meeting_change_kind_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(by=None) | (~models.Q(reason_en="") & ~models.Q(reason_fr="")),
                name="meeting_change_has_a_reason",
            ),
            CountsChanges(name="meeting_change_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.meeting} · {self.get_kind_display()}"

    @property
    def in_words(self) -> str:
        """From what to what, in a sentence; the reason stands beside it."""
        known = {"before": self.when_from, "after": self.when_to, "hosts": self.hosts_from, "others": self.hosts_to}
        match self.kind:
            case self.Kind.POSTPONED if self.is_earlier:
                return gettext("Brought forward from %(before)s to %(after)s.") % known
            case self.Kind.POSTPONED:
                return gettext("Postponed from %(before)s to %(after)s.") % known
            case self.Kind.RELOCATED if self.was_given_up:
                return gettext("Given up by the host: %(hosts)s.") % known
            case self.Kind.RELOCATED:
                return gettext("Relocated from %(hosts)s to %(others)s.") % known
        return gettext("Cancelled; it was planned for %(before)s.") % known

    @property
    def is_earlier(self) -> bool:
        """Whether the meeting was brought forward rather than postponed."""
        if self.start_from and self.start_to:
            return self.start_to < self.start_from
        return bool(self.year_from and self.year_to and self.year_to < self.year_from)

    @property
    def was_given_up(self) -> bool:
        """Whether the hosts gave the meeting up before others were known."""
        return self.kind == self.Kind.RELOCATED and not self.hosts_to_en

    @property
    def when_from(self) -> str:
        """The days before as exactly as they were known: "1–4 June 2027", "2027"."""
        return self.days_from or str(self.year_from or "")

    @property
    def when_to(self) -> str:
        return self.days_to or str(self.year_to or "")

    @property
    def days_from(self) -> str:
        return period_in_words(self.start_from, self.end_from) if self.start_from and self.end_from else ""

    @property
    def days_to(self) -> str:
        return period_in_words(self.start_to, self.end_to) if self.start_to and self.end_to else ""


class Objective(models.Model):
    """A strategic objective that a meeting set for the network."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="objectives", verbose_name=_("annual meeting"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    text_en = models.TextField(_("objective in English"))
    text_fr = models.TextField(_("objective in French"), blank=True)

    text = Bilingual()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("strategic objective")
        verbose_name_plural = _("strategic objectives")
        ordering = ["meeting", "position", "pk"]
        constraints = [CountsChanges(name="objective_changes_count")]

    def __str__(self) -> str:
        return self.text


class MeetingDocumentQuerySet(models.QuerySet["MeetingDocument"]):
    def visible_to(self, user: Any) -> Self:
        """Public ones for anybody; the others for coordinators of today's members and for the secretariat."""
        if user.has_perm("meetings.view_meetingdocument"):
            return self
        return self.filter(visibility=MeetingDocument.Visibility.PUBLIC)


class MeetingDocument(models.Model):
    class Kind(models.TextChoices):
        AGENDA = "agenda", _("agenda")
        CONCLUSIONS = "conclusions", _("conclusions")
        REPORT = "report", pgettext_lazy("meeting", "report")
        PRESENTATION = "presentation", pgettext_lazy("meeting", "presentation")
        OTHER = "other", pgettext_lazy("document", "other")

    class Visibility(models.TextChoices):
        PUBLIC = "public", pgettext_lazy("document", "public")
        MEMBERS = "members", _("for member cities")

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="documents", verbose_name=_("annual meeting"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    title_en = models.CharField(_("title in English"), max_length=200)
    title_fr = models.CharField(_("title in French"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    visibility = models.CharField(_("visible"), max_length=10, choices=Visibility, default=Visibility.MEMBERS)
    file = models.ForeignKey(PrivateFile, models.PROTECT, related_name="meeting_documents", verbose_name=_("file"))
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    title = Bilingual()
    objects = MeetingDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document of a meeting")
        verbose_name_plural = _("documents of meetings")
        ordering = ["meeting", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(visibility__in=["public", "members"]), name="meeting_document_visibility_is_known"
            ),
            CountsChanges(name="meeting_document_changes_count"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_public(self) -> bool:
        return self.visibility == self.Visibility.PUBLIC
