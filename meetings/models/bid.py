"""Bids of member cities, alone or together, to host a meeting."""

import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cities.constraints import CountsChanges
from cities.days import in_words, period_in_words, until_in_words
from cities.models import City, PrivateFile
from cities.models.bilingual import Bilingual
from cities.models.drafted import Drafted
from cities.models.moderated import Part
from cities.text import count_words

from .host_call import HostCall
from .meeting import joined


class HostBidQuerySet(models.QuerySet["HostBid"]):
    def with_cities(self) -> Self:
        return self.select_related("host_call__meeting").prefetch_related("cities__city__country")

    def submitted(self) -> Self:
        """Those handed in and not withdrawn since."""
        return self.exclude(status__in=[HostBid.Status.DRAFT, HostBid.Status.WITHDRAWN])

    def named_publicly(self) -> Self:
        """Those that the public knows of: what was voted on, once the call is decided, the losers too."""
        return self.filter(status__in=HostBid.VOTED_ON, host_call__status=HostCall.Status.DECIDED)

    def of_coordinator(self, user: Any) -> Self:
        """Those of the cities that a person is a coordinator of now."""
        cities = City.objects.coordinated_by(user).order_by()
        return self.filter(pk__in=BidCity.objects.filter(city__in=cities, left_at=None).order_by().values("bid"))

    def to_members(self) -> Self:
        """Those that coordinators of member cities read: once they are on a ballot, and afterwards."""
        return self.filter(status__in=[HostBid.Status.ON_BALLOT, *HostBid.VOTED_ON])

    def visible_to(self, user: Any) -> Self:
        """The own cities' ones; those on a ballot for coordinators of members; for staff all that were handed in."""
        if user.has_perm("meetings.view_hostbid"):
            return self
        if not (user.is_authenticated and user.is_active):
            return self.none()
        found = self.of_coordinator(user)
        if City.objects.members().filter(pk__in=City.objects.coordinated_by(user).order_by().values("pk")).exists():
            found = found | self.to_members()
        return found

    def readable_by(self, user: Any) -> Self:
        """Those that a person may read: as they may know of them, but for staff no drafts, unless of the own cities."""
        if not user.has_perm("meetings.view_hostbid"):
            return self.visible_to(user)
        handed_in = self.filter(submitted_at__isnull=False).exclude(status=HostBid.Status.DRAFT)
        return handed_in | self.of_coordinator(user)


class HostBid(Drafted):
    """A bid to host a meeting, written in My city by coordinators of its cities, handed in by its lead."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", pgettext_lazy("bid", "submitted")
        ELIGIBLE = "eligible", pgettext_lazy("bid", "eligible")
        INELIGIBLE = "ineligible", pgettext_lazy("bid", "ineligible")
        ON_BALLOT = "on-ballot", pgettext_lazy("bid", "on the ballot")
        SELECTED = "selected", pgettext_lazy("bid", "selected")
        NOT_SELECTED = "not-selected", pgettext_lazy("bid", "not selected")
        WITHDRAWN = "withdrawn", pgettext_lazy("bid", "withdrawn")

    TRANSITIONS = {
        Status.DRAFT: {Status.SUBMITTED, Status.WITHDRAWN},
        Status.SUBMITTED: {Status.DRAFT, Status.ELIGIBLE, Status.INELIGIBLE, Status.WITHDRAWN},
        Status.ELIGIBLE: {Status.INELIGIBLE, Status.ON_BALLOT, Status.WITHDRAWN},
        Status.INELIGIBLE: {Status.ELIGIBLE, Status.WITHDRAWN},
        Status.ON_BALLOT: {Status.SELECTED, Status.NOT_SELECTED, Status.WITHDRAWN},
    }
    """Back to a draft until the call closes. Ineligible and eligible can change until the ballot opens."""
    EDITABLE = (Status.DRAFT,)
    VOTED_ON = (Status.SELECTED, Status.NOT_SELECTED)
    OVER = (*VOTED_ON, Status.WITHDRAWN)
    WORDS = {
        "summary_en": 150,
        "summary_fr": 150,
        "venues": 300,
        "accommodation": 200,
        "programme": 400,
        "interpretation": 150,
        "accessibility": 200,
        "sustainability": 200,
        "visas": 150,
        "budget": 300,
    }
    """How many words each text may have."""
    PARTS = (
        "language",
        "summary_en",
        "summary_fr",
        "start_date",
        "end_date",
        "dates_note",
        "venue",
        "venue_places",
        "venues",
        "accommodation",
        "programme",
        "interpretation",
        "accessibility",
        "sustainability",
        "visas",
        "budget",
        "budget_total",
        "budget_currency",
    )
    """What it says, in the order in which it is read."""

    host_call = models.ForeignKey(HostCall, models.PROTECT, related_name="bids", verbose_name=_("call for hosts"))
    lead = models.ForeignKey(City, models.PROTECT, related_name="+", verbose_name=_("lead city"))
    status = models.CharField(_("status"), max_length=15, choices=Status, default=Status.DRAFT, editable=False)
    language = models.CharField(
        _("language of the bid"), max_length=2, choices=settings.LANGUAGES, default="en", blank=True
    )
    summary_en = models.TextField(
        _("summary in English"), blank=True, help_text=_("For the ballot and, after it, for the public.")
    )
    summary_fr = models.TextField(_("summary in French"), blank=True)
    start_date = models.DateField(_("first day"), null=True, blank=True)
    end_date = models.DateField(_("last day"), null=True, blank=True)
    dates_note = models.CharField(_("other possible dates"), max_length=200, blank=True)
    venue = models.CharField(_("main venue"), max_length=200, blank=True)
    venue_places = models.PositiveIntegerField(
        _("persons the main venue holds"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    venues = models.TextField(_("venues and rooms"), blank=True)
    accommodation = models.TextField(_("accommodation"), blank=True)
    programme = models.TextField(_("idea of the programme"), blank=True)
    interpretation = models.TextField(_("interpretation"), blank=True)
    accessibility = models.TextField(_("accessibility"), blank=True)
    sustainability = models.TextField(_("sustainability"), blank=True)
    visas = models.TextField(_("help with visas"), blank=True)
    budget = models.TextField(_("budget and who pays"), blank=True)
    budget_total = models.DecimalField(
        _("budget, in all"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    budget_currency = models.CharField(
        _("currency"), max_length=3, blank=True, help_text=_("three letters, as EUR, MAD, USD")
    )
    reason_en = models.TextField(_("why it is not eligible, in English"), blank=True, editable=False)
    reason_fr = models.TextField(_("why it is not eligible, in French"), blank=True, editable=False)
    examined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("examined by"),
    )
    examined_at = models.DateTimeField(_("examined"), null=True, editable=False)

    summary = Bilingual()
    reason = Bilingual()
    objects = HostBidQuerySet.as_manager()

    class Meta:
        verbose_name = _("host bid")
        verbose_name_plural = _("host bids")
        ordering = ["host_call", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "draft",
                        "submitted",
                        "eligible",
                        "ineligible",
                        "on-ballot",
                        "selected",
                        "not-selected",
                        "withdrawn",
                    ]
                ),
                name="host_bid_status_is_known",
            ),
            models.UniqueConstraint(
                fields=["host_call"], condition=models.Q(status="selected"), name="host_bid_one_selected"
            ),
            models.UniqueConstraint(
                fields=["host_call", "lead"],
                condition=~models.Q(status="withdrawn"),
                name="host_bid_once_a_lead",
                violation_error_message=_("Your city leads a bid in this call already."),
            ),
            CountsChanges(name="host_bid_changes_count"),
        ]

    def __str__(self) -> str:
        return self.names

    def get_absolute_url(self) -> str:
        return reverse("meetings:my_bid", args=[self.pk])

    @property
    def subject(self) -> "HostBid":
        return self

    @property
    def standing_cities(self) -> list["BidCity"]:
        """The cities of the bid, those still to confirm included, the lead first."""
        return [one for one in self.cities.all() if one.left_at is None]

    @property
    def names(self) -> str:
        """Its cities in the reader's language: "Kraków and Katowice"."""
        return joined([one.city.name for one in self.standing_cities] or [self.lead.name])

    @property
    def is_joint(self) -> bool:
        return len(self.standing_cities) > 1

    @property
    def is_named_publicly(self) -> bool:
        """See `named_publicly`."""
        return self.status in self.VOTED_ON and self.host_call.status == HostCall.Status.DECIDED

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.SUBMITTED

    @property
    def is_editable(self) -> bool:
        """A draft, until the call closes."""
        return super().is_editable and self.host_call.takes_bids()

    @property
    def why_closed(self) -> str:
        if self.status == self.Status.WITHDRAWN:
            return gettext("This bid is withdrawn: nothing can be changed in it.")
        if self.status != self.Status.DRAFT:
            if self.is_waiting and self.host_call.takes_bids():
                return gettext("This bid is submitted: take it back to change it.")
            return gettext("This bid is submitted: nothing can be changed in it any more.")
        if self.host_call.status != HostCall.Status.PUBLISHED:
            return gettext("The call for hosts takes no bids any more.")
        return gettext("The call for hosts closed on %(instant)s: nothing can be changed in this bid any more.") % {
            "instant": until_in_words(self.host_call.closes_at)
        }

    @property
    def period(self) -> str:
        """The days that it offers, in the reader's language; empty when they are not given."""
        return period_in_words(self.start_date, self.end_date) if self.start_date and self.end_date else ""

    def parts(self) -> list[Part]:
        """What it says, piece by piece in reading order; what could not be taken over as it was typed."""
        return [
            Part(
                name.removesuffix(f"_{language}") if language else name,
                self._meta.get_field(name).verbose_name,  # type: ignore[union-attr]  # plain columns
                self._said(name),
                language,
            )
            for name in self.PARTS
            for language in [name[-2:] if name.startswith("summary_") else ""]
        ]

    def _said(self, name: str) -> str:
        if name in self.as_typed:
            return str(self.as_typed[name])
        value = getattr(self, name)
        if name == "language":
            return str(self.get_language_display()) if value else ""
        if isinstance(value, datetime.date):
            return in_words(value)
        if isinstance(value, int | Decimal):
            # Only a sum has decimals, and most have none that say anything.
            return number_format(value, 0 if value == int(value) else 2, use_l10n=True, force_grouping=True)
        return value or ""

    def too_long(self) -> dict[str, str]:
        """The texts with more words than allowed, each with a sentence that says so."""
        found = {}
        for name, limit in self.WORDS.items():
            count = count_words(getattr(self, name))
            if count > limit:
                found[name] = gettext("This text is too long: %(limit)d words are allowed, it has %(count)d.") % {
                    "limit": limit,
                    "count": count,
                }
        return found


class BidCity(models.Model):
    """A city of a bid, with the letter of its mayor. The lead asks, each other city confirms or leaves."""

    bid = models.ForeignKey(HostBid, models.PROTECT, related_name="cities", verbose_name=_("host bid"))
    city = models.ForeignKey(City, models.PROTECT, related_name="host_bids", verbose_name=_("city"))
    is_lead = models.BooleanField(_("lead city"), default=False)
    letter = models.ForeignKey(
        PrivateFile,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bid_letters",
        verbose_name=_("letter of the mayor"),
    )
    asked_at = models.DateTimeField(_("asked"), auto_now_add=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    left_at = models.DateTimeField(_("left"), null=True)
    """When the city declined, left or was no longer wanted."""

    class Meta:
        verbose_name = _("city of a host bid")
        verbose_name_plural = _("cities of host bids")
        ordering = ["bid", "-is_lead", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bid", "city"], condition=models.Q(left_at=None), name="bid_city_once_a_bid"
            ),
            models.UniqueConstraint(
                fields=["bid"], condition=models.Q(is_lead=True, left_at=None), name="bid_city_one_lead"
            ),
        ]

    def __str__(self) -> str:
        return str(self.city)

    @property
    def is_confirmed(self) -> bool:
        return self.is_lead or self.confirmed_at is not None
