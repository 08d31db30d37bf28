"""Who may do what. Groups and mandates carry membership only; this table alone decides.

What a list shows of it is `visible_to(user)` on the models' querysets; a test holds both equal.
"""

from typing import Any

import rules
from django.utils.translation import gettext_lazy as _

from .models import (
    Applicant,
    Application,
    Assignment,
    City,
    CommissionOfficer,
    Coordinator,
    Country,
    Endorsement,
    FocalPointChange,
    Initiative,
    Invitation,
    Mandate,
    Partnership,
    Photo,
    PrivateFile,
)
from .people import Person

OFFICER = "officer"
DECISION_OFFICER = "decision officer"
ADMINISTRATOR = "administrator"
AUDITOR = "auditor"
GROUPS = (OFFICER, DECISION_OFFICER, ADMINISTRATOR, AUDITOR)
GROUP_NAMES = {
    OFFICER: _("officer"),
    DECISION_OFFICER: _("decision officer"),
    ADMINISTRATOR: _("administrator"),
    AUDITOR: _("auditor"),
}
GROUPS_EXPLAINED = {
    OFFICER: _("officer: edits the network, the meetings and the reports"),
    DECISION_OFFICER: _("decision officer: as an officer, and sees decisions before they are announced"),
    ADMINISTRATOR: _("administrator: as an officer, and manages accounts"),
    AUDITOR: _("auditor: sees everything, changes nothing"),
}


def in_group(name: str) -> rules.Predicate:
    return rules.is_group_member(name)  # type: ignore[return-value]  # a Predicate, declared as a plain callable


is_officer = in_group(OFFICER) | in_group(DECISION_OFFICER)
is_administrator = in_group(ADMINISTRATOR)
is_auditor = in_group(AUDITOR)
is_secretariat = rules.is_active & rules.is_staff & (is_officer | is_administrator | is_auditor)
can_edit = is_secretariat & (is_officer | is_administrator)
decides = rules.is_active & rules.is_staff & in_group(DECISION_OFFICER)
"""Who knows of a decision before it is announced. Nothing else gives this: not to audit, not to administer."""

# Coordinators. Of a mandate only what holds at this moment counts, asked anew at every request.


def roles_in(user: Person, city: City) -> set[str]:
    return set(Coordinator.objects.of(user).in_force().filter(city=city).values_list("role", flat=True))


def city_of(obj: Any) -> City:
    """The city that something belongs to."""
    match obj:
        case City():
            return obj
        case Initiative():
            return obj.lead
    return obj.city


@rules.predicate
def is_coordinator(user: Person, obj: Any) -> bool:
    return obj is not None and bool(roles_in(user, city_of(obj)))


@rules.predicate
def speaks_for_city(user: Person, obj: Any) -> bool:
    return obj is not None and bool(roles_in(user, city_of(obj)) & set(Coordinator.SPEAKERS))


@rules.predicate
def is_focal_point(user: Person, obj: Any) -> bool:
    return obj is not None and Coordinator.Role.FOCAL_POINT in roles_in(user, city_of(obj))


@rules.predicate
def leads(user: Person, partnership: Partnership | None) -> bool:
    """For coordinators of the city that asked."""
    return partnership is not None and bool(roles_in(user, partnership.initiative.lead))


@rules.predicate
def speaks_for_lead(user: Person, partnership: Partnership | None) -> bool:
    return partnership is not None and bool(roles_in(user, partnership.initiative.lead) & set(Coordinator.SPEAKERS))


@rules.predicate
def is_public(user: Person, obj: Initiative | Partnership | None) -> bool:
    match obj:
        case Initiative():
            return obj.published_id is not None
        case Partnership():
            return obj.is_confirmed and obj.initiative.published_id is not None
    return False


@rules.predicate
def was_asked(user: Person, initiative: Initiative | None) -> bool:
    """A city that is asked to be a partner may read what it is asked about, and what it takes part in."""
    if initiative is None:
        return False
    asked = Partnership.objects.filter(initiative=initiative, status__in=Partnership.TAKING_PART)
    return Coordinator.objects.of(user).in_force().filter(city__in=asked.values("city")).exists()


@rules.predicate
def may_read_file(user: Person, file: PrivateFile | None) -> bool:
    """What opens a file depends on what it belongs to, and is told once: where lists are made."""
    return file is not None and PrivateFile.objects.visible_to(user).filter(pk=file.pk).exists()


@rules.predicate
def holds(user: Person, mandate: Mandate | None) -> bool:
    """A person sees the own mandates, the past ones too."""
    return mandate is not None and user.is_active and mandate.user_id == user.pk


@rules.predicate
def requested(user: Person, change: FocalPointChange | None) -> bool:
    return change is not None and user.is_active and change.requested_by_id == user.pk


@rules.predicate
def is_to_own_application(user: Person, invitation: Invitation | None) -> bool:
    return (
        invitation is not None
        and invitation.application is not None
        and Applicant.Role.OWNER in team_roles(user, invitation.application)
    )


@rules.predicate
def is_to_own_city(user: Person, invitation: Invitation | None) -> bool:
    if invitation is None or invitation.kind != Invitation.Kind.COORDINATOR or invitation.city is None:
        return False
    return bool(roles_in(user, invitation.city))


# Applications. The team, the Commission of the country, and evaluators to whom nothing ties the city


def team_roles(user: Person, application: Application) -> set[str]:
    mandates = Applicant.objects.of(user).in_force().filter(application=application)
    return set(mandates.values_list("role", flat=True))


@rules.predicate
def is_on_team(user: Person, application: Application | None) -> bool:
    return application is not None and bool(team_roles(user, application))


@rules.predicate
def writes_application(user: Person, application: Application | None) -> bool:
    return application is not None and bool(team_roles(user, application) & set(Applicant.WRITERS))


@rules.predicate
def owns_application(user: Person, application: Application | None) -> bool:
    return application is not None and Applicant.Role.OWNER in team_roles(user, application)


@rules.predicate
def is_commission(user: Person, obj: Application | Endorsement | Country | None) -> bool:
    """For officers of the National Commission of the country, once the application was shared with it."""
    if obj is None or (isinstance(obj, Application) and obj.shared_at is None):
        return False
    country = obj.pk if isinstance(obj, Country) else obj.country_id
    return CommissionOfficer.objects.of(user).in_force().filter(country=country).exists()


@rules.predicate
def knows_as_evaluator(user: Person, application: Application | None) -> bool:
    if application is None:
        return False
    return Application.objects.to_evaluate(user).filter(pk=application.pk).exists()


@rules.predicate
def reads_as_evaluator(user: Person, application: Application | None) -> bool:
    """After the declaration that opens the file."""
    return application is not None and Application.objects.opened_by(user).filter(pk=application.pk).exists()


@rules.predicate
def evaluates(user: Person, assignment: Assignment | None) -> bool:
    return assignment is not None and Assignment.objects.held_by(user).filter(pk=assignment.pk).exists()


@rules.predicate
def was_submitted(user: Person, application: Application | None) -> bool:
    """Of a draft the secretariat knows that it exists, not what it says."""
    return application is not None and application.submitted_at is not None


@rules.predicate
def is_colleague(user: Person, applicant: Applicant | None) -> bool:
    return applicant is not None and bool(team_roles(user, applicant.application))


@rules.predicate
def is_photo_of_city(user: Person, photo: Photo | None) -> bool:
    return photo is not None and photo.city_id is not None


@rules.predicate
def is_photo_of_own_application(user: Person, photo: Photo | None) -> bool:
    """For whoever may read the application that a photo belongs to."""
    return (
        photo is not None
        and photo.application is not None
        and user.has_perm("cities.read_application", photo.application)
    )


PERMISSIONS = {
    "cities.view_country": is_secretariat,
    "cities.change_country": can_edit,
    "cities.add_country": can_edit,
    "cities.view_creativefield": is_secretariat,
    "cities.add_creativefield": can_edit,
    "cities.change_creativefield": can_edit,
    "cities.view_city": is_secretariat,
    "cities.add_city": can_edit,  # through the operation that admits a city with its first designation
    "cities.change_city": can_edit,
    "cities.view_designation": is_secretariat,  # changes only through the operations on a city
    "cities.designate": can_edit,
    "cities.readdress_city": can_edit,
    "cities.view_formerslug": is_secretariat,
    "cities.view_officialtotal": is_secretariat,
    "cities.add_officialtotal": can_edit,
    "cities.change_officialtotal": can_edit,
    "cities.view_entryreport": is_secretariat,
    "cities.change_entryreport": can_edit,
    "cities.delete_entryreport": can_edit,  # the privacy notice promises that reports can go
    "cities.view_historyentry": is_secretariat,
    # mandates and invitations: change only through operations
    "cities.view_coordinator": is_secretariat | holds | is_coordinator,
    "cities.view_commissionofficer": is_secretariat | holds,
    "cities.view_evaluator": is_secretariat | holds,
    "cities.appoint": can_edit,
    "cities.invite_staff": is_secretariat & is_administrator,
    "cities.view_invitation": is_secretariat | is_to_own_city | is_to_own_application,
    "cities.view_focalpointchange": is_secretariat | is_coordinator | requested,
    "cities.decide_focalpointchange": can_edit,
    "cities.view_privatefile": may_read_file,
    # mail
    "cities.view_outboxmessage": is_secretariat,
    "cities.release_outboxmessage": can_edit,
    # what cities propose
    "cities.view_profilerevision": is_secretariat,
    "cities.view_profileconfirmation": is_secretariat,
    "cities.view_initiative": is_secretariat,
    "cities.view_initiativerevision": is_secretariat,
    "cities.view_partnership": is_secretariat,
    "cities.view_photo": is_secretariat,
    "cities.moderate": can_edit,
    "cities.view_theme": is_secretariat,
    "cities.change_theme": can_edit,
    # on one city, or on what belongs to it: for its coordinators
    "cities.edit_profile": is_coordinator,
    "cities.edit_initiative": is_coordinator,
    "cities.read_initiative": is_public | is_coordinator | was_asked | is_secretariat,
    "cities.read_partnership": is_public | is_coordinator | leads | is_secretariat,
    "cities.open_partnership": is_coordinator | leads,
    "cities.end_partnership": speaks_for_city | speaks_for_lead,
    "cities.view_own_photo": is_coordinator | (is_secretariat & is_photo_of_city) | is_photo_of_own_application,
    "cities.answer_for_city": speaks_for_city,
    "cities.confirm_profile": is_focal_point,
    "cities.see_team": is_coordinator,
    "cities.manage_team": is_focal_point,
    # calls
    "cities.view_call": is_secretariat,
    "cities.add_call": can_edit,
    "cities.change_call": can_edit,  # of a draft; a published one is changed by operations
    "cities.delete_call": can_edit,  # of a draft
    "cities.run_call": can_edit,
    # applications
    "cities.view_application": is_secretariat | is_on_team | is_commission | knows_as_evaluator,
    "cities.read_application": (is_secretariat & was_submitted) | is_on_team | is_commission | reads_as_evaluator,
    "cities.write_application": writes_application,
    "cities.own_application": owns_application,
    "cities.work_on_application": is_on_team,
    "cities.read_receipt": (is_secretariat & was_submitted) | is_on_team | is_commission,
    "cities.view_applicant": is_secretariat | holds | is_colleague,
    "cities.view_endorsement": is_secretariat | is_commission,
    "cities.endorse": is_commission,
    "cities.record_endorsement": can_edit,
    "cities.screen": can_edit,
    # evaluation
    "cities.view_assignment": is_secretariat | evaluates,
    "cities.view_conflictoverride": is_secretariat,
    "cities.assign": can_edit,
    "cities.evaluate": evaluates,
    # decisions, under embargo until the announcement
    "cities.decide": decides,
}
for name, predicate in PERMISSIONS.items():
    rules.add_perm(name, predicate)
for app in ("cities", "meetings", "rvcu", "auth", "account", "mfa", "usersessions"):
    rules.add_perm(app, is_secretariat)
