"""The way of a proposed text from a draft to the public (`Moderated`), the same for profiles and initiatives.

Every step locks the row, refuses with a sentence what does not follow from its state, and leaves a line in the
history. The reason of a decision stays with the text, which can be emptied, and not in the history, which cannot.
"""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import Coordinator, Drafted, HistoryEntry, Moderated
from ..people import Person
from .history import record
from .locking import locked
from .outbox import write_mail

Status = Moderated.Status
Verb = HistoryEntry.Verb


class DraftConflict(NetworkError):
    """Somebody saved the draft after this window read it. `stored` is the row as it is now."""

    def __init__(self, stored: Any) -> None:
        super().__init__(_("Somebody saved this draft after you opened it. Nothing of yours is lost: compare below."))
        self.stored = stored


class Incomplete(NetworkError):
    """The text lacks what publication needs; `missing` says what, a sentence each."""

    def __init__(self, missing: list[Any]) -> None:
        super().__init__(" ".join(map(str, missing)))
        self.missing = missing


@transaction.atomic
def save_draft[Revision: Drafted](
    revision: Revision,
    *,
    values: dict[str, Any],
    seen: int,
    by: Person,
    together: Collection[str] = (),
) -> Revision:
    """Write values into a draft that was read as version `seen`.

    Of a relation to many, the value is the set of their keys.
    `together` names what the person changed earlier in the same sitting: texts of it are as new as this change.
    Raises DraftConflict when it was saved since, TransitionNotAllowed when it can no longer be edited. Nothing is
    written and the version stays when nothing changed.
    """
    stored = locked(revision)
    if not stored.is_editable:
        raise TransitionNotAllowed(stored.why_closed)
    changed = {name for name, value in values.items() if _kept(stored, name) != value}
    many = {name for name in changed if stored._meta.get_field(name).many_to_many}
    if stored.version != seen and changed:
        raise DraftConflict(stored)
    if changed:
        for name in changed - many:
            setattr(stored, name, values[name])
        stamped = stored.stamp({*changed, *together})
        stored.version, stored.updated_by = stored.version + 1, by
        stored.save(update_fields=[*(changed - many), *stamped, "version", "updated_by", "updated_at"])
        for name in many:
            getattr(stored, name).set(values[name])
    return stored


def _kept(revision: Drafted, name: str) -> Any:
    """What a draft holds under a name; of a relation to many, their keys as a set."""
    value = getattr(revision, name)
    if revision._meta.get_field(name).many_to_many:
        return set(value.values_list("pk", flat=True))
    return value


def _move(revision: Any, to: str, *, verb: HistoryEntry.Verb, by: Person, **fields: Any) -> Any:
    stored = locked(revision)
    if to not in Moderated.TRANSITIONS.get(Status(stored.status), set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the text is “%(status)s” now.") % {"status": stored.get_status_display()}
        )
    before, stored.status = stored.status, to
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.save(update_fields=["status", *fields, "updated_at"])
    record(
        verb,
        on=stored,
        by=by,
        changes={"status": [before, stored.status], "version": [None, stored.version]},
    )
    return stored


@transaction.atomic
def submit(revision: Any, *, by: Person) -> Any:
    """Hand a draft to staff; raises Incomplete when it lacks what publication needs."""
    if missing := locked(revision).missing():
        raise Incomplete(missing)
    return _move(revision, Status.SUBMITTED, verb=Verb.SUBMITTED, by=by, submitted_at=timezone.now(), submitted_by=by)


@transaction.atomic
def take_back(revision: Any, *, by: Person) -> Any:
    """Make a draft again of what waits for staff."""
    return _move(revision, Status.DRAFT, verb=Verb.TAKEN_BACK, by=by)


@transaction.atomic
def request_changes(revision: Any, *, reason: str, by: Person) -> Any:
    """Send a text back with words that say what to change."""
    return _decide(revision, Status.CHANGES_REQUESTED, verb=Verb.CHANGES_REQUESTED, reason=_said(reason), by=by)


@transaction.atomic
def reject(revision: Any, *, reason: str, by: Person) -> Any:
    """Close a text for good; the next one begins anew from what is published."""
    return _decide(revision, Status.REJECTED, verb=Verb.REJECTED, reason=_said(reason), by=by)


@transaction.atomic
def publish(revision: Any, *, by: Person, verb: HistoryEntry.Verb = Verb.PUBLISHED) -> Any:
    """Make a text what the public reads."""
    locked(revision.home)
    if missing := locked(revision).missing():
        raise Incomplete(missing)
    return _decide(revision, Status.PUBLISHED, verb=verb, reason="", by=by)


def _decide(revision: Any, to: str, *, verb: HistoryEntry.Verb, reason: str, by: Person) -> Any:
    """Decide on the text that the caller read: on none that was taken back, or rewritten, in the meantime."""
    now = locked(revision)
    if now.status == Status.DRAFT != revision.status or now.version != revision.version:
        raise TransitionNotAllowed(_("The text has changed since you opened it: look at it again."))
    stored = _move(revision, to, verb=verb, by=by, decided_at=timezone.now(), decided_by=by, reason=reason)
    if stored.status == Status.PUBLISHED:
        # Before the mail, which names the address that the first publication gives.
        stored.become_public()
    tell_coordinators(f"revision-{stored.status}", of=stored, by=by)
    return stored


def tell_coordinators(template: str, *, of: Any, by: Person) -> None:
    """Mail a decision to whoever submitted the text and to the focal point, while they have a mandate; not to `by`."""
    mandates = Coordinator.objects.reachable().filter(city=of.home).order_by("pk")
    persons = {
        mandate.user
        for mandate in mandates
        if (mandate.user_id == of.submitted_by_id or mandate.is_focal_point) and mandate.user_id != by.pk
    }
    # Nobody who acts for the city itself decides on a text of it, unless it is published at once.
    if not any(mandate.user_id == by.pk for mandate in mandates):
        for person in sorted(persons, key=lambda person: person.pk):
            write_mail(template, to=person, context={"revision": of, "city": of.home})


def _said(reason: str) -> str:
    if not reason.strip():
        raise NetworkError(_("Say why, in words that help the city."))
    return reason.strip()
