"""Calls for applications. Rules, questions and criteria are rows that staff edit and that freeze with publication."""

import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..constraints import CountsChanges, FrozenRules, FrozenWith
from ..days import PARIS
from ..text import SLUG
from .bilingual import Bilingual
from .country import Country, Region
from .creative_field import CreativeField
from .private_file import PrivateFile

if TYPE_CHECKING:
    from .application import Application

RULES = (
    "slug",
    "opens_at",
    "national_deadline_at",
    "closes_at",
    "takes_english",
    "takes_french",
    "max_endorsed",
    "max_designated",
    "endorsed_fields_differ",
    "designated_fields_differ",
    "min_local",
    "max_local",
    "min_international",
    "max_international",
    "support_letters",
    "photos",
    "max_links",
    "expert_reviews",
    "city_reviews",
    "spread_limit",
    "return_days",
    "cooloff_failures",
    "cooloff_calls",
    "blindness",
    "tells_ineligible",
)
"""The columns that no published call changes; a later end is an `Extension`."""


class CallQuerySet(models.QuerySet["Call"]):
    def public(self) -> Self:
        """What visitors know of."""
        return self.exclude(status=Call.Status.DRAFT)

    def open(self, at: datetime.datetime | None = None) -> Self:
        """The calls in which an application can be begun at an instant (now by default)."""
        at = at or timezone.now()
        return self.filter(status=Call.Status.PUBLISHED, opens_at__lte=at, closes_at__gt=at)

    def open_on(self, day: datetime.date) -> list["Call"]:
        """The calls in which an application can be begun at some instant of a day in Paris."""
        return [
            call
            for call in self.filter(status=Call.Status.PUBLISHED).prefetch_related("extensions")
            # What closes at midnight closes with the day before.
            if call.opens_at.astimezone(PARIS).date() <= day
            and day <= (call.closes_for_all - datetime.timedelta(microseconds=1)).astimezone(PARIS).date()
        ]

    def announced(self) -> Self:
        return self.filter(status__in=Call.ANNOUNCED)

    def visible_to(self, user: Any) -> Self:
        """Drafts for the secretariat only."""
        return self if user.has_perm("cities.view_call") else self.public()


class Call(models.Model):
    """A call for applications: its instants, its rules, its form and its criteria.

    Instants are half-open: what closes at midnight takes the last second of the day before and nothing later. Where
    a call stands between publication and announcement follows from them (`phase`) and is not stored. From the
    publication on rules, questions and criteria are frozen, by the database too.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("in preparation")
        PUBLISHED = "published", pgettext_lazy("call", "published")
        ANNOUNCED = "announced", _("announced")
        ARCHIVED = "archived", _("archived")
        CANCELLED = "cancelled", pgettext_lazy("call", "cancelled")

    class Phase(models.TextChoices):
        """Where a call stands at an instant."""

        DRAFT = "draft", _("in preparation")
        SCHEDULED = "scheduled", _("published, not open yet")
        OPEN = "open", pgettext_lazy("call", "open")
        SCREENING = "screening", _("technical examination")
        EVALUATION = "evaluation", _("evaluation")
        DECISION = "decision", _("decision")
        ANNOUNCED = "announced", _("announced")
        ARCHIVED = "archived", _("archived")
        CANCELLED = "cancelled", pgettext_lazy("call", "cancelled")

    class Blindness(models.TextChoices):
        """What evaluators of one file see of each other. The applicant never learns who they are."""

        OPEN = "open", _("they see each other’s reviews")
        UNTIL_SUBMITTED = "until-submitted", _("hidden from each other until both have submitted")
        ALWAYS = "always", _("always hidden from each other")

    class Telling(models.TextChoices):
        AT_ONCE = "at-once", _("as soon as it is decided")
        WITH_ANNOUNCEMENT = "with-announcement", _("with the announcement")

    TRANSITIONS = {
        Status.DRAFT: {Status.PUBLISHED},
        Status.PUBLISHED: {Status.DRAFT, Status.CANCELLED, Status.ANNOUNCED},
        Status.ANNOUNCED: {Status.ARCHIVED},
    }
    """Back to a draft only before it opens."""
    ANNOUNCED = (Status.ANNOUNCED, Status.ARCHIVED)
    RESERVED = ("receipt",)
    """Pages that stand beside those of the calls: no call has such an address."""

    slug = models.SlugField(
        _("address"), max_length=40, unique=True, help_text=_("the year; year-name when a year has two")
    )
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(2004), MaxValueValidator(2100)])
    title_en = models.CharField(_("title in English"), max_length=150)
    title_fr = models.CharField(_("title in French"), max_length=150, blank=True)
    introduction_en = models.TextField(_("introduction in English"), blank=True)
    introduction_fr = models.TextField(_("introduction in French"), blank=True)
    is_demonstration = models.BooleanField(
        _("demonstration"), default=False, help_text=_("shown to everyone as a demonstration, not a real call")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    announced_at = models.DateTimeField(_("announced"), null=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    opens_at = models.DateTimeField(_("opens"))
    national_deadline_at = models.DateTimeField(_("endorsements until"))
    closes_at = models.DateTimeField(_("closes"))
    screening_until = models.DateTimeField(_("technical examination until"))
    evaluation_until = models.DateTimeField(_("evaluation until"))
    decision_at = models.DateTimeField(
        _("decision from"), help_text=_("until then an application can be withdrawn, and nothing can be decided")
    )
    announce_at = models.DateTimeField(_("announcement"))

    takes_english = models.BooleanField(_("applications in English"), default=True)
    takes_french = models.BooleanField(_("applications in French"), default=True)
    max_endorsed = models.PositiveSmallIntegerField(
        _("endorsements a country"), null=True, blank=True, validators=[MinValueValidator(1)], default=2
    )
    max_designated = models.PositiveSmallIntegerField(
        _("designations a country"), null=True, blank=True, validators=[MinValueValidator(1)], default=2
    )
    endorsed_fields_differ = models.BooleanField(_("a country’s endorsements are in different fields"), default=True)
    designated_fields_differ = models.BooleanField(_("a country’s designations are in different fields"), default=True)
    min_local = models.PositiveSmallIntegerField(_("local initiatives, at least"), default=1)
    max_local = models.PositiveSmallIntegerField(_("local initiatives, at most"), default=3)
    min_international = models.PositiveSmallIntegerField(_("international initiatives, at least"), default=1)
    max_international = models.PositiveSmallIntegerField(_("international initiatives, at most"), default=3)
    support_letters = models.PositiveSmallIntegerField(_("letters of support"), default=2)
    photos = models.PositiveSmallIntegerField(_("photos"), default=3)
    max_links = models.PositiveSmallIntegerField(_("links, at most"), default=4)
    expert_reviews = models.PositiveSmallIntegerField(_("reviews by experts"), default=2)
    city_reviews = models.PositiveSmallIntegerField(_("reviews by member cities"), default=1)
    spread_limit = models.PositiveSmallIntegerField(
        _("reviews diverge from"),
        default=25,
        validators=[MaxValueValidator(100)],
        help_text=_("points of 100 between the highest and the lowest review of a file"),
    )
    return_days = models.PositiveSmallIntegerField(
        _("days for completion"), default=0, help_text=_("0: nothing is returned for completion")
    )
    cooloff_failures = models.PositiveSmallIntegerField(
        _("unsuccessful applications before a pause"), default=0, help_text=_("0: no pause")
    )
    cooloff_calls = models.PositiveSmallIntegerField(_("calls to pause"), default=1)
    blindness = models.CharField(_("evaluators"), max_length=20, choices=Blindness, default=Blindness.UNTIL_SUBMITTED)
    tells_ineligible = models.CharField(
        _("an ineligible city is told"), max_length=20, choices=Telling, default=Telling.AT_ONCE
    )
    fields = models.ManyToManyField(
        CreativeField, through="OfferedField", related_name="calls", verbose_name=_("creative fields")
    )
    priority_regions = models.JSONField(default=list, blank=True)
    """Regions that are under-represented: shown beside the scores, never mixed into them."""
    priority_fields = models.ManyToManyField(
        CreativeField, blank=True, related_name="+", verbose_name=_("under-represented fields")
    )
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)

    title = Bilingual()
    introduction = Bilingual()
    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call for applications")
        verbose_name_plural = _("calls for applications")
        ordering = ["-opens_at", "slug"]
        constraints = [
            models.CheckConstraint(condition=models.Q(slug__regex=rf"^{SLUG}$"), name="call_slug_is_an_address"),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "published", "announced", "archived", "cancelled"]),
                name="call_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    national_deadline_at__gt=models.F("opens_at"),
                    closes_at__gte=models.F("national_deadline_at"),
                    screening_until__gte=models.F("closes_at"),
                    evaluation_until__gte=models.F("screening_until"),
                    decision_at__gte=models.F("evaluation_until"),
                    announce_at__gte=models.F("decision_at"),
                ),
                name="call_instants_are_in_order",
                violation_error_message=_(
                    "The dates are out of order: opening, endorsements, closing, examination, evaluation, decision,"
                    " announcement."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(max_local__gte=models.F("min_local"))
                & models.Q(max_international__gte=models.F("min_international")),
                name="call_initiatives_at_most_not_below_at_least",
                violation_error_message=_("Of the initiatives, at most is less than at least."),
            ),
            models.CheckConstraint(
                condition=models.Q(takes_english=True) | models.Q(takes_french=True),
                name="call_takes_a_language",
                violation_error_message=_("Applications are taken in at least one language."),
            ),
            models.CheckConstraint(
                condition=models.Q(announced_at=None) ^ models.Q(status__in=["announced", "archived"]),
                name="call_announced_with_its_instant",
            ),
            FrozenRules(columns=RULES, unique=("slug",), name="call_rules_are_frozen"),
            CountsChanges(name="call_changes_count"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("cities:call", args=[self.slug])

    def phase(self, at: datetime.datetime | None = None) -> "Call.Phase":
        """Where the call stands at an instant (now by default), extensions for all included."""
        Status, Phase = Call.Status, Call.Phase  # noqa: N806  classes
        if self.status != Status.PUBLISHED:
            return Phase(self.status)
        at = at or timezone.now()
        for until, phase in (
            (self.opens_at, Phase.SCHEDULED),
            (self.closes_for_all, Phase.OPEN),
            (self.screening_until, Phase.SCREENING),
            (self.evaluation_until, Phase.EVALUATION),
        ):
            if at < until:
                return phase
        return Phase.DECISION

    @property
    def is_draft(self) -> bool:
        return self.status == Call.Status.DRAFT

    @property
    def is_announced(self) -> bool:
        return self.status in Call.ANNOUNCED

    @property
    def closes_for_all(self) -> datetime.datetime:
        """When it closes, after the extensions for all countries."""
        return self.closes_for(None)

    @property
    def languages(self) -> list[str]:
        return [code for code, taken in (("en", self.takes_english), ("fr", self.takes_french)) if taken]

    @property
    def regions_flagged(self) -> list[Any]:
        return [Region(region).label for region in self.priority_regions if region in Region.values]

    def closes_for(self, application: "Application | None") -> datetime.datetime:
        """When the call closes for an application, its own extensions and its country's included."""
        return max([self.closes_at, *(one.closes_at for one in self._extensions_of(application) if one.closes_at)])

    def endorses_until(self, application: "Application | None") -> datetime.datetime:
        """Until when a National Commission can endorse an application."""
        found = [one.national_deadline_at for one in self._extensions_of(application) if one.national_deadline_at]
        return max([self.national_deadline_at, *found])

    def _extensions_of(self, application: "Application | None") -> list["Extension"]:
        return [one for one in self.extensions.all() if one.is_for(application)]


class OfferedField(models.Model):
    """A creative field in which cities can apply to a call."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="offered_fields")
    field = models.ForeignKey(CreativeField, models.PROTECT, related_name="+", verbose_name=_("creative field"))

    class Meta:
        verbose_name = _("field of a call")
        verbose_name_plural = _("fields of a call")
        constraints = [
            models.UniqueConstraint(fields=["call", "field"], name="offered_field_once"),
            FrozenWith(path=("call",), name="offered_field_is_frozen"),
            CountsChanges(name="offered_field_changes_count"),
        ]

    def __str__(self) -> str:
        return str(self.field)


class Section(models.Model):
    """A page of a call's form."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="sections", verbose_name=_("call for applications"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    key = models.SlugField(_("key"), max_length=40)
    title_en = models.CharField(_("title in English"), max_length=150)
    title_fr = models.CharField(_("title in French"), max_length=150, blank=True)
    help_en = models.TextField(_("help in English"), blank=True)
    help_fr = models.TextField(_("help in French"), blank=True)

    title = Bilingual()
    help = Bilingual()

    class Meta:
        verbose_name = _("section of a form")
        verbose_name_plural = _("sections of forms")
        ordering = ["call", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="section_key_once_a_call"),
            FrozenWith(path=("call",), name="section_is_frozen"),
            CountsChanges(name="section_changes_count"),
        ]

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """A question of a section. What can be answered, and when that is enough, depends on its kind."""

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        CITY = "city", _("names and place of the city")
        FIELD = "field", _("creative field")
        CONTACTS = "contacts", _("contacts")
        FACTS = "facts", _("facts and indicators")
        ROWS = "rows", _("list of events, places or institutions")
        SDGS = "sdgs", _("Sustainable Development Goals")
        LOCAL = "local-initiatives", _("local initiatives")
        INTERNATIONAL = "international-initiatives", _("international initiatives")
        BUDGET = "budget", _("budget")
        PHOTOS = "photos", _("photos")
        DOCUMENTS = "documents", _("documents")
        LINKS = "links", _("links")
        COMMITMENT = "commitment", _("commitment")

    ONCE = (
        Kind.CITY,
        Kind.FIELD,
        Kind.CONTACTS,
        Kind.LOCAL,
        Kind.INTERNATIONAL,
        Kind.BUDGET,
        Kind.PHOTOS,
        Kind.DOCUMENTS,
        Kind.LINKS,
    )
    """Kinds that a form has at most once."""

    section = models.ForeignKey(Section, models.CASCADE, related_name="questions", verbose_name=_("section"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    key = models.SlugField(_("key"), max_length=40)
    number = models.CharField(_("number in the form"), max_length=10, blank=True)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind, default=Kind.TEXT)
    text_en = models.CharField(_("question in English"), max_length=400)
    text_fr = models.CharField(_("question in French"), max_length=400, blank=True)
    help_en = models.TextField(_("help in English"), blank=True)
    help_fr = models.TextField(_("help in French"), blank=True)
    words = models.PositiveSmallIntegerField(_("words, at most"), null=True, blank=True)
    is_required = models.BooleanField(_("required"), default=True)

    text = Bilingual()
    help = Bilingual()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["section__position", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["section", "key"], name="question_key_once_a_section"),
            FrozenWith(path=("section", "call"), name="question_is_frozen"),
            CountsChanges(name="question_changes_count"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def may_have_nothing(self) -> bool:
        """Whether "no relevant information" can be an answer."""
        return self.kind in (self.Kind.TEXT, self.Kind.FACTS, self.Kind.ROWS)


class Criterion(models.Model):
    """What evaluators score. Weights count relative to each other; a score goes from 0 to `scale`."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="criteria", verbose_name=_("call for applications"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    key = models.SlugField(_("key"), max_length=40)
    name_en = models.CharField(_("name in English"), max_length=150)
    name_fr = models.CharField(_("name in French"), max_length=150, blank=True)
    help_en = models.TextField(_("help in English"), blank=True)
    help_fr = models.TextField(_("help in French"), blank=True)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=[MinValueValidator(1)])
    scale = models.PositiveSmallIntegerField(_("scale to"), default=5, validators=[MinValueValidator(1)])

    name = Bilingual()
    help = Bilingual()

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["call", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="criterion_key_once_a_call"),
            models.CheckConstraint(
                condition=models.Q(weight__gte=1, scale__gte=1),
                name="criterion_weighs_something",
                violation_error_message=_("Weight and scale are 1 or more."),
            ),
            FrozenWith(path=("call",), name="criterion_is_frozen"),
            CountsChanges(name="criterion_changes_count"),
        ]

    def __str__(self) -> str:
        return self.name


class CallDocument(models.Model):
    """A file that anybody may download from the page of a published call."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="documents", verbose_name=_("call for applications"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    title_en = models.CharField(_("title in English"), max_length=150)
    title_fr = models.CharField(_("title in French"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    file = models.ForeignKey(PrivateFile, models.PROTECT, related_name="call_documents", verbose_name=_("file"))

    title = Bilingual()

    class Meta:
        verbose_name = _("document of a call")
        verbose_name_plural = _("documents of calls")
        ordering = ["call", "position", "pk"]
        constraints = [CountsChanges(name="call_document_changes_count")]

    def __str__(self) -> str:
        return self.title


class Extension(models.Model):
    """More time, for all, for one country or for one application; an earlier end is never set."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="extensions", verbose_name=_("call for applications"))
    country = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("country")
    )
    application = models.ForeignKey(
        "cities.Application",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="extensions",
        verbose_name=_("application"),
    )
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    national_deadline_at = models.DateTimeField(_("endorsements until"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(country=None) | models.Q(application=None), name="extension_has_one_scope"
            ),
            models.CheckConstraint(
                condition=models.Q(closes_at__isnull=False) | models.Q(national_deadline_at__isnull=False),
                name="extension_extends_something",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="extension_has_a_reason"),
            CountsChanges(name="extension_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.call} · {self.at.date().isoformat()}"

    def is_for(self, application: "Application | None") -> bool:
        if self.application_id is not None:
            return application is not None and application.pk == self.application_id
        return self.country_id is None or (application is not None and application.country_id == self.country_id)
