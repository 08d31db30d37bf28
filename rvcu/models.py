import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_backends
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cities.constraints import AppendOnly, CountsChanges
from cities.days import PARIS

SEALED = frozenset({"cities.decide", "meetings.vote"})
"""Permissions that being a superuser does not give."""


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. The e-mail address is the login, unique whatever its case.

    Rows are emptied on request, never deleted: acts in the history point to them.
    """

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("secretariat staff"), default=False)
    date_joined = models.DateTimeField(_("account since"), auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_whatever_case",
                violation_error_message=_("There is an account with this address."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row and, with it, that its address is verified.

        Whoever sets `email` vouches for it: staff, an invitation, or the person who followed the link sent there. An
        address that somebody merely typed waits beside it, unverified, as a row of its own.
        """
        self.email = self.email.lower()
        changed = kwargs.get("update_fields")
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            if changed is None or "email" in changed:
                self._keep_address()

    def _keep_address(self) -> None:
        addresses = self.emailaddress_set.all()  # type: ignore[attr-defined]  # of allauth, which is not typed
        if not addresses.filter(email=self.email, verified=True, primary=True).exists():
            # A change that was asked for before falls with the former address.
            addresses.delete()
            addresses.create(user=self, email=self.email, verified=True, primary=True)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As for anyone, but a superuser, who is there to set up, sees nothing under embargo and votes for no city."""
        if perm in SEALED:
            return self.is_active and any(backend.has_perm(self, perm, obj) for backend in get_backends())
        return super().has_perm(perm, obj)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class DataSnapshot(models.Model):
    """All files of the open data as of a day, published once and kept: a row is only ever added.

    A day whose data were corrected has a further edition beside the former ones. The files stand on the disk; what
    each must be stands here (`rvcu.snapshots`).
    """

    day = models.DateField(_("day"))
    edition = models.PositiveSmallIntegerField(_("edition"))
    published_at = models.DateTimeField(_("published"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    reason = models.TextField(_("what was corrected"), blank=True)
    cities = models.PositiveIntegerField(_("member cities"))
    last_change = models.DateField(_("last change of the data"), null=True)
    history_head = models.CharField(_("head of the history"), max_length=100)
    """As it was when the data were read, without the act of publishing: `<count>:<hash>`."""
    files = models.JSONField(_("files"))
    """Name, size in bytes and SHA-256 of each: in the order of the manifest, then it, the sums and the archive."""
    changes = models.JSONField(_("changes since the edition before"), default=dict)
    """By the name of a list the keys of rows that came, went or changed; empty for a first edition."""

    class Meta:
        verbose_name = _("snapshot of the open data")
        verbose_name_plural = _("snapshots of the open data")
        ordering = ["-day", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["day", "edition"], name="snapshot_edition_once_a_day"),
            models.CheckConstraint(condition=models.Q(edition__gte=1), name="snapshot_editions_count_from_one"),
            AppendOnly(unique=(("day", "edition"),), name="snapshots_only_grow"),
            CountsChanges(name="snapshot_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.day.isoformat()} · {self.edition}"

    @property
    def published_on(self) -> datetime.date:
        return self.published_at.astimezone(PARIS).date()

    @property
    def size(self) -> int:
        """Of all files, in bytes."""
        return sum(file["size"] for file in self.files)

    @property
    def manifest_sha256(self) -> str:
        return self.file("manifest.json")["sha256"]

    @property
    def archive(self) -> dict[str, Any]:
        """The file that holds all others."""
        return self.files[-1]

    def file(self, name: str) -> dict[str, Any]:
        """Name, size and sum of one of its files; raises KeyError."""
        try:
            return next(file for file in self.files if file["name"] == name)
        except StopIteration:
            raise KeyError(name) from None

    def get_absolute_url(self) -> str:
        """Of its page, in the language of the reader."""
        return reverse("data_snapshot", args=[self.day.isoformat(), self.edition])

    def get_manifest_url(self) -> str:
        """The address that its files name and stand under: of no language, and for ever the same."""
        return reverse("snapshot", args=[self.day.isoformat(), self.edition])

    def get_archive_url(self) -> str:
        return reverse("snapshot_file", args=[self.day.isoformat(), self.edition, self.archive["name"]])
