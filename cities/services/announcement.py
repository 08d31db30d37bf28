"""The announcement of a call: what was decided under embargo becomes true, all at once.

One transaction makes the cities and their designations, moves the applications, tells the history, writes letters and
invitations, and closes the call. It begins with the call's row: of two announcements at once the second finds it
done, and one that was killed anywhere has done nothing.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..days import from_in_words, today
from ..exceptions import NetworkError, TransitionNotAllowed
from ..models import (
    Applicant,
    Application,
    Call,
    City,
    CommissionOfficer,
    Coordinator,
    Decision,
    Designation,
    FormerSlug,
    HistoryEntry,
    Invitation,
    Photo,
    Precision,
    Question,
)
from ..models.city import RESERVED_SLUGS, SLUG_LENGTH
from ..models.screening import Reason
from ..people import Person
from ..text import slug_of, sort_key
from .application import move
from .decision import DecisionRefused, check_decides, standing_decisions, tell_history
from .designation import admit, designate
from .history import record
from .invitation import invite
from .once import once
from .outbox import write_mail

Role = Coordinator.Role
Status = Application.Status
Verb = HistoryEntry.Verb

ROLES = {"main": Role.FOCAL_POINT, "alternate": Role.ALTERNATE}
"""Which contact of an application becomes what when the city is a member."""


class NotReady(NetworkError):
    """The announcement cannot be made yet; `problems` says why, a sentence each."""

    def __init__(self, problems: list[Any]) -> None:
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


# What is announced


@dataclass(frozen=True)
class Newcomer:
    """An application whose standing decision designates its city."""

    application: Application
    decision: Decision
    contacts: dict[str, dict[str, str]]
    starts_on: datetime.date
    """The first day as a member: the one that the act names, or the day of the announcement in Paris."""

    @property
    def name(self) -> str:
        application = self.application
        return application.name_en or application.name_fr or application.local_name

    @property
    def focal_point(self) -> dict[str, str]:
        return self.contacts.get("main", {})


def contacts_of(application: Application) -> dict[str, dict[str, str]]:
    """The persons whom an application names, as it was submitted last: mayor, representative, main, alternate."""
    snapshot = application.snapshots.first()
    for section in snapshot.content.get("sections", []) if snapshot else []:
        for question in section["questions"]:
            if question["kind"] == Question.Kind.CONTACTS and isinstance(question["answer"], dict):
                return {role: one for role, one in question["answer"].items() if isinstance(one, dict)}
    return {}


def newcomers(call: Call) -> list[Newcomer]:
    """Whom the call designates, by the numbers of the applications; for an announcement in this moment."""
    decisions, day = standing_decisions(call), today()
    applications = (
        call.applications.filter(
            pk__in=[pk for pk, one in decisions.items() if one.is_designation], status=Status.ELIGIBLE
        )
        .select_related("call", "country", "field", "former_city__country")
        .prefetch_related("snapshots")
        .order_by("number")
    )
    return [
        Newcomer(one, decisions[one.pk], contacts_of(one), decisions[one.pk].starts_on or day) for one in applications
    ]


def addresses(found: Iterable[Newcomer]) -> dict[int, str]:
    """The address of each new city's page, by application; "" where none is free.

    The name alone, or the name with the country's code where another city of the network, or another newcomer, is
    called so as well: granada-ni.
    """
    fresh = [one for one in found if not one.application.former_city_id]
    plain = {one.application.pk: slug_of(one.name, SLUG_LENGTH - 3) for one in fresh}
    namesakes = Counter(plain.values())
    taken = set(City.objects.values_list("slug", flat=True)) | set(FormerSlug.objects.values_list("slug", flat=True))
    taken |= RESERVED_SLUGS
    known = set(City.objects.values_list("sort_key_en", flat=True))
    known |= set(City.objects.values_list("sort_key_fr", flat=True))
    given: dict[int, str] = {}
    for one in fresh:
        slug = plain[one.application.pk]
        if slug and (slug in taken or namesakes[slug] > 1 or sort_key(one.name) in known):
            slug = f"{slug}-{one.application.country_id.lower()}"
        given[one.application.pk] = "" if slug in taken else slug
        taken.add(slug)
    return given


def _city_of(one: Newcomer, slug: str) -> City:
    """The row that a new city is to have; not saved."""
    application = one.application
    copied = ("name_fr", "local_name", "latitude", "longitude", "population", "population_year", "website")
    values = {name: getattr(application, name) for name in copied}
    return City(slug=slug, name_en=one.name, country=application.country, **values)


# Whether all is ready


def readiness(call: Call) -> list[Any]:
    """What stands in the way of the announcement, a sentence each; nothing when it can be made.

    For decision officers only: some of the sentences tell what was decided.
    """
    if call.status != Call.Status.PUBLISHED:
        return [_refused(call)]
    problems: list[Any] = []
    if timezone.now() < call.decision_at:
        problems.append(
            _("Nothing can be decided or announced before %(instant)s.") % {"instant": from_in_words(call.decision_at)}
        )
    waiting = call.applications.filter(status__in=[Status.SUBMITTED, Status.RETURNED])
    for application in waiting.select_related("call").order_by("number"):
        problems.append(
            _("The technical examination of %(city)s (%(reference)s) is not concluded.") % _named(application)
        )
    decisions = standing_decisions(call)
    eligible = list(call.applications.filter(status=Status.ELIGIBLE).select_related("call").order_by("number"))
    for application in eligible:
        if application.pk not in decisions:
            problems.append(_("There is no decision on %(city)s (%(reference)s) yet.") % _named(application))
    if not eligible:
        problems.append(_("No application is eligible: there is nothing to announce. The call can be cancelled."))
    found = newcomers(call)
    if found and _inviter(None, found[0].decision) is None:
        problems.append(_("No decision officer has an open account, in whose name the cities would be invited."))
    slugs = addresses(found)
    met: set[tuple[str, str]] = set()
    for one in found:
        problems += _problems_of(one, slugs.get(one.application.pk, ""), met)
    return problems


def _problems_of(one: Newcomer, slug: str, met: set[tuple[str, str]]) -> list[Any]:
    application, named, problems = one.application, _named(one.application), []
    if one.starts_on > today():
        problems.append(
            _("%(city)s (%(reference)s) would be a member from %(day)s on, which is still to come.")
            % (named | {"day": date_format(one.starts_on)})
        )
    if application.field is None or not application.field.is_valid_on(one.starts_on):
        problems.append(
            _("%(city)s (%(reference)s): its creative field is no field of the network on %(day)s.")
            % (named | {"day": date_format(one.starts_on)})
        )
    if application.former_city:
        problems += _problems_of_former(one)
    else:
        problems += _problems_of_new(one, slug, met)
    if not _is_address(one.focal_point.get("email", "")):
        problems.append(
            _("%(city)s (%(reference)s): the main executive contact has no e-mail address that could be invited.")
            % named
        )
    return problems


def _problems_of_former(one: Newcomer) -> list[Any]:
    city, named = one.application.former_city, _named(one.application)
    for designation in city.designations.all() if city else []:
        if designation.ends_on is None:
            return [_("%(city)s (%(reference)s) is a member already.") % named]
        if designation.ends_on >= one.starts_on:
            return [
                _("%(city)s (%(reference)s) was a member until %(day)s: it can only begin again after that day.")
                % (named | {"day": date_format(designation.ends_on)})
            ]
    return []


def _problems_of_new(one: Newcomer, slug: str, met: set[tuple[str, str]]) -> list[Any]:
    application, named, problems = one.application, _named(one.application), []
    keys = {sort_key(name) for name in (one.name, application.name_fr) if name}
    taken = City.objects.filter(country=application.country).filter(
        models.Q(sort_key_en__in=keys) | models.Q(sort_key_fr__in=keys)
    )
    pairs = {(application.country_id, key) for key in keys}
    if city := taken.first():
        problems.append(
            _("%(city)s (%(reference)s): %(country)s has a city of this name in the network already, %(known)s.")
            % (named | {"country": application.country, "known": city})
        )
    elif pairs & met:
        problems.append(_("%(city)s (%(reference)s): another city of this name and country is designated too.") % named)
    met |= pairs
    if application.latitude is None or application.longitude is None:
        problems.append(_("%(city)s (%(reference)s): its coordinates are not known.") % named)
    if not slug:
        problems.append(_("%(city)s (%(reference)s): no address of a page is free for its name.") % named)
        return problems
    try:
        _city_of(one, slug).full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        problems += [f"{named['city']} ({named['reference']}): {message}" for message in error.messages]
    return problems


def _named(application: Application) -> dict[str, Any]:
    return {"city": application.name, "reference": application.reference}


def _is_address(email: str) -> bool:
    try:
        validate_email(email.strip())
    except ValidationError:
        return False
    return True


def _inviter(by: Person | None, decision: Decision) -> Person | None:
    """In whose name coordinators are invited: who announces, or who recorded the decision, or a colleague of theirs."""
    if by is not None:
        return by
    persons = [decision.by, *decision_officers()]
    return next((one for one in persons if one.has_perm("cities.decide") and one.has_perm("cities.appoint")), None)


def decision_officers() -> list[Person]:
    """Who decides at present."""
    staff = get_user_model()._default_manager.filter(is_active=True, is_staff=True, groups__isnull=False)
    return [one for one in staff.distinct().order_by("pk") if one.has_perm("cities.decide")]


def _refused(call: Call) -> Any:
    return _("This cannot be done: the call is “%(status)s”.") % {"status": call.get_status_display()}


# The announcement itself


@transaction.atomic
def announce(*, call: Call, by: Person | None = None) -> Call:
    """Announce a call's designations; `by` is None when the clock does it, at the call's instant and not before.

    Does nothing when they are announced already. Raises DecisionRefused for whoever is no decision officer,
    TransitionNotAllowed for a draft or a cancelled call, NotReady with all that is in the way.
    """
    if by is not None:
        check_decides(by)
    call = _held(call)
    if call.is_announced:
        return call
    if call.status != Call.Status.PUBLISHED:
        raise TransitionNotAllowed(_refused(call))
    now = timezone.now()
    if by is None and now < call.announce_at:
        raise DecisionRefused(
            _("The announcement is not due before %(instant)s.") % {"instant": from_in_words(call.announce_at)}
        )
    if problems := readiness(call):
        raise NotReady(problems)
    # First what counts changes of public data, then the history: every writer takes these two in this order.
    call.status, call.announced_at = Call.Status.ANNOUNCED, now
    call.save(update_fields=["status", "announced_at"])
    record(Verb.CALL_ANNOUNCED, on=call, by=by, changes={"status": [str(Call.Status.PUBLISHED), str(call.status)]})
    for decision in call.decisions.select_related("by", "supersedes").order_by("number"):
        tell_history(decision)
    found = newcomers(call)
    slugs = addresses(found)
    for one in found:
        _take_in(one, slugs.get(one.application.pk, ""), by)
    unsuccessful = call.applications.filter(status=Status.ELIGIBLE).select_related("call", "country", "field")
    for application in unsuccessful.prefetch_related("snapshots").order_by("number"):
        move(application, Status.NOT_DESIGNATED, verb=Verb.CALL_ANNOUNCED, by=by)
        _write_letter("announced-not-designated", application, contacts_of(application))
    if call.tells_ineligible == Call.Telling.WITH_ANNOUNCEMENT:
        for application in (
            call.applications.filter(status=Status.INELIGIBLE)
            .select_related("call", "country", "field", "screening")
            .prefetch_related("snapshots")
            .order_by("number")
        ):
            _write_letter("announced-ineligible", application, contacts_of(application), reasons=_reasons(application))
    _write_to_commissions(call)
    return call


def _held(call: Call) -> Call:
    """The call with all that the announcement writes to, held in the order in which everybody takes them.

    All at the beginning: whoever holds one of them may be waiting for the history's chain, which is taken later.
    """
    hold: Any = {"no_key": True}
    call = Call._base_manager.select_for_update(**hold).get(pk=call.pk)
    applications = list(call.applications.order_by("pk").select_for_update(**hold))
    former = {one.former_city_id for one in applications if one.former_city_id}
    list(City.objects.filter(pk__in=former).order_by("pk").select_for_update(**hold))
    list(Photo.objects.filter(application__call=call).order_by("pk").select_for_update(of=("self",), **hold))
    return call


def _take_in(one: Newcomer, slug: str, by: Person | None) -> None:
    """Make a city a member, invite its coordinators, give it the photos, write to its mayor."""
    application, decision = one.application, one.decision
    beginning: dict[str, Any] = {
        "field": application.field,
        "starts_on": one.starts_on,
        "precision": Precision.DAY,
        "source": decision.reference,
        "reason": f"{application.reference} · {decision.reference}",
        "by": by,
    }
    if application.former_city:
        city = application.former_city
        designation = designate(city=city, **beginning)
    else:
        city = admit(city=_city_of(one, slug), **beginning)
        designation = Designation.objects.get(city=city)
    move(application, Status.DESIGNATED, verb=Verb.CALL_ANNOUNCED, by=by, designation=designation)
    Photo.objects.filter(application=application, city=None).update(city=city)
    _invite(one, city, by)
    _write_letter("announced-designated", application, one.contacts, city=city, starts_on=designation.starts_on)


def _invite(one: Newcomer, city: City, by: Person | None) -> None:
    """Invite the contacts that have no such office yet: a former member may have kept its coordinators."""
    inviter = _inviter(by, one.decision)
    invited: set[str] = set()
    for contact, role in ROLES.items():
        person = one.contacts.get(contact, {})
        email = person.get("email", "").strip().lower()
        in_force = Coordinator.objects.in_force().filter(city=city)
        is_held = in_force.filter(role=Role.FOCAL_POINT).exists() if role == Role.FOCAL_POINT else False
        is_held |= in_force.filter(user__email__iexact=email).exists()
        is_held |= Invitation.objects.open().filter(city=city, email__iexact=email).exists()
        if is_held or email in invited or not _is_address(email) or inviter is None:
            continue
        invite(
            kind=Invitation.Kind.COORDINATOR,
            email=email,
            name=person.get("name", "")[:150],
            language=one.application.language,
            city=city,
            role=role,
            by=inviter,
        )
        invited.add(email)


# Letters, held until staff have looked at them


def _write_letter(template: str, application: Application, contacts: dict[str, dict[str, str]], **context: Any) -> None:
    """One letter to the mayor; where the application gives no address of the mayor, to who stands for them."""
    for role in ("mayor", "representative", "main"):
        person = contacts.get(role, {})
        if _is_address(person.get("email", "")):
            address, name = person["email"].strip(), person.get("name", "")
            break
    else:
        owner = application.applicants.in_force().filter(role=Applicant.Role.OWNER).select_related("user").first()
        if owner is None:
            return
        address, name = owner.user.email, owner.user.name
    known = {"application": application, "call": application.call, "name": name, **context}
    write_mail(template, address=address, language=application.language, context=known, held=True)


def _reasons(application: Application) -> list[Any]:
    """Why an application is ineligible, in words."""
    screening = getattr(application, "screening", None)
    return [Reason(code).label for code in (screening.reasons if screening else []) if code in Reason.values]


def _write_to_commissions(call: Call) -> None:
    """One letter to each officer of a National Commission, on all applications of the country that were decided."""
    decided = list(
        call.applications.filter(status__in=[Status.DESIGNATED, Status.NOT_DESIGNATED], shared_at__isnull=False)
        .select_related("call", "country", "field", "designation__city")
        .order_by("number")
    )
    officers = (
        CommissionOfficer.objects.in_force()
        .filter(country__in={one.country_id for one in decided}, user__is_active=True)
        .select_related("user", "country")
        .order_by("country", "user")
    )
    for officer in officers:
        of_country = [one for one in decided if one.country_id == officer.country_id]
        context = {
            "call": call,
            "country": officer.country,
            "designated": [one for one in of_country if one.status == Status.DESIGNATED],
            "others": [one for one in of_country if one.status != Status.DESIGNATED],
        }
        write_mail("announced-commission", to=officer.user, context=context, held=True)


# At its instant


def announce_due() -> int:
    """Announce the calls whose instant has come. Where one is not ready, decision officers are told so once."""
    announced, failures = 0, []
    for call in Call.objects.filter(status=Call.Status.PUBLISHED, announce_at__lte=timezone.now()).order_by("pk"):
        try:
            announce(call=call)
        except (TransitionNotAllowed, DecisionRefused):
            continue  # cancelled, or rescheduled, in this moment
        except NetworkError:
            _tell_not_ready(call)
        except Exception as failure:  # one call must not keep another from its instant
            failures.append(failure)
        else:
            announced += 1
    if failures:
        raise failures[0]
    return announced


@transaction.atomic
def _tell_not_ready(call: Call) -> None:
    if once(f"announcement/{call.pk}/{call.announce_at.isoformat()}"):
        for officer in decision_officers():
            write_mail("announcement-not-ready", to=officer, context={"call": call})


# The press list


@dataclass(frozen=True)
class PressLine:
    city: str
    country: str
    field: str
    region: str
    since: str
    """The first day as a member, ISO; "" where it will be the day of the announcement."""


@dataclass(frozen=True)
class PressList:
    """Who becomes a member with a call, in one language. `is_final` once it is announced."""

    title: str
    language: str
    lines: list[PressLine]
    countries: int
    new_countries: list[str]
    members: int
    """Of the network with them."""
    is_final: bool


def press_list(call: Call, language: str) -> PressList:
    """The new members of a call for the press, by name. Under embargo for decision officers only."""
    with translation.override(language):
        if call.is_announced:
            lines, countries = _announced_lines(call)
        else:
            lines, countries = _decided_lines(call)
        known = City.objects.members()
        others = known.exclude(designations__application__call=call)
        in_network = set(others.order_by().values_list("country", flat=True))
        fresh = sorted({country for pk, country in countries if pk not in in_network}, key=sort_key)
        return PressList(
            title=call.title,
            language=language,
            lines=sorted(lines, key=lambda line: (sort_key(line.city), sort_key(line.country))),
            countries=len({pk for pk, _name in countries}),
            new_countries=fresh,
            members=known.count() + (0 if call.is_announced else len(lines)),
            is_final=call.is_announced,
        )


def _announced_lines(call: Call) -> tuple[list[PressLine], list[tuple[str, str]]]:
    found = call.applications.filter(status=Status.DESIGNATED).select_related(
        "designation__city__country", "designation__field"
    )
    rows = [one.designation for one in found if one.designation]
    lines = [
        PressLine(
            city=one.city.name,
            country=one.city.country.name,
            field=one.field.name,
            region=str(one.city.country.get_region_display()),
            since=one.starts_on.isoformat(),
        )
        for one in rows
    ]
    return lines, [(one.city.country_id, one.city.country.name) for one in rows]


def _decided_lines(call: Call) -> tuple[list[PressLine], list[tuple[str, str]]]:
    found = newcomers(call)
    lines = [
        PressLine(
            city=one.application.former_city.name if one.application.former_city else one.application.name,
            country=one.application.country.name,
            field=one.application.field.name if one.application.field else "",
            region=str(one.application.country.get_region_display()),
            since=one.decision.starts_on.isoformat() if one.decision.starts_on else "",
        )
        for one in found
    ]
    return lines, [(one.application.country_id, one.application.country.name) for one in found]
