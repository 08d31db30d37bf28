import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..constraints import CountsChanges
from ..text import search_text, slug_of, sort_key, words
from .bilingual import Bilingual
from .city import SLUG_LENGTH, City
from .imported import Imported
from .moderated import Moderated, Part, lines
from .photo import PhotoUse

TEXT_WORDS = 600
FIRST_YEAR, YEARS_AHEAD = 1990, 10
"""An initiative begins and ends between this year and so many years from now."""


class Theme(Imported):
    """An area of action, an objective of the network or a Sustainable Development Goal."""

    class Kind(models.TextChoices):
        AREA = "area", _("area of action")
        OBJECTIVE = "objective", _("objective")
        SDG = "sdg", _("Sustainable Development Goal")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(_("position"))
    name_en = models.CharField(_("name in English"), max_length=200)
    name_fr = models.CharField(_("name in French"), max_length=200)

    name = Bilingual()

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["kind", "position"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "position"], name="theme_position_once"),
            CountsChanges(name="theme_changes_count"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """With its number where it is known by that: "11 Sustainable cities and communities"."""
        return f"{self.position} {self.name}" if self.kind == self.Kind.SDG else self.name


class InitiativeQuerySet(models.QuerySet["Initiative"]):
    def public(self) -> "InitiativeQuerySet":
        return self.filter(published__isnull=False)

    def visible_to(self, user: Any) -> "InitiativeQuerySet":
        """What `cities.read_initiative` opens: the public ones, one's cities' own, and those they are asked into."""
        if user.has_perm("cities.view_initiative"):
            return self.all()
        own = City.objects.coordinated_by(user)
        asked = Partnership.objects.filter(city__in=own, status__in=Partnership.TAKING_PART)
        return self.filter(
            models.Q(published__isnull=False) | models.Q(lead__in=own) | models.Q(pk__in=asked.values("initiative"))
        )

    def with_cities(self, cities: Any) -> "InitiativeQuerySet":
        """Led by one of the cities, or with one of them as a confirmed partner."""
        partners = Partnership.objects.confirmed().filter(city__in=cities)
        return self.filter(models.Q(lead__in=cities) | models.Q(pk__in=partners.values("initiative")))

    def search(self, text: str) -> "InitiativeQuerySet":
        """Where every word begins a word of the text, or of the name of the lead or of a confirmed partner."""
        initiatives = self
        partners = Partnership.objects.confirmed()
        for word in words(text):
            begun = f" {word}"
            initiatives = initiatives.filter(
                models.Q(search_text__contains=begun)
                | models.Q(lead__search_text__contains=begun)
                | models.Q(pk__in=partners.filter(city__search_text__contains=begun).values("initiative"))
            )
        return initiatives


class Initiative(models.Model):
    """What a member city does with others. Its text is that of `published`; without one it is not public."""

    slug = models.SlugField(_("address"), max_length=SLUG_LENGTH, unique=True)
    lead = models.ForeignKey(City, models.PROTECT, related_name="led_initiatives", verbose_name=_("lead city"))
    published = models.OneToOneField(
        "InitiativeRevision", models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("published")
    )
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)
    sort_key_en = models.CharField(max_length=100, editable=False, default="")
    sort_key_fr = models.CharField(max_length=100, editable=False, default="")
    search_text = models.TextField(editable=False, default="")

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        verbose_name = _("initiative")
        verbose_name_plural = _("initiatives")
        ordering = ["-created_at", "-pk"]
        constraints = [CountsChanges(name="initiative_changes_count")]

    def __str__(self) -> str:
        return self.published.title if self.published else self.slug.replace("-", " ").capitalize()

    def get_absolute_url(self) -> str:
        return reverse("cities:initiative", args=[self.slug])

    @property
    def last_revision(self) -> "InitiativeRevision":
        """The newest state of the text: the open one, if there is any."""
        return self.revisions.order_by("-number")[0]

    def set_slug(self, title: str) -> None:
        """An address made of a title, that no other initiative has."""
        base = slug_of(title, SLUG_LENGTH - 5) or "initiative"
        taken = set(Initiative.objects.filter(slug__startswith=base).exclude(pk=self.pk).values_list("slug", flat=True))
        self.slug, number = base, 1
        while self.slug in taken:
            number += 1
            self.slug = f"{base}-{number}"


class InitiativeRevision(Moderated):
    """A whole state of an initiative's text. `others` are the partners that are no member cities."""

    class Sector(models.TextChoices):
        PUBLIC = "public", _("public sector")
        PRIVATE = "private", _("private sector")
        CIVIL_SOCIETY = "civil-society", _("civil society")
        ACADEMIA = "academia", _("academia")

    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="revisions", verbose_name=_("initiative"))
    number = models.PositiveIntegerField(_("number"), editable=False)
    title_en = models.CharField(_("title in English"), max_length=200, blank=True)
    title_fr = models.CharField(_("title in French"), max_length=200, blank=True)
    text_en = models.TextField(_("text in English"), blank=True)
    text_fr = models.TextField(_("text in French"), blank=True)
    first_year = models.PositiveSmallIntegerField(_("first year"), null=True, blank=True)
    last_year = models.PositiveSmallIntegerField(
        _("last year"), null=True, blank=True, help_text=_("empty while it goes on")
    )
    themes = models.ManyToManyField(Theme, related_name="revisions", verbose_name=_("themes"), blank=True)
    others = models.JSONField(_("other partners"), default=list, blank=True)
    """[{"name", "sector" (of `Sector`), "url"}]."""
    links = models.JSONField(_("links"), default=list, blank=True)
    """[{"label", "url"}]."""

    title = Bilingual()
    text = Bilingual()

    WORDS = {"text": TEXT_WORDS}

    class Meta(Moderated.Meta):
        verbose_name = _("text of an initiative")
        verbose_name_plural = _("texts of initiatives")
        constraints = [
            *Moderated.Meta.constraints,
            models.UniqueConstraint(fields=["initiative", "number"], name="initiative_revision_number_once"),
            models.UniqueConstraint(
                fields=["initiative"],
                condition=models.Q(status__in=["draft", "submitted", "changes-requested"]),
                name="initiative_revision_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(last_year=None)
                | models.Q(first_year__isnull=False, last_year__isnull=False, last_year__gte=models.F("first_year")),
                name="initiative_ends_after_it_begins",
                violation_error_message=_("The last year is before the first."),
            ),
            CountsChanges(only=("status", "published"), name="initiative_revision_changes_count"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.initiative.lead} · {self.number}"

    @property
    def subject(self) -> Initiative:
        return self.initiative

    @property
    def called(self) -> str:
        # Before the first publication the initiative itself has no title.
        return str(self)

    @property
    def home(self) -> City:
        return self.initiative.lead

    @property
    def edit_url(self) -> str:
        return reverse("cities:my_initiative", args=[self.initiative_id])

    def siblings(self) -> models.QuerySet["InitiativeRevision"]:
        return InitiativeRevision.objects.filter(initiative=self.initiative_id)

    def parts(self, themes: list[Theme] | None = None) -> list[Part]:
        """`themes` stand in for those of a text that is not stored."""

        sectors = dict(self.Sector.choices)
        others = [{**row, "sector": str(sectors.get(row["sector"], row["sector"]))} for row in self.others]
        themes = list(self.themes.all()) if themes is None else themes
        return [
            *(
                Part(name, label, getattr(self, f"{name}_{language}"), language)
                for name, label in (("title", _("Title")), ("text", _("Text")))
                for language in ("en", "fr")
            ),
            Part("first_year", _("First year"), str(self.first_year or "")),
            Part("last_year", _("Last year"), str(self.last_year or "")),
            *(
                Part(kind, label, "\n".join(theme.label for theme in themes if theme.kind == kind))
                for kind, label in (
                    (Theme.Kind.AREA, _("Areas of action")),
                    (Theme.Kind.OBJECTIVE, _("Objectives")),
                    (Theme.Kind.SDG, _("Sustainable Development Goals")),
                )
            ),
            Part("others", _("Other partners"), lines(others, "name", "sector", "url")),
            Part("links", _("Links"), lines(self.links, "label", "url")),
        ]

    def missing_parts(self) -> list[Any]:
        missing: list[Any] = []
        if not (self.title_en and self.title_fr):
            missing.append(_("Give the title in both languages."))
        if not (self.text_en or self.text_fr):
            missing.append(_("Write the text in at least one language."))
        if self.first_year is None:
            missing.append(_("Say in which year it began or begins."))
        if not self.themes.filter(kind=Theme.Kind.AREA).exists():
            missing.append(_("Choose at least one area of action."))
        return missing

    def stale_sides(self) -> list[str]:
        empty = {
            language
            for text in ("title", "text")
            for language, other in (("en", "fr"), ("fr", "en"))
            if not getattr(self, f"{text}_{language}") and getattr(self, f"{text}_{other}")
        }
        return sorted(empty)

    def become_public(self) -> None:
        """The first text that is published also gives the address, which then stays."""
        initiative = self.initiative
        if initiative.published_id is None:
            initiative.set_slug(self.title_en)
        initiative.published = self
        initiative.sort_key_en = sort_key(self.title_en)
        initiative.sort_key_fr = sort_key(self.title_fr)
        initiative.search_text = search_text([self.title_en, self.title_fr, self.text_en, self.text_fr])
        initiative.save(update_fields=["slug", "published", "sort_key_en", "sort_key_fr", "search_text"])


class InitiativePhoto(PhotoUse):
    revision = models.ForeignKey(InitiativeRevision, models.CASCADE, related_name="photo_uses")

    class Meta(PhotoUse.Meta):
        verbose_name = _("photo of an initiative")
        verbose_name_plural = _("photos of initiatives")
        constraints = [models.UniqueConstraint(fields=["revision", "photo"], name="initiative_photo_once")]


class PartnershipQuerySet(models.QuerySet["Partnership"]):
    def confirmed(self) -> "PartnershipQuerySet":
        return self.filter(status=Partnership.Status.CONFIRMED)

    def public(self) -> "PartnershipQuerySet":
        return self.confirmed().filter(initiative__published__isnull=False)

    def visible_to(self, user: Any) -> "PartnershipQuerySet":
        """What `cities.read_partnership` opens: the public ones, and those that one's cities lead or are asked into."""
        if user.has_perm("cities.view_partnership"):
            return self.all()
        own = City.objects.coordinated_by(user)
        return self.filter(
            models.Q(status=Partnership.Status.CONFIRMED, initiative__published__isnull=False)
            | models.Q(city__in=own)
            | models.Q(initiative__lead__in=own)
        )

    def counting(self, on: datetime.date) -> "PartnershipQuerySet":
        """Those that count as cooperation on a day: confirmed, in a published initiative whose years cover it.

        Whether both cities were members then is for the caller to see.
        """
        years = "initiative__published__"
        still = models.Q(**{f"{years}last_year": None}) | models.Q(**{f"{years}last_year__gte": on.year})
        return self.confirmed().filter(still, **{f"{years}first_year__lte": on.year})


class Partnership(models.Model):
    """A member city's part in an initiative, public only once the city has confirmed it."""

    class Status(models.TextChoices):
        ASKED = "asked", _("waiting for the partner’s answer")
        CONFIRMED = "confirmed", _("confirmed")
        DECLINED = "declined", _("declined")
        ENDED = "ended", _("ended")

    TAKING_PART = (Status.ASKED, Status.CONFIRMED)
    """The city may read what the lead writes; once it declined or left, what is public only."""
    TRANSITIONS = {
        Status.ASKED: {Status.CONFIRMED, Status.DECLINED, Status.ENDED},
        Status.CONFIRMED: {Status.ENDED},
        Status.DECLINED: {Status.ASKED},
        Status.ENDED: {Status.ASKED},
    }

    initiative = models.ForeignKey(
        Initiative, models.CASCADE, related_name="partnerships", verbose_name=_("initiative")
    )
    city = models.ForeignKey(City, models.PROTECT, related_name="partnerships", verbose_name=_("partner city"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ASKED, editable=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("by")
    )
    reminded_at = models.DateTimeField(_("reminded"), null=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("by")
    )
    word = models.TextField(_("a word with the answer"), blank=True)

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("partnership")
        verbose_name_plural = _("partnerships")
        ordering = ["initiative", "city"]
        constraints = [
            models.UniqueConstraint(fields=["initiative", "city"], name="partnership_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=["asked", "confirmed", "declined", "ended"]),
                name="partnership_status_is_known",
            ),
            CountsChanges(name="partnership_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.initiative} · {self.city}"

    def get_absolute_url(self) -> str:
        return reverse("cities:my_partnership", args=[self.pk])

    def may_become(self, status: str) -> bool:
        return status in self.TRANSITIONS[Partnership.Status(self.status)]

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.ASKED

    @property
    def is_confirmed(self) -> bool:
        return self.status == self.Status.CONFIRMED

    @property
    def may_end(self) -> bool:
        return self.may_become(self.Status.ENDED)

    @property
    def may_be_asked_again(self) -> bool:
        return self.may_become(self.Status.ASKED)
