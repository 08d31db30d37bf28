"""Mandates begin and end, at once: what a person may do is asked of them anew at every request.

Whatever touches the mandates of a city first locks the city's row, so that two acts on it queue.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..exceptions import MandateRefused
from ..models import (
    MANDATES,
    Applicant,
    Application,
    City,
    CommissionOfficer,
    Coordinator,
    Country,
    CreativeField,
    Evaluator,
    HistoryEntry,
    Invitation,
    Mandate,
    OutboxMessage,
    PrivateFile,
)
from ..people import Person
from .history import record
from .locking import locked
from .outbox import write_mail

Kind = Invitation.Kind
Role = Coordinator.Role
Verb = HistoryEntry.Verb

CHOSEN_BY_FOCAL_POINT = (Role.ALTERNATE, Role.EDITOR)
_RANK = {Role.EDITOR: 0, Role.ALTERNATE: 1, Role.FOCAL_POINT: 2}


def check_may_manage(by: Person, city: City | None, *, role: str = "", application: Application | None = None) -> None:
    """Raise MandateRefused unless staff, or the focal point of the city where `role` is one that they choose; or an
    owner of the application."""
    if by.has_perm("cities.appoint"):
        return
    if application is not None:
        if not by.has_perm("cities.own_application", application):
            raise MandateRefused(_("Only an owner of the application, or the secretariat, can do this."))
        return
    if city is None or not by.has_perm("cities.manage_team", city):
        raise MandateRefused(_("Only the focal point of the city, or the secretariat, can do this."))
    if role not in CHOSEN_BY_FOCAL_POINT:
        raise MandateRefused(
            _("A change of the focal point needs a letter of the mayor and the secretariat’s approval.")
        )


@transaction.atomic
def begin_mandate(
    *,
    user: Person,
    by: Person,
    kind: str,
    city: City | None = None,
    role: str = "",
    country: Country | None = None,
    panel: str = "",
    field: CreativeField | None = None,
    letter: PrivateFile | None = None,
    countries: Iterable[Country] = (),
    **described: Any,
) -> Mandate:
    """Give a person who has an account a mandate from now on, in the name of the secretariat; they get a mail.

    A coordinator who rises (an editor becomes alternate, an alternate focal point) leaves the lower mandate in the
    same instant. Raises MandateRefused when `by` is not of the secretariat, the account is closed, the person has
    such a mandate already, or the city has another focal point. Of an evaluator also `countries`, and `reads_english`,
    `reads_french`, `max_load`.
    """
    if not by.has_perm("cities.appoint"):
        raise MandateRefused(_("Only the secretariat appoints."))
    return begin(
        user=user,
        appointed_by=by,
        by=by,
        kind=kind,
        city=city,
        role=role,
        country=country,
        panel=panel,
        field=field,
        letter=letter,
        countries=countries,
        **described,
    )


def begin(
    *,
    user: Person,
    by: Person,
    appointed_by: Person | None,
    kind: str,
    city: City | None = None,
    role: str = "",
    country: Country | None = None,
    panel: str = "",
    field: CreativeField | None = None,
    application: Application | None = None,
    letter: PrivateFile | None = None,
    replaces: Person | None = None,
    countries: Iterable[Country] = (),
    **described: Any,
) -> Mandate:
    """The beginning of a mandate, for the verbs that checked who may; `replaces` is the focal point who hands over.

    Needs a transaction. With a new focal point the invitations of the one before end, and others to the same office.
    """
    if city is not None and kind == Kind.COORDINATOR:
        locked(city)
    if application is not None:
        locked(application)
    user = locked(user)
    # After the wait: seen from before it, a mandate that began meanwhile would not be in force yet.
    now = timezone.now()
    if not user.is_active:
        raise MandateRefused(_("The account of this person is closed. An administrator can open it again."))
    mandate: Mandate
    match kind:
        case Kind.COORDINATOR:
            mandate = Coordinator(city=city, role=role)
            _leave_lower_mandate(mandate, user, now, by)
            if role == Role.FOCAL_POINT:
                _free_the_office(mandate.city, now, by, replaces)
        case Kind.COMMISSION:
            mandate = CommissionOfficer(country=country)
            _refuse_twice(CommissionOfficer.objects.filter(country=country), user)
        case Kind.EVALUATOR:
            mandate = Evaluator(panel=panel, field=field, city=city, **described)
            _refuse_twice(Evaluator.objects.filter(field=field), user)
        case Kind.APPLICANT:
            mandate = Applicant(application=application, role=role)
            _leave_lower_role(mandate, user, now, by)
        case _:
            raise ValueError(kind)
    mandate.user, mandate.begins_at, mandate.appointed_by, mandate.letter = user, now, appointed_by, letter
    mandate.save()
    if isinstance(mandate, Evaluator):
        mandate.countries.set(countries)
    record(Verb.MANDATE_BEGUN, on=mandate, by=by, changes={"role": [None, role]} if role else {})
    write_mail("mandate-begun", to=user, context=_told_of(mandate))
    return mandate


def _refuse_twice(mandates: Any, user: Person) -> None:
    if mandates.of(user).in_force().exists():
        raise MandateRefused(_("This person has the mandate already."))


def _leave_lower_mandate(new: Coordinator, user: Person, now: datetime.datetime, by: Person) -> None:
    held = Coordinator.objects.of(user).in_force(now).filter(city=new.city).first()
    if held is None:
        return
    if _RANK[Role(held.role)] >= _RANK[Role(new.role)]:
        raise MandateRefused(
            _("This person is already a coordinator of the city: %(role)s.") % {"role": held.get_role_display()}
        )
    _end(held, now, by)


def _leave_lower_role(new: Applicant, user: Person, now: datetime.datetime, by: Person) -> None:
    held = Applicant.objects.of(user).in_force(now).filter(application=new.application).first()
    if held is None:
        return
    if Applicant.RANK[held.role] >= Applicant.RANK[new.role]:
        raise MandateRefused(
            _("This person works on the application already: %(role)s.") % {"role": held.get_role_display()}
        )
    _end(held, now, by)


def _free_the_office(city: City, now: datetime.datetime, by: Person, replaces: Person | None) -> None:
    """End the mandate of the focal point who hands over; refuse when it is somebody else's."""
    held = Coordinator.objects.in_force(now).filter(city=city, role=Role.FOCAL_POINT).select_related("user").first()
    if held and (replaces is None or held.user_id != replaces.pk):
        raise MandateRefused(_("The city has a focal point. End that mandate first, or approve the city’s request."))
    to_the_office = Invitation.objects.filter(kind=Kind.COORDINATOR, city=city, role=Role.FOCAL_POINT)
    withdraw_all(to_the_office.unused(), now, by)
    if held:
        _end(held, now, by)
        write_mail("mandate-ended", to=held.user, context=_told_of(held))


@transaction.atomic
def describe_evaluator(
    *,
    evaluator: Evaluator,
    countries: Iterable[Country],
    reads_english: bool,
    reads_french: bool,
    max_load: int,
    by: Person,
) -> Evaluator:
    """Note which languages an evaluator reads, how many applications they take, and the countries they are tied to.

    Raises MandateRefused when `by` is not of the secretariat, or the evaluator would read no language.
    """
    if not by.has_perm("cities.appoint"):
        raise MandateRefused(_("Only the secretariat appoints."))
    if not (reads_english or reads_french):
        raise MandateRefused(_("An evaluator reads English, French or both."))
    stored = locked(evaluator)
    given = {"reads_english": reads_english, "reads_french": reads_french, "max_load": max_load}
    changes = {name: [getattr(stored, name), value] for name, value in given.items() if getattr(stored, name) != value}
    before = sorted(stored.countries.values_list("pk", flat=True))
    noted = list(countries)
    after = sorted(country.pk for country in noted)
    if before != after:
        changes["countries"] = [", ".join(before), ", ".join(after)]
    for name, value in given.items():
        setattr(stored, name, value)
    stored.save(update_fields=list(given))
    stored.countries.set(noted)
    if changes:
        record(Verb.EVALUATOR_DESCRIBED, on=stored, by=by, changes=changes)
    return stored


@transaction.atomic
def end_mandate(*, mandate: Mandate, by: Person) -> Mandate:
    """End a mandate now; the person can do nothing with it from the next request on, and gets a mail.

    A focal point ends those of alternates and editors of the own city, an owner of an application those of its team,
    the secretariat any. Invitations that a focal point or an owner sent end with the mandate. Raises MandateRefused
    for anybody else, when it has ended already, and for the last owner of an application.
    """
    city = mandate.city if isinstance(mandate, Coordinator) else None
    application = mandate.application if isinstance(mandate, Applicant) else None
    for scope in (city, application):
        if scope is not None:
            locked(scope)
    check_may_manage(by, city, role=mandate.role if isinstance(mandate, Coordinator) else "", application=application)
    stored = locked(mandate)
    now = timezone.now()
    if not stored.is_in_force:
        raise MandateRefused(_("This mandate has ended already."))
    if isinstance(stored, Applicant) and stored.is_owner:
        owners = Applicant.objects.in_force(now).filter(application=application, role=Applicant.Role.OWNER)
        if not owners.exclude(pk=stored.pk).filter(user__is_active=True).exists():
            raise MandateRefused(_("An application has an owner. Invite another one first; then end this mandate."))
    _end(stored, now, by)
    write_mail("mandate-ended", to=stored.user, context=_told_of(stored))
    return stored


@transaction.atomic
def end_all(*, user: Person, by: Person) -> None:
    """End whatever mandates a person has, without a mail: to be called when the account goes for good.

    The caller holds the cities.
    """
    now = timezone.now()
    for model in MANDATES:
        for mandate in model._default_manager.filter(user=user).exclude(ends_at__lte=now).order_by("pk"):
            _end(mandate, max(now, mandate.begins_at), by)


def _end(mandate: Mandate, now: datetime.datetime, by: Person) -> None:
    mandate.ends_at = now
    mandate.save(update_fields=["ends_at"])
    record(Verb.MANDATE_ENDED, on=mandate, by=by, changes={"ends_at": [None, now.isoformat(timespec="seconds")]})
    if isinstance(mandate, Coordinator) and mandate.is_focal_point:
        sent = Invitation.objects.filter(kind=Kind.COORDINATOR, city=mandate.city, invited_by=mandate.user_id)
        withdraw_all(sent.unused(), now, by)
    if isinstance(mandate, Applicant) and mandate.is_owner:
        to_team = Invitation.objects.filter(application=mandate.application, invited_by=mandate.user_id)
        withdraw_all(to_team.unused(), now, by)


def withdraw_all(invitations: models.QuerySet[Invitation], now: datetime.datetime, by: Person) -> None:
    """Close invitations, with the mails about them that have not left."""
    for invitation in invitations.select_for_update(no_key=True, of=("self",)):
        invitation.withdrawn_at, invitation.token_hash = now, ""
        invitation.save(update_fields=["withdrawn_at", "token_hash"])
        record(
            Verb.INVITATION_WITHDRAWN,
            on=invitation,
            by=by,
            changes={"withdrawn_at": [None, now.isoformat(timespec="seconds")]},
        )
        stop_mails(invitation)


def stop_mails(invitation: Invitation) -> None:
    withdrawn = OutboxMessage.Status.WITHDRAWN
    withdrawable = [status for status, after in OutboxMessage.TRANSITIONS.items() if withdrawn in after]
    OutboxMessage.objects.filter(
        secret=OutboxMessage.Secret.INVITATION, secret_of=str(invitation.pk), status__in=withdrawable
    ).update(status=withdrawn)


def _told_of(mandate: Mandate) -> dict[str, Any]:
    return {"mandate": mandate, "kind": mandate._meta.model_name}
