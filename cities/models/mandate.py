"""Mandates: who acts for whom, from an instant to another. Half-open, so that one can end as the next begins."""

import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..constraints import NoOverlap
from .city import City
from .country import Country
from .creative_field import CreativeField
from .private_file import PrivateFile


class MandateQuerySet(models.QuerySet):
    def in_force(self, at: datetime.datetime | None = None) -> Self:
        """The mandates in force at an instant (now by default)."""
        at = at or timezone.now()
        return self.filter(models.Q(ends_at=None) | models.Q(ends_at__gt=at), begins_at__lte=at)

    def of(self, user: Any) -> Self:
        return self.filter(user=user) if user.is_authenticated and user.is_active else self.none()

    def visible_to(self, user: Any) -> Self:
        """All for the secretariat; for anybody else the own ones, past and present."""
        return self if user.has_perm(f"cities.view_{self.model._meta.model_name}") else self.of(user)


class CoordinatorQuerySet(MandateQuerySet):
    def reachable(self) -> Self:
        """Those in force whose person can be written to, with the person."""
        return self.in_force().filter(user__is_active=True).select_related("user")

    def focal_points(self) -> Self:
        return self.filter(role=Coordinator.Role.FOCAL_POINT)

    def persons(self) -> list[Any]:
        """Whoever holds one of them, once each."""
        mandates: Any = self.order_by("pk")
        return list({mandate.user_id: mandate.user for mandate in mandates}.values())

    def visible_to(self, user: Any) -> Self:
        """Besides the own ones also those of the colleagues, in the cities that the person coordinates now."""
        if user.has_perm("cities.view_coordinator"):
            return self
        return self.of(user) | self.filter(city__in=City.objects.coordinated_by(user).order_by())


class Mandate(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="%(class)s_mandates", verbose_name=_("person")
    )
    begins_at = models.DateTimeField(pgettext_lazy("mandate", "from"), default=timezone.now)
    ends_at = models.DateTimeField(pgettext_lazy("mandate", "to"), null=True, blank=True)
    appointed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("appointed by"),
    )
    letter = models.ForeignKey(
        PrivateFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("letter")
    )

    objects = MandateQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-begins_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gte=models.F("begins_at")),
                name="%(class)s_ends_after_it_begins",
                violation_error_message=_("The mandate ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} · {self.begins_at.date().isoformat()}"

    @property
    def scope(self) -> Any:
        """What the mandate is for: a city, a country, a panel."""
        raise NotImplementedError

    @property
    def is_in_force(self) -> bool:
        now = timezone.now()
        return self.begins_at <= now and (self.ends_at is None or self.ends_at > now)


class Coordinator(Mandate):
    """Who keeps a city's page and speaks for it. One person may serve several cities.

    The focal point, one at a time, also chooses the others. Editors write; focal point and alternates speak for
    the city as well: they answer what other cities ask of it.
    """

    class Role(models.TextChoices):
        FOCAL_POINT = "focal-point", _("focal point")
        ALTERNATE = "alternate", _("alternate")
        EDITOR = "editor", _("editor")

    SPEAKERS = (Role.FOCAL_POINT, Role.ALTERNATE)

    city = models.ForeignKey(City, models.PROTECT, related_name="coordinators", verbose_name=_("city"))
    role = models.CharField(_("role"), max_length=15, choices=Role)

    objects = CoordinatorQuerySet.as_manager()  # type: ignore[misc]  # a narrower manager than the base’s

    class Meta(Mandate.Meta):
        verbose_name = _("coordinator")
        verbose_name_plural = _("coordinators")
        constraints = [
            *Mandate.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(role__in=["focal-point", "alternate", "editor"]), name="coordinator_role_is_known"
            ),
            NoOverlap(
                key="city",
                start="begins_at",
                end="ends_at",
                only=("role", "focal-point"),
                name="coordinator_one_focal_point",
                violation_error_message=_("The city has another focal point at that time."),
            ),
            models.UniqueConstraint(
                fields=["user", "city"],
                condition=models.Q(ends_at=None),
                name="coordinator_once_a_city",
                violation_error_message=_("This person is a coordinator of the city already."),
            ),
        ]

    @property
    def scope(self) -> City:
        return self.city

    @property
    def is_focal_point(self) -> bool:
        return self.role == self.Role.FOCAL_POINT


class CommissionOfficer(Mandate):
    """Who acts for a country's National Commission for UNESCO."""

    country = models.ForeignKey(Country, models.PROTECT, related_name="commission_officers", verbose_name=_("country"))

    class Meta(Mandate.Meta):
        verbose_name = _("officer of a National Commission")
        verbose_name_plural = _("officers of National Commissions")
        constraints = [
            *Mandate.Meta.constraints,
            models.UniqueConstraint(
                fields=["user", "country"],
                condition=models.Q(ends_at=None),
                name="commission_officer_once_a_country",
                violation_error_message=_("This person is an officer of the Commission already."),
            ),
        ]

    @property
    def scope(self) -> Country:
        return self.country


class Evaluator(Mandate):
    """Who evaluates applications in a field: an independent expert, or a person named by a member city of it."""

    class Panel(models.TextChoices):
        EXPERTS = "experts", _("experts")
        CITIES = "cities", _("member cities")

    panel = models.CharField(_("panel"), max_length=10, choices=Panel)
    field = models.ForeignKey(
        CreativeField, models.PROTECT, related_name="evaluators", verbose_name=_("creative field")
    )
    city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="evaluators", verbose_name=_("named by the city")
    )
    countries = models.ManyToManyField(
        Country, blank=True, related_name="+", verbose_name=_("countries of the person, by citizenship or work")
    )
    reads_english = models.BooleanField(_("reads English"), default=True)
    reads_french = models.BooleanField(_("reads French"), default=True)
    max_load = models.PositiveSmallIntegerField(_("applications at once, at most"), default=6)

    class Meta(Mandate.Meta):
        verbose_name = _("evaluator")
        verbose_name_plural = _("evaluators")
        constraints = [
            *Mandate.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(panel="experts", city=None) | models.Q(panel="cities", city__isnull=False),
                name="evaluator_of_cities_has_a_city",
                violation_error_message=_("A person of the member cities’ panel is named by a city; an expert is not."),
            ),
            models.UniqueConstraint(
                fields=["user", "field"],
                condition=models.Q(ends_at=None),
                name="evaluator_once_a_field",
                violation_error_message=_("This person evaluates in the field already."),
            ),
        ]

    @property
    def scope(self) -> CreativeField:
        return self.field

    def reads(self, language: str) -> bool:
        return {"en": self.reads_english, "fr": self.reads_french}[language]


class FocalPointChangeQuerySet(models.QuerySet["FocalPointChange"]):
    def waiting(self) -> Self:
        return self.filter(status=FocalPointChange.Status.SUBMITTED)

    def visible_to(self, user: Any) -> Self:
        """All for the secretariat, those of their cities for coordinators, the own ones for whoever asked."""
        if user.has_perm("cities.view_focalpointchange"):
            return self
        if not (user.is_authenticated and user.is_active):
            return self.none()
        own_cities = City.objects.coordinated_by(user).order_by()
        return self.filter(models.Q(city__in=own_cities) | models.Q(requested_by=user))


class FocalPointChange(models.Model):
    """A city asks for another focal point, with the mayor's letter; staff approve or refuse."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("waiting for staff")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("request", "withdrawn")

    TRANSITIONS = {Status.SUBMITTED: {Status.APPROVED, Status.REFUSED, Status.WITHDRAWN}}

    city = models.ForeignKey(City, models.PROTECT, related_name="focal_point_changes", verbose_name=_("city"))
    email = models.EmailField(_("e-mail address of the new focal point"))
    name = models.CharField(_("name of the new focal point"), max_length=150)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    letter = models.ForeignKey(PrivateFile, models.PROTECT, related_name="+", verbose_name=_("letter of the mayor"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.SUBMITTED, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+", verbose_name=_("requested by")
    )
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    reason = models.TextField(_("reason"), blank=True, editable=False)

    objects = FocalPointChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of focal point")
        verbose_name_plural = _("changes of focal points")
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["city"],
                condition=models.Q(status="submitted"),
                name="focal_point_change_one_open",
                violation_error_message=_("A change of the focal point is waiting for staff already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city} · {self.requested_at.date().isoformat()}"

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.SUBMITTED
