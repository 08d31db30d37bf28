"""Which evaluator reviews which application: planned, asked, accepted, given back; and what the clock does with it.

Locks: the application, then the assignment or the evaluator. Who acts on several holds them all before the first line
of the history is written.
"""

import datetime
import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..days import today
from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import (
    Application,
    Assignment,
    Call,
    Conflict,
    ConflictDeclaration,
    ConflictOverride,
    Evaluation,
    Evaluator,
    HistoryEntry,
    Score,
)
from ..people import Person
from .conflict import Candidate, ConflictRefused, Hindrance, beside, conflicts_of, evaluators_in, in_words
from .history import record
from .locking import locked
from .once import once
from .outbox import write_mail

Status = Assignment.Status
Verb = HistoryEntry.Verb
Panel = Evaluator.Panel


class AssignmentRefused(NetworkError):
    """An application cannot be given to an evaluator; `sentences` says why, one each."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(map(str, sentences)))
        self.sentences = list(sentences)


def move(assignment: Assignment, to: str, *, verb: Verb | None, by: Person | None, **fields: Any) -> Assignment:
    """The caller holds the row. Without a verb nothing is noted: for what only a save brings about."""
    if to not in Assignment.TRANSITIONS.get(Status(assignment.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the assignment is “%(status)s” now.") % {"status": assignment.get_status_display()}
        )
    before, assignment.status = assignment.status, to
    for name, value in fields.items():
        setattr(assignment, name, value)
    assignment.save(update_fields=["status", *fields])
    if verb:
        record(verb, on=assignment, by=by, changes={"status": [before, str(to)]})
    return assignment


def hold(assignment: Assignment) -> Assignment:
    """The assignment as it is now, held after its application, until the transaction ends."""
    application = locked(assignment.application)
    stored = locked(assignment)
    stored.application = application
    return stored


def own(assignment: Assignment, by: Person) -> Assignment:
    """`hold`, for the evaluator alone; what a conflict of interest has closed does not open to a race either."""
    stored = hold(assignment)
    if not Assignment.objects.held_by(by).filter(pk=stored.pk).exists():
        raise TransitionNotAllowed(_("This assignment is no longer yours."))
    return stored


def check_open(assignment: Assignment) -> None:
    """Raise TransitionNotAllowed once the evaluation of the call has ended."""
    if timezone.now() >= assignment.closes_at:
        raise TransitionNotAllowed(_("The evaluation of this call has ended."))


# Officers


@transaction.atomic
def assign(
    *, application: Application, evaluator: Evaluator, by: Person, due_at: datetime.datetime | None = None
) -> Assignment:
    """Plan that an evaluator reviews an application; they learn of it when they are asked.

    Raises AssignmentRefused with all that speaks against it: a conflict of interest, another field, a language that
    they do not read, too many applications, an application that is not to be evaluated.
    """
    if evaluator.user_id == by.pk:
        raise AssignmentRefused(_("Nobody chooses what they evaluate themselves: a colleague assigns it."))
    return _assign(locked(application), locked(evaluator), by, due_at)


def _assign(
    application: Application, evaluator: Evaluator, by: Person, due_at: datetime.datetime | None = None
) -> Assignment:
    """The caller holds both."""
    refusals = []
    if application.status != Application.Status.ELIGIBLE:
        refusals.append(
            _("Only an eligible application is evaluated; this one is “%(status)s”.")
            % {"status": application.get_status_display()}
        )
    elif timezone.now() >= application.call.evaluation_until:
        refusals.append(_("The evaluation of this call has ended."))
    candidate = beside([application], [evaluator])[application.pk, evaluator.pk]
    # Who gave a file back may be asked again by hand, unless for a conflict: that is one of the conflicts.
    candidate.hindrances.discard(Hindrance.GIVEN_BACK)
    refusals += candidate.sentences
    if due_at and due_at > application.call.evaluation_until:
        refusals.append(_("The evaluation of this call ends before the day given."))
    if refusals:
        raise AssignmentRefused(*refusals)
    assignment = Assignment.objects.create(
        application=application,
        evaluator=evaluator,
        user=evaluator.user,
        due_at=due_at or application.call.evaluation_until,
        assigned_by=by,
    )
    record(Verb.ASSIGNED, on=assignment, by=by, changes={"status": [None, assignment.status]})
    return assignment


@transaction.atomic
def ask(*, assignments: Collection[Assignment], by: Person) -> list[Assignment]:
    """Ask the evaluators of planned assignments, each by one mail for all of theirs.

    All or none: raises TransitionNotAllowed, and ConflictRefused where somebody has a conflict of interest by now.
    """
    stored = _hold_all(assignments)
    conflicts = conflicts_of(stored)
    for one in stored:
        if tied := conflicts.get(one.pk):
            raise ConflictRefused(
                _("%(name)s cannot be asked about %(application)s: %(conflicts)s.")
                % {"name": one.user, "application": one.application, "conflicts": in_words(tied)}
            )
        check_open(one)
    now = timezone.now()
    for one in stored:
        move(one, Status.INVITED, verb=Verb.EVALUATOR_ASKED, by=by, invited_at=now)
    for user, asked in _by_user(stored).items():
        write_mail("evaluation-asked", to=user, context={"assignments": asked})
    return stored


def _hold_all(assignments: Iterable[Assignment]) -> list[Assignment]:
    """Assignments as they are now, held: their applications first, both in the order of their keys."""
    keys = [assignment.pk for assignment in assignments]
    found = Assignment.objects.filter(pk__in=keys)
    applications = Application.objects.filter(pk__in=found.order_by().values("application"))
    held = {one.pk: one for one in applications.order_by("pk").select_for_update(no_key=True)}
    calls = {call.pk: call for call in Call.objects.filter(pk__in={one.call_id for one in held.values()})}
    stored = list(
        found.select_related("user", "evaluator__field").order_by("pk").select_for_update(no_key=True, of=("self",))
    )
    for one in stored:
        one.application = held[one.application_id]
        one.application.call = calls[one.application.call_id]
    return stored


def _by_user(assignments: Iterable[Assignment]) -> dict[Person, list[Assignment]]:
    found = defaultdict(list)
    for one in assignments:
        found[one.user].append(one)
    return dict(found)


@transaction.atomic
def take_back(*, assignment: Assignment, reason: str = "", by: Person) -> Assignment:
    """Take an application back from an evaluator, who is told unless they were never asked. What they wrote stays."""
    stored = hold(assignment)
    # A planned one has been told to nobody, and a person with a conflict is told nothing of it.
    knows = Assignment.objects.held_by(stored.user).filter(pk=stored.pk).exists()
    move(stored, Status.REPLACED, verb=Verb.ASSIGNMENT_TAKEN_BACK, by=by, reason=reason.strip())
    if knows:
        write_mail("evaluation-taken-back", to=stored.user, context={"assignment": stored})
    return stored


# Evaluators


@transaction.atomic
def accept(*, assignment: Assignment, by: Person) -> Assignment:
    """The evaluator declares to have no conflict of interest, which opens the file.

    What they wrote on it before, in an assignment that expired, comes along.
    """
    stored = own(assignment, by)
    check_open(stored)
    move(stored, Status.ACCEPTED, verb=Verb.EVALUATOR_ACCEPTED, by=by, declared_at=timezone.now())
    earlier = Evaluation.objects.filter(assignment__application=stored.application_id, assignment__user=by)
    if written := earlier.order_by("-pk").first():
        scores = list(written.scores.all())
        copy = Evaluation.objects.create(
            assignment=stored,
            recommendation=written.recommendation,
            comment=written.comment,
            as_typed=written.as_typed,
        )
        Score.objects.bulk_create(
            Score(evaluation=copy, criterion_id=score.criterion_id, value=score.value, comment=score.comment)
            for score in scores
        )
    return stored


@transaction.atomic
def decline_assignment(*, assignment: Assignment, reason: str = "", by: Person) -> Assignment:
    """The evaluator cannot take the application; staff are told."""
    stored = move(own(assignment, by), Status.DECLINED, verb=Verb.EVALUATOR_DECLINED, by=by, reason=reason.strip())
    _tell_staff("declined", stored)
    return stored


@transaction.atomic
def recuse(*, assignment: Assignment, text: str = "", by: Person) -> Assignment:
    """The evaluator declares a conflict of interest: the file closes to them for good, a score no longer counts."""
    stored = own(assignment, by)
    ConflictDeclaration.objects.get_or_create(application=stored.application, user=by, defaults={"text": text.strip()})
    # What two officers overrode was an earlier declaration; the history keeps that they did.
    ConflictOverride.objects.filter(application=stored.application, user=by, conflict=Conflict.DECLARED).delete()
    move(stored, Status.RECUSED, verb=Verb.EVALUATOR_RECUSED, by=by)
    _tell_staff("recused", stored)
    return stored


@transaction.atomic
def abstain(*, assignment: Assignment, reason: str, by: Person) -> Assignment:
    """The evaluator opened the file and gives it back without a conflict of interest; says why."""
    if not reason.strip():
        raise NetworkError(_("Say in a few words why you abstain."))
    stored = move(own(assignment, by), Status.ABSTAINED, verb=Verb.EVALUATOR_ABSTAINED, by=by, reason=reason.strip())
    _tell_staff("abstained", stored)
    return stored


def _tell_staff(what: str, assignment: Assignment) -> None:
    context = {"what": what, "assignment": assignment, "application": assignment.application}
    write_mail("evaluation-to-staff", address=settings.CONTACT_EMAIL, context=context)


# The clock


@transaction.atomic
def expire(*, assignment: Assignment) -> Assignment:
    """Close what was not answered when it was due, or not submitted when the evaluation ended. The text stays."""
    stored = hold(assignment)
    if timezone.now() < _expires_at(stored):
        raise TransitionNotAllowed(_("This assignment is not overdue."))
    return move(stored, Status.EXPIRED, verb=Verb.ASSIGNMENT_EXPIRED, by=None)


def _expires_at(assignment: Assignment) -> datetime.datetime:
    return assignment.due_at if assignment.status == Status.INVITED else assignment.closes_at


@transaction.atomic
def lock(*, assignment: Assignment) -> Assignment:
    """Close a submitted evaluation for good: when the evaluation of the call has ended."""
    stored = hold(assignment)
    if timezone.now() < stored.closes_at:
        raise TransitionNotAllowed(_("The evaluation of this call has not ended yet."))
    return move(stored, Status.LOCKED, verb=Verb.EVALUATION_LOCKED, by=None)


def close_due_assignments() -> int:
    """Expire and lock what is due; gives how many."""
    now = timezone.now()
    running = Assignment.objects.filter(application__call__status=Call.Status.PUBLISHED).select_related("application")
    unanswered = running.filter(status=Status.INVITED, due_at__lte=now)
    ended = running.filter(application__call__evaluation_until__lte=now)
    closed = 0
    for found, act in (
        (unanswered, expire),
        (ended.filter(status__in=Assignment.EDITABLE), expire),
        (ended.filter(status=Status.SUBMITTED), lock),
    ):
        for assignment in list(found.order_by("pk")):
            try:
                act(assignment=assignment)
            except TransitionNotAllowed:
                continue  # another clock, or the evaluator, was faster
            closed += 1
    return closed


def remind_evaluators() -> int:
    """Remind evaluators of what is due in so many days (`EVALUATION_REMINDER_DAYS`), and once of what is overdue.

    One mail for all of a person's; never of an application that they have a conflict with. Gives how many mails.
    """
    now = timezone.now()
    waiting = _waiting_for_evaluators()
    due: dict[int, str] = {}
    for assignment in waiting:
        if assignment.due_at <= now:
            due[assignment.pk] = "overdue"
            continue
        days = [days for days in settings.EVALUATION_REMINDER_DAYS if assignment.due_at <= now + _days(days)]
        # Somebody who was asked within these days has just been told.
        if days and assignment.invited_at and assignment.invited_at < assignment.due_at - _days(min(days)):
            due[assignment.pk] = f"{min(days)}"
    return _remind([one for one in waiting if one.pk in due], lambda one: f"{due[one.pk]}/{one.due_at.isoformat()}")


def remind(*, assignments: Collection[Assignment], by: Person) -> int:
    """Remind evaluators by hand, once a day at most; gives how many mails were written.

    What is not waiting for its evaluator, and what they have a conflict with, is passed over.
    """
    if not by.has_perm("cities.assign"):
        raise NetworkError(_("Only officers of the secretariat remind evaluators."))
    keys = {assignment.pk for assignment in assignments}
    wanted = [one for one in _waiting_for_evaluators() if one.pk in keys]
    return _remind(wanted, lambda one: f"by-hand/{today().isoformat()}")


def _days(number: int) -> datetime.timedelta:
    return datetime.timedelta(days=number)


def _waiting_for_evaluators() -> list[Assignment]:
    """What evaluators can still do, with their persons, without what they have a conflict with."""
    now = timezone.now()
    waiting = list(
        Assignment.objects.filter(
            status__in=Assignment.WAITED_FOR,
            application__status=Application.Status.ELIGIBLE,
            application__call__status=Call.Status.PUBLISHED,
            application__call__evaluation_until__gt=now,
            evaluator__in=Evaluator.objects.in_force(),
            user__is_active=True,
        )
        .select_related("user", "application__call", "application__country", "application__field")
        .order_by("user", "due_at", "pk")
    )
    conflicts = conflicts_of(waiting)
    return [one for one in waiting if one.pk not in conflicts]


def _remind(assignments: Iterable[Assignment], key: Any) -> int:
    written = 0
    for user, held in _by_user(assignments).items():
        with transaction.atomic():
            if told := [one for one in held if once(f"evaluation/{one.pk}/{key(one)}")]:
                context = {"assignments": told, "is_overdue": told[0].due_at <= timezone.now()}
                write_mail("evaluation-reminder", to=user, context=context)
                written += 1
    return written


def conflicted(assignments: Iterable[Assignment]) -> dict[int, str]:
    """The assignments whose evaluator has a conflict of interest now, in words, by their keys."""
    return {pk: in_words(tied) for pk, tied in conflicts_of(list(assignments)).items()}


def in_running_calls() -> Any:
    """The assignments that count, in calls that are not announced."""
    running = Assignment.objects.active().filter(application__call__status=Call.Status.PUBLISHED)
    return running.exclude(application__status=Application.Status.WITHDRAWN)


def tell_of_conflicts() -> int:
    """Tell staff, once, of assignments whose evaluator came into a conflict of interest after they were made."""
    found = list(in_running_calls().select_related("application__call", "user").order_by("pk"))
    conflicts = conflicts_of(found)
    told = 0
    for assignment in found:
        tied = conflicts.get(assignment.pk)
        with transaction.atomic():
            if tied and once(f"evaluation/{assignment.pk}/conflict/{'+'.join(sorted(tied))}"):
                _tell_staff("conflict", assignment)
                told += 1
    return told


def waiting_assignments() -> dict[str, int]:
    """What waits for officers: planned and not asked yet, overdue, and in conflict by now."""
    found = list(in_running_calls().select_related("application", "user"))
    now = timezone.now()
    return {
        "planned": sum(one.status == Status.PROPOSED for one in found),
        "overdue": sum(one.status in Assignment.WAITED_FOR and one.due_at <= now for one in found),
        "conflicted": len(conflicted(found)),
    }


# Planning


@dataclass(frozen=True)
class Planned:
    application: Application
    evaluator: Evaluator


@dataclass(frozen=True)
class Plan:
    """Who would review what, and which applications would lack reviews, with the reasons in sentences."""

    call: Call
    assignments: list[Planned]
    unsolved: list[tuple[Application, list[str]]]
    loads: dict[int, int]
    """The load of each evaluator, by the key of the mandate, once the plan is carried out."""

    @cached_property
    def digest(self) -> str:
        """Names the plan: what was looked at is what is carried out."""
        pairs = sorted((one.application.pk, one.evaluator.pk) for one in self.assignments)
        return hashlib.sha256(repr((self.call.pk, pairs)).encode()).hexdigest()[:16]


def wanted_reviews(call: Call) -> dict[str, int]:
    """How many reviews of each panel an application of the call needs."""
    return {Panel.EXPERTS.value: call.expert_reviews, Panel.CITIES.value: call.city_reviews}


def plan(call: Call) -> Plan:
    """Give every eligible application the reviews it lacks, the load spread as evenly as can be. Changes nothing.

    A field and a panel is a problem of its own, because an evaluator belongs to one. There, one review after the other
    goes to the least loaded evaluator that can be reached: directly, or by passing reviews on from one evaluator to
    the next (`_Field.give`). So none is left out that any plan could cover beside the ones before it, and no plan for
    as many reviews has more even loads. The same data give the same plan.
    """
    applications = list(
        Application.objects.filter(call=call, status=Application.Status.ELIGIBLE)
        .select_related("field", "country", "call")
        .order_by("number", "pk")
    )
    evaluators = evaluators_in({application.field_id for application in applications})
    candidates = beside(applications, evaluators)
    present = _reviews_under_way(applications)
    made: list[Planned] = []
    unsolved: dict[int, list[str]] = {}
    loads = {evaluator.pk: 0 for evaluator in evaluators}
    for field in sorted({application.field_id or 0 for application in applications}):
        here = [application for application in applications if application.field_id == field]
        for panel, wanted in wanted_reviews(call).items():
            of_panel = [one for one in evaluators if one.field_id == field and one.panel == panel]
            lacking = {one.pk: wanted - present[one.pk, panel] for one in here}
            problem = _Field(here, of_panel, candidates)
            # The first review of each before the second of any: where there are too few, all lack alike.
            for number in range(wanted):
                for application in here:
                    if lacking[application.pk] > number and not problem.give(application):
                        problem.failed[application.pk] += 1
            made += problem.planned()
            loads |= problem.loads
            for application in here:
                if missing := problem.failed[application.pk]:
                    unsolved.setdefault(application.pk, []).extend(problem.reasons(application, panel, missing))
    order = {application.pk: place for place, application in enumerate(applications)}
    made.sort(key=lambda one: (order[one.application.pk], one.evaluator.panel, one.evaluator.pk))
    return Plan(call, made, [(one, unsolved[one.pk]) for one in applications if one.pk in unsolved], loads)


def _reviews_under_way(applications: Collection[Application]) -> Counter:
    """How many reviews that count each application has or will have, by its key and the panel."""
    held = list(
        Assignment.objects.active()
        .filter(application__in=list(applications))
        .select_related("application", "user", "evaluator")
    )
    out = conflicted(held)
    return Counter((one.application_id, one.evaluator.panel) for one in held if one.pk not in out)


class _Field:
    """The reviews of one field by one panel, while they are planned."""

    def __init__(
        self,
        applications: list[Application],
        evaluators: list[Evaluator],
        candidates: dict[tuple[int, int], Candidate],
    ) -> None:
        self.applications = {one.pk: one for one in applications}
        self.evaluators = {one.pk: one for one in evaluators}
        self.candidates = {pair: one for pair, one in candidates.items() if pair[1] in self.evaluators}
        self.loads = {
            one.pk: next((held.load for pair, held in self.candidates.items() if pair[1] == one.pk), 0)
            for one in evaluators
        }
        self.given: dict[int, set[int]] = {one.pk: set() for one in evaluators}
        """The applications that each evaluator gets, by their keys."""
        # Load is told apart: it changes while the plan is made.
        self.may = {
            one.pk: [pk for pk in self.evaluators if not self.candidates[one.pk, pk].hindrances - {Hindrance.LOAD}]
            for one in applications
        }
        self.failed: Counter = Counter()

    def give(self, application: Application) -> bool:
        """One more review of an application; False when nobody can take it, however the others are passed on.

        Looks from evaluator to evaluator: who can take it, who could take one of theirs instead, and so on. The least
        loaded one that is found and has room takes one more, and each on the way passes one on.
        """
        came_from: dict[int, tuple[int | None, int]] = {}
        queue = []
        for pk in self.may[application.pk]:
            if application.pk not in self.given[pk]:
                came_from[pk] = (None, application.pk)
                queue.append(pk)
        for holder in queue:
            for held in sorted(self.given[holder]):
                for pk in self.may[held]:
                    if pk not in came_from and held not in self.given[pk]:
                        came_from[pk] = (holder, held)
                        queue.append(pk)
        free = [pk for pk in queue if self.loads[pk] < self.evaluators[pk].max_load]
        if not free:
            return False
        taker: int | None = min(free, key=lambda pk: (self.loads[pk], queue.index(pk)))
        self.loads[taker] += 1  # type: ignore[index]  # found above
        while taker is not None:
            giver, passed = came_from[taker]
            self.given[taker].add(passed)
            if giver is not None:
                self.given[giver].remove(passed)
            taker = giver
        return True

    def planned(self) -> list[Planned]:
        return [
            Planned(self.applications[application], self.evaluators[evaluator])
            for evaluator, given in self.given.items()
            for application in sorted(given)
        ]

    def reasons(self, application: Application, panel: str, missing: int) -> list[str]:
        """Why an application lacks reviews of the panel, in sentences."""
        names = {
            "panel": Panel(panel).label,
            "field": application.field,
            "missing": missing,
            "count": len(self.evaluators),
        }
        said = [
            ngettext(
                "One review of the panel “%(panel)s” cannot be given.",
                "%(missing)s reviews of the panel “%(panel)s” cannot be given.",
                missing,
            )
            % names
        ]
        if not self.evaluators:
            return [*said, _("Nobody is appointed to this panel in the field %(field)s.") % names]
        said.append(
            ngettext(
                "One person is appointed to it in the field %(field)s.",
                "%(count)s persons are appointed to it in the field %(field)s.",
                len(self.evaluators),
            )
            % names
        )
        found = [self.candidates[application.pk, pk] for pk in self.evaluators]
        earlier: set[Hindrance] = set()
        for hindrance, sentence in _WHY.items():
            # Each person under the first that holds, so that the numbers add up.
            if number := sum(hindrance in one.hindrances and not one.hindrances & earlier for one in found):
                said.append(sentence % {"number": number})
            earlier.add(hindrance)
        if others := len(self.may[application.pk]):
            said.append(_("Get this application, or have as many as agreed: %(number)s.") % {"number": others})
        return said


_WHY = {
    Hindrance.LANGUAGE: gettext_lazy("Do not read the language of the application: %(number)s."),
    Hindrance.CONFLICT: gettext_lazy("Have a conflict of interest: %(number)s."),
    Hindrance.HELD: gettext_lazy("Have the application already: %(number)s."),
    Hindrance.GIVEN_BACK: gettext_lazy("Gave the application back: %(number)s."),
}


@transaction.atomic
def apply_plan(*, plan: Plan, by: Person) -> list[Assignment]:
    """Carry out a plan, whole or not at all. Each assignment is checked again: raises AssignmentRefused for the first
    that no longer holds."""
    applications = {
        one.pk: one
        for one in Application.objects.filter(pk__in={planned.application.pk for planned in plan.assignments})
        .order_by("pk")
        .select_for_update(no_key=True)
    }
    evaluators = {
        one.pk: one
        for one in Evaluator.objects.filter(pk__in={planned.evaluator.pk for planned in plan.assignments})
        .order_by("pk")
        .select_for_update(no_key=True)
    }
    return [_assign(applications[one.application.pk], evaluators[one.evaluator.pk], by) for one in plan.assignments]
