"""A city asks for another focal point, with a letter of its mayor; the secretariat approves or refuses.

On approval the offices change hands in one transaction if the new person has an account. If not, they are invited,
and the same happens in the transaction in which they accept: until then the focal point stays, so that no city is
without one because of a mail that nobody opened.
"""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import MandateRefused, TransitionNotAllowed
from ..models import City, Coordinator, FocalPointChange, HistoryEntry, Invitation, PrivateFile
from ..people import Person
from . import private_file
from .history import record
from .invitation import account_of, invite
from .locking import locked
from .mandate import begin
from .outbox import write_mail

Status = FocalPointChange.Status
Verb = HistoryEntry.Verb
Role = Coordinator.Role


def _check_focal_point(by: Person, city: City) -> None:
    if not by.has_perm("cities.manage_team", city):
        raise MandateRefused(_("Only the focal point of the city can do this."))


@transaction.atomic
def request_change(
    *, city: City, email: str, name: str, language: str, letter: UploadedFile, by: Person
) -> FocalPointChange:
    """Ask for another focal point. Staff and who asked get a mail.

    Raises MandateRefused for anybody but the focal point, while another request or its invitation is open, and when
    the new person is the focal point now; UploadRefused for the letter.
    """
    email = email.strip().lower()
    city = locked(city)
    _check_focal_point(by, city)
    if FocalPointChange.objects.waiting().filter(city=city).exists():
        raise MandateRefused(_("A change of the focal point is waiting for staff already."))
    invited = Invitation.objects.open().filter(kind=Invitation.Kind.COORDINATOR, city=city, role=Role.FOCAL_POINT)
    if invited.exists():
        raise MandateRefused(_("A change of the focal point is approved: the new person has yet to accept it."))
    if account_of(email) == by:
        raise MandateRefused(_("This is the address of the focal point now."))
    change = FocalPointChange.objects.create(
        city=city,
        email=email,
        name=name.strip(),
        language=language,
        letter=private_file.store(kind=PrivateFile.Kind.MAYORS_LETTER, city=city, upload=letter, by=by),
        requested_by=by,
    )
    record(Verb.FOCAL_POINT_REQUESTED, on=change, by=by, changes={"status": [None, change.status]})
    write_mail("focal-point-requested", to=by, context={"change": change})
    write_mail("focal-point-to-staff", address=settings.CONTACT_EMAIL, context={"change": change})
    return change


def _move(change: FocalPointChange, to: str, *, verb: HistoryEntry.Verb, by: Person, reason: str = "") -> Any:
    locked(change.city)
    stored = locked(change)
    before = Status(stored.status)
    if to not in FocalPointChange.TRANSITIONS.get(before, set()):
        raise TransitionNotAllowed(
            _("This cannot be done: the request is “%(status)s” now.") % {"status": before.label}
        )
    stored.status, stored.decided_by, stored.decided_at, stored.reason = to, by, timezone.now(), reason
    stored.save(update_fields=["status", "decided_by", "decided_at", "reason"])
    record(verb, on=stored, by=by, changes={"status": [before.value, str(to)]})
    return stored


@transaction.atomic
def withdraw_change(*, change: FocalPointChange, by: Person) -> FocalPointChange:
    """Take a request back. Raises MandateRefused for anybody but the focal point, TransitionNotAllowed if decided."""
    locked(change.city)
    _check_focal_point(by, change.city)
    return _move(change, Status.WITHDRAWN, verb=Verb.FOCAL_POINT_WITHDRAWN, by=by)


def _check_staff(by: Person) -> None:
    if not by.has_perm("cities.decide_focalpointchange"):
        raise MandateRefused(_("Only the secretariat decides on a change of the focal point."))


@transaction.atomic
def approve_change(*, change: FocalPointChange, by: Person) -> FocalPointChange:
    """Hand the office over, or invite the new person if they have no account; who asked gets a mail.

    Raises MandateRefused when the new person's account is closed or the city has yet another focal point,
    TransitionNotAllowed if decided.
    """
    _check_staff(by)
    stored = _move(change, Status.APPROVED, verb=Verb.FOCAL_POINT_APPROVED, by=by)
    user = account_of(stored.email)
    write_mail("focal-point-approved", to=stored.requested_by, context={"change": stored, "at_once": user is not None})
    if user is None:
        invite(
            kind=Invitation.Kind.COORDINATOR,
            email=stored.email,
            name=stored.name,
            language=stored.language,
            city=stored.city,
            role=Role.FOCAL_POINT,
            by=by,
            change=stored,
        )
    else:
        begin(
            user=user,
            by=by,
            appointed_by=by,
            kind=Invitation.Kind.COORDINATOR,
            city=stored.city,
            role=Role.FOCAL_POINT,
            letter=stored.letter,
            replaces=stored.requested_by,
        )
    return stored


@transaction.atomic
def refuse_change(*, change: FocalPointChange, reason: str, by: Person) -> FocalPointChange:
    """Decline a request with words, which who asked gets by mail and the history does not keep.

    Raises MandateRefused without words, TransitionNotAllowed if decided.
    """
    _check_staff(by)
    if not reason.strip():
        raise MandateRefused(_("Say why, in words that help the city."))
    stored = _move(change, Status.REFUSED, verb=Verb.FOCAL_POINT_REFUSED, by=by, reason=reason.strip())
    write_mail("focal-point-refused", to=stored.requested_by, context={"change": stored})
    return stored
