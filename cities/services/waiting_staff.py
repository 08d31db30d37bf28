"""What waits for an officer in the calls that run, by deadline: as many queries for one application as for many."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..models import Application, Assignment, Call, ConflictOverride, Decision, Endorsement, Screening
from ..people import Person
from .assignment import waiting_assignments
from .call import INSTANTS
from .evaluation import reviews

Status = Application.Status


class Kind(StrEnum):
    """What there is to do. The texts stand with the start page."""

    PUBLISH = "publish"
    DRAFTS = "drafts"
    EXAMINE = "examine"
    SECOND = "second"
    RETURNED = "returned"
    ENDORSEMENT = "endorsement"
    ASSIGN = "assign"
    ASK = "ask"
    OVERDUE = "overdue"
    CONFLICT = "conflict"
    OVERRIDE = "override"
    DIVERGING = "diverging"
    DECIDE = "decide"
    ANNOUNCE = "announce"


@dataclass(frozen=True)
class Duty:
    kind: Kind
    number: int
    call: Call | None = None
    due: datetime.datetime | None = None

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due <= timezone.now()


@dataclass(frozen=True)
class Running:
    """A call that runs or is in preparation, and what comes next in it."""

    call: Call
    phase: Call.Phase
    next: str
    """The name of the column of the next instant; "" when all are past."""
    at: datetime.datetime | None


def running_calls() -> list[Running]:
    """The calls in preparation and those not announced yet, the next instant first; extensions for all included."""
    now = timezone.now()
    calls = Call.objects.filter(status__in=[Call.Status.DRAFT, Call.Status.PUBLISHED]).prefetch_related("extensions")
    found = []
    for call in calls:
        later = {"closes_at": call.closes_for_all, "national_deadline_at": call.endorses_until(None)}
        instants = [(later.get(name) or getattr(call, name), name) for name in INSTANTS]
        at, name = min(((at, name) for at, name in instants if at > now), default=(None, ""))
        found.append(Running(call, call.phase(now), name, at))
    return sorted(found, key=lambda one: (one.at is None, one.at or now, one.call.slug))


def duties_of(reader: Person, running: list[Running]) -> list[Duty]:
    """What waits for a person of the secretariat, the most pressing first. Decisions for decision officers alone."""
    duties = [*_of_applications(reader, running), *_of_evaluations(reader, running)]
    if reader.has_perm("cities.decide"):
        duties += _of_decisions(running)
    order = list(Kind)
    far = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return sorted((duty for duty in duties if duty.number), key=lambda duty: (duty.due or far, order.index(duty.kind)))


def _of_applications(reader: Person, running: list[Running]) -> Iterator[Duty]:
    now = timezone.now()
    calls = {one.call.pk: one for one in running}
    proposed = Q(screening__status=Screening.Status.PROPOSED)
    examined = Q(status__in=[Status.SUBMITTED, Status.RETURNED])
    assigned = Assignment.objects.active().filter(application=OuterRef("pk")).order_by()
    counts = assigned.values("application").annotate(n=Count("pk")).values("n")
    wanted = F("call__expert_reviews") + F("call__city_reviews")
    found = (
        Application.objects.filter(call__in=calls)
        .annotate(assigned=Coalesce(Subquery(counts), 0))
        .order_by()
        .values_list("call")
        .annotate(
            drafts=Count("pk", filter=Q(status=Status.DRAFT)),
            examine=Count("pk", filter=Q(status=Status.SUBMITTED) & ~proposed),
            second=Count("pk", filter=examined & proposed & ~Q(screening__proposed_by=reader)),
            returned=Count("pk", filter=Q(status=Status.RETURNED, return_until__lte=now) & ~proposed),
            unendorsed=Count(
                "pk",
                filter=Q(status=Status.SUBMITTED)
                & (Q(endorsement=None) | ~Q(endorsement__status=Endorsement.Status.ENDORSED)),
            ),
            assign=Count("pk", filter=Q(status=Status.ELIGIBLE, assigned__lt=wanted)),
        )
    )
    for pk, drafts, examine, second, returned, unendorsed, assign in found:
        one = calls[pk]
        call, phase = one.call, one.phase
        if phase == Call.Phase.OPEN:
            yield Duty(Kind.DRAFTS, drafts, call, call.closes_for_all)
            continue
        yield Duty(Kind.EXAMINE, examine, call, call.screening_until)
        yield Duty(Kind.SECOND, second, call, call.screening_until)
        yield Duty(Kind.RETURNED, returned, call, call.screening_until)
        yield Duty(Kind.ENDORSEMENT, unendorsed, call, call.screening_until)
        yield Duty(Kind.ASSIGN, assign, call, call.evaluation_until)
    for one in running:
        if one.phase == Call.Phase.DRAFT:
            yield Duty(Kind.PUBLISH, 1, one.call, one.call.opens_at)


def _of_evaluations(reader: Person, running: list[Running]) -> Iterator[Duty]:
    """Of calls past their opening; which of a file's reviews diverge is computed, in as many queries a call."""
    evaluated = [one.call for one in running if one.phase in (Call.Phase.EVALUATION, Call.Phase.DECISION)]
    until = min((call.evaluation_until for call in evaluated), default=None)
    counts = waiting_assignments() if any(one.phase != Call.Phase.DRAFT for one in running) else {}
    yield Duty(Kind.ASK, counts.get("planned", 0), due=until)
    yield Duty(Kind.OVERDUE, counts.get("overdue", 0), due=until)
    yield Duty(Kind.CONFLICT, counts.get("conflicted", 0), due=until)
    waiting = ConflictOverride.objects.filter(agreed_at=None, application__call__status=Call.Status.PUBLISHED)
    yield Duty(Kind.OVERRIDE, waiting.exclude(proposed_by=reader).count(), due=until)
    for call in evaluated:
        yield Duty(Kind.DIVERGING, sum(one.diverging for one in reviews(call)), call, call.evaluation_until)


def _of_decisions(running: list[Running]) -> Iterator[Duty]:
    """For decision officers only: that something is decided must show to nobody else."""
    calls = {one.call.pk: one.call for one in running if one.phase == Call.Phase.DECISION}
    decided = Decision.objects.filter(call__in=calls).order_by().values("application")
    waiting: Any = Application.objects.filter(call__in=calls, status=Status.ELIGIBLE).order_by().values_list("call")
    undecided = dict(waiting.exclude(pk__in=decided).annotate(number=Count("pk")))
    for pk, call in calls.items():
        if undecided.get(pk):
            yield Duty(Kind.DECIDE, undecided[pk], call, call.announce_at)
        else:
            yield Duty(Kind.ANNOUNCE, 1, call, call.announce_at)
