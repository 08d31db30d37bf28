"""Conflicts of interest between persons and applications, what else keeps an evaluator from a file, and overrides.

The rule itself is `cities.models.conflict`; here it is asked of many at once, and told to officers.
"""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..exceptions import NetworkError
from ..models import (
    Application,
    ApplicationDocument,
    Assignment,
    Conflict,
    ConflictOverride,
    Evaluator,
    HistoryEntry,
    Ties,
)
from ..people import Person
from .history import record
from .locking import locked

Verb = HistoryEntry.Verb


class ConflictRefused(NetworkError):
    """A conflict of interest stands in the way, or its override does."""


def conflicts_between(
    applications: Collection[Application],
    users: Iterable[Person],
    *,
    pairs: Container[tuple[int, int]] | None = None,
) -> dict[tuple[int, int], set[Conflict]]:
    """The conflicts of persons with applications, by the keys of both, without those that two officers overrode.

    Of `pairs` alone where they are given. Pairs without a conflict are left out. As many queries for one pair as for a
    thousand.
    """
    if not applications:
        return {}
    # Anew: what was loaded before the lock may be old.
    fresh = list(
        Application.objects.filter(pk__in=[application.pk for application in applications])
        .order_by("pk")
        .prefetch_related("partner_cities", "documents", "conflict_declarations")
    )
    overridden: dict[tuple[int, int], set[str]] = {}
    for override in ConflictOverride.objects.agreed().filter(application__in=fresh):
        overridden.setdefault((override.application_id, override.user_id), set()).add(override.conflict)
    found = {}
    for user, ties in Ties.of_many(users).items():
        for application in fresh:
            pair = (application.pk, user)
            if pairs is not None and pair not in pairs:
                continue
            if standing := {one for one in ties.conflicts(application) if one not in overridden.get(pair, ())}:
                found[pair] = standing
    return found


def conflicts_of(assignments: Collection[Assignment]) -> dict[int, set[Conflict]]:
    """The conflicts of evaluators with what they were given, by the keys of the assignments; as `conflicts_between`.

    Of each evaluator with the own applications alone: a call has as many pairs as evaluators times applications.
    """
    pairs = {(one.application_id, one.user_id) for one in assignments}
    applications = {one.application for one in assignments}
    found = conflicts_between(applications, {one.user for one in assignments}, pairs=pairs)
    return {
        one.pk: found[one.application_id, one.user_id]
        for one in assignments
        if (one.application_id, one.user_id) in found
    }


def in_words(conflicts: Iterable[Conflict]) -> str:
    """Conflicts as a list in a sentence, in the order in which they are declared."""
    held = set(conflicts)
    return get_text_list([str(one.label) for one in Conflict if one in held], _("and"))


# What keeps an evaluator from a file


class Hindrance(models.TextChoices):
    """Why an evaluator cannot be given an application."""

    ENDED = "ended", gettext_lazy("is no longer an evaluator")
    FIELD = "field", gettext_lazy("evaluates in another field")
    LANGUAGE = "language", gettext_lazy("does not read the language of the application")
    CONFLICT = "conflict", gettext_lazy("has a conflict of interest")
    HELD = "held", gettext_lazy("has the application already")
    GIVEN_BACK = "given-back", gettext_lazy("gave this application back")
    LOAD = "load", gettext_lazy("has as many applications as agreed")


GIVEN_BACK = (Assignment.Status.DECLINED, Assignment.Status.RECUSED, Assignment.Status.ABSTAINED)


@dataclass
class Candidate:
    """An evaluator beside an application: what speaks against giving it to them, for officers' eyes."""

    evaluator: Evaluator
    load: int
    conflicts: set[Conflict]
    hindrances: set[Hindrance]
    application: Application

    @property
    def is_free(self) -> bool:
        return not self.hindrances

    @property
    def sentences(self) -> list[str]:
        """Why not, a sentence each."""
        names = {
            "name": self.evaluator.user,
            "field": self.evaluator.field,
            "wanted": self.application.field,
            "language": self.application.get_language_display(),
            "conflicts": in_words(self.conflicts),
            "load": self.load,
            "most": self.evaluator.max_load,
        }
        said = {
            Hindrance.ENDED: _("The mandate of %(name)s as an evaluator has ended."),
            Hindrance.FIELD: _("%(name)s evaluates in the field %(field)s; the application is in %(wanted)s."),
            Hindrance.LANGUAGE: _(
                "%(name)s does not read the language of the application (%(language)s), and it has no translation."
            ),
            Hindrance.CONFLICT: _("%(name)s has a conflict of interest: %(conflicts)s."),
            Hindrance.HELD: _("%(name)s has this application already."),
            Hindrance.GIVEN_BACK: _("%(name)s gave this application back."),
            Hindrance.LOAD: _("%(name)s has as many applications as agreed: %(load)s of %(most)s."),
        }
        return [said[one] % names for one in Hindrance if one in self.hindrances]


def loads(evaluators: Iterable[Evaluator]) -> dict[int, int]:
    """How many applications evaluators have now, by the key of the mandate."""
    held = Assignment.objects.taking_time().filter(evaluator__in=[evaluator.pk for evaluator in evaluators])
    return dict(held.order_by().values_list("evaluator").annotate(models.Count("pk")))


def beside(
    applications: Collection[Application], evaluators: Collection[Evaluator]
) -> dict[tuple[int, int], Candidate]:
    """Every evaluator beside every application, by the keys of both: the same queries however many they are."""
    conflicts = conflicts_between(applications, [evaluator.user for evaluator in evaluators])
    load = loads(evaluators)
    held: dict[tuple[int, int], set[str]] = {}
    assigned = Assignment.objects.filter(application__in=list(applications))
    for pk, user, status in assigned.values_list("application", "user", "status"):
        held.setdefault((pk, user), set()).add(status)
    translated = set(
        ApplicationDocument.objects.filter(
            application__in=list(applications), kind=ApplicationDocument.Kind.TRANSLATION, replaced_at=None
        ).values_list("application", flat=True)
    )
    found = {}
    for application in applications:
        for evaluator in evaluators:
            tied = conflicts.get((application.pk, evaluator.user_id), set())
            before = held.get((application.pk, evaluator.user_id), set())
            holds = {
                Hindrance.ENDED: not (evaluator.is_in_force and evaluator.user.is_active),
                Hindrance.FIELD: evaluator.field_id != application.field_id,
                Hindrance.LANGUAGE: not evaluator.reads(application.language) and application.pk not in translated,
                Hindrance.CONFLICT: bool(tied),
                Hindrance.HELD: bool(before & set(Assignment.ACTIVE)),
                Hindrance.GIVEN_BACK: bool(before & set(GIVEN_BACK)),
                Hindrance.LOAD: load.get(evaluator.pk, 0) >= evaluator.max_load,
            }
            found[application.pk, evaluator.pk] = Candidate(
                evaluator=evaluator,
                load=load.get(evaluator.pk, 0),
                conflicts=tied,
                hindrances={hindrance for hindrance, is_so in holds.items() if is_so},
                application=application,
            )
    return found


def evaluators_in(fields: Iterable[Any]) -> list[Evaluator]:
    """The evaluators in force of creative fields, with their persons."""
    in_force = Evaluator.objects.in_force().filter(field__in=list(fields), user__is_active=True)
    return list(in_force.select_related("user", "field", "city").order_by("pk"))


def candidates(application: Application) -> list[Candidate]:
    """The evaluators of an application's field with what speaks against them: the free ones first, by their load."""
    found = beside([application], evaluators_in([application.field_id])).values()
    return sorted(found, key=lambda one: (not one.is_free, one.load, one.evaluator.user.name.lower(), one.evaluator.pk))


# Overrides


@transaction.atomic
def propose_override(
    *, application: Application, user: Person, conflict: str, reason: str, by: Person
) -> ConflictOverride:
    """An officer proposes that one conflict does not keep a person from an application; another has to agree.

    Raises ConflictRefused without a reason, for oneself, for a conflict that is not there, or proposed already.
    """
    _check_decides(user, by)
    if not reason.strip():
        raise ConflictRefused(_("Say why the conflict does not matter here."))
    application = locked(application)
    if conflict not in conflicts_between([application], [user]).get((application.pk, user.pk), set()):
        raise ConflictRefused(_("%(name)s has no such conflict with this application.") % {"name": user})
    override, is_new = ConflictOverride.objects.get_or_create(
        application=application,
        user=user,
        conflict=conflict,
        defaults={"reason": reason.strip(), "proposed_by": by},
    )
    if not is_new:
        raise ConflictRefused(_("This is proposed already: another officer has to agree."))
    record(Verb.OVERRIDE_PROPOSED, on=override, by=by, changes={"conflict": [None, str(conflict)]})
    return override


@transaction.atomic
def agree_override(*, override: ConflictOverride, by: Person) -> ConflictOverride:
    """The second officer agrees, and the conflict no longer counts. Raises ConflictRefused for the one who proposed
    it, for oneself, and when it is agreed already."""
    locked(override.application)
    stored = locked(override)
    _check_decides(stored.user, by)
    if stored.agreed_at is not None:
        raise ConflictRefused(_("This is agreed already."))
    if stored.proposed_by_id == by.pk:
        raise ConflictRefused(_("You proposed this yourself: another officer has to agree."))
    stored.agreed_by, stored.agreed_at = by, timezone.now()
    stored.save(update_fields=["agreed_by", "agreed_at"])
    record(Verb.CONFLICT_OVERRIDDEN, on=stored, by=by, changes={"conflict": [stored.conflict, None]})
    return stored


def _check_decides(user: Person, by: Person) -> None:
    if by.pk == user.pk:
        raise ConflictRefused(_("Nobody decides on a conflict of interest of their own."))
    if not by.has_perm("cities.assign"):
        raise ConflictRefused(_("Only officers of the secretariat decide on conflicts of interest."))
