from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .application import Application
from .call import Call
from .country import Country
from .creative_field import CreativeField
from .mandate import CommissionOfficer
from .private_file import PrivateFile


class EndorsementQuerySet(models.QuerySet["Endorsement"]):
    def in_force(self) -> Self:
        return self.filter(status=Endorsement.Status.ENDORSED)

    def visible_to(self, user: Any) -> Self:
        """Those of their country for officers of a National Commission, all for the secretariat."""
        if user.has_perm("cities.view_endorsement"):
            return self
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.filter(country__in=CommissionOfficer.objects.of(user).in_force().order_by().values("country"))


class Endorsement(models.Model):
    """What a country's National Commission says to an application that was shared with it.

    An endorsement takes a numbered place of the country: `place` 1 to the call's cap. That no place is given twice,
    none beyond the cap, and (where the call says so) no field twice, holds the database, whoever endorses at once.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("asked for")
        ENDORSED = "endorsed", _("endorsed")
        DECLINED = "declined", pgettext_lazy("endorsement", "declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("endorsement", "withdrawn")

    TRANSITIONS = {
        Status.REQUESTED: {Status.ENDORSED, Status.DECLINED, Status.WITHDRAWN},
        Status.ENDORSED: {Status.WITHDRAWN},
        Status.DECLINED: {Status.ENDORSED},
        Status.WITHDRAWN: {Status.ENDORSED, Status.DECLINED, Status.REQUESTED},
    }
    """A Commission may change its mind until its deadline."""

    application = models.OneToOneField(
        Application, models.PROTECT, related_name="endorsement", verbose_name=_("application")
    )
    call = models.ForeignKey(Call, models.PROTECT, related_name="endorsements", verbose_name=_("call"))
    country = models.ForeignKey(Country, models.PROTECT, related_name="endorsements", verbose_name=_("country"))
    field = models.ForeignKey(
        CreativeField, models.PROTECT, null=True, related_name="+", verbose_name=_("creative field")
    )
    """The field that was endorsed: the application keeps it while the endorsement is in force."""
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED, editable=False)
    place = models.PositiveSmallIntegerField(_("place"), null=True, editable=False)
    cap = models.PositiveSmallIntegerField(null=True, editable=False)
    """The call's cap, frozen with it; None without one."""
    fields_differ = models.BooleanField(default=False, editable=False)
    rank = models.PositiveSmallIntegerField(_("wish"), null=True, blank=True)
    """The Commission's own order before it chooses; for its eyes and the secretariat's."""
    letter = models.ForeignKey(
        PrivateFile, models.PROTECT, null=True, blank=True, related_name="endorsements", verbose_name=_("letter")
    )
    note = models.TextField(_("note of the Commission"), blank=True)
    """Not for the city."""
    reason = models.TextField(_("reason told to the city"), blank=True)
    on_paper = models.BooleanField(_("received on paper"), default=False)
    received_on = models.DateField(_("received on"), null=True, editable=False)
    """The day on which the letter came on paper: it counts for the deadline, not the day on which it was recorded."""
    requested_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True)

    objects = EndorsementQuerySet.as_manager()

    class Meta:
        verbose_name = _("endorsement")
        verbose_name_plural = _("endorsements")
        ordering = ["call", "country", "rank", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["requested", "endorsed", "declined", "withdrawn"]),
                name="endorsement_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status="endorsed", place__isnull=False, place__gte=1, field__isnull=False)
                | (~models.Q(status="endorsed") & models.Q(place=None)),
                name="endorsement_takes_a_place",
            ),
            models.CheckConstraint(
                condition=models.Q(place=None) | models.Q(cap=None) | models.Q(place__lte=models.F("cap")),
                name="endorsement_within_the_cap",
            ),
            models.UniqueConstraint(
                fields=["call", "country", "place"],
                condition=models.Q(place__isnull=False),
                name="endorsement_place_once",
            ),
            models.UniqueConstraint(
                fields=["call", "country", "field"],
                condition=models.Q(status="endorsed", fields_differ=True),
                name="endorsement_fields_differ",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} · {self.get_status_display()}"

    @property
    def is_in_force(self) -> bool:
        return self.status == self.Status.ENDORSED
