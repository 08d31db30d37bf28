"""Who comes to an annual meeting."""

import datetime
import secrets
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cities.models import City
from cities.models.bilingual import Bilingual

from .meeting import Meeting

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that are taken for each other."""
CODE_LENGTH = 8


def new_code() -> str:
    """What a person shows at the entrance: short enough to be typed, too many to be guessed."""
    return "".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH))


class MeetingQuestion(models.Model):
    """A question to those who register, by the capacity in which they come."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        YES_NO = "yes-no", _("yes or no")

    class Purpose(models.TextChoices):
        """What the portal itself does with an answer."""

        NONE = "", _("none")
        DIET = "diet", _("meals")
        ACCESS = "access", _("accessibility")
        VISA = "visa", _("letter for a visa")
        PASSPORT_NAME = "passport-name", _("name as in the passport")
        NATIONALITY = "nationality", _("nationality")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="questions", verbose_name=_("annual meeting"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    purpose = models.CharField(_("used for"), max_length=15, choices=Purpose, blank=True, default=Purpose.NONE)
    text_en = models.CharField(_("question in English"), max_length=250)
    text_fr = models.CharField(_("question in French"), max_length=250)
    help_en = models.CharField(_("help in English"), max_length=250, blank=True)
    help_fr = models.CharField(_("help in French"), max_length=250, blank=True)
    capacities = models.JSONField(default=list, blank=True)
    """Codes of `Registration.Capacity`; empty: asked of all."""
    is_required = models.BooleanField(_("required"), default=False)

    text = Bilingual()
    help = Bilingual()

    class Meta:
        verbose_name = _("question to participants")
        verbose_name_plural = _("questions to participants")
        ordering = ["meeting", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "purpose"], condition=~models.Q(purpose=""), name="meeting_question_purpose_once"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def is_for(self, capacity: str) -> bool:
        return not self.capacities or capacity in self.capacities


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def coming(self) -> Self:
        """Those who have a place."""
        return self.filter(status=Registration.Status.REGISTERED)

    def waiting(self) -> Self:
        """The waiting list, in its order."""
        return self.filter(status=Registration.Status.WAITING).order_by("queued")

    def standing(self) -> Self:
        return self.exclude(status=Registration.Status.CANCELLED)

    def visible_to(self, user: Any) -> Self:
        """The own ones, those of the cities that one coordinates; all for the secretariat."""
        if user.has_perm("meetings.view_registration"):
            return self
        if not (user.is_authenticated and user.is_active):
            return self.none()
        cities = City.objects.coordinated_by(user).order_by()
        return self.filter(models.Q(user=user) | models.Q(city__in=cities))


class Registration(models.Model):
    """A person who comes to a meeting: registered by a coordinator of the city, or by themselves.

    A registration with a place holds one of the numbers 1 to the meeting's `places`, and one of its city's numbers 1 to
    `per_city`, waiting or not: that none is given twice and none beyond the limit holds the database. Whoever waits
    moves up by `queued`. A person needs no account: the link in the mails opens the own registration. After the
    meeting's `personal_data_until` name, address and answers are emptied; the row still counts.
    """

    class Capacity(models.TextChoices):
        MAYOR = "mayor", _("mayor")
        FOCAL_POINT = "focal-point", _("focal point")
        DELEGATE = "delegate", _("delegate")
        EXPERT = "expert", _("expert")
        OBSERVER = "observer", _("observer")
        PRESS = "press", _("press")

    OF_A_CITY = (Capacity.MAYOR, Capacity.FOCAL_POINT, Capacity.DELEGATE)
    """The capacities in which one comes for a member city, registered by its coordinators."""

    class Status(models.TextChoices):
        REGISTERED = "registered", pgettext_lazy("registration", "registered")
        WAITING = "waiting", _("on the waiting list")
        CANCELLED = "cancelled", pgettext_lazy("registration", "cancelled")

    TRANSITIONS = {
        Status.REGISTERED: {Status.CANCELLED},
        Status.WAITING: {Status.REGISTERED, Status.CANCELLED},
    }

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="registrations", verbose_name=_("annual meeting"))
    capacity = models.CharField(_("capacity"), max_length=15, choices=Capacity)
    city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="registrations", verbose_name=_("city")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="registrations",
        verbose_name=_("account"),
    )
    """The account of the person, where the address is that of one."""
    name = models.CharField(_("name"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    """In lower case."""
    function = models.CharField(_("function"), max_length=150, blank=True)
    organization = models.CharField(_("organization"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="en")
    status = models.CharField(_("status"), max_length=10, choices=Status, editable=False)
    place = models.PositiveSmallIntegerField(_("place"), null=True, editable=False)
    places = models.PositiveSmallIntegerField(_("places of the meeting"), null=True, editable=False)
    """The meeting's limit when the place was given; None without one."""
    city_place = models.PositiveSmallIntegerField(_("place among those of the city"), null=True, editable=False)
    per_city = models.PositiveSmallIntegerField(_("places of the city"), null=True, editable=False)
    queued = models.PositiveIntegerField(_("number on the waiting list"), null=True, editable=False)
    answers = models.JSONField(_("answers"), default=dict, blank=True, editable=False)
    """Key of a `MeetingQuestion`, as text, to its answer: a text or a truth value."""
    on_list = models.BooleanField(_("name on the list of participants"), default=False)
    """With the consent of the person."""
    code = models.CharField(_("code"), max_length=CODE_LENGTH, unique=True, default=new_code, editable=False)
    secret_sha256 = models.CharField(max_length=64, blank=True, default="", editable=False)
    """Of the secret in the link of the newest mail."""
    visa_letter_on = models.DateField(_("letter for the visa issued on"), null=True, blank=True, editable=False)
    checked_in_at = models.DateTimeField(_("checked in"), null=True, editable=False)
    checked_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("registered by"),
    )
    """None where the person did it without an account."""
    created_at = models.DateTimeField(_("when"), auto_now_add=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["meeting", "pk"]
        indexes = [
            models.Index(fields=["meeting", "status"], name="registration_by_status"),
            models.Index(fields=["secret_sha256"], name="registration_by_link"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="registered", place__isnull=False, place__gte=1, queued=None)
                | models.Q(status="waiting", place=None, queued__isnull=False)
                | models.Q(status="cancelled", place=None, queued=None, city_place=None),
                name="registration_has_a_place_or_waits",
            ),
            models.CheckConstraint(
                condition=models.Q(place=None) | models.Q(places=None) | models.Q(place__lte=models.F("places")),
                name="registration_within_the_places",
            ),
            models.UniqueConstraint(
                fields=["meeting", "place"], condition=models.Q(place__isnull=False), name="registration_place_once"
            ),
            models.CheckConstraint(
                condition=models.Q(city=None) | models.Q(status="cancelled") | models.Q(city_place__gte=1),
                name="registration_counts_for_its_city",
            ),
            models.CheckConstraint(
                condition=models.Q(city_place=None)
                | models.Q(per_city=None)
                | models.Q(city_place__lte=models.F("per_city")),
                name="registration_within_the_city",
            ),
            models.UniqueConstraint(
                fields=["meeting", "city", "city_place"],
                condition=models.Q(city_place__isnull=False),
                name="registration_city_place_once",
            ),
            models.UniqueConstraint(
                fields=["meeting", "queued"], condition=models.Q(queued__isnull=False), name="registration_queued_once"
            ),
            models.UniqueConstraint(
                fields=["meeting", "email"],
                condition=~models.Q(status="cancelled") & ~models.Q(email=""),
                name="registration_once_a_person",
                violation_error_message=_("This address is registered already."),
            ),
            models.CheckConstraint(
                condition=models.Q(capacity__in=["mayor", "focal-point", "delegate"], city__isnull=False)
                | models.Q(capacity__in=["expert", "observer", "press"], city=None),
                name="registration_capacity_fits_the_city",
            ),
            models.UniqueConstraint(
                fields=["meeting", "city"],
                condition=models.Q(capacity="mayor") & ~models.Q(status="cancelled"),
                name="registration_one_mayor_a_city",
                violation_error_message=_("The mayor of this city is registered already."),
            ),
            models.CheckConstraint(
                condition=models.Q(checked_in_at=None) | models.Q(status="registered"),
                name="registration_checked_in_with_a_place",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def is_standing(self) -> bool:
        return self.status != self.Status.CANCELLED

    @property
    def is_checked_in(self) -> bool:
        return self.checked_in_at is not None

    @property
    def is_emptied(self) -> bool:
        """Whether the personal data are gone."""
        return not self.name

    def may_be_changed(self, at: datetime.datetime | None = None) -> bool:
        """Answers and name can be changed until the meeting is over."""
        return self.is_standing and self.meeting.status in Meeting.TO_COME

    def get_absolute_url(self) -> str:
        return reverse("meetings:my_registration", args=[self.pk])


class RegistrationRequest(models.Model):
    """An address that asked for the form to register, without an account; the link in the mail proves it."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="requests", verbose_name=_("annual meeting"))
    email = models.EmailField(_("e-mail address"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="en")
    secret_sha256 = models.CharField(max_length=64, blank=True, default="", editable=False)
    requested_at = models.DateTimeField(_("asked"), auto_now_add=True)
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("request to register")
        verbose_name_plural = _("requests to register")
        ordering = ["-requested_at"]
        indexes = [models.Index(fields=["secret_sha256"], name="registration_request_by_link")]

    def __str__(self) -> str:
        return f"{self.meeting} · {self.pk}"
