import uuid
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .city import City


def private_storage():
    return storages["private"]


def private_name(instance: "PrivateFile", filename: str) -> str:
    """Where a file is kept: by its own number, never by the name that a stranger gave it."""
    return f"files/{instance.pk.hex[:2]}/{instance.pk.hex}"


class PrivateFileQuerySet(models.QuerySet["PrivateFile"]):
    def visible_to(self, user: Any) -> "PrivateFileQuerySet":
        """All for the secretariat; for anybody else what they sent themselves."""
        if user.has_perm("cities.view_privatefile"):
            return self
        return self.filter(uploaded_by=user) if user.is_authenticated and user.is_active else self.none()


class PrivateFile(models.Model):
    """A document that only some may read, from one address that asks who is asking. Never on a public address."""

    class Kind(models.TextChoices):
        MAYORS_LETTER = "mayors-letter", _("letter of the mayor")
        APPLICATION = "application", _("document of an application")
        ENDORSEMENT = "endorsement", _("letter of a National Commission")
        CALL = "call", _("document of a call")
        DECISION = "decision", _("act of a decision")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="private_files", verbose_name=_("city")
    )
    file = models.FileField(_("file"), storage=private_storage, upload_to=private_name)
    name = models.CharField(_("name of the file"), max_length=120)
    content_type = models.CharField(_("type"), max_length=40, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    objects = PrivateFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("private file")
        verbose_name_plural = _("private files")
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("cities:file", args=[self.pk])
