"""Ranking, shortlist and decisions. All under embargo: nothing here writes to the history, the outbox or any log.

A ranking is computed from the reviews and kept with all that it was computed from. Decisions are rows chained by
hashes; what corrects one supersedes it. The announcement alone tells the rest of the portal.
"""

import datetime
import hashlib
import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..days import FIRST_DAY, PARIS, from_in_words, today, until_in_words
from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import (
    Application,
    Call,
    City,
    Country,
    CreativeField,
    Decision,
    HistoryEntry,
    PrivateFile,
    Ranking,
    Shortlisting,
)
from ..models.country import Region
from ..models.history import NO_HASH
from ..people import Person
from .assignment import wanted_reviews
from .evaluation import reviews
from .history import record
from .locking import locked

Outcome = Decision.Outcome
Standing = Shortlisting.Standing
Status = Application.Status

# Any number but the history's: the key of PostgreSQL's advisory lock on the end of the chain of decisions.
_CHAIN_LOCK = 20041015


class DecisionRefused(NetworkError):
    """A decision cannot be taken as asked: its call, its act or a rule of the call stands against it."""


def check_decides(by: Person) -> None:
    """Raises DecisionRefused for whoever is no decision officer."""
    if not by.has_perm("cities.decide"):
        raise DecisionRefused(_("Only decision officers do this."))


# Ranking


def ranking_inputs(call: Call) -> dict[str, Any]:
    """All that a ranking of the call is computed from, as plain values in a fixed order.

    Which reviews count says `reviews`: those submitted by persons whom no conflict of interest ties to the
    application today. No person is named.
    """
    return {
        "version": 1,
        "criteria": [
            {"key": one.key, "weight": one.weight, "scale": one.scale}
            for one in call.criteria.order_by("position", "pk")
        ],
        "wanted": wanted_reviews(call),
        "spread_limit": call.spread_limit,
        "applications": [
            {
                "application": one.application.pk,
                "number": one.application.number,
                "country": one.application.country_id,
                "region": one.application.country.region,
                "field": one.application.field.slug if one.application.field else "",
                "reviews": sorted(
                    (
                        {"panel": str(review.assignment.evaluator.panel), "total": str(review.total)}
                        for review in one.counting
                    ),
                    key=lambda review: (review["panel"], Decimal(review["total"])),
                ),
            }
            for one in reviews(call)
            if one.application.status == Status.ELIGIBLE
        ],
    }


def rank(inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a ranking, best median first: a pure function of the inputs, the same today and in ten years.

    Each row has its place in its field and in its region. Equal medians share a place, and the next one is left out;
    within it the order is that of the applications' numbers and means nothing. Without a review there is no place.
    """
    rows = []
    for one in inputs["applications"]:
        totals = [Decimal(review["total"]) for review in one["reviews"]]
        spread = max(totals) - min(totals) if len(totals) > 1 else None
        done = Counter(review["panel"] for review in one["reviews"])
        rows.append(
            {
                "application": one["application"],
                "number": one["number"],
                "country": one["country"],
                "region": one["region"],
                "field": one["field"],
                "median": str(statistics.median(totals).quantize(Decimal("0.01"))) if totals else None,
                "spread": None if spread is None else str(spread),
                "reviews": len(totals),
                "missing": sum(max(0, wanted - done[panel]) for panel, wanted in inputs["wanted"].items()),
                "is_diverging": spread is not None and spread >= inputs["spread_limit"],
            }
        )
    rows.sort(key=lambda row: (row["median"] is None, -Decimal(row["median"] or 0), row["number"]))
    for group in ("field", "region"):
        _give_places(rows, group)
    return rows


def _give_places(rows: list[dict[str, Any]], group: str) -> None:
    medians: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["median"] is not None:
            medians[row[group]].append(row["median"])
    for row in rows:
        placed, median = medians[row[group]], row["median"]
        row[f"place_in_{group}"] = None if median is None else placed.index(median) + 1
        row[f"is_tied_in_{group}"] = median is not None and placed.count(median) > 1


def hash_of(inputs: dict[str, Any]) -> str:
    """SHA-256 over the inputs as JSON with sorted keys and no spaces, in UTF-8; 64 hexadecimal digits."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def compute_ranking(*, call: Call, by: Person) -> Ranking:
    """Compute the ranking of a call's eligible applications as the reviews are now, and keep it with its inputs.

    Where nothing changed since the last one, that one is given back. Raises DecisionRefused for whoever is no
    decision officer, before the call closes and after the announcement.
    """
    check_decides(by)
    call = locked(call)
    _check_running(call)
    if timezone.now() < call.closes_for_all:
        raise DecisionRefused(_("The call is still open: there is nothing to rank yet."))
    inputs = ranking_inputs(call)
    digest = hash_of(inputs)
    newest = call.rankings.first()
    if newest and newest.inputs_sha256 == digest:
        return newest
    return Ranking.objects.create(
        call=call,
        number=newest.number + 1 if newest else 1,
        inputs=inputs,
        inputs_sha256=digest,
        rows=rank(inputs),
        by=by,
    )


def is_sound(ranking: Ranking) -> bool:
    """Whether a ranking is what its inputs give, and these are the ones it was computed from."""
    return hash_of(ranking.inputs) == ranking.inputs_sha256 and rank(ranking.inputs) == ranking.rows


def _check_running(call: Call) -> None:
    if call.is_announced:
        raise TransitionNotAllowed(_("The designations of this call are announced."))
    if call.status != Call.Status.PUBLISHED:
        raise TransitionNotAllowed(
            _("This cannot be done: the call is “%(status)s”.") % {"status": call.get_status_display()}
        )


# Shortlist


def standings(call: Call) -> dict[int, Shortlisting]:
    """Where the applications of a call stand on its shortlist, by their keys: the newest row of each."""
    return {one.application_id: one for one in call.shortlistings.select_related("by").order_by("pk")}


@transaction.atomic
def shortlist(*, application: Application, standing: str, reason: str, by: Person) -> Shortlisting:
    """Put an application on the shortlist, in reserve or aside; the row before stays.

    Another standing than before needs a reason. Raises DecisionRefused or TransitionNotAllowed: for whoever is no
    decision officer, before the evaluation ends, after a decision, of what is not eligible or stands there already.
    """
    check_decides(by)
    call = locked(application.call)
    _check_running(call)
    if timezone.now() < call.evaluation_until:
        raise DecisionRefused(
            _("The evaluation goes on until %(instant)s: the shortlist is made after it.")
            % {"instant": until_in_words(call.evaluation_until)}
        )
    application = _eligible(application)
    if standing not in Standing.values:
        raise DecisionRefused(_("Say where the application stands on the shortlist."))
    if application.decisions.exists():
        raise TransitionNotAllowed(
            _("There is a decision on %(city)s already: the shortlist no longer counts for it.")
            % {"city": application.name}
        )
    before = application.shortlistings.first()
    if before and before.standing == standing:
        raise TransitionNotAllowed(
            _("%(city)s stands there already: %(standing)s.")
            % {"city": application.name, "standing": before.get_standing_display()}
        )
    if before and not reason.strip():
        raise DecisionRefused(_("Say why the standing on the shortlist changes."))
    return Shortlisting.objects.create(
        call=call, application=application, standing=standing, reason=reason.strip(), by=by
    )


def _eligible(application: Application) -> Application:
    """The application as it is now, locked; raises TransitionNotAllowed where it is not eligible."""
    stored = locked(application)
    if stored.status != Status.ELIGIBLE:
        raise TransitionNotAllowed(
            _("%(city)s is not eligible: the application is “%(status)s” now.")
            % {"city": stored.name, "status": stored.get_status_display()}
        )
    return stored


@dataclass(frozen=True)
class Balance:
    """How a shortlist is spread. Beside the scores, and never mixed into them."""

    counts: dict[tuple[str, str], int]
    """Of the shortlisted, by field and region."""
    members: dict[tuple[str, str], int]
    """Of today's members."""
    fields: list[CreativeField]
    new_countries: list[Country]
    """Those that have no member today."""
    crowded: list[tuple[Country, int]]
    """Countries with more cities on the shortlist than the call designates."""
    priority_regions: list[str] = field(default_factory=list)
    priority_fields: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row a field and a cell a region, each with how many are shortlisted and how many are members."""
        return [
            {
                "field": field,
                "is_priority": field.slug in self.priority_fields,
                "cells": [self._cell([field.slug], [region]) for region in Region.values],
                "total": self._cell([field.slug], Region.values),
            }
            for field in self.fields
        ]

    @property
    def foot(self) -> list[tuple[int, int]]:
        fields = [field.slug for field in self.fields]
        return [*(self._cell(fields, [region]) for region in Region.values), self._cell(fields, Region.values)]

    @property
    def regions(self) -> list[dict[str, Any]]:
        return [{"label": region.label, "is_priority": region.value in self.priority_regions} for region in Region]

    def _cell(self, fields: Iterable[str], regions: Iterable[str]) -> tuple[int, int]:
        keys = [(field, region) for field in fields for region in regions]
        return sum(self.counts.get(key, 0) for key in keys), sum(self.members.get(key, 0) for key in keys)


def balance(call: Call) -> Balance:
    """How the shortlist of a call is spread over fields, regions and countries."""
    shortlisted = [pk for pk, one in standings(call).items() if one.standing == Standing.SHORTLISTED]
    applications = list(
        call.applications.filter(pk__in=shortlisted, status__in=[Status.ELIGIBLE, Status.DESIGNATED]).select_related(
            "field", "country"
        )
    )
    fields = list(CreativeField.objects.filter(calls=call).order_by("position"))
    members: Any = City.objects.members().order_by()
    known = members.values_list("current__field__slug", "country__region")
    in_network = set(City.objects.members().order_by().values_list("country", flat=True))
    countries = {application.country_id: application.country for application in applications}
    by_country = Counter(application.country_id for application in applications)
    return Balance(
        counts=Counter((one.field.slug if one.field else "", one.country.region) for one in applications),
        members=Counter(known),
        fields=fields,
        new_countries=[countries[pk] for pk in sorted(countries) if pk not in in_network],
        crowded=[
            (countries[pk], number)
            for pk, number in sorted(by_country.items())
            if call.max_designated is not None and number > call.max_designated
        ],
        priority_regions=list(call.priority_regions),
        priority_fields=[field.slug for field in call.priority_fields.all()],
    )


# Decisions


def standing_decisions(call: Call) -> dict[int, Decision]:
    """The decisions of a call that nothing supersedes, by application."""
    decisions = call.decisions.standing().select_related("file", "by")
    return {decision.application_id: decision for decision in decisions}


def undecided(call: Call) -> list[Application]:
    """The eligible applications of a call that no decision was taken on, by their numbers."""
    decided = call.decisions.order_by().values("application")
    waiting = call.applications.filter(status=Status.ELIGIBLE).exclude(pk__in=decided)
    return list(waiting.select_related("call", "country", "field").order_by("number"))


@transaction.atomic
def shortlist_many(
    *, applications: Sequence[Application], standing: str, reason: str, by: Person
) -> list[Shortlisting]:
    """Give several applications one standing; those that have it stay as they are. Raises as `shortlist`."""
    known = {pk: one.standing for call in {one.call for one in applications} for pk, one in standings(call).items()}
    return [
        shortlist(application=application, standing=standing, reason=reason, by=by)
        for application in applications
        if known.get(application.pk) != standing
    ]


@transaction.atomic
def decide(
    *,
    application: Application,
    outcome: str,
    reference: str,
    decided_on: datetime.date,
    decider: str,
    file: PrivateFile | None,
    starts_on: datetime.date | None = None,
    by: Person,
) -> Decision:
    """Record the act by which a city is designated, or is not.

    Raises DecisionRefused for whoever is no decision officer, before the call's `decision_at`, for an act that lacks
    something and beyond the places or fields of the country; TransitionNotAllowed for what is not eligible, was put
    aside from the shortlist, or is decided already.
    """
    check_decides(by)
    call = locked(application.call)
    _check_running(call)
    _check_decidable(call)
    application = _eligible(application)
    if application.decisions.exists():
        raise TransitionNotAllowed(
            _("There is a decision on %(city)s already. Correct that one instead.") % {"city": application.name}
        )
    _check_act(call, application, outcome, reference, decided_on, decider, starts_on)
    _check_shortlist(application, outcome)
    _check_places(call, application, outcome)
    return _append(
        call=call,
        application=application,
        outcome=outcome,
        reference=reference.strip(),
        decided_on=decided_on,
        decider=decider.strip(),
        file=file,
        starts_on=starts_on,
        by=by,
    )


@transaction.atomic
def decide_rest(
    *,
    call: Call,
    applications: Sequence[Application],
    reference: str,
    decided_on: datetime.date,
    decider: str,
    file: PrivateFile | None,
    by: Person,
) -> list[Decision]:
    """Record of all remaining applications of a call that they are not designated, by one act.

    `applications` are those that the person was shown: raises DecisionRefused when others remain by now, or none.
    """
    check_decides(by)
    call = locked(call)
    remaining = undecided(call)
    if {one.pk for one in remaining} != {one.pk for one in applications}:
        raise DecisionRefused(
            _("Meanwhile other decisions were recorded. Look at what remains now, then confirm again.")
        )
    if not remaining:
        raise DecisionRefused(_("Every eligible application has a decision already."))
    return [
        decide(
            application=application,
            outcome=Outcome.NOT_DESIGNATED,
            reference=reference,
            decided_on=decided_on,
            decider=decider,
            file=file,
            by=by,
        )
        for application in remaining
    ]


@transaction.atomic
def correct(
    *,
    decision: Decision,
    outcome: str,
    reference: str,
    decided_on: datetime.date,
    decider: str,
    file: PrivateFile | None,
    reason: str,
    starts_on: datetime.date | None = None,
    by: Person,
) -> Decision:
    """Record a decision that supersedes another one, which stays.

    After the announcement outcome and first day can no longer change, since a membership follows from them; the rest
    can, and the history tells. Raises as `decide`, and where the decision was corrected meanwhile, nothing would
    change, or the reason is missing.
    """
    check_decides(by)
    call = locked(decision.call)
    if not call.is_announced:
        _check_running(call)
        _check_decidable(call)
    if Decision.objects.filter(supersedes=decision).exists():
        raise TransitionNotAllowed(_("This decision was corrected already: correct the newer one."))
    if not reason.strip():
        raise DecisionRefused(_("Say why the decision is corrected."))
    before = (decision.outcome, decision.reference, decision.decided_on, decision.decider, decision.file_id)
    after = (outcome, reference.strip(), decided_on, decider.strip(), file.pk if file else None)
    if (*before, decision.starts_on) == (*after, starts_on):
        raise DecisionRefused(_("This is what the decision says already."))
    if call.is_announced:
        if (decision.outcome, decision.starts_on) != (outcome, starts_on):
            raise TransitionNotAllowed(
                _(
                    "The designations are announced: the outcome and the first day can no longer be corrected here."
                    " Use the operations on the city."
                )
            )
        application = locked(decision.application)
        _check_act(call, application, outcome, reference, decided_on, decider, None)
    else:
        application = _eligible(decision.application)
        _check_act(call, application, outcome, reference, decided_on, decider, starts_on)
        if outcome != decision.outcome:
            _check_shortlist(application, outcome)
        _check_places(call, application, outcome)
    made = _append(
        call=call,
        application=application,
        outcome=outcome,
        reference=reference.strip(),
        decided_on=decided_on,
        decider=decider.strip(),
        file=file,
        starts_on=starts_on,
        reason=reason.strip(),
        supersedes=decision,
        by=by,
    )
    if call.is_announced:
        tell_history(made)
    return made


def _check_decidable(call: Call) -> None:
    if timezone.now() < call.decision_at:
        raise DecisionRefused(
            _("Nothing can be decided before %(instant)s: until then applications can be withdrawn.")
            % {"instant": from_in_words(call.decision_at)}
        )


def _check_act(
    call: Call,
    application: Application,
    outcome: str,
    reference: str,
    decided_on: datetime.date,
    decider: str,
    starts_on: datetime.date | None,
) -> None:
    if outcome not in Outcome.values:
        raise DecisionRefused(_("Say whether the city is designated or not."))
    if not reference.strip():
        raise DecisionRefused(_("Give the reference of the act."))
    if not decider.strip():
        raise DecisionRefused(_("Say who decided: the office, not the account that records it."))
    if decided_on > today():
        raise DecisionRefused(_("The act is dated later than today."))
    first = call.closes_for_all.astimezone(PARIS).date()
    if decided_on < first:
        raise DecisionRefused(_("The act is dated before the call closed, on %(day)s.") % {"day": date_format(first)})
    if starts_on is None:
        return
    if outcome != Outcome.DESIGNATED:
        raise DecisionRefused(_("A first day as a member belongs to a designation only."))
    if starts_on < max(first, FIRST_DAY):
        raise DecisionRefused(
            _("The first day as a member is before the call closed, on %(day)s.") % {"day": date_format(first)}
        )
    announced_on = call.announce_at.astimezone(PARIS).date()
    if starts_on > announced_on:
        raise DecisionRefused(
            _("The first day as a member is after the announcement, on %(day)s. Leave it empty for the day itself.")
            % {"day": date_format(announced_on)}
        )
    if application.field and not application.field.is_valid_on(starts_on):
        raise DecisionRefused(
            _("%(field)s was no field of the network on %(day)s.")
            % {"field": application.field, "day": date_format(starts_on)}
        )


def _check_shortlist(application: Application, outcome: str) -> None:
    standing = application.shortlistings.first()
    if outcome == Outcome.DESIGNATED and standing and standing.standing == Standing.NOT_SHORTLISTED:
        raise TransitionNotAllowed(
            _("%(city)s was not shortlisted. Put it on the shortlist first, and say why.") % {"city": application.name}
        )


def designated_beside(application: Application) -> list[Application]:
    """The other applications of its country and call that are designated by now, in the order of the decisions."""
    designations = (
        Decision.objects.standing()
        .filter(call=application.call_id, outcome=Outcome.DESIGNATED)
        .filter(application__country=application.country_id)
        # What was withdrawn after all, because the call was rescheduled, takes no place.
        .filter(application__status__in=[Status.ELIGIBLE, Status.DESIGNATED])
        .exclude(application=application)
    )
    return [one.application for one in designations.select_related("application__field").order_by("number")]


def _check_places(call: Call, application: Application, outcome: str) -> None:
    """Raises DecisionRefused where the country has its designations, or one in the field. Needs the call locked."""
    if outcome != Outcome.DESIGNATED:
        return
    others = designated_beside(application)
    names = ", ".join(str(other.name) for other in others)
    if call.max_designated is not None and len(others) >= call.max_designated:
        raise DecisionRefused(
            _("%(country)s has all its designations in this call (%(limit)d): %(cities)s.")
            % {"country": application.country, "limit": call.max_designated, "cities": names}
        )
    same = next((other for other in others if other.field_id == application.field_id), None)
    if call.designated_fields_differ and same:
        raise DecisionRefused(
            _("%(country)s has a designation in %(field)s in this call already: %(city)s.")
            % {"country": application.country, "field": application.field, "city": same.name}
        )


def _append(**columns: Any) -> Decision:
    """Add a row to the chain of decisions, in the caller's transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    last = Decision.objects.order_by("-number").values_list("number", "hash").first()
    number, previous = last or (0, NO_HASH)
    decision = Decision(**columns, at=timezone.now(), number=number + 1, previous_hash=previous)
    decision.hash = decision.computed_hash()
    try:
        with transaction.atomic():
            decision.save(force_insert=True)
    except IntegrityError:
        # Whatever got past the locks: the database takes one.
        raise TransitionNotAllowed(
            _("Another decision on %(city)s was recorded in this moment: look at it first.")
            % {"city": columns["application"].name}
        ) from None
    return decision


def tell_history(decision: Decision) -> None:
    """Write a decision into the history of acts, with the instant at which it was recorded under embargo."""
    superseded = decision.supersedes
    record(
        HistoryEntry.Verb.DECIDED,
        on=decision,
        by=decision.by,
        changes={
            "application": [None, decision.application_id],
            "outcome": [superseded.outcome if superseded else None, decision.outcome],
            "number": [superseded.number if superseded else None, decision.number],
            "at": [None, decision.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")],
            "hash": [None, decision.hash],
        },
        reason=decision.reason,
    )


def flaws() -> Iterator[str]:
    """Read the whole chain of decisions and tell what does not fit, a sentence each; nothing when it is whole."""
    previous, number = NO_HASH, 0
    for decision in Decision.objects.order_by("number").iterator(chunk_size=2000):
        number += 1
        if decision.number != number:
            yield f"A decision is missing: {decision.number} follows {number - 1}."
            number = decision.number
        elif decision.previous_hash != previous:
            yield f"Decision {number} does not follow decision {number - 1}: its previous hash is another."
        if decision.computed_hash() != decision.hash:
            yield f"Decision {number} was changed: its content does not give its hash."
        previous = decision.hash


# The desk: what decision officers look at


@dataclass
class Line:
    """An application as the desk shows it."""

    application: Application
    row: dict[str, Any]
    """Of the newest ranking; empty where that is older than the application's eligibility."""
    standing: Shortlisting | None
    decision: Decision | None
    is_priority_region: bool
    is_priority_field: bool


@dataclass(frozen=True)
class Group:
    """Applications ranked against each other: of a field, or of a region."""

    label: str
    is_priority: bool
    lines: list[tuple[Line, int | None, bool]]
    """Each with its place in the group, and whether others share it."""


def lines_of(call: Call, ranking: Ranking | None) -> list[Line]:
    """The eligible (or by now designated or not) applications of a call, in the order of a ranking."""
    rows = {row["application"]: row for row in ranking.rows} if ranking else {}
    order = {pk: place for place, pk in enumerate(rows)}
    standing, decisions = standings(call), standing_decisions(call)
    flagged = {field.pk for field in call.priority_fields.all()}
    applications = call.applications.filter(
        status__in=[Status.ELIGIBLE, Status.DESIGNATED, Status.NOT_DESIGNATED]
    ).select_related("call", "country", "field")
    lines = [
        Line(
            application=application,
            row=rows.get(application.pk, {}),
            standing=standing.get(application.pk),
            decision=decisions.get(application.pk),
            is_priority_region=application.country.region in call.priority_regions,
            is_priority_field=application.field_id in flagged,
        )
        for application in applications
    ]
    return sorted(lines, key=lambda line: (order.get(line.application.pk, len(order)), line.application.number))


def groups_of(call: Call, lines: list[Line], by: str) -> list[Group]:
    """The lines grouped by "field" or "region", in the order of the network's lists."""
    groups: list[tuple[str, str, bool]] = []
    if by == "region":
        groups = [(str(region.value), str(region.label), region.value in call.priority_regions) for region in Region]
    else:
        flagged = {field.pk for field in call.priority_fields.all()}
        for one in CreativeField.objects.order_by("position"):
            groups.append((one.slug, str(one.name), one.pk in flagged))

    def key(line: Line) -> str:
        application = line.application
        return application.country.region if by == "region" else application.field.slug if application.field else ""

    return [
        Group(
            label=label,
            is_priority=is_priority,
            lines=[
                (line, line.row.get(f"place_in_{by}"), bool(line.row.get(f"is_tied_in_{by}")))
                for line in lines
                if key(line) == value
            ],
        )
        for value, label, is_priority in groups
        if any(key(line) == value for line in lines)
    ]
