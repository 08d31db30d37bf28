from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..constraints import CountsChanges
from .bilingual import Bilingual
from .city import City
from .moderated import Moderated, ModeratedQuerySet, Part, lines
from .photo import PhotoUse

PRESENTATION_WORDS = 500
ADDED_VALUE_WORDS = 250
PHOTOS = 8


class ProfileRevisionQuerySet(ModeratedQuerySet):
    def public(self, city: City) -> "ProfileRevision | None":
        """What the public reads of a city, with the day of its last confirmation as `confirmed_on`."""
        last = ProfileConfirmation.objects.filter(city=models.OuterRef("city")).order_by("-day").values("day")[:1]
        profiles = self.published().filter(city=city).annotate(confirmed_on=models.Subquery(last))
        return profiles.order_by("-number").first()  # type: ignore[return-value]  # a row with an annotation


class ProfileRevision(Moderated):
    """A whole state of a city's profile. The published one with the highest number is what the public reads.

    Repeated things are lists of plain values, whose forms know their shape:
    `links` [{"label", "url"}], `venues` [{"name_en", "name_fr", "url"}],
    `events` [{"name_en", "name_fr", "when_en", "when_fr", "url"}].
    """

    city = models.ForeignKey(City, models.PROTECT, related_name="profile_revisions", verbose_name=_("city"))
    number = models.PositiveIntegerField(_("number"), editable=False)
    presentation_en = models.TextField(_("presentation in English"), blank=True)
    presentation_fr = models.TextField(_("presentation in French"), blank=True)
    added_value_en = models.TextField(_("added value in English"), blank=True)
    added_value_fr = models.TextField(_("added value in French"), blank=True)
    presentation_en_at = models.DateTimeField(null=True, editable=False)
    presentation_fr_at = models.DateTimeField(null=True, editable=False)
    added_value_en_at = models.DateTimeField(null=True, editable=False)
    added_value_fr_at = models.DateTimeField(null=True, editable=False)
    website = models.URLField(_("website"), blank=True)
    links = models.JSONField(_("social links"), default=list, blank=True)
    venues = models.JSONField(_("key venues"), default=list, blank=True)
    events = models.JSONField(_("key events"), default=list, blank=True)
    contact_email = models.EmailField(_("public mailbox"), blank=True)
    contact_function_en = models.CharField(_("function in English"), max_length=150, blank=True)
    contact_function_fr = models.CharField(_("function in French"), max_length=150, blank=True)
    contact_name = models.CharField(_("name of the contact"), max_length=150, blank=True)
    contact_consent = models.BooleanField(_("the person agrees to be named in public"), default=False)
    is_demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)

    presentation = Bilingual()
    added_value = Bilingual()
    contact_function = Bilingual()

    WORDS = {"presentation": PRESENTATION_WORDS, "added_value": ADDED_VALUE_WORDS}
    TEXTS = tuple(WORDS)
    """Texts in two columns, each side with the instant of its last change."""

    objects = ProfileRevisionQuerySet.as_manager()  # type: ignore[misc]  # narrower than the one of its kind

    class Meta(Moderated.Meta):
        verbose_name = _("profile of a city")
        verbose_name_plural = _("profiles of cities")
        constraints = [
            *Moderated.Meta.constraints,
            models.UniqueConstraint(fields=["city", "number"], name="profile_revision_number_once"),
            models.UniqueConstraint(
                fields=["city"],
                condition=models.Q(status__in=["draft", "submitted", "changes-requested"]),
                name="profile_revision_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(contact_name="") | models.Q(contact_consent=True),
                name="profile_contact_named_with_consent",
                violation_error_message=_("A person is named only with consent."),
            ),
            CountsChanges(only=("status", "published"), name="profile_revision_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.city} · {self.number}"

    @property
    def subject(self) -> City:
        return self.city

    @property
    def home(self) -> City:
        return self.city

    @property
    def edit_url(self) -> str:
        return reverse("cities:my_profile", args=[self.city.slug])

    def siblings(self) -> ProfileRevisionQuerySet:
        return ProfileRevision.objects.filter(city=self.city_id)

    def parts(self) -> list[Part]:
        return [
            *(
                Part(text, label, getattr(self, f"{text}_{language}"), language)
                for text, label in (("presentation", _("Presentation")), ("added_value", _("Added value")))
                for language in ("en", "fr")
            ),
            Part("website", _("Website"), self.website),
            Part("links", _("Links"), lines(self.links, "label", "url")),
            *(
                Part(name, label, lines(getattr(self, name), *columns))
                for name, label, columns in (
                    ("venues", _("Key venues"), ("name_en", "name_fr", "url")),
                    ("events", _("Key events"), ("name_en", "name_fr", "when_en", "when_fr", "url")),
                )
            ),
            Part("contact_email", _("Public mailbox"), self.contact_email),
            Part("contact_function", _("Function of the contact"), self.contact_function_en, "en"),
            Part("contact_function", _("Function of the contact"), self.contact_function_fr, "fr"),
            Part("contact_name", _("Name of the contact"), self.contact_name),
        ]

    @property
    def venues_shown(self) -> list[SimpleNamespace]:
        """The venues with attributes, so that templates can fall back to the other language."""
        return [SimpleNamespace(**row) for row in self.venues]

    @property
    def events_shown(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(**row) for row in self.events]

    def missing_parts(self) -> list[Any]:
        if self.presentation_en or self.presentation_fr:
            return []
        return [_("Write the presentation in at least one language.")]

    def become_public(self) -> None:
        # One that this text did not change stays as staff have corrected it in the entry since.
        before = self.predecessor()
        if self.website != (before.website if before else self.city.website):
            self.city.website = self.website
            self.city.save(update_fields=["website"])

    def stamp(self, changed: set[str]) -> list[str]:
        # Sides changed together get the same instant: neither is older.
        now = timezone.now()
        sides = [f"{text}_{language}" for text in self.TEXTS for language in ("en", "fr")]
        stamped = [f"{side}_at" for side in sides if side in changed]
        for name in stamped:
            setattr(self, name, now)
        return stamped

    def stale_sides(self) -> list[str]:
        return sorted({side for text in self.TEXTS if (side := self.stale_side(text))})

    def stale_side(self, text: str) -> str:
        """The language ("en", "fr") of a text's older side, or of its empty one; "" when both are as good."""
        sides = {language: getattr(self, f"{text}_{language}") for language in ("en", "fr")}
        if not any(sides.values()):
            return ""
        for language, words in sides.items():
            if not words:
                return language
        en, fr = getattr(self, f"{text}_en_at"), getattr(self, f"{text}_fr_at")
        if en is None or fr is None or en == fr:
            return ""
        return "en" if en < fr else "fr"


class ProfilePhoto(PhotoUse):
    revision = models.ForeignKey(ProfileRevision, models.CASCADE, related_name="photo_uses")

    class Meta(PhotoUse.Meta):
        verbose_name = _("photo of a profile")
        verbose_name_plural = _("photos of profiles")
        constraints = [models.UniqueConstraint(fields=["revision", "photo"], name="profile_photo_once")]


class ProfileConfirmation(models.Model):
    """The focal point says that the city's facts and profile are still true."""

    city = models.ForeignKey(City, models.PROTECT, related_name="confirmations", verbose_name=_("city"))
    day = models.DateField(_("confirmed on"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("confirmation of a profile")
        verbose_name_plural = _("confirmations of profiles")
        ordering = ["-day", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["city", "day"], name="profile_confirmed_once_a_day"),
            CountsChanges(name="profile_confirmation_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.city} · {self.day.isoformat()}"
