import datetime
import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..constraints import CountsChanges
from ..days import today
from .bilingual import Bilingual, in_language
from .city import City
from .private_file import private_storage

LARGE, SMALL = 2400, 640
"""The longer side of the two sizes that are kept, in pixels."""


def photo_name(instance: "Photo", filename: str) -> str:
    return f"photos/{instance.pk.hex[:2]}/{instance.pk.hex}-{filename}"


GRANT_ENDS_SOON = datetime.timedelta(days=60)
"""So long before the right to show a photo ends, its city and staff see it coming."""


class PhotoQuerySet(models.QuerySet["Photo"]):
    def usable(self) -> "PhotoQuerySet":
        """The photos whose rights allow showing them today."""
        return self.filter(
            models.Q(granted_until=None) | models.Q(granted_until__gte=today()),
            granted_on__isnull=False,
            withdrawn_at=None,
        )


class Photo(models.Model):
    """A picture of a city or an application, re-encoded, free of what the camera wrote, and the right to show it.

    The file never changes; what is said about it (`PhotoUse`) belongs to the text that uses it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    city = models.ForeignKey(City, models.PROTECT, null=True, blank=True, related_name="photos", verbose_name=_("city"))
    application = models.ForeignKey(
        "cities.Application",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="photos",
        verbose_name=_("application"),
    )
    """Whose photo it was before there was a city; the announcement gives it to the city."""
    large = models.FileField(_("picture"), storage=private_storage, upload_to=photo_name)
    small = models.FileField(_("small picture"), storage=private_storage, upload_to=photo_name)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    rights_holder = models.CharField(_("holder of the rights"), max_length=200, blank=True)
    granted_on = models.DateField(_("rights granted on"), null=True, blank=True)
    granted_until = models.DateField(_("rights granted until"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("grant withdrawn"), null=True, blank=True, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["-uploaded_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(granted_until=None) | models.Q(granted_until__gte=models.F("granted_on")),
                name="photo_grant_ends_after_it_begins",
                violation_error_message=_("The grant ends before it begins."),
            ),
            models.CheckConstraint(
                condition=models.Q(city__isnull=False) | models.Q(application__isnull=False),
                name="photo_belongs_to_somebody",
            ),
            CountsChanges(name="photo_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.city or self.application} · {self.uploaded_at.date().isoformat()}"

    def get_absolute_url(self) -> str:
        return reverse("photo", args=[self.pk, "large"])

    @property
    def small_url(self) -> str:
        return reverse("photo", args=[self.pk, "small"])

    @property
    def small_width(self) -> int:
        """The width of the small picture, which is no larger than SMALL either way."""
        return round(self.width * min(1, SMALL / max(self.width, self.height)))

    @property
    def is_over(self) -> bool:
        """Whether the right to show it has ended by its own day."""
        return self.granted_until is not None and self.granted_until < today()

    @property
    def is_usable(self) -> bool:
        return bool(
            self.granted_on and not self.withdrawn_at and (not self.granted_until or self.granted_until >= today())
        )


class PhotoUse(models.Model):
    """A photo in a text: its place, what it shows in words, and whom to name."""

    photo = models.ForeignKey(Photo, models.PROTECT, related_name="%(class)s_uses", verbose_name=_("photo"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    alt_en = models.CharField(_("what it shows, in English"), max_length=250, blank=True)
    alt_fr = models.CharField(_("what it shows, in French"), max_length=250, blank=True)
    credit = models.CharField(_("credit"), max_length=150, blank=True)

    alt = Bilingual()

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.alt or str(self.photo)

    @property
    def alt_language(self) -> str:
        """The language that `alt` is in."""
        return in_language(self, "alt")[1]

    @property
    def is_complete(self) -> bool:
        """Whether all is there that publication asks for, the grant aside."""
        return bool(self.alt_en and self.alt_fr and self.credit)
