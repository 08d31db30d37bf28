from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    def due(self) -> "OutboxMessageQuerySet":
        """What is to be sent now: approved, or failed with its next try come, or left by a sender that was killed."""
        Status = OutboxMessage.Status  # noqa: N806  a class
        return self.filter(status__in=[Status.APPROVED, Status.FAILED, Status.SENDING], next_try_at__lte=timezone.now())

    def waiting_for_staff(self) -> "OutboxMessageQuerySet":
        """What does not leave unless staff do something."""
        return self.filter(status__in=[OutboxMessage.Status.HELD, OutboxMessage.Status.GIVEN_UP])


class OutboxMessage(models.Model):
    """A mail, written in the transaction of the act that it tells of and sent after it, at least once.

    `body` holds `TOKEN` where a link needs a secret: that is made at sending and never kept, except in the demo,
    whose mails go nowhere and are read in the admin. Some time after it was sent the row is emptied, and told by
    `template` alone.
    """

    TOKEN = "******"  # noqa: S105  what stands for a secret, in letters that an address does not encode

    class Status(models.TextChoices):
        HELD = "held", _("held for approval")
        APPROVED = "approved", _("to be sent")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed, will be tried again")
        GIVEN_UP = "given-up", _("given up")
        WITHDRAWN = "withdrawn", _("withdrawn")

    TRANSITIONS = {
        Status.HELD: {Status.APPROVED, Status.WITHDRAWN},
        Status.APPROVED: {Status.SENDING, Status.WITHDRAWN},
        Status.SENDING: {Status.SENDING, Status.SENT, Status.FAILED, Status.GIVEN_UP},
        Status.FAILED: {Status.SENDING, Status.APPROVED, Status.WITHDRAWN},
        Status.GIVEN_UP: {Status.APPROVED, Status.WITHDRAWN},
    }

    class Secret(models.TextChoices):
        """What kind of secret the mail's link carries, made at sending."""

        NONE = "", _("none")
        INVITATION = "invitation", _("invitation")
        PASSWORD_RESET = "password-reset", _("new password")
        ADDRESS = "address", _("confirmation of an address")
        REGISTRATION = "registration", _("registration for a meeting")
        REGISTRATION_FORM = "registration-form", _("form to register for a meeting")

    template = models.CharField(_("kind of mail"), max_length=60)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="mails",
        verbose_name=_("person"),
    )
    to = models.EmailField(_("to"), blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    body = models.TextField(_("text"), blank=True)
    secret = models.CharField(_("secret"), max_length=20, choices=Secret, blank=True, default="")
    secret_of = models.CharField(max_length=40, blank=True, default="")
    """Primary key of what the secret opens."""
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.APPROVED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["status", "next_try_at"], name="outbox_due")]

    def __str__(self) -> str:
        return self.subject or self.template

    @property
    def is_empty(self) -> bool:
        """Whether address and text are gone, after the time they are kept or with the person."""
        return not self.body


class Reminder(models.Model):
    """What the clock has done once: sent, for the event that `key` names. Holds numbers and days, no person."""

    key = models.CharField(max_length=120, unique=True)
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("reminder sent")
        verbose_name_plural = _("reminders sent")

    def __str__(self) -> str:
        return self.key
