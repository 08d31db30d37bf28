"""An application leaves its team: shared with the National Commission, submitted, withdrawn.

What is submitted is a snapshot that nothing changes any more. Its receipt names the instant, the number and a hash of
the content, and can be verified by whoever holds it, without learning what the application says.
"""

import datetime
import json
import secrets
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..days import to_the_second, until_in_words
from ..exceptions import MandateRefused, NetworkError, TransitionNotAllowed
from ..models import (
    Applicant,
    Application,
    Call,
    City,
    Endorsement,
    HistoryEntry,
    PlannedInitiative,
    Question,
    Snapshot,
)
from ..people import Person
from .answering import amount
from .application import move
from .checklist import Finding, check, failures
from .dossier import content
from .endorsement import ask_anew, commission_of, free_place, request
from .history import record
from .locking import locked
from .once import once
from .outbox import write_mail

Status = Application.Status
Verb = HistoryEntry.Verb

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of receipts: none that is taken for another when it is read from paper."""
GROUPS, GROUP = 5, 4
REASON_LENGTH = 2000


class SubmissionRefused(NetworkError):
    """An application cannot be shared, submitted or withdrawn as asked."""


class TooLate(SubmissionRefused):
    """It was received after the last instant."""

    def __init__(self, received_at: datetime.datetime, end: datetime.datetime) -> None:
        super().__init__(
            _("It was received on %(received)s, and could be submitted until %(end)s. What was typed stays readable.")
            % {"received": to_the_second(received_at), "end": until_in_words(end)}
        )


class AlreadySubmitted(TransitionNotAllowed):
    """It was submitted a moment ago, or long ago: `snapshot` is what was received."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(_("The application was submitted already: here is its receipt."))
        self.snapshot = snapshot


class NotInOrder(SubmissionRefused):
    """The self-check finds what the examination would find: `findings` say what, and where."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(" ".join(sentence for finding in findings for sentence in finding.sentences))
        self.findings = findings


def _check_owner(by: Person, application: Application) -> None:
    if not by.has_perm("cities.own_application", application):
        raise MandateRefused(_("Only an owner of the application can do this."))


def _held(application: Application) -> Application:
    """The application as it is now, its call before it, held until the transaction ends."""
    call = locked(application.call)
    stored = locked(application)
    stored.call = call
    return stored


# Sharing


@transaction.atomic
def share(*, application: Application, by: Person) -> Endorsement:
    """Show an application to the National Commission of its country and ask for its endorsement; officers get a mail.

    Asked again, nothing happens; after a withdrawal of the endorsement it is asked for anew. Raises MandateRefused
    for who does not own the application, SubmissionRefused without a field or a name in both languages, or when the
    time for that is over, TransitionNotAllowed when the Commission has declined.
    """
    stored = _held(application)
    _check_owner(by, stored)
    found = Endorsement.objects.filter(application=stored).first()
    if stored.shared_at and found and found.status in (Endorsement.Status.REQUESTED, Endorsement.Status.ENDORSED):
        return found
    _check_can_be_shared(stored)
    if found and found.status == Endorsement.Status.DECLINED:
        raise TransitionNotAllowed(
            _("The National Commission has declined. It can change its mind until its deadline: write to it.")
        )
    endorsement = request(application=stored, by=by)
    if endorsement.status == Endorsement.Status.WITHDRAWN:
        endorsement = ask_anew(endorsement=endorsement, by=by)
    if stored.shared_at is None:
        stored.shared_at = timezone.now()
        stored.save(update_fields=["shared_at", "updated_at"])
    record(Verb.APPLICATION_SHARED, on=stored, by=by)
    officers = commission_of(stored.country)
    for officer in officers:
        write_mail("application-shared", to=officer, context={"application": stored, "endorsement": endorsement})
    if not officers:
        # Nobody would learn of it: staff appoint somebody, or record a letter on paper.
        write_mail("application-shared-to-staff", address=settings.CONTACT_EMAIL, context={"application": stored})
    return endorsement


def _check_can_be_shared(application: Application) -> None:
    if application.status_told not in Application.EDITABLE:
        raise TransitionNotAllowed(
            _("This cannot be done: the application is “%(status)s” now.") % {"status": told(application)}
        )
    if application.call.status != Call.Status.PUBLISHED:
        raise SubmissionRefused(_("The call is not open any more."))
    if not (application.name_en and application.name_fr):
        raise SubmissionRefused(_("Enter the city’s name in English and in French first: the Commission reads it."))
    if application.field is None:
        raise SubmissionRefused(
            _("Choose the creative field first: the Commission endorses an application in its field.")
        )
    until = application.call.endorses_until(application)
    if timezone.now() >= until:
        raise SubmissionRefused(
            _("The deadline of the National Commission has passed: %(instant)s.") % {"instant": until_in_words(until)}
        )


def told(application: Application) -> str:
    """The status as its team may know it."""
    return str(application.status_told.label)


# Submission


@transaction.atomic
def submit(*, application: Application, by: Person, received_at: datetime.datetime | None = None) -> Snapshot:
    """Submit an application: freeze what it says, give a receipt, tell the team and the National Commission.

    `received_at` is the instant at which the request arrived, so that nobody loses by waiting for another's turn.
    After a return for completion it makes the next snapshot. Raises MandateRefused for who does not own it,
    AlreadySubmitted, TransitionNotAllowed in another status, TooLate from the first instant after the end on, and
    NotInOrder when the self-check finds something.
    """
    received_at = received_at or timezone.now()
    stored = _held(application)
    _check_owner(by, stored)
    latest = stored.snapshots.order_by("-number").first()
    if latest and stored.status_told not in Application.EDITABLE and stored.status != Status.WITHDRAWN:
        raise AlreadySubmitted(latest)
    if Status.SUBMITTED not in Application.TRANSITIONS.get(stored.status_told, set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the application is “%(status)s” now.") % {"status": told(stored)}
        )
    if stored.call.status != Call.Status.PUBLISHED:
        raise SubmissionRefused(_("The call is not open any more."))
    if received_at >= stored.closes_at:
        raise TooLate(received_at, stored.closes_at)
    if found := failures(check(stored, at=received_at)):
        raise NotInOrder(found)
    snapshot = _freeze(stored, latest.number + 1 if latest else 1, received_at, by)
    _plan(stored)
    stored = move(stored, Status.SUBMITTED, verb=Verb.APPLICATION_SUBMITTED, by=by, submitted_at=received_at)
    # In the chain of acts: from now on nobody can give the receipt another content unseen.
    record(Verb.APPLICATION_SUBMITTED, on=snapshot, by=by, changes={"sha256": [None, snapshot.sha256]})
    context = {"application": stored, "snapshot": snapshot}
    for person in team_of(stored):
        write_mail("application-submitted", to=person, context=context)
    for officer in commission_of(stored.country):
        write_mail("application-submitted-commission", to=officer, context=context)
    return snapshot


def _freeze(application: Application, number: int, at: datetime.datetime, by: Person) -> Snapshot:
    # Through JSON and back, so that the hash is that of what the database gives again.
    said = json.loads(json.dumps(content(application), ensure_ascii=False))
    snapshot = Snapshot(application=application, number=number, at=at, by=by, content=said, receipt=new_receipt())
    snapshot.sha256 = snapshot.computed_sha256()
    snapshot.save(force_insert=True)
    return snapshot


def new_receipt() -> str:
    """A code that nobody can guess: a hundred bits, in letters that can be read from paper."""
    return "-".join("".join(secrets.choice(LETTERS) for _place in range(GROUP)) for _group in range(GROUPS))


def _plan(application: Application) -> None:
    """Make the plan's initiatives rows, anew at each submission."""
    kinds = {
        Question.Kind.LOCAL: PlannedInitiative.Kind.LOCAL,
        Question.Kind.INTERNATIONAL: PlannedInitiative.Kind.INTERNATIONAL,
    }
    answers = list(
        application.answers.filter(question__kind__in=[*kinds, Question.Kind.BUDGET]).select_related("question")
    )
    budgets = [answer.value or {} for answer in answers if answer.question.kind == Question.Kind.BUDGET]
    currency = str(budgets[0].get("currency", ""))[:3] if budgets else ""
    plans = [(kinds[Question.Kind(a.question.kind)], a.value or []) for a in answers if a.question.kind in kinds]
    slugs = {slug for _kind, rows in plans for row in rows for slug in row.get("partner_cities", [])}
    partners = {city.slug: city for city in City.objects.filter(slug__in=slugs)}
    application.planned_initiatives.all().delete()
    for kind, rows in plans:
        for position, row in enumerate(rows, 1):
            planned = PlannedInitiative.objects.create(
                application=application,
                kind=kind,
                position=position,
                title=str(row.get("title", ""))[:200],
                description=row.get("description", ""),
                cost=amount(row["cost"]) if row.get("cost") else None,
                currency=currency,
            )
            planned.partner_cities.set([partners[slug] for slug in row.get("partner_cities", []) if slug in partners])


def find_receipt(code: str) -> Snapshot | None:
    """What a receipt was given for, however its code is typed; None for one that was never given."""
    plain = "".join(letter for letter in code.upper() if letter in LETTERS)
    if len(plain) != GROUPS * GROUP:
        return None
    written = "-".join(plain[start : start + GROUP] for start in range(0, len(plain), GROUP))
    return Snapshot.objects.select_related("application__call").filter(receipt=written).first()


# Withdrawal


@transaction.atomic
def withdraw(*, application: Application, by: Person, reason: str = "") -> Application:
    """Withdraw an application, for good. The place of its endorsement is free again; team and Commission get a mail.

    Possible until the call's decision, whether or not something is decided by then. The words of the reason go with
    the mails and are kept nowhere else. Raises MandateRefused for who does not own it, SubmissionRefused when it is
    too late, TransitionNotAllowed when the status does not allow it.
    """
    stored = _held(application)
    _check_owner(by, stored)
    if Status.WITHDRAWN not in Application.TRANSITIONS.get(Status(stored.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the application is “%(status)s” now.") % {"status": told(stored)}
        )
    if not stored.can_be_withdrawn:
        raise SubmissionRefused(
            _("An application could be withdrawn until %(instant)s: now the decision is being taken.")
            % {"instant": until_in_words(stored.call.decision_at)}
        )
    was_shared = stored.shared_at is not None
    moved = move(
        stored, Status.WITHDRAWN, verb=Verb.APPLICATION_WITHDRAWN, by=by, withdrawn_at=timezone.now(), return_note=""
    )
    free_place(application=moved, by=by)
    context = {"application": moved, "reason": reason.strip()[:REASON_LENGTH]}
    for person in team_of(moved):
        write_mail("application-withdrawn", to=person, context=context)
    if was_shared:
        for officer in commission_of(moved.country):
            write_mail("application-withdrawn-commission", to=officer, context=context)
    return moved


# Mails and the clock


def team_of(application: Application) -> list[Any]:
    """Everybody who works on an application now and can be written to, readers too."""
    mandates = Applicant.objects.in_force().filter(application=application, user__is_active=True)
    return [mandate.user for mandate in mandates.select_related("user").order_by("pk")]


def remind_of_drafts() -> int:
    """Tell owners, some days before the end, of an application that they have not submitted; gives of how many.

    Each of APPLICATION_REMINDER_DAYS once, also before the end of a time for completion; when the clock stood still,
    only the nearest. Not of what was begun, or returned, since.
    """
    now = timezone.now()
    asked = Application.objects.filter(status__in=Application.EDITABLE, call__status=Call.Status.PUBLISHED)
    owners = Applicant.objects.in_force().filter(role=Applicant.Role.OWNER, user__is_active=True)
    teams = models.Prefetch("applicants", owners.select_related("user").order_by("pk"), to_attr="owners")
    reminded = 0
    for application in asked.select_related("call", "screening").prefetch_related("call__extensions", teams):
        end = application.closes_at
        days = _nearest(settings.APPLICATION_REMINDER_DAYS, now, end)
        since = _waits_since(application)
        people = [mandate.user for mandate in getattr(application, "owners", [])]
        if days is None or since > end - datetime.timedelta(days=days) or not people:
            continue
        with transaction.atomic():
            if once(f"application/{application.pk}/{end.isoformat()}/{days}"):
                context = {"application": application, "closes_at": end}
                for person in people:
                    write_mail(_reminder(application), to=person, context=context)
                reminded += 1
    return reminded


def _reminder(application: Application) -> str:
    return "application-incomplete" if application.status == Status.DRAFT else "application-still-returned"


def _waits_since(application: Application) -> datetime.datetime:
    screening = getattr(application, "screening", None)
    if application.status == Status.RETURNED and screening and screening.returned_at:
        return screening.returned_at
    return application.created_at


def _nearest(days: Iterable[int], now: datetime.datetime, end: datetime.datetime) -> int | None:
    reached = [number for number in days if end - datetime.timedelta(days=number) <= now < end]
    return min(reached) if reached else None
