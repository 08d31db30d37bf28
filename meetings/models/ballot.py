"""Ballots: the members choose a host. One city, one vote; who voted is seen, what a city voted is not.

While a ballot is open its roll and its votes stand in tables of their own (`OpenSeat`, `OpenVote`), which closing
empties as it writes both anew, sorted by what is random, into `Seat` and `Vote`. No row of a vote has a time, a
sequence, a foreign key or anything else that leads to a row of the roll. What this does not protect from is said where
members vote: a server that is watched while it runs, copies of the database made while a ballot is open, and a city
that shows its receipt.
"""

import datetime
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cities.constraints import AppendOnly, CountsChanges, FrozenRules, FrozenWith, Unsampled
from cities.models import City

from .bid import HostBid
from .host_call import HostCall

COLUMNS = (
    "host_call",
    "number",
    "round",
    "follows",
    "status",
    "opened_at",
    "closes_at",
    "closed_at",
    "seats",
    "quorum",
    "outcome",
    "cast",
    "blank",
    "counting",
    "reason",
    "opened_by",
)
"""What nobody changes of a ballot that is over."""


class BallotQuerySet(models.QuerySet["Ballot"]):
    def open(self) -> Self:
        return self.filter(status=Ballot.Status.OPEN)

    def counted(self) -> Self:
        return self.filter(status=Ballot.Status.CLOSED)


class Ballot(models.Model):
    """One round of voting on the bids of a call for hosts. A run-off is a ballot that follows one; so is a new start.

    Only one is open at a time in the whole portal: closing empties the tables of the open one.
    """

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("ballot", "open")
        CLOSED = "closed", pgettext_lazy("ballot", "closed")
        ANNULLED = "annulled", pgettext_lazy("ballot", "annulled")

    TRANSITIONS = {Status.OPEN: {Status.CLOSED, Status.ANNULLED}}
    """Annulled, with all votes destroyed, when a bid that is voted on is withdrawn or the call is cancelled."""

    class Outcome(models.TextChoices):
        SELECTED = "selected", pgettext_lazy("ballot", "host selected")
        TIE = "tie", _("tie")
        NO_QUORUM = "no-quorum", _("quorum not reached")
        NO_VOTES = "no-votes", _("no vote for any bid")

    host_call = models.ForeignKey(HostCall, models.PROTECT, related_name="ballots", verbose_name=_("call for hosts"))
    number = models.PositiveSmallIntegerField(_("number"))
    """Of all ballots on the host of the meeting, the annulled ones included."""
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("follows")
    )
    """The ballot whose electorate this one keeps: the tied one, or the annulled one that it starts anew."""
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False)
    opened_at = models.DateTimeField(pgettext_lazy("ballot", "opened"))
    closes_at = models.DateTimeField(_("closes"))
    closed_at = models.DateTimeField(pgettext_lazy("date of a ballot", "closed"), null=True)
    seats = models.PositiveSmallIntegerField(_("cities that may vote"))
    quorum = models.PositiveSmallIntegerField(_("votes needed"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True, default="")
    cast = models.PositiveSmallIntegerField(_("votes cast"), null=True)
    blank = models.PositiveSmallIntegerField(_("blank votes"), null=True)
    counting = models.JSONField(null=True, editable=False)
    """The file from which anybody counts again, as it was when the ballot was closed, whatever is renamed later."""
    reason = models.TextField(_("reason"), blank=True)
    """Why it was annulled."""
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("opened by")
    )

    objects = BallotQuerySet.as_manager()

    class Meta:
        verbose_name = _("ballot")
        verbose_name_plural = _("ballots")
        ordering = ["host_call", "number"]
        constraints = [
            models.UniqueConstraint(fields=["host_call", "number"], name="ballot_number_once_a_call"),
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="open"),
                name="ballot_one_open",
                violation_error_message=_("Another ballot is open: only one can be at a time."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status="open", closed_at=None, outcome="", cast=None, blank=None, counting__isnull=True
                )
                | models.Q(
                    status="annulled", closed_at__isnull=False, outcome="", cast=None, blank=None, counting__isnull=True
                )
                | models.Q(
                    ~models.Q(outcome=""),
                    status="closed",
                    closed_at__isnull=False,
                    cast__isnull=False,
                    blank__isnull=False,
                    counting__isnull=False,
                ),
                name="ballot_result_with_its_closing",
            ),
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opened_at")), name="ballot_closes_after_it_opens"
            ),
            FrozenRules(columns=COLUMNS, free="open", name="ballot_is_final"),
            CountsChanges(name="ballot_changes_count"),
        ]

    def __str__(self) -> str:
        return gettext("%(meeting)s, ballot %(number)s") % {"meeting": self.host_call.meeting, "number": self.number}

    def get_absolute_url(self) -> str:
        return reverse("meetings:ballot", args=[self.host_call.meeting.edition, self.number])

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_closed(self) -> bool:
        return self.status == self.Status.CLOSED

    @property
    def is_runoff(self) -> bool:
        return self.round > 1

    def takes_votes(self, at: datetime.datetime | None = None) -> bool:
        """Whether a vote that arrives at an instant (now by default) counts."""
        return self.is_open and (at or timezone.now()) < self.closes_at


class BallotOption(models.Model):
    """A bid on a ballot paper, by its number there. `votes` is known once the ballot is closed."""

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="options", verbose_name=_("ballot"))
    number = models.PositiveSmallIntegerField(_("number on the paper"))
    bid = models.ForeignKey(HostBid, models.PROTECT, related_name="ballot_options", verbose_name=_("host bid"))
    votes = models.PositiveSmallIntegerField(_("votes"), null=True)

    class Meta:
        verbose_name = _("bid on a ballot")
        verbose_name_plural = _("bids on a ballot")
        ordering = ["ballot", "number"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "number"], name="ballot_option_number_once"),
            models.UniqueConstraint(fields=["ballot", "bid"], name="ballot_option_bid_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="ballot_option_number_from_one"),
            FrozenWith(path=("ballot",), free="open", name="ballot_option_is_final"),
            CountsChanges(name="ballot_option_changes_count"),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.bid}"


class OpenSeat(models.Model):
    """A city on the roll of the open ballot, frozen when it was opened; whether it has voted."""

    city = models.OneToOneField(City, models.PROTECT, related_name="+", verbose_name=_("city"))
    has_voted = models.BooleanField(_("has voted"), default=False)

    class Meta:
        verbose_name = _("city on the roll of the open ballot")
        verbose_name_plural = _("roll of the open ballot")
        ordering = ["city__sort_key_en", "pk"]
        constraints = [Unsampled(columns=("id", "city", "has_voted"), name="open_seat_is_not_sampled")]

    def __str__(self) -> str:
        return str(self.city)


class OpenVote(models.Model):
    """A vote in the open ballot: what was chosen and the hash of its receipt, nothing else.

    `choice` is the number on the paper, None for a blank vote; no foreign key, because the database would mark the
    row that it points to with the transaction.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    choice = models.PositiveSmallIntegerField(null=True)
    receipt_sha256 = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("vote in the open ballot")
        verbose_name_plural = _("votes in the open ballot")
        constraints = [Unsampled(columns=("id", "choice", "receipt_sha256"), name="open_vote_is_not_sampled")]

    def __str__(self) -> str:
        return str(self.pk)


class Seat(models.Model):
    """A city on the roll of a ballot that is over, and whether it voted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="roll", verbose_name=_("ballot"))
    city = models.ForeignKey(City, models.PROTECT, related_name="seats", verbose_name=_("city"))
    has_voted = models.BooleanField(_("has voted"))

    class Meta:
        verbose_name = _("city on the roll of a ballot")
        verbose_name_plural = _("roll of a ballot")
        ordering = ["ballot", "city__sort_key_en", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "city"], name="seat_once_a_ballot"),
            AppendOnly(unique=(("ballot", "city"),), name="seat_only_grows"),
        ]

    def __str__(self) -> str:
        return str(self.city)


class VoteQuerySet(models.QuerySet["Vote"]):
    def choices(self) -> list[int | None]:
        return list(self.order_by("receipt_sha256").values_list("choice", flat=True))


class Vote(models.Model):
    """A vote of a ballot that was closed, as it was counted. Nothing in it leads to a city."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="votes", verbose_name=_("ballot"))
    choice = models.PositiveSmallIntegerField(null=True)
    receipt_sha256 = models.CharField(max_length=64, unique=True)

    objects = VoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        ordering = ["receipt_sha256"]
        constraints = [AppendOnly(unique=("receipt_sha256",), name="vote_only_grows")]

    def __str__(self) -> str:
        return str(self.pk)


def seats_of(ballot: Ballot) -> Any:
    """The roll of a ballot with its cities, open or over: rows with `city` and `has_voted`, by name."""
    rows = OpenSeat.objects.all() if ballot.is_open else ballot.roll.all()
    return rows.select_related("city__country")
