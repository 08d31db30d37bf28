"""Invitations: the way in for whoever is to have a mandate, or an account of staff.

The link of the mail holds a token that is made when the mail leaves (`new_token`); the row keeps only its hash, so
that neither the database nor its backup lets anybody in.
"""

import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from ..exceptions import MandateRefused, TransitionNotAllowed
from ..models import (
    Applicant,
    Application,
    Call,
    City,
    Coordinator,
    Country,
    CreativeField,
    FocalPointChange,
    HistoryEntry,
    Invitation,
    OutboxMessage,
)
from ..people import Person
from .history import record
from .limits import is_over_limit
from .locking import locked
from .mandate import begin, check_may_manage, stop_mails, withdraw_all
from .outbox import write_mail

Kind = Invitation.Kind
Role = Coordinator.Role
Verb = HistoryEntry.Verb
MAILS_A_DAY = 3
"""So many links to begin an application leave for one address in a day, whoever asks for them."""


class InvitationClosed(MandateRefused):
    """The link is unknown, used, withdrawn or expired: which, nobody is told."""

    def __init__(self) -> None:
        super().__init__(_("This link no longer works."))


class AccountExists(MandateRefused):
    """There is an account with the invited address; its owner signs in first."""


def account_of(email: str) -> Any:
    """The account that an address opens, or None."""
    return get_user_model()._default_manager.filter(email__iexact=email.strip()).first()


@transaction.atomic
def invite(
    *,
    kind: str,
    email: str,
    language: str,
    by: Person,
    name: str = "",
    city: City | None = None,
    role: str = "",
    country: Country | None = None,
    panel: str = "",
    field: CreativeField | None = None,
    group: Group | None = None,
    change: FocalPointChange | None = None,
    application: Application | None = None,
) -> Invitation:
    """Invite a person by mail. Whether the address has an account is found out by whoever opens the link only.

    A focal point invites alternates and editors of the own city, an owner of an application anybody to its team, the
    secretariat anybody but staff, administrators staff as well. Raises MandateRefused for anybody else, when the same
    invitation is open already, when the person has this role or a higher one already, or the city has a focal point
    who is not handing over.
    """
    email = email.strip().lower()
    if kind == Kind.STAFF:
        if not by.has_perm("cities.invite_staff"):
            raise MandateRefused(_("Only an administrator invites staff."))
    else:
        check_may_manage(by, city if kind == Kind.COORDINATOR else None, role=role, application=application)
    if city is not None:
        city = locked(city)
    if application is not None:
        application = locked(application)
    scope: dict[str, Any] = {
        "kind": kind,
        "city": city,
        "role": role,
        "country": country,
        "field": field,
        "group": group,
    }
    scope["application"] = application
    if kind != Kind.STAFF:
        # Once more behind the lock: the mandate of who invites may have ended meanwhile.
        check_may_manage(by, city if kind == Kind.COORDINATOR else None, role=role, application=application)
    if Invitation.objects.open().filter(email__iexact=email, **scope).exists():
        raise MandateRefused(_("An invitation to this address is open already. It can be sent again."))
    if kind == Kind.COORDINATOR:
        _check_office(city, email, role, change)
    if kind == Kind.APPLICANT:
        _check_team(application, email, role)
    invitation = Invitation.objects.create(
        **scope,
        panel=panel,
        email=email,
        name=name.strip(),
        language=language,
        change=change,
        invited_by=by,
        expires_at=Invitation.default_expiry(),
    )
    record(Verb.INVITED, on=invitation, by=by, changes={"kind": [None, kind]})
    _write(invitation)
    return invitation


def _check_office(city: City | None, email: str, role: str, change: FocalPointChange | None) -> None:
    in_force = Coordinator.objects.in_force().filter(city=city)
    held = in_force.filter(user__email__iexact=email).first()
    if held and (held.role == role or role == Role.EDITOR or held.is_focal_point):
        raise MandateRefused(
            _("This person is already a coordinator of the city: %(role)s.") % {"role": held.get_role_display()}
        )
    if role != Role.FOCAL_POINT:
        return
    if change is None and in_force.filter(role=Role.FOCAL_POINT).exists():
        raise MandateRefused(_("The city has a focal point. End that mandate first, or approve the city’s request."))
    if Invitation.objects.open().filter(kind=Kind.COORDINATOR, city=city, role=Role.FOCAL_POINT).exists():
        raise MandateRefused(_("Somebody else is invited to be the focal point. Withdraw that invitation first."))


def _check_team(application: Application | None, email: str, role: str) -> None:
    held = Applicant.objects.in_force().filter(application=application, user__email__iexact=email).first()
    if held and Applicant.RANK[held.role] >= Applicant.RANK[role]:
        raise MandateRefused(
            _("This person works on the application already: %(role)s.") % {"role": held.get_role_display()}
        )


@transaction.atomic
def ask_to_begin(*, call: Call, email: str, language: str) -> None:
    """Send a visitor who wants to apply a mail with a link: nobody learns here whether the address has an account.

    Somebody without one gets an invitation that verifies the address and leads to the start of an application; the
    owner of an account is told to sign in. Of many mails to one address in a day only the first few leave. Raises
    TransitionNotAllowed when nothing can be begun in the call now.
    """
    now, email = timezone.now(), email.strip().lower()
    if not Call.objects.open(now).filter(pk=call.pk).exists():
        raise TransitionNotAllowed(_("This call takes no new applications now."))
    if is_over_limit("begin", email, limit=MAILS_A_DAY, seconds=24 * 3600):
        return
    if account := account_of(email):
        if account.is_active:
            write_mail("application-begin-account", to=account, context={"call": call})
        return
    asked = Invitation.objects.select_for_update(no_key=True, of=("self",)).unused()
    invitation = asked.filter(kind=Kind.APPLICANT, call=call, application=None, email__iexact=email).first()
    if invitation is None:
        invitation = Invitation(kind=Kind.APPLICANT, call=call, email=email)
    else:
        stop_mails(invitation)
    invitation.language, invitation.expires_at, invitation.token_hash = language, Invitation.default_expiry(), ""
    invitation.save()
    record(Verb.INVITED, on=invitation, by=None, changes={"kind": [None, Kind.APPLICANT.value]})
    _write(invitation)


def _write(invitation: Invitation) -> None:
    with translation.override(invitation.language):
        path = reverse("cities:invitation", args=["-"]).removesuffix("-/")
    write_mail(
        f"invitation-{invitation.kind}",
        address=invitation.email,
        language=invitation.language,
        context={
            "invitation": invitation,
            "path": path,
            "days": settings.INVITATION_DAYS,
            "by_city": by_city(invitation),
        },
        secret=OutboxMessage.Secret.INVITATION,
        secret_of=invitation.pk,
    )


def by_city(invitation: Invitation) -> bool:
    """Whether the city itself invites, and not the secretariat."""
    by = invitation.invited_by
    return invitation.kind == Kind.COORDINATOR and by is not None and not by.has_perm("cities.appoint")


def new_token(invitation: Invitation) -> str:
    """A fresh secret for the link, made when the mail leaves; the one before stops working.

    For an invitation that is open no more the secret opens nothing.
    """
    token = secrets.token_urlsafe(32)
    Invitation.objects.open().filter(pk=invitation.pk).update(token_hash=_hash(token))
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _held(invitation: Invitation, by: Person) -> Invitation:
    """The row as it is now, locked, after checking that `by` may act on it."""
    for scope in (invitation.city, invitation.application):
        if scope is not None:
            locked(scope)
    if invitation.kind == Kind.STAFF:
        if not by.has_perm("cities.invite_staff"):
            raise MandateRefused(_("Only an administrator invites staff."))
    else:
        city = invitation.city if invitation.kind == Kind.COORDINATOR else None
        check_may_manage(by, city, role=invitation.role, application=invitation.application)
    stored = locked(invitation)
    if stored.accepted_at:
        raise MandateRefused(_("The invitation has been accepted."))
    if stored.withdrawn_at:
        raise MandateRefused(_("The invitation has been withdrawn."))
    return stored


@transaction.atomic
def withdraw(*, invitation: Invitation, by: Person) -> Invitation:
    """Make the link of an invitation worthless. Raises MandateRefused for whoever may not, or when it is too late."""
    stored = _held(invitation, by)
    withdraw_all(Invitation.objects.filter(pk=stored.pk), timezone.now(), by)
    stored.refresh_from_db()
    return stored


@transaction.atomic
def send_again(*, invitation: Invitation, by: Person) -> Invitation:
    """Send the mail once more, with a new link and a new term; the link before stops working at once.

    Raises MandateRefused for whoever may not, or when the invitation was accepted or withdrawn.
    """
    stored = _held(invitation, by)
    before = stored.expires_at
    stored.expires_at, stored.token_hash = Invitation.default_expiry(), ""
    stored.save(update_fields=["expires_at", "token_hash"])
    stop_mails(stored)
    times = [moment.isoformat(timespec="seconds") for moment in (before, stored.expires_at)]
    record(Verb.INVITED, on=stored, by=by, changes={"expires_at": times})
    _write(stored)
    return stored


# The link


def find(token: str) -> Invitation:
    """The open invitation that a link leads to; raises InvitationClosed."""
    scope = ("city", "country", "field", "group", "invited_by", "call", "application__call")
    found = Invitation.objects.open().filter(token_hash=_hash(token)).select_related(*scope).first()
    if found is None:
        raise InvitationClosed
    return found


def _claim(token: str) -> Invitation:
    """The invitation of a link, locked: of two who use it at once the second finds it closed."""
    found = find(token)
    if found.kind == Kind.COORDINATOR and found.city is not None:
        locked(found.city)
    if found.application is not None:
        locked(found.application)
    stored = locked(found)
    if not stored.is_open or stored.token_hash != found.token_hash:
        raise InvitationClosed
    return stored


@transaction.atomic
def accept(*, token: str, by: Person) -> Invitation:
    """Use an invitation for the account of its address, whose owner is signed in.

    Raises InvitationClosed, or MandateRefused when the invitation is for another address or the mandate cannot begin.
    """
    invitation = _claim(token)
    if account_of(invitation.email) != by:
        raise MandateRefused(_("This invitation is for another person than the one who is signed in."))
    return _use(invitation, by)


@transaction.atomic
def accept_with_new_account(*, token: str, name: str, password: str, language: str) -> Person:
    """Use an invitation of somebody without an account: it is made, its address counts as verified by the link.

    Raises InvitationClosed, AccountExists, or MandateRefused when the mandate cannot begin.
    """
    invitation = _claim(token)
    exists = AccountExists(_("There is an account with this address. Sign in first, then open the link again."))
    if account_of(invitation.email):
        raise exists
    try:
        with transaction.atomic():
            user = get_user_model()._default_manager.create_user(
                invitation.email, password, name=name.strip(), language=language
            )
    except IntegrityError:
        # Another invitation to the same person was accepted in the same moment.
        raise exists from None
    _use(invitation, user)
    return user


def _use(invitation: Invitation, user: Person) -> Invitation:
    now = timezone.now()
    invitation.accepted_at, invitation.user, invitation.token_hash = now, user, ""
    invitation.save(update_fields=["accepted_at", "user", "token_hash"])
    record(
        Verb.INVITATION_ACCEPTED,
        on=invitation,
        by=user,
        changes={"accepted_at": [None, now.isoformat(timespec="seconds")]},
    )
    stop_mails(invitation)
    if invitation.kind == Kind.STAFF and invitation.group is not None:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.add(invitation.group)
        return invitation
    if invitation.kind == Kind.APPLICANT and invitation.application is None:
        # It verified the address; the application is begun on the page that comes next.
        return invitation
    change = invitation.change
    begin(
        user=user,
        by=user,
        appointed_by=invitation.invited_by,
        kind=invitation.kind,
        city=invitation.city,
        role=invitation.role,
        country=invitation.country,
        panel=invitation.panel,
        field=invitation.field,
        application=invitation.application,
        letter=change.letter if change else None,
        replaces=change.requested_by if change else None,
    )
    return invitation
