"""Who comes to a meeting: registering, the waiting list, changing, cancelling, the entrance, and forgetting.

Whoever gives or frees a place holds the meeting's row, so that places are given one after the other: the lowest free
number to who asks, and what is freed to who has waited longest. The database refuses what goes beyond (see
`Registration`). A person without an account acts by the link of the newest mail; `by` is None then, and the caller has
found the row by the link's secret.
"""

import datetime
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cities.days import today, until_in_words
from cities.exceptions import NetworkError, TransitionNotAllowed
from cities.models import City, HistoryEntry, OutboxMessage
from cities.people import Person
from cities.services.edits import keep_baseline, sign_edit
from cities.services.history import record
from cities.services.invitation import account_of
from cities.services.limits import is_over_limit
from cities.services.locking import locked
from cities.services.outbox import write_mail
from cities.services.sending import NothingToOpen
from cities.text import one_line, plain

from ..models import Meeting, MeetingQuestion, Registration, RegistrationRequest
from . import meeting as meeting_service

Capacity = Registration.Capacity
Kind = MeetingQuestion.Kind
Purpose = MeetingQuestion.Purpose
Secret = OutboxMessage.Secret
Status = Registration.Status
Verb = HistoryEntry.Verb

RUN = "meetings.run_registration"
ANSWER_LENGTH = 500
MAILS_A_DAY = 3
"""So many links to a form leave for one address in a day, whoever asks for them."""
SELF = (Capacity.EXPERT, Capacity.OBSERVER, Capacity.PRESS)
"""The capacities in which persons register themselves."""
ASKED_FOR_A_VISA = (Purpose.PASSPORT_NAME, Purpose.NATIONALITY)
"""Needed with a letter for a visa, and not kept without one."""


class RegistrationRefused(NetworkError):
    """Somebody cannot be registered, or a registration changed or cancelled, as asked."""


class AlreadyRegistered(RegistrationRefused):
    """The address is that of a standing registration for the meeting."""

    def __init__(self) -> None:
        super().__init__(_("This address is registered already."))


class LinkClosed(RegistrationRefused):
    """The link is unknown, replaced by a newer one, used or too old: which, nobody is told."""

    def __init__(self) -> None:
        super().__init__(_("This link no longer works."))


class Unanswered(RegistrationRefused):
    """A question that has to be answered was not."""

    def __init__(self, question: MeetingQuestion) -> None:
        super().__init__(_("Please answer: %(question)s") % {"question": question.text})
        self.question = question


def _check_runs(by: Person) -> None:
    if not by.has_perm(RUN):
        raise RegistrationRefused(gettext_lazy("Only the secretariat does this."))


# The places


@dataclass(frozen=True)
class Places:
    """How full a meeting is."""

    limit: int | None
    coming: int
    waiting: int

    @property
    def is_full(self) -> bool:
        """Whether the next person waits. Nobody passes those who wait."""
        return self.waiting > 0 or (self.limit is not None and self.coming >= self.limit)

    @property
    def free(self) -> int | None:
        """None: without a limit."""
        return None if self.limit is None else max(self.limit - self.coming, 0)

    @property
    def next_number(self) -> int:
        """The number that the next person would have on the waiting list."""
        return self.waiting + 1


def places_of(meeting: Meeting) -> Places:
    """One query."""
    found = Registration.objects.filter(meeting=meeting).aggregate(
        coming=models.Count("pk", filter=models.Q(status=Status.REGISTERED)),
        waiting=models.Count("pk", filter=models.Q(status=Status.WAITING)),
    )
    return Places(limit=meeting.places, **found)


def waiting_numbers(meeting: Meeting) -> dict[int, int]:
    """Keys of those who wait, with their numbers: 1 moves up first."""
    waiting = Registration.objects.filter(meeting=meeting).waiting().values_list("pk", flat=True)
    return {pk: number for number, pk in enumerate(waiting, 1)}


def waiting_number(registration: Registration) -> int | None:
    """The number of a person on the waiting list; None for who does not wait."""
    if registration.queued is None:
        return None
    return Registration.objects.filter(meeting=registration.meeting_id, queued__lte=registration.queued).count()


def of_city(meeting: Meeting, city: City) -> models.QuerySet[Registration]:
    """The registrations of a city that count for its limit, waiting or not."""
    return Registration.objects.filter(meeting=meeting, city=city).standing()


def _lowest_free(taken: Iterable[int | None]) -> int:
    numbers = set(taken)
    return next(number for number in count(1) if number not in numbers)


def _place(meeting: Meeting) -> dict[str, Any]:
    """The columns of who comes next, with the meeting held: a place, or a number on the waiting list."""
    places = places_of(meeting)
    rows = Registration.objects.filter(meeting=meeting)
    if places.is_full:
        last = rows.aggregate(last=models.Max("queued"))["last"] or 0
        return {"status": Status.WAITING, "queued": last + 1}
    taken = rows.coming().values_list("place", flat=True)
    return {"status": Status.REGISTERED, "place": _lowest_free(taken), "places": meeting.places}


def _city_place(meeting: Meeting, city: City) -> dict[str, Any]:
    taken = list(of_city(meeting, city).values_list("city_place", flat=True))
    if len(taken) >= meeting.per_city:
        raise RegistrationRefused(
            ngettext(
                "The place of %(city)s is taken. Cancel that registration to register somebody else.",
                "All %(places)s places of %(city)s are taken. Cancel a registration to register somebody else.",
                meeting.per_city,
            )
            % {"city": city.name, "places": meeting.per_city}
        )
    return {"city_place": _lowest_free(taken), "per_city": meeting.per_city}


# Questions


def questions_for(meeting: Meeting, capacity: str) -> list[MeetingQuestion]:
    """What a meeting asks of those who come in a capacity, in order."""
    return [question for question in meeting.questions.all() if question.is_for(capacity)]


_NOT_PRESS = [value for value in Capacity.values if value != Capacity.PRESS]
DEFAULT_QUESTIONS: tuple[dict[str, Any], ...] = (
    {
        "purpose": Purpose.DIET,
        "text_en": "Dietary needs",
        "text_fr": "Régime alimentaire",
        "help_en": "for the meals: vegetarian, halal, kosher, allergies …; empty if there are none",
        "help_fr": "pour les repas : végétarien, halal, casher, allergies… ; vide s’il n’y en a pas",
        "capacities": _NOT_PRESS,
    },
    {
        "purpose": Purpose.ACCESS,
        "text_en": "Accessibility needs",
        "text_fr": "Besoins d’accessibilité",
        "help_en": "what you need to take part: a way without steps, a hearing loop, sign language …",
        "help_fr": "ce qu’il vous faut pour participer : accès sans marches, boucle magnétique, langue des signes…",
    },
    {
        "purpose": Purpose.VISA,
        "kind": Kind.YES_NO,
        "text_en": "A letter for a visa is needed",
        "text_fr": "Une lettre de visa est nécessaire",
        "help_en": "The name as in the passport and the nationality are then needed, too.",
        "help_fr": "Le nom figurant sur le passeport et la nationalité sont alors nécessaires aussi.",
    },
    {
        "purpose": Purpose.PASSPORT_NAME,
        "text_en": "Name as in the passport",
        "text_fr": "Nom figurant sur le passeport",
        "help_en": "only for a letter for a visa",
        "help_fr": "pour la lettre de visa seulement",
    },
    {
        "purpose": Purpose.NATIONALITY,
        "text_en": "Nationality",
        "text_fr": "Nationalité",
        "help_en": "only for a letter for a visa",
        "help_fr": "pour la lettre de visa seulement",
    },
)


def missing_questions(meeting: Meeting) -> list[dict[str, Any]]:
    """The usual questions that a meeting does not ask, as columns."""
    known = {question.purpose for question in meeting.questions.all()}
    return [fields for fields in DEFAULT_QUESTIONS if fields["purpose"] not in known]


@transaction.atomic
def default_questions(meeting: Meeting) -> list[MeetingQuestion]:
    """Give a meeting the usual questions, those that it has not; gives the new ones. For the verbs."""
    meeting = locked(meeting)
    position = (meeting.questions.aggregate(last=models.Max("position"))["last"] or 0) + 1
    return [
        MeetingQuestion.objects.create(meeting=meeting, position=nth, **fields)
        for nth, fields in enumerate(missing_questions(meeting), position)
    ]


def add_usual_questions(*, meeting: Meeting, by: Person) -> list[MeetingQuestion]:
    """Ask the usual questions that a meeting lacks, of whoever registers from now on; raises RegistrationRefused."""
    _check_runs(by)
    return default_questions(meeting)


@transaction.atomic
def open_with_questions(*, meeting: Meeting, closes_at: datetime.datetime, by: Person) -> Meeting:
    """Open registration (see `meeting.open_registration`), with the usual questions where a meeting has none."""
    opened = meeting_service.open_registration(meeting=meeting, closes_at=closes_at, by=by)
    if not opened.questions.exists():
        default_questions(opened)
    return opened


def _answered(meeting: Meeting, capacity: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to what is asked, and nothing else; raises Unanswered."""
    questions = questions_for(meeting, capacity)
    for_visa = {question.purpose: question for question in questions}
    asks_for_visa = for_visa.get(Purpose.VISA)
    wants_letter = asks_for_visa is None or bool(answers.get(str(asks_for_visa.pk)))
    kept: dict[str, Any] = {}
    for question in questions:
        value = answers.get(str(question.pk))
        if question.kind == Kind.YES_NO:
            kept[str(question.pk)] = bool(value)
            if question.is_required and not value:
                raise Unanswered(question)
            continue
        text = plain(str(value or "")).strip()[:ANSWER_LENGTH]
        is_for_visa = asks_for_visa is not None and question.purpose in ASKED_FOR_A_VISA
        if is_for_visa and not wants_letter:
            continue
        if not text and (question.is_required or is_for_visa):
            raise Unanswered(question)
        if text:
            kept[str(question.pk)] = text
    return kept


def answer_for(registration: Registration, purpose: str) -> Any:
    """What a person answered to the question of a purpose; None where it is not asked, or not answered."""
    for question in registration.meeting.questions.all():
        if question.purpose == purpose:
            return registration.answers.get(str(question.pk))
    return None


def answers_of(registration: Registration) -> list[tuple[MeetingQuestion, Any]]:
    """The questions to a person, with the answers; None where there is none."""
    asked = questions_for(registration.meeting, registration.capacity)
    return [(question, registration.answers.get(str(question.pk))) for question in asked]


# Registering


def stage_of(meeting: Meeting, at: datetime.datetime) -> str:
    """Where registration stands at an instant: early, open, closed, over or cancelled."""
    if meeting.takes_registrations(at):
        return "open"
    if meeting.is_cancelled:
        return "cancelled"
    if meeting.is_held:
        return "over"
    return "early" if meeting.status in (Meeting.Status.PLANNED, Meeting.Status.HOST_SELECTED) else "closed"


def capacities_of(meeting: Meeting, among: Iterable[str] = Capacity.values) -> list[Capacity]:
    """The capacities in which a meeting takes persons."""
    wanted = [Capacity(value) for value in among]
    return [value for value in wanted if not meeting.capacities or value in meeting.capacities]


def _check_open(meeting: Meeting, at: datetime.datetime) -> None:
    """Raise RegistrationRefused when registration was not open at the instant at which the request arrived."""
    if meeting.takes_registrations(at):
        return
    closes = meeting.registration_closes_at
    closed = meeting.status == Meeting.Status.REGISTRATION_CLOSED
    if closed and closes is not None and at < closes <= timezone.now():
        # Closed by the clock while this request waited its turn; staff who close it earlier leave an instant to come.
        return
    if meeting.status in (Meeting.Status.PLANNED, Meeting.Status.HOST_SELECTED):
        raise RegistrationRefused(gettext_lazy("Registration for this meeting is not open yet."))
    if meeting.is_cancelled:
        raise RegistrationRefused(gettext_lazy("This meeting is cancelled."))
    if closes is not None and closes <= at:
        raise RegistrationRefused(_("Registration is closed since %(instant)s.") % {"instant": until_in_words(closes)})
    raise RegistrationRefused(gettext_lazy("Registration for this meeting is closed."))


def _check_who(
    by: Person | None, request: RegistrationRequest | None, *, capacity: str, city: City | None, email: str
) -> None:
    if by is not None and by.has_perm(RUN):
        return
    if capacity in Registration.OF_A_CITY:
        if by is None or not by.has_perm("meetings.register_for_city", city):
            raise RegistrationRefused(gettext_lazy("Only the coordinators of a city register those who come for it."))
        return
    if by is not None and by.is_active and email == by.email.lower():
        return
    if by is None and request is not None and email == request.email:
        return
    raise RegistrationRefused(gettext_lazy("Whoever comes for no city registers with their own address."))


def _check_capacity(meeting: Meeting, capacity: str, city: City | None) -> None:
    if capacity not in capacities_of(meeting):
        raise RegistrationRefused(gettext_lazy("This meeting takes no registrations in this capacity."))
    if (capacity in Registration.OF_A_CITY) != (city is not None):
        raise RegistrationRefused(
            gettext_lazy("A city is given for its mayor, focal point and delegates, and only then.")
        )
    if city is None:
        return
    if not City.objects.members().filter(pk=city.pk).exists():
        raise RegistrationRefused(_("%(city)s is not a member of the network today.") % {"city": city.name})
    if capacity == Capacity.MAYOR and of_city(meeting, city).filter(capacity=Capacity.MAYOR).exists():
        raise RegistrationRefused(_("The mayor of %(city)s is registered already.") % {"city": city.name})


def _check_address(meeting: Meeting, email: str, other_than: Registration | None = None) -> None:
    standing = Registration.objects.filter(meeting=meeting, email__iexact=email).standing()
    if other_than is not None:
        standing = standing.exclude(pk=other_than.pk)
    if standing.exists():
        raise AlreadyRegistered


def _account(email: str) -> Any:
    account = account_of(email)
    return account if account is not None and account.is_active else None


def _said(name: str) -> str:
    line = one_line(name)
    if not line:
        raise RegistrationRefused(gettext_lazy("Give the name of the person who comes."))
    return line


@transaction.atomic
def register(
    *,
    meeting: Meeting,
    capacity: str,
    name: str,
    email: str = "",
    city: City | None = None,
    function: str = "",
    organization: str = "",
    language: str = "",
    answers: Mapping[str, Any] | None = None,
    on_list: bool = False,
    by: Person | None = None,
    request: RegistrationRequest | None = None,
    received_at: datetime.datetime | None = None,
) -> Registration:
    """Register a person, who gets a mail: with a place if one is free and nobody waits, else on the waiting list.

    A city's coordinators register those who come for it; experts, observers and press register themselves, signed in
    or by the link that proved their address (`request`, which is used up; its address counts); staff register anybody.
    `answers` are by the key of their question, as text; what is not asked is dropped. `received_at` is when the request
    arrived. Raises RegistrationRefused when registration is not open, for whoever may not, for a capacity, a city or a
    number of persons that the meeting does not take, AlreadyRegistered, Unanswered, and LinkClosed.
    """
    now = timezone.now()
    received_at = received_at or now
    meeting = locked(meeting)
    if request is not None:
        request = locked(request)
        if request.used_at is not None or request.meeting_id != meeting.pk:
            raise LinkClosed
        email = request.email
    email = email.strip().lower()
    _check_open(meeting, received_at)
    _check_who(by, request, capacity=capacity, city=city, email=email)
    _check_capacity(meeting, capacity, city)
    if not email:
        raise RegistrationRefused(gettext_lazy("Give an e-mail address: the confirmation goes there."))
    _check_address(meeting, email)
    columns = _place(meeting) | (_city_place(meeting, city) if city is not None else {})
    account = _account(email)
    stored = Registration.objects.create(
        meeting=meeting,
        capacity=capacity,
        city=city,
        user=account,
        name=_said(name),
        email=email,
        function=one_line(function),
        organization=one_line(organization),
        language=language or getattr(account, "language", "") or settings.LANGUAGE_CODE,
        answers=_answered(meeting, capacity, answers or {}),
        on_list=on_list,
        registered_by=by,
        **columns,
    )
    if request is not None:
        request.used_at = timezone.now()
        request.save(update_fields=["used_at"])
    changes = {"capacity": [None, str(capacity)], "status": [None, str(stored.status)]}
    record(Verb.REGISTERED, on=stored, by=by, changes=changes)
    template = "registration-made" if stored.status == Status.REGISTERED else "registration-waiting"
    _tell(template, stored, with_link=True, is_by_another=by is not None and by != account)
    return stored


# What becomes of a registration


def _held(registration: Registration, by: Person | None) -> Registration:
    """The registration as it is now, its meeting held with it; raises RegistrationRefused for whoever may not."""
    meeting = locked(Meeting(pk=registration.meeting_id))
    stored = locked(registration)
    stored.meeting = meeting
    if by is not None and not (by.has_perm(RUN) or by.has_perm("meetings.manage_registration", stored)):
        raise RegistrationRefused(gettext_lazy("Only the person, the city and the secretariat can do this."))
    return stored


def _check_to_come(registration: Registration) -> None:
    if registration.status == Status.CANCELLED:
        raise TransitionNotAllowed(gettext_lazy("This registration is cancelled already."))
    if registration.meeting.status not in Meeting.TO_COME:
        raise RegistrationRefused(gettext_lazy("The meeting is over: the registration stays as it is."))


def _move(
    registration: Registration, to: Status, *, verb: HistoryEntry.Verb, by: Person | None, **fields: Any
) -> Registration:
    """Move a registration that the caller holds."""
    if to not in Registration.TRANSITIONS.get(Status(registration.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the registration is “%(status)s” now.")
            % {"status": registration.get_status_display()}
        )
    before, registration.status = registration.status, to
    for name, value in fields.items():
        setattr(registration, name, value)
    registration.save(update_fields=["status", *fields])
    record(verb, on=registration, by=by, changes={"status": [str(before), str(to)]})
    return registration


def _move_up(meeting: Meeting, by: Person | None) -> int:
    """Give the places that are free to those who wait, in their order; the caller holds the meeting. Gives how many."""
    if meeting.status not in Meeting.TO_COME:
        return 0
    rows = Registration.objects.filter(meeting=meeting)
    taken = set(rows.coming().values_list("place", flat=True))
    free = None if meeting.places is None else max(meeting.places - len(taken), 0)
    first_ones = list(rows.waiting().select_for_update(no_key=True)[:free])
    for first in first_ones:
        place = _lowest_free(taken)
        first.meeting = meeting
        _move(first, Status.REGISTERED, verb=Verb.MOVED_UP, by=by, place=place, places=meeting.places, queued=None)
        _tell("registration-moved-up", first, with_link=True)
        taken.add(place)
    return len(first_ones)


@transaction.atomic
def change_registration(
    *,
    registration: Registration,
    name: str | None = None,
    email: str | None = None,
    function: str | None = None,
    organization: str | None = None,
    language: str | None = None,
    answers: Mapping[str, Any] | None = None,
    on_list: bool | None = None,
    by: Person | None = None,
) -> Registration:
    """Change what is known of a person; None leaves it. The person is told by mail when something changed.

    The address changes the city or the secretariat: another one would have to be proved first. With it the link in the
    older mails stops working. Raises TransitionNotAllowed for a cancelled registration, RegistrationRefused for whoever
    may not and after the meeting, AlreadyRegistered, Unanswered.
    """
    stored = _held(registration, by)
    _check_to_come(stored)
    given: dict[str, Any] = {
        "name": name if name is None else _said(name),
        "email": email if email is None else email.strip().lower(),
        "function": function if function is None else one_line(function),
        "organization": organization if organization is None else one_line(organization),
        "language": language,
        "answers": answers if answers is None else _answered(stored.meeting, stored.capacity, answers),
        "on_list": on_list,
    }
    before = {column: getattr(stored, column) for column in given}
    changed = {column: value for column, value in given.items() if value is not None and value != before[column]}
    if not changed:
        return stored
    if "email" in changed:
        _check_may_readdress(stored, by, changed["email"])
        changed |= {"user": _account(changed["email"]), "secret_sha256": ""}
    for column, value in changed.items():
        setattr(stored, column, value)
    stored.save(update_fields=list(changed))
    said = {
        column: ["…", "…"] for column in changed if column in ("name", "email", "function", "organization", "answers")
    }
    said |= {column: [before[column], changed[column]] for column in ("language", "on_list") if column in changed}
    record(Verb.REGISTRATION_CHANGED, on=stored, by=by, changes=said)
    _tell("registration-changed", stored, with_link=True)
    return stored


def _check_may_readdress(stored: Registration, by: Person | None, email: str) -> None:
    may = by is not None and (
        by.has_perm(RUN) or (stored.city is not None and by.has_perm("meetings.register_for_city", stored.city))
    )
    if not may:
        raise RegistrationRefused(
            gettext_lazy("Your address cannot be changed here. Cancel, and register anew with the other address.")
        )
    if not email:
        raise RegistrationRefused(gettext_lazy("Give an e-mail address: the confirmation goes there."))
    _check_address(stored.meeting, email, other_than=stored)


@transaction.atomic
def cancel_registration(*, registration: Registration, by: Person | None = None) -> Registration:
    """Give the place back; who waits first takes it in the same transaction. The person is told.

    Places in sessions go with it. Raises TransitionNotAllowed for a cancelled registration, RegistrationRefused for
    whoever may not, after the meeting, and for who is there already.
    """
    stored = _held(registration, by)
    _check_to_come(stored)
    if stored.is_checked_in:
        raise RegistrationRefused(gettext_lazy("The person is checked in. Undo the check-in first."))
    stored = _cancel(stored, by)
    _tell("registration-cancelled", stored, is_by_another=by is not None and by != stored.user)
    return stored


def _cancel(stored: Registration, by: Person | None) -> Registration:
    stored = _move(
        stored,
        Status.CANCELLED,
        verb=Verb.REGISTRATION_CANCELLED,
        by=by,
        place=None,
        city_place=None,
        queued=None,
        cancelled_at=timezone.now(),
    )
    stored.bookings.all().delete()
    _move_up(stored.meeting, by)
    return stored


@transaction.atomic
def change_places(*, meeting: Meeting, places: int | None, per_city: int, by: Person) -> Meeting:
    """Set how many persons a meeting takes (None: no limit), and how many of one city; who waits moves up at once.

    A lower number for the cities holds for new registrations; nobody loses a place. Raises RegistrationRefused for
    whoever may not, and for fewer places than are given already.
    """
    _check_runs(by)
    stored = locked(meeting)
    coming = places_of(stored).coming
    if per_city < 1 or (places is not None and places < 1):
        raise RegistrationRefused(gettext_lazy("Give a whole number, 1 at least."))
    if places is not None and places < coming:
        raise RegistrationRefused(
            ngettext(
                "%(coming)s person has a place already: there cannot be fewer.",
                "%(coming)s persons have a place already: there cannot be fewer.",
                coming,
            )
            % {"coming": coming}
        )
    changes = {
        column: [getattr(stored, column), value]
        for column, value in (("places", places), ("per_city", per_city))
        if getattr(stored, column) != value
    }
    if not changes:
        return stored
    keep_baseline(stored)
    sign_edit(stored, by, "")
    stored.places, stored.per_city = places, per_city
    stored.save(update_fields=list(changes))
    record(Verb.PLACES_CHANGED, on=stored, by=by, changes=changes)
    _move_up(stored, by)
    return stored


# At the entrance, and before


def _held_by_staff(registration: Registration, by: Person) -> Registration:
    _check_runs(by)
    return _held(registration, by)


@transaction.atomic
def check_in(*, registration: Registration, by: Person) -> Registration:
    """Note that a person has come. Raises TransitionNotAllowed for who is in already, or has no place."""
    stored = _held_by_staff(registration, by)
    if stored.checked_in_at is not None:
        local = stored.checked_in_at.astimezone(stored.meeting.zone)
        raise TransitionNotAllowed(
            _("%(name)s was checked in already, on %(day)s at %(time)s.")
            % {"name": stored, "day": date_format(local, "DATE_FORMAT"), "time": date_format(local, "H:i")}
        )
    if stored.status == Status.WAITING:
        raise TransitionNotAllowed(_("%(name)s is on the waiting list and has no place.") % {"name": stored})
    if stored.status == Status.CANCELLED:
        raise TransitionNotAllowed(_("The registration of %(name)s is cancelled.") % {"name": stored})
    if stored.meeting.is_cancelled:
        raise RegistrationRefused(gettext_lazy("This meeting is cancelled."))
    stored.checked_in_at, stored.checked_in_by = timezone.now(), by
    stored.save(update_fields=["checked_in_at", "checked_in_by"])
    record(Verb.CHECKED_IN, on=stored, by=by)
    return stored


@transaction.atomic
def undo_check_in(*, registration: Registration, by: Person) -> Registration:
    """Take a check-in back that was a mistake. Raises TransitionNotAllowed when there is none."""
    stored = _held_by_staff(registration, by)
    if stored.checked_in_at is None:
        raise TransitionNotAllowed(_("%(name)s is not checked in.") % {"name": stored})
    stored.checked_in_at = stored.checked_in_by = None
    stored.save(update_fields=["checked_in_at", "checked_in_by"])
    record(Verb.CHECK_IN_UNDONE, on=stored, by=by)
    return stored


@transaction.atomic
def note_visa_letter(*, registration: Registration, by: Person, on: datetime.date | None = None) -> Registration:
    """Note the day on which the letter for a visa was issued (today), anew for each letter.

    Raises RegistrationRefused for who asked for none, TransitionNotAllowed for a cancelled registration.
    """
    stored = _held_by_staff(registration, by)
    _check_to_come(stored)
    if not answer_for(stored, Purpose.VISA):
        raise RegistrationRefused(_("%(name)s asked for no letter for a visa.") % {"name": stored})
    before, stored.visa_letter_on = stored.visa_letter_on, on or today()
    stored.save(update_fields=["visa_letter_on"])
    days = [day and day.isoformat() for day in (before, stored.visa_letter_on)]
    record(Verb.VISA_LETTER_ISSUED, on=stored, by=by, changes={"visa_letter_on": days})
    return stored


# Links


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_secret(message: OutboxMessage) -> str:
    """The secret of a link to a registration, made when the mail leaves: the one before stops working.

    Raises NothingToOpen for one that was cancelled, emptied, or left for another address.
    """
    token = secrets.token_urlsafe(32)
    standing = Registration.objects.standing().filter(pk=message.secret_of, email__iexact=message.to)
    if not standing.update(secret_sha256=_hash(token)):
        raise NothingToOpen
    return token


def new_form_secret(message: OutboxMessage) -> str:
    """The secret of a link to the form, made when the mail leaves. Raises NothingToOpen when it was used."""
    token = secrets.token_urlsafe(32)
    waiting = RegistrationRequest.objects.filter(pk=message.secret_of, used_at=None, email__iexact=message.to)
    if not waiting.update(secret_sha256=_hash(token)):
        raise NothingToOpen
    return token


def registration_by_secret(token: str) -> Registration:
    """The registration that the link of a mail opens, a cancelled one too; raises LinkClosed."""
    found = (
        Registration.objects.filter(secret_sha256=_hash(token))
        .select_related("meeting__country", "city", "user")
        .prefetch_related("meeting__hosts", "meeting__questions")
        .first()
    )
    if found is None:
        raise LinkClosed
    return found


def _youngest() -> datetime.datetime:
    """Whoever asked for a form before this has to ask again."""
    return timezone.now() - datetime.timedelta(days=settings.INVITATION_DAYS)


def request_by_secret(token: str, meeting: Meeting) -> RegistrationRequest:
    """The proved address that the link of a mail stands for, a used one too; raises LinkClosed."""
    asked = RegistrationRequest.objects.filter(meeting=meeting, requested_at__gt=_youngest())
    found = asked.filter(secret_sha256=_hash(token)).first()
    if found is None:
        raise LinkClosed
    found.meeting = meeting
    return found


@transaction.atomic
def ask_for_form(*, meeting: Meeting, email: str, language: str) -> None:
    """Send a mail with a link: to the form, or to the registration of who is registered already.

    Nobody learns here which: what is answered is the same. Of many mails to one address in a day only the first few
    leave. After registration has closed only the second kind leaves. Raises RegistrationRefused before registration
    opens and when the meeting is over or cancelled.
    """
    email, now = email.strip().lower(), timezone.now()
    meeting = locked(meeting)
    is_open = meeting.takes_registrations(now)
    if not is_open and meeting.status not in (Meeting.Status.REGISTRATION_OPEN, Meeting.Status.REGISTRATION_CLOSED):
        _check_open(meeting, now)
    if is_over_limit("register", f"{meeting.pk} {email}", limit=MAILS_A_DAY, seconds=24 * 3600):
        return
    own = Registration.objects.filter(meeting=meeting, email__iexact=email).standing().select_related("user").first()
    if own is not None:
        own.meeting = meeting
        _tell("registration-link", own, with_link=True)
        return
    if not is_open:
        return
    asked = RegistrationRequest.objects.filter(meeting=meeting, email=email, used_at=None).first()
    if asked is None:
        asked = RegistrationRequest(meeting=meeting, email=email)
    asked.language, asked.requested_at, asked.secret_sha256 = language, now, ""
    asked.save()
    with translation.override(language):
        path = reverse("meetings:register_with", args=[meeting.edition, "-"]).removesuffix("-/")
    write_mail(
        "registration-form",
        address=email,
        language=language,
        context={"meeting": meeting, "path": path, "days": settings.INVITATION_DAYS},
        secret=Secret.REGISTRATION_FORM,
        secret_of=asked.pk,
    )


def _tell(template: str, registration: Registration, *, with_link: bool = False, **context: Any) -> None:
    """Write to the person, in the language chosen for them."""
    with translation.override(registration.language):
        path = reverse("meetings:registration", args=["-"]).removesuffix("-/")
    known = {
        "to": registration,
        "registration": registration,
        "meeting": registration.meeting,
        "number": waiting_number(registration),
        "path": path,
    }
    write_mail(
        template,
        to=registration.user,
        address=registration.email,
        language=registration.language,
        context=known | context,
        secret=Secret.REGISTRATION if with_link else "",
        secret_of=registration.pk if with_link else "",
    )


# Forgetting


def remove_personal_data() -> int:
    """Forget who came to meetings whose retention date is reached; gives how many meetings.

    What is left of a registration counts: its capacity, city, places and check-in. A duty of the clock.
    """
    RegistrationRequest.objects.filter(requested_at__lt=_youngest()).delete()
    due = Meeting.objects.filter(personal_data_removed_at=None, personal_data_until__lte=today())
    over = due.filter(models.Q(status__in=Meeting.HELD) | models.Q(end_date__lt=today()) | models.Q(end_date=None))
    done = 0
    for meeting in over.order_by("pk"):
        with transaction.atomic():
            stored = locked(meeting)
            if stored.personal_data_removed_at is not None:
                continue
            empty(Registration.objects.filter(meeting=stored))
            RegistrationRequest.objects.filter(meeting=stored).delete()
            keep_baseline(stored)
            stored.personal_data_removed_at = timezone.now()
            stored.save(update_fields=["personal_data_removed_at"])
            record(Verb.PERSONAL_DATA_REMOVED, on=stored, by=None)
            done += 1
    return done


def empty(registrations: models.QuerySet[Registration]) -> None:
    """Take out of registrations, and of what was written about them, who they were of; in the caller's transaction."""
    keys = [str(pk) for pk in registrations.values_list("pk", flat=True)]
    addresses = list(registrations.exclude(email="").values_list("email", flat=True))
    mails = OutboxMessage.objects.filter(template__startswith="registration-", to__in=addresses)
    left = [OutboxMessage.Status.SENT, OutboxMessage.Status.WITHDRAWN]
    mails.exclude(status__in=left).update(status=OutboxMessage.Status.WITHDRAWN)
    mails.update(to="", subject="", body="", error="", secret_of="")
    LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Registration), object_id__in=keys).update(
        object_repr="–", change_message=""
    )
    registrations.update(
        name="",
        email="",
        function="",
        organization="",
        answers={},
        on_list=False,
        user=None,
        secret_sha256="",
        visa_letter_on=None,
    )


def withdraw_person(registration: Registration, by: Person) -> None:
    """Cancel a registration that is to come, without a mail, and empty it; the caller holds its meeting."""
    if registration.is_standing and not registration.is_checked_in and registration.meeting.status in Meeting.TO_COME:
        _cancel(registration, by)
    empty(Registration.objects.filter(pk=registration.pk))


# Those who come


def participants(meeting: Meeting) -> models.QuerySet[Registration]:
    """Those who have a place and agreed to be on the list of participants, with their cities."""
    agreed = Registration.objects.filter(meeting=meeting, on_list=True).exclude(name="").coming()
    return agreed.select_related("city__country")
