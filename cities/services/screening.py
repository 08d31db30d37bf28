"""The technical examination: what the portal computes, what officers confirm, and what follows from it.

What is computed is made anew whenever it is asked for. A confirmation holds for the file that the officer saw: after a
completion, or when the computed finding has become another, the item is to be looked at again.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..days import PARIS, until_in_words
from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import Application, Call, HistoryEntry, Reason, Screening, ScreeningItem
from ..people import Person
from .application import move
from .checklist import check
from .endorsement import writers_of
from .history import record
from .locking import locked
from .outbox import write_mail

Result = ScreeningItem.Result
Status = Screening.Status
Verb = HistoryEntry.Verb

EXAMINED = (Application.Status.SUBMITTED, Application.Status.RETURNED)
NOTE_LENGTH = 2000
ITEM_NOTE_LENGTH = 500


class ScreeningRefused(NetworkError):
    """An examination cannot be carried on as asked."""


@dataclass
class Line:
    """An item of the checklist: what is computed now beside what an officer found."""

    code: Reason
    computed: str
    """A `ScreeningItem.Result`, or "" where nothing can be computed."""
    sentences: list[Any]
    item: ScreeningItem | None
    is_confirmed: bool
    """Whether the officer's finding holds for the file as it is now."""

    @property
    def has_changed(self) -> bool:
        """Whether it was confirmed before, but for another file."""
        return self.item is not None and not self.is_confirmed

    @property
    def computed_in_words(self) -> Any:
        return Result(self.computed).label if self.computed else _("not computed")


def screening_of(application: Application) -> Screening:
    """The examination of an application; one that nobody has begun is not stored yet."""
    return Screening.objects.filter(application=application).first() or Screening(application=application)


def checklist(application: Application) -> list[Line]:
    """Every item in its order, with the computed finding and the officer's."""
    found = {Reason(finding.code): finding for finding in check(application)}
    noted = ScreeningItem.objects.filter(screening__application=application).select_related("by")
    items: dict[str, ScreeningItem] = {one.code: one for one in noted}
    lines = []
    for code in Reason:
        finding, item = found.get(code), items.get(code)
        computed = str(finding.result or "") if finding else ""
        holds = item is not None and item.computed == computed and not _is_older(item, application)
        lines.append(Line(code, computed, list(finding.sentences) if finding else [], item, holds))
    return lines


def _is_older(item: ScreeningItem, application: Application) -> bool:
    """Whether it was confirmed before the file was submitted as it is now."""
    return application.submitted_at is not None and item.at < application.submitted_at


def _held(application: Application) -> tuple[Application, Screening]:
    """The application and its examination, made if there is none yet, held until the transaction ends."""
    stored = locked(application)
    screening, _made = Screening.objects.get_or_create(application=stored)
    screening = locked(screening)
    screening.application = stored
    return stored, screening


def _check_officer(by: Person, application: Application) -> None:
    if not by.has_perm("cities.screen", application):
        raise ScreeningRefused(gettext_lazy("Only officers of the secretariat examine applications."))


def _check_to_examine(application: Application, screening: Screening) -> None:
    """Raise TransitionNotAllowed unless the application waits for its examination."""
    if application.status not in EXAMINED or screening.status == Status.CONCLUDED:
        raise TransitionNotAllowed(
            _("This cannot be done: the application is “%(status)s” now.")
            % {"status": application.get_status_display()}
        )


def _check_open(application: Application, screening: Screening) -> None:
    _check_to_examine(application, screening)
    if screening.status == Status.PROPOSED:
        raise TransitionNotAllowed(
            gettext_lazy("It is proposed to find this application ineligible: agree to that or refuse it first.")
        )


def _check_closed(application: Application) -> None:
    """Nothing is concluded while the call can still change what is examined."""
    call = application.call
    if call.status != Call.Status.PUBLISHED:
        raise ScreeningRefused(
            _("The call is “%(status)s”: nothing is examined in it.") % {"status": call.get_status_display()}
        )
    closes_at = call.closes_for(application)
    if timezone.now() < closes_at:
        raise ScreeningRefused(
            _("The call is open until %(instant)s. The examination can be prepared, and concluded after that.")
            % {"instant": until_in_words(closes_at)}
        )


def _move(screening: Screening, to: str, **fields: Any) -> Screening:
    """The caller holds the row, and leaves the line in the history: on the application, where its file is read."""
    if to not in Screening.TRANSITIONS.get(Status(screening.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the examination is “%(status)s” now.") % {"status": screening.get_status_display()}
        )
    screening.status = to
    for name, value in fields.items():
        setattr(screening, name, value)
    screening.save(update_fields=["status", *fields])
    return screening


# The checklist


@transaction.atomic
def note_items(*, application: Application, found: dict[str, tuple[str, str]], by: Person) -> list[ScreeningItem]:
    """Keep what an officer found on items: for each code a `ScreeningItem.Result` and a note.

    Raises ScreeningRefused for a finding other than the computed one without words that say why, TransitionNotAllowed
    when the application is not, or no longer, examined.
    """
    _check_officer(by, application)
    stored, screening = _held(application)
    _check_open(stored, screening)
    lines = {line.code: line for line in checklist(stored)}
    unexplained = [
        lines[Reason(code)]
        for code, (result, note) in found.items()
        if lines[Reason(code)].computed not in ("", result) and not note.strip()
    ]
    if unexplained:
        raise ScreeningRefused(
            _("You find another than what was computed. Say why in a note: %(items)s.")
            % {"items": _names(line.code for line in unexplained)}
        )
    items, changes = [], {}
    for code, (result, note) in found.items():
        line = lines[Reason(code)]
        before = line.item.result if line.item else None
        item = line.item or ScreeningItem(screening=screening, code=code)
        changed = (item.result, item.note) != (result, note.strip())
        if changed or not line.is_confirmed:
            item.result, item.note = Result(result), note.strip()[:ITEM_NOTE_LENGTH]
            item.computed, item.by = line.computed, by
            item.save()
            changes[str(code)] = [before, str(result)]
        items.append(item)
    if changes:
        record(Verb.EXAMINED, on=stored, by=by, changes=changes)
    return items


def _names(codes: Iterable[str]) -> str:
    return ", ".join(str(Reason(code).label) for code in codes)


# What follows from it


@transaction.atomic
def find_eligible(*, application: Application, by: Person, note: str = "") -> Screening:
    """Find an application eligible; the team is told unless the call tells with the announcement.

    Raises ScreeningRefused while the call is open, an item is not confirmed, was confirmed for another file or is not
    in order; TransitionNotAllowed when it is not examined any more or ineligibility was proposed.
    """
    _check_officer(by, application)
    stored, screening = _held(application)
    _check_open(stored, screening)
    if stored.status != Application.Status.SUBMITTED:
        raise TransitionNotAllowed(gettext_lazy("The application was returned: it has to be submitted again first."))
    _check_closed(stored)
    lines = checklist(stored)
    if unconfirmed := [line.code for line in lines if line.item is None]:
        raise ScreeningRefused(
            ngettext(
                "%(count)d item is not confirmed yet: %(items)s.",
                "%(count)d items are not confirmed yet: %(items)s.",
                len(unconfirmed),
            )
            % {"count": len(unconfirmed), "items": _names(unconfirmed)}
        )
    if changed := [line.code for line in lines if line.has_changed]:
        raise ScreeningRefused(
            _("The file has changed since this was confirmed. Look at it again: %(items)s.")
            % {"items": _names(changed)}
        )
    if failed := [line.code for line in lines if line.item and line.item.result == Result.FAIL]:
        raise ScreeningRefused(
            _("Not in order, so the application cannot be found eligible: %(items)s.") % {"items": _names(failed)}
        )
    screening = _move(
        screening,
        Status.CONCLUDED,
        reasons=[],
        note=note.strip()[:NOTE_LENGTH],
        concluded_by=by,
        concluded_at=timezone.now(),
    )
    screening.application = move(stored, Application.Status.ELIGIBLE, verb=Verb.ELIGIBLE, by=by)
    _tell(screening, "screening-eligible")
    return screening


@transaction.atomic
def propose_ineligible(*, application: Application, reasons: list[str], note: str, by: Person) -> Screening:
    """Propose to find an application ineligible, for reasons and in words that the city will read.

    The items that are the reasons count as not in order. Nobody is told before another officer agrees. Raises
    ScreeningRefused without reasons or words, while the call is open or the city may still complete its file, and for
    a reason that was confirmed as in order; TransitionNotAllowed when it is not examined any more.
    """
    _check_officer(by, application)
    stored, screening = _held(application)
    _check_open(stored, screening)
    _check_closed(stored)
    _check_completion_is_over(stored)
    unknown = [code for code in reasons if code not in Reason.values]
    if not reasons or unknown:
        raise ScreeningRefused(gettext_lazy("Choose the reasons for which the application is ineligible."))
    lines = {line.code: line for line in checklist(stored)}
    codes = [code for code in Reason if code in reasons]
    in_order = [
        code for code in codes if lines[code].is_confirmed and (item := lines[code].item) and item.result != Result.FAIL
    ]
    if in_order:
        raise ScreeningRefused(
            _("Confirmed as in order, so no reason: %(items)s. Change the finding first.") % {"items": _names(in_order)}
        )
    words = _said(note)
    for code in codes:
        line = lines[code]
        if not line.is_confirmed:
            item = line.item or ScreeningItem(screening=screening, code=code)
            item.result, item.computed, item.by = Result.FAIL, line.computed, by
            item.note = item.note or words[:ITEM_NOTE_LENGTH]
            item.save()
    screening = _move(
        screening,
        Status.PROPOSED,
        reasons=[code.value for code in codes],
        note=words,
        proposed_by=by,
        proposed_at=timezone.now(),
    )
    record(Verb.INELIGIBILITY_PROPOSED, on=stored, by=by, changes={"reasons": [[], screening.reasons]})
    return screening


@transaction.atomic
def agree_ineligible(*, application: Application, by: Person) -> Screening:
    """Find an application ineligible, as another officer proposed; the team is told when the call says so.

    Raises ScreeningRefused for who proposed it, TransitionNotAllowed when nothing is proposed.
    """
    _check_officer(by, application)
    stored, screening = _held(application)
    _check_to_examine(stored, screening)
    if screening.status != Status.PROPOSED:
        raise TransitionNotAllowed(gettext_lazy("It is not proposed to find this application ineligible."))
    if screening.proposed_by_id == by.pk:
        raise ScreeningRefused(gettext_lazy("You proposed this yourself: another officer has to agree."))
    screening = _move(screening, Status.CONCLUDED, concluded_by=by, concluded_at=timezone.now())
    screening.application = move(stored, Application.Status.INELIGIBLE, verb=Verb.INELIGIBLE, by=by)
    _tell(screening, "screening-ineligible")
    return screening


@transaction.atomic
def refuse_ineligible(*, application: Application, note: str, by: Person) -> Screening:
    """Do not agree, or take the own proposal back: the examination goes on, with words for the officers.

    Raises ScreeningRefused without words, TransitionNotAllowed when nothing is proposed.
    """
    _check_officer(by, application)
    stored, screening = _held(application)
    _check_to_examine(stored, screening)
    if screening.status != Status.PROPOSED:
        raise TransitionNotAllowed(gettext_lazy("It is not proposed to find this application ineligible."))
    words, before = _said(note), screening.reasons
    screening = _move(screening, Status.OPEN, reasons=[], note=words, proposed_by=None, proposed_at=None)
    record(Verb.INELIGIBILITY_REFUSED, on=stored, by=by, changes={"reasons": [before, []]})
    return screening


def completed_until(call: Call, at: datetime.datetime) -> datetime.datetime:
    """Until when a file that is returned at an instant can be completed: the end of the last day, in Paris."""
    last = at.astimezone(PARIS).date() + datetime.timedelta(days=call.return_days)
    return datetime.datetime.combine(last + datetime.timedelta(days=1), datetime.time(), PARIS)


@transaction.atomic
def return_for_completion(*, application: Application, note: str, by: Person) -> Screening:
    """Give a file back to its team once, with words that say what to complete; the team gets a mail.

    Raises ScreeningRefused where the call returns nothing, without words, while the call is open, and the second
    time; TransitionNotAllowed when it is not examined any more.
    """
    _check_officer(by, application)
    stored, screening = _held(application)
    _check_open(stored, screening)
    if not stored.call.return_days:
        raise ScreeningRefused(gettext_lazy("This call returns no application for completion."))
    if screening.returned_at is not None:
        raise ScreeningRefused(gettext_lazy("This application was returned for completion already: that is done once."))
    _check_closed(stored)
    words, now = _said(note), timezone.now()
    screening.returned_at = now
    screening.save(update_fields=["returned_at"])
    screening.application = move(
        stored,
        Application.Status.RETURNED,
        verb=Verb.RETURNED,
        by=by,
        return_until=completed_until(stored.call, now),
        return_note=words,
    )
    for person in writers_of(stored):
        write_mail("screening-returned", to=person, context={"application": screening.application})
    return screening


def _check_completion_is_over(application: Application) -> None:
    until = application.return_until
    if application.status == Application.Status.RETURNED and until is not None and timezone.now() < until:
        raise ScreeningRefused(
            _("The city completes its application until %(instant)s.") % {"instant": until_in_words(until)}
        )


def _said(note: str) -> str:
    if not note.strip():
        raise ScreeningRefused(gettext_lazy("Say why, in words that help the city."))
    if len(note.strip()) > NOTE_LENGTH:
        raise ScreeningRefused(_("Keep it shorter: at most %(length)s characters.") % {"length": NOTE_LENGTH})
    return note.strip()


def _tell(screening: Screening, template: str) -> None:
    """Mail the team, where the call tells at once; with the announcement its letters do."""
    application = screening.application
    if application.call.tells_ineligible != Call.Telling.AT_ONCE:
        return
    reasons = [Reason(code).label for code in screening.reasons]
    for person in writers_of(application):
        context = {"application": application, "screening": screening, "reasons": reasons}
        write_mail(template, to=person, context=context)
