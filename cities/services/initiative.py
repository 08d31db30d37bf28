"""Initiatives: how one begins, how a published one is worked on again, and what a city does with others."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ..days import today
from ..exceptions import NetworkError
from ..models import City, CityQuerySet, Edition, Initiative, InitiativeRevision
from ..models.bilingual import content_languages
from ..people import Person
from .locking import locked
from .moderation import submit
from .photo import copy_photo_uses

COPIED = ("title_en", "title_fr", "text_en", "text_fr", "first_year", "last_year", "others", "links")


@transaction.atomic
def start_initiative(*, lead: City, title_en: str, title_fr: str, by: Person) -> Initiative:
    """Begin an initiative of a member city with a first draft.

    Two clicks begin one: an untouched draft with the same titles, of the same person, is given back instead. Raises
    NetworkError when the city is no member.
    """
    # Held, so that the second click waits for the first.
    locked(lead)
    if not City.objects.members().filter(pk=lead.pk).exists():
        raise NetworkError(_("Only a member city can lead an initiative."))
    begun = InitiativeRevision.objects.filter(
        initiative__lead=lead,
        initiative__published=None,
        version=0,
        status=InitiativeRevision.Status.DRAFT,
        created_by=by,
        title_en=title_en,
        title_fr=title_fr,
    ).first()
    if begun:
        return begun.initiative
    # Which the first new row changes anyway: two cities that begin with one title get addresses one after the other.
    Edition.objects.select_for_update(no_key=True).get()
    initiative = Initiative(lead=lead)
    initiative.set_slug(title_en or title_fr)
    initiative.save()
    InitiativeRevision.objects.create(
        initiative=initiative, number=1, title_en=title_en, title_fr=title_fr, created_by=by, updated_by=by
    )
    return initiative


@transaction.atomic
def begin_revision(*, initiative: Initiative, by: Person) -> InitiativeRevision:
    """The draft in which an initiative is changed: the open one, or a copy of what is public (else of the last)."""
    initiative = locked(initiative)
    last = initiative.last_revision
    if last.is_open:
        return last
    source = initiative.published or last
    revision = InitiativeRevision.objects.create(
        initiative=initiative,
        number=last.number + 1,
        created_by=by,
        updated_by=by,
        **{name: getattr(source, name) for name in COPIED},
    )
    revision.themes.set(source.themes.all())
    copy_photo_uses(source, revision)
    return revision


@transaction.atomic
def submit_initiative(revision: InitiativeRevision, *, by: Person) -> InitiativeRevision:
    """Hand a draft to staff; a second time does nothing. Raises Incomplete, TransitionNotAllowed when it is closed."""
    stored = locked(revision)
    return stored if stored.is_waiting else submit(stored, by=by)


def with_membership(cities: CityQuerySet) -> list[City]:
    """Cities in the order of names, each with today's designation as `current` (None: a former member); one query."""
    name = f"sort_key_{content_languages()[0]}"
    found: list[Any] = list(cities.on(today()).with_current().order_by(name))
    for city in found:
        # Django sets no attribute where the join found nothing.
        city.current = getattr(city, "current", None)
    return found
