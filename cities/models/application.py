"""Applications of candidate cities. A candidate has no row among the cities: only the announcement makes one."""

import datetime
import hashlib
import json
import re
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..constraints import AppendOnly
from ..text import search_text, sort_key, words
from .bilingual import Bilingual
from .call import Call, Question
from .city import City
from .conflict import Ties
from .country import Country
from .creative_field import CreativeField
from .designation import Designation
from .mandate import CommissionOfficer, Coordinator, Evaluator, Mandate, MandateQuerySet
from .photo import PhotoUse
from .private_file import PrivateFile


def _related(name: str) -> Any:
    """The rows that point to applications under a name: later models, which import this one."""
    related: Any = Application._meta.get_field(name).related_model
    return related.objects


class ApplicationQuerySet(models.QuerySet["Application"]):
    def of_team(self, user: Any) -> Self:
        """Those that a person works on now, in whatever role."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        return self.filter(pk__in=Applicant.objects.of(user).in_force().order_by().values("application"))

    def of_commission(self, user: Any) -> Self:
        """Those shared with the National Commissions that a person acts for now."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        countries = CommissionOfficer.objects.of(user).in_force().order_by().values("country")
        return self.filter(country__in=countries, shared_at__isnull=False)

    def to_evaluate(self, user: Any) -> Self:
        """Those that a person was asked to evaluate, or did, and has no conflict with that was not overridden."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        held = _related("assignments").of(user).shown_to_evaluator()
        known = self.filter(pk__in=held.order_by().values("application")).exclude(status=Application.Status.WITHDRAWN)
        return known.free_of_conflict_with(user)

    def opened_by(self, user: Any) -> Self:
        """Those that a person may read as an evaluator: after the declaration that opens the file."""
        known = self.to_evaluate(user)
        if not (user.is_authenticated and user.is_active):
            return known
        assignments = _related("assignments")
        opened = assignments.of(user).shown_to_evaluator().filter(status__in=assignments.model.OPENED)
        return known.filter(pk__in=opened.order_by().values("application"))

    def free_of_conflict_with(self, user: Any) -> Self:
        """Without those that a person has a conflict with, unless two officers overrode that very conflict."""
        own = _related("conflict_overrides").agreed().filter(application=models.OuterRef("pk"), user=user)
        free = self
        for conflict, holds in Ties.of(user).as_query().items():
            free = free.exclude(models.Q(holds) & ~models.Exists(own.filter(conflict=conflict)))
        return free

    def visible_to(self, user: Any) -> Self:
        """The applications that a person may know of: those of the own team, shared ones for the Commission of the
        country, assigned ones for evaluators without a conflict, all for the secretariat."""
        if user.has_perm("cities.view_application"):
            return self
        known = [rows.order_by().values("pk") for rows in (self.of_team(user), self.of_commission(user))]
        known.append(self.to_evaluate(user).order_by().values("pk"))
        return self.filter(models.Q(pk__in=known[0]) | models.Q(pk__in=known[1]) | models.Q(pk__in=known[2]))

    def search(self, text: str) -> Self:
        """Those of which every word begins a word of a name of the city or of its country, or whose reference it is.

        Case and accents do not matter. Nothing in a text that has no word.
        """
        wanted = words(text)
        if not wanted:
            return self.none() if text.strip() else self
        if reference := re.fullmatch(r"\s*(.+)-0*(\d{1,6})\s*", text):
            slug, number = reference.groups()
            named = self.filter(call__slug__iexact=slug, number=int(number))
            if named.exists():
                return named
        names = {
            country.pk: search_text([country.name_en, country.name_fr])
            for country in Country.objects.only("pk", "name_en", "name_fr")
        }
        found = self
        for word in wanted:
            countries = [pk for pk, name in names.items() if f" {word}" in name]
            found = found.filter(models.Q(search_text__contains=f" {word}") | models.Q(country__in=countries))
        return found


class Application(models.Model):
    """A city's application to a call, in one creative field. Its answers are rows of their own (`Answer`).

    `status` is never the decision before the announcement: what is decided under embargo stands in `Decision` alone.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("application", "draft")
        SUBMITTED = "submitted", pgettext_lazy("application", "submitted")
        RETURNED = "returned", _("returned for completion")
        ELIGIBLE = "eligible", _("eligible")
        INELIGIBLE = "ineligible", _("ineligible")
        WITHDRAWN = "withdrawn", pgettext_lazy("application", "withdrawn")
        DESIGNATED = "designated", pgettext_lazy("application", "designated")
        NOT_DESIGNATED = "not-designated", _("not designated")

    TRANSITIONS = {
        Status.DRAFT: {Status.SUBMITTED, Status.WITHDRAWN},
        Status.SUBMITTED: {Status.RETURNED, Status.ELIGIBLE, Status.INELIGIBLE, Status.WITHDRAWN},
        Status.RETURNED: {Status.SUBMITTED, Status.INELIGIBLE, Status.WITHDRAWN},
        Status.ELIGIBLE: {Status.WITHDRAWN, Status.DESIGNATED, Status.NOT_DESIGNATED},
        # As long as an eligible one can be: its city may not know yet.
        Status.INELIGIBLE: {Status.WITHDRAWN},
    }
    EDITABLE = (Status.DRAFT, Status.RETURNED)
    IN_THE_RUNNING = (Status.SUBMITTED, Status.RETURNED, Status.ELIGIBLE)
    """What is examined, evaluated or waits for a decision."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="applications", verbose_name=_("call"))
    number = models.PositiveIntegerField(_("number"), editable=False)
    country = models.ForeignKey(Country, models.PROTECT, related_name="applications", verbose_name=_("country"))
    name_en = models.CharField(_("name of the city in English"), max_length=100)
    name_fr = models.CharField(_("name of the city in French"), max_length=100, blank=True)
    local_name = models.CharField(_("local name"), max_length=100, blank=True, help_text=_("as the city writes it"))
    sort_key = models.CharField(max_length=100, editable=False, db_index=True)
    search_text = models.TextField(editable=False, default="")
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    population = models.PositiveIntegerField(_("population"), null=True, blank=True, validators=[MinValueValidator(1)])
    population_year = models.PositiveSmallIntegerField(_("year of the population"), null=True, blank=True)
    website = models.URLField(_("website"), blank=True)
    former_city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="applications", verbose_name=_("former member")
    )
    """The city's own row, when it left the network and comes back."""
    field = models.ForeignKey(
        CreativeField,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="applications",
        verbose_name=_("creative field"),
    )
    language = models.CharField(_("language of the application"), max_length=2, choices=settings.LANGUAGES)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    created_at = models.DateTimeField(pgettext_lazy("application", "begun"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last saved"), auto_now=True)
    shared_at = models.DateTimeField(_("shared with the National Commission"), null=True, editable=False)
    submitted_at = models.DateTimeField(pgettext_lazy("application", "submitted"), null=True, editable=False)
    return_until = models.DateTimeField(_("to be completed until"), null=True, editable=False)
    return_note = models.TextField(_("what to complete"), blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)
    partner_cities = models.ManyToManyField(
        City, blank=True, related_name="named_by_applications", verbose_name=_("partner cities"), editable=False
    )
    """The member cities that the planned initiatives name; kept with every save of these, for conflicts of interest."""
    designation = models.OneToOneField(
        Designation,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="application",
        verbose_name=_("designation"),
    )
    is_demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)

    name = Bilingual()
    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["call", "sort_key", "pk"]
        indexes = [
            models.Index(fields=["call", "status", "country"], name="application_of_call"),
            models.Index(fields=["submitted_at"], name="application_submitted"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="application_number_once_a_call"),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "draft",
                        "submitted",
                        "returned",
                        "eligible",
                        "ineligible",
                        "withdrawn",
                        "designated",
                        "not-designated",
                    ]
                ),
                name="application_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "withdrawn"])
                | models.Q(submitted_at__isnull=False, field__isnull=False),
                name="application_submitted_with_its_field",
            ),
            models.CheckConstraint(
                condition=models.Q(designation=None) ^ models.Q(status="designated"),
                name="application_designated_has_its_designation",
            ),
            models.UniqueConstraint(
                "call",
                "country",
                "sort_key",
                condition=models.Q(status__in=["submitted", "returned", "eligible"]),
                name="application_once_a_city_in_a_call",
                violation_error_message=_("This city has another application in this call."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.name}"

    def save(self, *, update_fields=None, **kwargs) -> None:
        self.sort_key = sort_key(self.name_en or self.name_fr or self.local_name)
        self.search_text = search_text([self.name_en, self.name_fr, self.local_name])
        if update_fields is not None:
            update_fields = {*update_fields, "sort_key", "search_text"}
        super().save(update_fields=update_fields, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("cities:my_application", args=[self.pk])

    @property
    def reference(self) -> str:
        """The number that letters and receipts name: "2027-014"."""
        return f"{self.call.slug}-{self.number:03d}"

    @property
    def closes_at(self) -> datetime.datetime:
        """The instant from which it can no longer be submitted; extensions, and the time for completion, included."""
        if self.return_until and self.status_told == self.Status.RETURNED:
            return self.return_until
        return self.call.closes_for(self)

    @property
    def is_editable(self) -> bool:
        """Whether its text can be changed now; what was typed stays readable after that."""
        return self.status in self.EDITABLE and timezone.now() < self.closes_at

    @property
    def is_late(self) -> bool:
        """Whether it was not submitted in time."""
        return self.status_told in self.EDITABLE and timezone.now() >= self.closes_at

    @property
    def can_be_withdrawn(self) -> bool:
        # By the call's instant and not by a decision: whether there is one under embargo must not show.
        return self.Status.WITHDRAWN in self.TRANSITIONS.get(self.Status(self.status), set()) and (
            self.status == self.Status.DRAFT or timezone.now() < self.call.decision_at
        )

    @property
    def status_told(self) -> "Application.Status":
        """The status as team and Commission are told it: an ineligible city may learn it with the announcement only.

        Until then it is what it was: submitted, or returned where it was not completed in time.
        """
        status = self.Status(self.status)
        if (
            status in (self.Status.INELIGIBLE, self.Status.ELIGIBLE)
            and self.call.tells_ineligible == Call.Telling.WITH_ANNOUNCEMENT
            and not self.call.is_announced
        ):
            screening = getattr(self, "screening", None) if self.return_until else None
            returned_at = screening.returned_at if screening else None
            is_with_city = returned_at is not None and self.submitted_at is not None and self.submitted_at < returned_at
            return self.Status.RETURNED if is_with_city else self.Status.SUBMITTED
        return status


class ApplicantQuerySet(MandateQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Besides the own ones those of the same applications."""
        if user.has_perm("cities.view_applicant"):
            return self
        return self.of(user) | self.filter(application__in=Application.objects.of_team(user).order_by().values("pk"))


class Applicant(Mandate):
    """Who works on an application. Owners also invite, share, submit and withdraw; readers only read."""

    class Role(models.TextChoices):
        OWNER = "owner", pgettext_lazy("application", "owner")
        EDITOR = "editor", pgettext_lazy("application", "editor")
        READER = "reader", pgettext_lazy("application", "reader")

    WRITERS = (Role.OWNER, Role.EDITOR)
    RANK = {Role.READER.value: 0, Role.EDITOR.value: 1, Role.OWNER.value: 2}

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="applicants", verbose_name=_("application")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)

    objects = ApplicantQuerySet.as_manager()  # type: ignore[misc]  # a narrower manager than the base’s

    class Meta(Mandate.Meta):
        verbose_name = _("member of an application’s team")
        verbose_name_plural = _("members of applications’ teams")
        constraints = [
            *Mandate.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "editor", "reader"]), name="applicant_role_is_known"
            ),
            models.UniqueConstraint(
                fields=["user", "application"],
                condition=models.Q(ends_at=None),
                name="applicant_once_an_application",
                violation_error_message=_("This person works on the application already."),
            ),
        ]

    @property
    def scope(self) -> Application:
        return self.application

    @property
    def is_owner(self) -> bool:
        return self.role == self.Role.OWNER

    @property
    def writes(self) -> bool:
        return self.role in self.WRITERS


class Answer(models.Model):
    """What an application answers to a question. The shape of `value` depends on the question's kind:

    text "…" · sdgs [1, 17] · field "slug" · commitment true ·
    city {"name_en", "name_fr", "local_name", "latitude", "longitude", "population", "population_year", "website"} ·
    contacts {"mayor" | "representative" | "main" | "alternate": {"title", "name", "function", "institution",
    "institution_type", "address", "phone", "email"}} · facts [{"name", "value", "unit", "year", "source"}] ·
    rows [{"name", "frequency", "figures", "note"}] · links [{"label", "url"}] ·
    initiatives [{"title", "description", "objectives", "sdgs", "partners", "partner_cities": [slug], "groups",
    "schedule", "results", "cost"}] ·
    budget {"currency", "total", "sources": {"own", "public", "private", "international"}, "note"};
    photos and documents are rows of their own. Numbers are kept as decimal strings.
    """

    application = models.ForeignKey(Application, models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+", verbose_name=_("question"))
    value = models.JSONField(null=True, blank=True)
    has_nothing = models.BooleanField(_("no relevant information"), default=False)
    as_typed = models.JSONField(null=True, blank=True)
    """What was typed and could not be taken over, as it was typed: shown until it is mended."""
    version = models.PositiveIntegerField(default=0)
    """Counts the saves, so that a second window or colleague is noticed."""
    updated_at = models.DateTimeField(_("last saved"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("last saved by")
    )

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["application", "question"], name="answer_once_a_question"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} · {self.question_id}"


class ApplicationDocument(models.Model):
    """A document of an application; one that was replaced stays."""

    class Kind(models.TextChoices):
        SIGNED_FORM = "signed-form", _("form signed by the mayor")
        MAYORS_LETTER = "mayors-letter", _("letter of the mayor")
        SUPPORT_LETTER = "support-letter", _("letter of support")
        PHOTO_RIGHTS = "photo-rights", _("cession of rights for the photos")
        TRANSLATION = "translation", _("translation for evaluators")

    OF_TEAM = (Kind.SIGNED_FORM, Kind.MAYORS_LETTER, Kind.SUPPORT_LETTER, Kind.PHOTO_RIGHTS)
    SIGNED = (Kind.MAYORS_LETTER, Kind.SUPPORT_LETTER)
    """Those whose signatory is asked for, who may then not evaluate."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="documents")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    file = models.ForeignKey(PrivateFile, models.PROTECT, related_name="application_documents", verbose_name=_("file"))
    signatory_name = models.CharField(_("signed by"), max_length=150, blank=True)
    signatory_email = models.EmailField(_("e-mail address of the signatory"), blank=True)
    signatory_function = models.CharField(_("function of the signatory"), max_length=150, blank=True)
    signatory_key = models.CharField(max_length=100, blank=True, editable=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added"), auto_now_add=True)
    replaced_at = models.DateTimeField(_("replaced or removed"), null=True, editable=False)

    class Meta:
        verbose_name = _("document of an application")
        verbose_name_plural = _("documents of applications")
        ordering = ["kind", "added_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.file}"

    def save(self, *, update_fields=None, **kwargs) -> None:
        self.signatory_key = sort_key(self.signatory_name)
        self.signatory_email = self.signatory_email.strip().lower()
        super().save(update_fields=update_fields, **kwargs)

    @property
    def is_current(self) -> bool:
        return self.replaced_at is None


class ApplicationPhoto(PhotoUse):
    """A photo of an application, with its caption and credit; the grant of rights stands with the photo."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="photo_uses")

    class Meta(PhotoUse.Meta):
        verbose_name = _("photo of an application")
        verbose_name_plural = _("photos of applications")
        constraints = [models.UniqueConstraint(fields=["application", "photo"], name="application_photo_once")]


class Snapshot(models.Model):
    """An application as it was submitted, whole, for ever. `sha256` covers `content`; the receipt names both."""

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="snapshots", verbose_name=_("application")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    at = models.DateTimeField(pgettext_lazy("application", "submitted"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    receipt = models.CharField(_("receipt"), max_length=40, unique=True)

    class Meta:
        verbose_name = _("submitted application")
        verbose_name_plural = _("submitted applications")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="snapshot_number_once"),
            AppendOnly(unique=("receipt", ("application", "number")), name="snapshot_only_grows"),
        ]

    def __str__(self) -> str:
        return self.receipt

    def as_hashed(self) -> bytes:
        """The content as JSON with sorted keys and no spaces, in UTF-8: what the hash covers, byte for byte."""
        return json.dumps(self.content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def computed_sha256(self) -> str:
        """SHA-256 over `as_hashed`; 64 hexadecimal digits."""
        return hashlib.sha256(self.as_hashed()).hexdigest()

    @property
    def is_intact(self) -> bool:
        return self.computed_sha256() == self.sha256


class PlannedInitiative(models.Model):
    """An initiative of a submitted application's four-year plan: a row, so that the plan can be followed up."""

    class Kind(models.TextChoices):
        LOCAL = "local", _("local")
        INTERNATIONAL = "international", _("international")

    application = models.ForeignKey(Application, models.CASCADE, related_name="planned_initiatives")
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    cost = models.DecimalField(_("cost"), max_digits=15, decimal_places=2, null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    partner_cities = models.ManyToManyField(City, blank=True, related_name="+", verbose_name=_("partner cities"))

    class Meta:
        verbose_name = _("planned initiative")
        verbose_name_plural = _("planned initiatives")
        ordering = ["kind", "position", "pk"]

    def __str__(self) -> str:
        return self.title


MANDATES: tuple[type[Mandate], ...] = (Coordinator, CommissionOfficer, Evaluator, Applicant)
