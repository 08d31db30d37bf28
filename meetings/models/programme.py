"""The programme of an annual meeting: rooms, sessions, speakers, and who takes a place in a session."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from cities.constraints import CountsChanges, NoOverlap
from cities.models import City, CreativeField
from cities.models.bilingual import Bilingual

from .meeting import Meeting
from .registration import Registration


class Room(models.Model):
    """Where sessions take place; what is only online has a room too."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="rooms", verbose_name=_("annual meeting"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    name_en = models.CharField(_("name in English"), max_length=100)
    name_fr = models.CharField(_("name in French"), max_length=100, blank=True)
    places = models.PositiveSmallIntegerField(
        _("places"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("empty: no limit")
    )
    is_accessible = models.BooleanField(_("accessible without steps"), default=True)

    name = Bilingual()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["meeting", "position", "pk"]
        constraints = [CountsChanges(name="room_changes_count")]

    def __str__(self) -> str:
        return self.name


class Speaker(models.Model):
    """Who speaks in sessions. The name is published, with the consent of the person."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="speakers", verbose_name=_("annual meeting"))
    name = models.CharField(_("name"), max_length=150)
    function_en = models.CharField(_("function in English"), max_length=200, blank=True)
    function_fr = models.CharField(_("function in French"), max_length=200, blank=True)
    city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("member city")
    )

    function = Bilingual()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        ordering = ["meeting", "name", "pk"]
        constraints = [CountsChanges(name="speaker_changes_count")]

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """An item of the programme, from an instant to another, half-open. No two at once in a room."""

    class Kind(models.TextChoices):
        PLENARY = "plenary", _("plenary")
        MAYORS = "mayors", _("mayors’ forum")
        SUB_NETWORK = "sub-network", _("sub-network")
        WORKSHOP = "workshop", _("workshop")
        PUBLIC = "public", pgettext_lazy("session", "open to the public")

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="sessions", verbose_name=_("annual meeting"))
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    field = models.ForeignKey(
        CreativeField,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("creative field"),
        help_text=_("of a session of a sub-network"),
    )
    room = models.ForeignKey(Room, models.PROTECT, related_name="sessions", verbose_name=_("room"))
    title_en = models.CharField(_("title in English"), max_length=200)
    title_fr = models.CharField(_("title in French"), max_length=200)
    summary_en = models.TextField(_("summary in English"), blank=True)
    summary_fr = models.TextField(_("summary in French"), blank=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    places = models.PositiveSmallIntegerField(
        _("places to be booked"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("empty: nobody has to book"),
    )
    sequence = models.PositiveIntegerField(default=0, editable=False)
    """Raised at every change, so that calendars take it over."""
    updated_at = models.DateTimeField(auto_now=True)

    title = Bilingual()
    summary = Bilingual()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["meeting", "starts_at", "room__position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["plenary", "mayors", "sub-network", "workshop", "public"]),
                name="session_kind_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="session_ends_after_it_begins",
                violation_error_message=_("The session ends before it begins."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind="sub-network", field__isnull=False)
                | (~models.Q(kind="sub-network") & models.Q(field=None)),
                name="session_of_a_sub_network_has_a_field",
                violation_error_message=_("A session of a sub-network has a creative field; others have none."),
            ),
            NoOverlap(
                key="room",
                start="starts_at",
                end="ends_at",
                name="session_room_is_free",
                violation_error_message=_("Another session is in this room at that time."),
            ),
            CountsChanges(name="session_changes_count"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"{reverse('meetings:programme', args=[self.meeting.edition])}#session-{self.pk}"

    @property
    def local_start(self) -> Any:
        return self.starts_at.astimezone(self.meeting.zone)

    @property
    def local_end(self) -> Any:
        return self.ends_at.astimezone(self.meeting.zone)


class SessionSpeaker(models.Model):
    """That somebody speaks in a session. The instants are the session's, kept here so that nobody is in two at once."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="speakers", verbose_name=_("session"))
    speaker = models.ForeignKey(Speaker, models.PROTECT, related_name="sessions", verbose_name=_("speaker"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_moderator = models.BooleanField(_("moderates"), default=False)
    starts_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("speaker of a session")
        verbose_name_plural = _("speakers of a session")
        ordering = ["session", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "speaker"], name="session_speaker_once"),
            NoOverlap(
                key="speaker",
                start="starts_at",
                end="ends_at",
                name="session_speaker_is_free",
                violation_error_message=_("This person speaks in another session at that time."),
            ),
            CountsChanges(name="session_speaker_changes_count"),
        ]

    def __str__(self) -> str:
        return str(self.speaker)


class SessionPlace(models.Model):
    """A booked place in a session: one of the numbers 1 to the session's `places`."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="bookings", verbose_name=_("session"))
    registration = models.ForeignKey(
        Registration, models.CASCADE, related_name="bookings", verbose_name=_("registration")
    )
    place = models.PositiveSmallIntegerField(_("place"))
    places = models.PositiveSmallIntegerField()
    """The session's limit when the place was given."""
    booked_at = models.DateTimeField(_("booked"), auto_now_add=True)

    class Meta:
        verbose_name = _("place in a session")
        verbose_name_plural = _("places in sessions")
        ordering = ["session", "place"]
        constraints = [
            models.UniqueConstraint(fields=["session", "registration"], name="session_place_once_a_person"),
            models.UniqueConstraint(fields=["session", "place"], name="session_place_once"),
            models.CheckConstraint(
                condition=models.Q(place__gte=1, place__lte=models.F("places")), name="session_place_within_the_places"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.place}"
