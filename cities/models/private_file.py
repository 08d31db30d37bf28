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


def _related(name: str) -> Any:
    """The rows that point to files under a name: later models, which import this one."""
    related: Any = PrivateFile._meta.get_field(name).related_model
    return related.objects


class PrivateFileQuerySet(models.QuerySet["PrivateFile"]):
    def visible_to(self, user: Any) -> "PrivateFileQuerySet":
        """What a person sent, and what the thing that a file belongs to opens to them.

        Documents of an application: its team, the Commission that it was shared with, evaluators after their
        declaration (those that were not replaced), the secretariat once it was submitted. Letters of a Commission
        the same, the secretariat always. Acts of decisions: decision officers alone until the announcement, whoever
        sent them. Documents of calls: anybody once the call is no draft. Letters of mayors: the secretariat.
        Documents of meetings: whoever may see the document. Letters of host bids: whoever may read the
        bid, its own cities among them. Agreements with hosts: the secretariat.
        """
        kind = PrivateFile.Kind
        wanted = models.Q(kind=kind.CALL, call_documents__in=self._keys("call_documents", call__in=self._calls(user)))
        documents = _related("meeting_documents").visible_to(user).order_by().values("pk")
        wanted |= models.Q(kind=kind.MEETING, meeting_documents__in=documents)
        if user.has_perm("cities.decide"):
            wanted |= models.Q(kind=kind.DECISION)
        if not (user.is_authenticated and user.is_active):
            return self.filter(pk__in=PrivateFile.objects.filter(wanted).order_by().values("pk"))
        wanted |= models.Q(uploaded_by=user) & ~models.Q(kind=kind.DECISION)
        applications = _related("application_documents").model._meta.get_field("application").related_model.objects
        own = applications.of_team(user).order_by().values("pk")
        shared = applications.of_commission(user).order_by().values("pk")
        evaluated = applications.opened_by(user).order_by().values("pk")
        for known in (own, shared):
            wanted |= models.Q(kind=kind.APPLICATION, application_documents__application__in=known)
            wanted |= models.Q(kind=kind.ENDORSEMENT, endorsements__application__in=known)
        current = self._keys("application_documents", application__in=evaluated, replaced_at=None)
        wanted |= models.Q(kind=kind.APPLICATION, application_documents__in=current)
        in_force = self._keys("endorsements", application__in=evaluated, status="endorsed")
        wanted |= models.Q(kind=kind.ENDORSEMENT, endorsements__in=in_force)
        if user.has_perm("cities.view_application"):
            announced = self._keys("decisions", application__call__announced_at__isnull=False)
            wanted |= models.Q(kind__in=[kind.MAYORS_LETTER, kind.ENDORSEMENT])
            wanted |= models.Q(kind=kind.APPLICATION, application_documents__application__submitted_at__isnull=False)
            wanted |= models.Q(kind=kind.DECISION, decisions__in=announced)
        wanted |= models.Q(kind=kind.HOST_BID, bid_letters__in=self._letters_of_bids(user))
        if user.has_perm("meetings.view_hostbid"):
            wanted |= models.Q(kind=kind.HOST_BID, host_agreements__isnull=False)
        return self.filter(pk__in=PrivateFile.objects.filter(wanted).order_by().values("pk"))

    @staticmethod
    def _keys(name: str, **conditions: Any) -> Any:
        return _related(name).filter(**conditions).order_by().values("pk")

    @staticmethod
    def _letters_of_bids(user: Any) -> Any:
        cities = _related("bid_letters")
        bids = cities.model._meta.get_field("bid").related_model.objects.readable_by(user).order_by().values("pk")
        return cities.filter(bid__in=bids, left_at=None).order_by().values("pk")

    @staticmethod
    def _calls(user: Any) -> Any:
        calls = _related("call_documents").model._meta.get_field("call").related_model.objects
        return calls.visible_to(user).order_by().values("pk")


class PrivateFile(models.Model):
    """A document that only some may read, from one address that asks who is asking. Never on a public address."""

    class Kind(models.TextChoices):
        MAYORS_LETTER = "mayors-letter", _("letter of the mayor")
        APPLICATION = "application", _("document of an application")
        ENDORSEMENT = "endorsement", _("letter of a National Commission")
        CALL = "call", _("document of a call")
        DECISION = "decision", _("act of a decision")
        MEETING = "meeting", _("document of a meeting")
        HOST_BID = "host-bid", _("letter of a host bid")

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
