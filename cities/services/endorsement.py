"""What National Commissions say to the applications of their country, and the places that an endorsement takes.

Whoever endorses at the same moment, the database alone gives the places (`Endorsement.place`): the lowest free one is
tried, and what refuses it is looked up afterwards. A place is waited for before anything else is written, so that two
acts never wait for each other.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..days import PARIS, today, until_in_words
from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import (
    Applicant,
    Application,
    Call,
    CommissionOfficer,
    Country,
    CreativeField,
    Endorsement,
    HistoryEntry,
    PrivateFile,
)
from ..people import Person
from . import private_file
from .history import record
from .locking import locked
from .once import once
from .outbox import write_mail

Status = Endorsement.Status
Verb = HistoryEntry.Verb

IN_PREPARATION = (Application.Status.DRAFT, Application.Status.SUBMITTED, Application.Status.RETURNED)
"""While an application is in one of these, its Commission may still change what it said."""
NOTE_LENGTH = 2000
REMINDED_DAYS = (30, 14, 7, 2)
"""So many days before their deadline Commissions are reminded of what waits for them."""
_ATTEMPTS = 200
"""Of those who endorse at the same moment only one is refused a place at a time: more than enough for a country."""


class EndorsementRefused(NetworkError):
    """An application cannot be endorsed, or its endorsement withdrawn, as asked."""


# The desk of a Commission


@dataclass
class Row:
    """An application on the desk of a Commission."""

    endorsement: Endorsement
    until: datetime.datetime
    """Until when this application can be endorsed."""

    @property
    def application(self) -> Application:
        return self.endorsement.application

    @property
    def is_open(self) -> bool:
        """Whether the Commission can still decide on it."""
        return timezone.now() < self.until and self.application.status in IN_PREPARATION

    @property
    def waits(self) -> bool:
        return self.is_open and self.endorsement.status == Status.REQUESTED

    @property
    def can_be_read(self) -> bool:
        # One whose letter came on paper may never have been shared here.
        return self.application.shared_at is not None

    @property
    def may_endorse(self) -> bool:
        return self.is_open and Status.ENDORSED in Endorsement.TRANSITIONS.get(Status(self.endorsement.status), set())

    @property
    def may_decline(self) -> bool:
        return self.is_open and Status.DECLINED in Endorsement.TRANSITIONS.get(Status(self.endorsement.status), set())

    @property
    def may_withdraw(self) -> bool:
        return self.endorsement.is_in_force and may_be_withdrawn(self.application)

    @property
    def may_reopen(self) -> bool:
        return self.is_open and self.endorsement.status == Status.WITHDRAWN


@dataclass
class Desk:
    """A call as the National Commission of a country finds it."""

    call: Call
    country: Country
    cap: int | None
    rows: list[Row] = field(default_factory=list)

    @property
    def endorsed(self) -> list[Endorsement]:
        """In the order of their places."""
        found = [row.endorsement for row in self.rows if row.endorsement.is_in_force]
        return sorted(found, key=lambda endorsement: endorsement.place or 0)

    @property
    def used(self) -> int:
        return len(self.endorsed)

    @property
    def taken(self) -> list[CreativeField]:
        """The fields in which an application is endorsed."""
        return [one.field for one in self.endorsed if one.field]

    @property
    def waiting(self) -> list[Row]:
        return [row for row in self.rows if row.waits]

    @property
    def until(self) -> datetime.datetime:
        """The last instant of the Commission in this call: that of its most extended application, or the country's."""
        return max([country_deadline(self.call, self.country), *(row.until for row in self.rows)])

    @property
    def is_open(self) -> bool:
        return self.call.status == Call.Status.PUBLISHED and timezone.now() < self.until

    @property
    def sentence(self) -> str:
        return quota_in_words(self.used, self.cap, self.taken)


def quota_in_words(used: int, cap: int | None, taken: Sequence[CreativeField]) -> str:
    """How a country's places stand: "1 of 2 used, Design taken"."""
    fields = ", ".join(one.name for one in taken)
    if cap is None:
        if not used:
            return _("none endorsed yet, as many as you wish")
        return ngettext("%(used)s endorsed: %(fields)s", "%(used)s endorsed: %(fields)s", used) % {
            "used": used,
            "fields": fields,
        }
    if not used:
        return ngettext("0 of %(cap)s place used", "0 of %(cap)s places used", cap) % {"cap": cap}
    return ngettext(
        "%(used)s of %(cap)s used, %(fields)s taken", "%(used)s of %(cap)s used, %(fields)s taken", used
    ) % {
        "used": used,
        "cap": cap,
        "fields": fields,
    }


def country_deadline(call: Call, country: Country) -> datetime.datetime:
    """Until when the Commission of a country can endorse in a call, whatever application."""
    return call.endorses_until(Application(call=call, country=country))


def desk(country: Country, call: Call) -> Desk:
    """What a country's Commission has to do with in a call; as many queries for one application as for thirty."""
    return Desk(call, country, call.max_endorsed, _rows(_on_the_desk(country).filter(call=call)))


def desks(country: Country) -> list[Desk]:
    """A country's desks: in the calls that it can endorse in, and in all in which it was asked; the newest first."""
    found: dict[int, list[Endorsement]] = defaultdict(list)
    for endorsement in _on_the_desk(country):
        found[endorsement.call_id].append(endorsement)
    current = models.Q(status=Call.Status.PUBLISHED, opens_at__lte=timezone.now())
    calls = Call.objects.filter(models.Q(pk__in=found) | current).exclude(status=Call.Status.DRAFT)
    made = []
    for call in calls.prefetch_related("extensions").order_by("-opens_at", "slug"):
        for endorsement in found[call.pk]:
            endorsement.call = endorsement.application.call = call
        one = Desk(call, country, call.max_endorsed, [_row(endorsement) for endorsement in found[call.pk]])
        if one.rows or one.is_open:
            made.append(one)
    return made


def _on_the_desk(country: Country) -> models.QuerySet[Endorsement]:
    related = ("application__field", "application__country", "field", "letter", "decided_by", "call", "country")
    found = Endorsement.objects.filter(country=country).select_related(*related)
    return found.order_by(models.F("rank").asc(nulls_last=True), "application__sort_key", "pk")


def _rows(endorsements: models.QuerySet[Endorsement]) -> list[Row]:
    rows = []
    for endorsement in endorsements.prefetch_related("call__extensions"):
        endorsement.application.call = endorsement.call
        rows.append(_row(endorsement))
    return rows


def _row(endorsement: Endorsement) -> Row:
    return Row(endorsement, endorsement.call.endorses_until(endorsement.application))


def row_of(endorsement: Endorsement) -> Row:
    """An application on its desk, alone."""
    return _row(endorsement)


def open_desks(countries: Iterable[Country]) -> list[Desk]:
    """The desks of countries in the calls in which they can still endorse."""
    return [one for country in countries for one in desks(country) if one.is_open]


# Verbs


def _may(by: Person, endorsement: Endorsement, permission: str) -> None:
    if not by.has_perm(permission, endorsement):
        raise EndorsementRefused(gettext_lazy("Only the National Commission of the country can do this."))


def _held(endorsement: Endorsement) -> Endorsement:
    """The row, and that of its application before it, held until the transaction ends."""
    application = locked(endorsement.application)
    stored = locked(endorsement)
    stored.application = application
    return stored


def _move(endorsement: Endorsement, to: str, *, verb: HistoryEntry.Verb, by: Person, **fields: Any) -> Endorsement:
    """The caller holds the row."""
    before = Status(endorsement.status)
    if to not in Endorsement.TRANSITIONS.get(before, set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the endorsement is “%(status)s” now.") % {"status": before.label}
        )
    changes: dict[str, list[Any]] = {"status": [before.value, str(to)]}
    endorsement.status = to
    is_open = to == Status.REQUESTED
    endorsement.decided_by, endorsement.decided_at = (None, None) if is_open else (by, timezone.now())
    for name, value in fields.items():
        setattr(endorsement, name, value)
    written = ["status", "decided_by", "decided_at", *fields]
    if to == Status.ENDORSED:
        _take_a_place(endorsement, written)
        changes |= {"place": [None, endorsement.place], "field": [None, endorsement.field and endorsement.field.slug]}
        if endorsement.received_on:
            changes["received_on"] = [None, endorsement.received_on.isoformat()]
        if endorsement.letter:
            changes["letter"] = [None, endorsement.letter.sha256]
    else:
        place, endorsement.place = endorsement.place, None
        endorsement.save(update_fields=[*written, "place"])
        if place:
            changes["place"] = [place, None]
    record(verb, on=endorsement, by=by, changes=changes)
    return endorsement


def _take_a_place(endorsement: Endorsement, written: list[str]) -> None:
    """Write an endorsement into the lowest free place of its country; raises EndorsementRefused without one."""
    call = endorsement.application.call
    endorsement.cap, endorsement.fields_differ = call.max_endorsed, call.endorsed_fields_differ
    for _attempt in range(_ATTEMPTS):
        places = _check_free(endorsement, endorsement.field)
        endorsement.place = next(place for place in range(1, len(places) + 2) if place not in places)
        try:
            with transaction.atomic():
                endorsement.save(update_fields=[*written, "place", "cap", "fields_differ"])
        except IntegrityError:
            # Somebody took the place, or endorsed in the field, while this one waited: looked up anew.
            continue
        return
    raise EndorsementRefused(gettext_lazy("Many endorse at this moment. Try again."))


def _check_free(endorsement: Endorsement, creative_field: CreativeField | None) -> set[int | None]:
    """The places of the country that are taken; raises EndorsementRefused when the rules leave none in the field."""
    call = endorsement.application.call
    in_force = list(
        Endorsement.objects.in_force()
        .filter(call=endorsement.call_id, country=endorsement.country_id)
        .exclude(pk=endorsement.pk)
        .select_related("field", "application__call")
        .order_by("place")
    )
    if call.endorsed_fields_differ:
        for other in in_force:
            if other.field == creative_field:
                raise EndorsementRefused(
                    _(
                        "The field is taken: %(city)s is endorsed in %(field)s, and the endorsements of a country are"
                        " in different fields."
                    )
                    % {"city": other.application.name, "field": other.field and other.field.name}
                )
    if call.max_endorsed is not None and len(in_force) >= call.max_endorsed:
        names = ", ".join(other.application.name for other in in_force)
        raise EndorsementRefused(
            ngettext(
                "The place of the country is used: %(names)s. Withdraw that endorsement to free it.",
                "All %(cap)s places of the country are used: %(names)s. Withdraw an endorsement to free one.",
                call.max_endorsed,
            )
            % {"cap": call.max_endorsed, "names": names}
        )
    return {other.place for other in in_force}


def _check_in_time(stored: Endorsement, received_on: datetime.date | None = None) -> None:
    """Raise EndorsementRefused after the deadline; a letter on paper counts from the day on which it was received."""
    call = stored.application.call
    until = call.endorses_until(stored.application)
    if call.status != Call.Status.PUBLISHED:
        raise EndorsementRefused(
            _("The call is “%(status)s”: nothing is endorsed in it.") % {"status": call.get_status_display()}
        )
    if received_on is not None:
        if received_on > today():
            raise EndorsementRefused(gettext_lazy("The letter was received on a day that has not come yet."))
        # A letter received on the day of the deadline is in time: nobody noted the hour.
        in_time = datetime.datetime.combine(received_on, datetime.time(), PARIS) < until
    else:
        in_time = timezone.now() < until
    if not in_time:
        raise EndorsementRefused(
            _("The deadline of the National Commission has passed: %(instant)s.") % {"instant": until_in_words(until)}
        )


def _check_in_preparation(application: Application) -> None:
    if application.status == Application.Status.WITHDRAWN:
        raise EndorsementRefused(_("%(city)s has withdrawn its application.") % {"city": application.name})
    if application.status not in IN_PREPARATION:
        raise EndorsementRefused(
            gettext_lazy("The technical examination of this application is over: nothing changes any more.")
        )


@transaction.atomic
def endorse(
    *,
    endorsement: Endorsement,
    letter: UploadedFile | None,
    by: Person,
    note: str | None = None,
    on_paper: bool = False,
    received_on: datetime.date | None = None,
) -> Endorsement:
    """Endorse an application in its field, which takes one of the country's places; tells the team.

    `on_paper`: staff record a letter that came on paper on a day (today unless given); its scan may be left out, and
    the Commission is told. The `note` is for the Commission alone (None: as it is). Raises EndorsementRefused when
    the places or the field are taken, the deadline has passed or the application has no field; UploadRefused for the
    letter; TransitionNotAllowed when it is endorsed already.
    """
    _may(by, endorsement, "cities.record_endorsement" if on_paper else "cities.endorse")
    stored = _held(endorsement)
    application = stored.application
    received_on = (received_on or today()) if on_paper else None
    _check_in_preparation(application)
    _check_in_time(stored, received_on)
    if application.field is None:
        raise EndorsementRefused(
            _("%(city)s has not chosen a creative field yet: an endorsement is for one field.")
            % {"city": application.name}
        )
    if letter is None and not on_paper:
        raise EndorsementRefused(gettext_lazy("Add the letter of the National Commission, as a PDF."))
    if Status.ENDORSED in Endorsement.TRANSITIONS.get(Status(stored.status), set()):
        # Before the letter is kept, which no rollback takes away.
        _check_free(stored, application.field)
        kept = (
            private_file.store(kind=PrivateFile.Kind.ENDORSEMENT, upload=letter, by=by, taken=("PDF",))
            if letter
            else None
        )
    else:
        kept = stored.letter
    fields: dict[str, Any] = {"letter": kept, "on_paper": on_paper, "received_on": received_on, "reason": ""}
    if note is not None:
        fields["note"] = note.strip()[:NOTE_LENGTH]
    stored = _move(stored, Status.ENDORSED, verb=Verb.ENDORSED, by=by, field=application.field, **fields)
    tell_team("endorsement-endorsed", stored)
    if on_paper:
        tell_commission("endorsement-recorded", stored)
    return stored


@transaction.atomic
def decline(*, endorsement: Endorsement, reason: str, by: Person) -> Endorsement:
    """Say no to an application, with words that its team reads.

    The words stay with the endorsement, which can be emptied, and not in the history, which cannot. Raises
    EndorsementRefused without words or after the deadline, TransitionNotAllowed for one that is endorsed.
    """
    _may(by, endorsement, "cities.endorse")
    stored = _held(endorsement)
    _check_in_preparation(stored.application)
    _check_in_time(stored)
    stored = _move(stored, Status.DECLINED, verb=Verb.ENDORSEMENT_DECLINED, by=by, reason=_said(reason))
    tell_team("endorsement-declined", stored)
    return stored


def may_be_withdrawn(application: Application) -> bool:
    """Whether an endorsement can be withdrawn: until the examination is over, and from an application withdrawn."""
    states = (*IN_PREPARATION, Application.Status.WITHDRAWN)
    # One that was not completed in time was found ineligible, which the Commission may not know yet.
    return application.status in states or application.status_told == Application.Status.RETURNED


@transaction.atomic
def withdraw_endorsement(*, endorsement: Endorsement, reason: str, by: Person) -> Endorsement:
    """Withdraw an endorsement, which frees its place at once; tells the team, and staff once it was submitted.

    Possible after the deadline too, until the technical examination is over. Staff do it for a Commission that writes
    on paper. Raises EndorsementRefused without words or after the examination, TransitionNotAllowed when there is no
    endorsement in force.
    """
    if not by.has_perm("cities.record_endorsement"):
        _may(by, endorsement, "cities.endorse")
    stored = _held(endorsement)
    application = stored.application
    if stored.status == Status.REQUESTED:
        raise TransitionNotAllowed(gettext_lazy("Nothing is endorsed yet, so nothing can be withdrawn."))
    if stored.is_in_force and not may_be_withdrawn(application):
        raise EndorsementRefused(
            gettext_lazy("The technical examination of this application is over: the endorsement stands.")
        )
    stored = _move(stored, Status.WITHDRAWN, verb=Verb.ENDORSEMENT_WITHDRAWN, by=by, reason=_said(reason))
    tell_team("endorsement-withdrawn", stored)
    if application.status in (Application.Status.SUBMITTED, Application.Status.RETURNED):
        write_mail(
            "endorsement-withdrawn-to-staff", address=settings.CONTACT_EMAIL, context={"application": application}
        )
    return stored


def free_place(*, application: Application, by: Person) -> None:
    """Let go of the endorsement of an application that its city withdraws; inside the transaction of that."""
    endorsement = Endorsement.objects.filter(application=application).first()
    if endorsement is None:
        return
    stored = locked(endorsement)
    if Status.WITHDRAWN in Endorsement.TRANSITIONS.get(Status(stored.status), set()):
        _move(stored, Status.WITHDRAWN, verb=Verb.ENDORSEMENT_WITHDRAWN, by=by)


def ask_anew(*, endorsement: Endorsement, by: Person) -> Endorsement:
    """Ask again for an endorsement that was withdrawn; inside the transaction of the team that shares its application.

    Raises TransitionNotAllowed when nothing was withdrawn.
    """
    return _move(locked(endorsement), Status.REQUESTED, verb=Verb.ENDORSEMENT_REOPENED, by=by, reason="")


@transaction.atomic
def reopen(*, endorsement: Endorsement, by: Person) -> Endorsement:
    """Take back a withdrawal, without endorsing anew: the application waits for an answer again.

    Raises TransitionNotAllowed when nothing was withdrawn, EndorsementRefused after the deadline.
    """
    _may(by, endorsement, "cities.endorse")
    stored = _held(endorsement)
    _check_in_preparation(stored.application)
    _check_in_time(stored)
    return _move(stored, Status.REQUESTED, verb=Verb.ENDORSEMENT_REOPENED, by=by, reason="")


@transaction.atomic
def request(*, application: Application, by: Person) -> Endorsement:
    """The endorsement of an application, made if there is none yet: for letters that come on paper unasked."""
    application = locked(application)
    found = Endorsement.objects.filter(application=application).first()
    if found is None:
        found = Endorsement.objects.create(
            application=application,
            call=application.call,
            country=application.country,
            cap=application.call.max_endorsed,
            fields_differ=application.call.endorsed_fields_differ,
        )
    return found


@transaction.atomic
def record_on_paper(
    *, application: Application, received_on: datetime.date, letter: UploadedFile | None, by: Person
) -> Endorsement:
    """Record an endorsement that came as a letter on paper, even if the city did not ask for it here; see `endorse`."""
    if not by.has_perm("cities.record_endorsement"):
        raise EndorsementRefused(gettext_lazy("Only the secretariat records letters on paper."))
    endorsement = request(application=application, by=by)
    return endorse(endorsement=endorsement, letter=letter, by=by, on_paper=True, received_on=received_on)


@transaction.atomic
def set_wishes(*, country: Country, call: Call, wishes: dict[int, int | None], by: Person) -> list[Endorsement]:
    """Put the applications of a country into the order in which its Commission would choose them.

    `wishes` gives an endorsement's key its number, None for no wish; numbers that are equal keep the order of names.
    What is kept is 1, 2, 3 … without gaps. Keys of other countries or calls are passed over.
    """
    if not by.has_perm("cities.endorse", country):
        raise EndorsementRefused(gettext_lazy("Only the National Commission of the country can do this."))
    rows = list(
        Endorsement.objects.select_for_update(no_key=True, of=("self",))
        .filter(country=country, call=call)
        .select_related("application")
        .order_by("pk")
    )
    given = {row.pk: wishes.get(row.pk, row.rank) for row in rows}
    wished = [row for row in rows if given[row.pk] is not None]
    wished.sort(key=lambda row: (given[row.pk], row.application.sort_key, row.pk))
    ranks = {row.pk: number for number, row in enumerate(wished, 1)}
    for row in rows:
        if row.rank != ranks.get(row.pk):
            row.rank = ranks.get(row.pk)
            row.save(update_fields=["rank"])
    return rows


@transaction.atomic
def save_note(*, endorsement: Endorsement, note: str, by: Person) -> Endorsement:
    """Keep a note of the Commission on an application; the city does not see it."""
    _may(by, endorsement, "cities.endorse")
    stored = locked(endorsement)
    stored.note = note.strip()[:NOTE_LENGTH]
    stored.save(update_fields=["note"])
    return stored


def _said(reason: str) -> str:
    if not reason.strip():
        raise EndorsementRefused(gettext_lazy("Say why, in words that help the city."))
    if len(reason.strip()) > NOTE_LENGTH:
        raise EndorsementRefused(_("Keep it shorter: at most %(length)s characters.") % {"length": NOTE_LENGTH})
    return reason.strip()


# Mails


def writers_of(application: Application) -> list[Any]:
    """Those who write an application now and can be written to."""
    mandates = Applicant.objects.in_force().filter(application=application, role__in=Applicant.WRITERS)
    return [mandate.user for mandate in mandates.filter(user__is_active=True).select_related("user").order_by("pk")]


def commission_of(country: Country | str) -> list[Any]:
    """The officers of a country's National Commission who can be written to."""
    mandates = CommissionOfficer.objects.in_force().filter(country=country, user__is_active=True)
    return [mandate.user for mandate in mandates.select_related("user").order_by("pk")]


def tell_team(template: str, endorsement: Endorsement) -> None:
    for person in writers_of(endorsement.application):
        context = {"application": endorsement.application, "endorsement": endorsement}
        write_mail(template, to=person, context=context)


def tell_commission(template: str, endorsement: Endorsement) -> None:
    for person in commission_of(endorsement.country):
        context = {"application": endorsement.application, "endorsement": endorsement}
        write_mail(template, to=person, context=context)


def remind_commissions() -> int:
    """Remind Commissions of the applications that wait for them, some days before their deadline; gives how many.

    Each of `REMINDED_DAYS` once; when the clock stood still, only the nearest. Not of what was asked since.
    """
    now = timezone.now()
    waiting: dict[tuple[int, str, datetime.datetime, int], list[Endorsement]] = defaultdict(list)
    asked = Endorsement.objects.filter(
        status=Status.REQUESTED, call__status=Call.Status.PUBLISHED, application__status__in=IN_PREPARATION
    )
    related = ("application__call", "application__field", "call", "country")
    for one in asked.select_related(*related).prefetch_related("call__extensions").order_by("call", "country", "pk"):
        until = one.call.endorses_until(one.application)
        reached = [days for days in REMINDED_DAYS if until - datetime.timedelta(days=days) <= now < until]
        if reached and one.requested_at <= until - datetime.timedelta(days=min(reached)):
            waiting[one.call_id, one.country_id, until, min(reached)].append(one)
    reminded = 0
    for (call, country, until, days), endorsements in waiting.items():
        with transaction.atomic():
            officers = commission_of(country)
            if officers and once(f"endorsement/{call}/{country}/{until.isoformat()}/{days}"):
                for officer in officers:
                    context = {
                        "call": endorsements[0].call,
                        "country": endorsements[0].country,
                        "endorsements": endorsements,
                        "until": until,
                    }
                    write_mail("reminder-endorsement", to=officer, context=context)
                reminded += 1
    return reminded
