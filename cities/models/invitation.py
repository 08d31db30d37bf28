import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .city import City
from .country import Country
from .creative_field import CreativeField
from .mandate import Coordinator, Evaluator, FocalPointChange

ROLES = [
    *Coordinator.Role.choices,
    # Of an application's team, which shares the editor with a city's.
    ("owner", pgettext_lazy("application", "owner")),
    ("reader", pgettext_lazy("application", "reader")),
]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Neither used nor withdrawn nor expired."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now())

    def unused(self) -> "InvitationQuerySet":
        """Open, or expired only: what can be sent again or withdrawn."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def visible_to(self, user: Any) -> "InvitationQuerySet":
        """All for the secretariat; to coordinators, those to their cities; to owners, those to their applications."""
        if user.has_perm("cities.view_invitation"):
            return self
        own_cities = City.objects.coordinated_by(user).order_by()
        # By name: applications come after invitations.
        applications: Any = Invitation._meta.get_field("application").related_model
        applicants = applications._meta.get_field("applicants").related_model.objects
        owned = applicants.of(user).in_force().filter(role="owner").order_by().values("application")
        return self.filter(
            models.Q(kind=Invitation.Kind.COORDINATOR, city__in=own_cities) | models.Q(application__in=owned)
        )


class Invitation(models.Model):
    """A letter to a person who is to have a mandate, or an account of staff. Its link works once, until it expires.

    The link's token is made when the mail is sent; only its hash is kept here.
    """

    class Kind(models.TextChoices):
        COORDINATOR = "coordinator", _("coordinator of a city")
        COMMISSION = "commission", _("officer of a National Commission")
        EVALUATOR = "evaluator", _("evaluator")
        STAFF = "staff", _("secretariat staff")
        APPLICANT = "applicant", _("team of an application")

    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="invitations", verbose_name=_("city")
    )
    role = models.CharField(_("role"), max_length=15, choices=ROLES, blank=True)
    country = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("country")
    )
    panel = models.CharField(_("panel"), max_length=10, choices=Evaluator.Panel, blank=True)
    field = models.ForeignKey(
        CreativeField, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("creative field")
    )
    group = models.ForeignKey(
        Group, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("group of the secretariat")
    )
    call = models.ForeignKey(
        "cities.Call", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("call for applications")
    )
    """In which somebody who verified their address by this link may begin an application."""
    application = models.ForeignKey(
        "cities.Application",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name=_("application"),
    )
    change = models.ForeignKey(
        FocalPointChange,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="invitations",
        verbose_name=_("change of focal point"),
    )
    """The approved change that this invitation carries out: the mandates switch when it is accepted."""
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("invited by"),
    )
    """None: the person asked for it, to begin an application."""
    created_at = models.DateTimeField(_("invited"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), editable=False)
    token_hash = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    accepted_at = models.DateTimeField(pgettext_lazy("invitation", "accepted"), null=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="invitations",
        verbose_name=_("accepted by"),
    )
    withdrawn_at = models.DateTimeField(pgettext_lazy("invitation", "withdrawn"), null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=(models.Q(kind="coordinator", city__isnull=False) & ~models.Q(role=""))
                | models.Q(kind="commission", country__isnull=False)
                | (models.Q(kind="evaluator", field__isnull=False) & ~models.Q(panel=""))
                | models.Q(kind="staff", group__isnull=False)
                | (models.Q(kind="applicant", application__isnull=False) & ~models.Q(role=""))
                | models.Q(kind="applicant", call__isnull=False, application=None),
                name="invitation_says_to_what",
                violation_error_message=_("Say what the person is invited to."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.created_at.date().isoformat()}"

    @property
    def is_open(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at and self.expires_at > timezone.now()

    @property
    def is_unused(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at

    @property
    def scope(self) -> Any:
        """What the invitation is to: a city, a country, a creative field, a group of staff."""
        return {
            self.Kind.COORDINATOR: self.city,
            self.Kind.COMMISSION: self.country,
            self.Kind.EVALUATOR: self.field,
            self.Kind.STAFF: self.group,
            self.Kind.APPLICANT: self.application or self.call,
        }[self.Kind(self.kind)]

    @staticmethod
    def default_expiry() -> datetime.datetime:
        return timezone.now() + datetime.timedelta(days=settings.INVITATION_DAYS)
