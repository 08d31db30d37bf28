"""What waits for a coordinator, and how a city’s things stand: as many queries for one city as for thirty."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from ..days import PARIS, today
from ..models import (
    City,
    Coordinator,
    InitiativePhoto,
    InitiativeRevision,
    Invitation,
    Partnership,
    ProfileConfirmation,
    ProfilePhoto,
    ProfileRevision,
)
from ..models.bilingual import content_languages
from ..models.photo import GRANT_ENDS_SOON
from ..people import Person

CLOSED_DAYS = 60
"""So long the reason is shown why a text was closed."""


class Kind(StrEnum):
    """What a task asks for, the most pressing first."""

    SENT_BACK = "sent-back"
    CLOSED = "closed"
    ASKED = "asked"
    CONFIRM = "confirm"
    GRANT = "grant"
    BEGIN = "begin"
    DRAFT = "draft"
    TRANSLATE = "translate"
    ALTERNATE = "alternate"


@dataclass(frozen=True)
class Task:
    kind: Kind
    city: City
    url: str
    about: Any = None
    """The text or the partnership that it is about."""
    day: datetime.date | None = None
    side: str = ""
    """The language to be written, "en" or "fr"."""

    @property
    def initiative(self) -> str:
        """The title of the initiative that it is about; "" for a city's profile."""
        return str(self.about) if isinstance(self.about, InitiativeRevision) else ""


@dataclass
class Text:
    """A profile or an initiative: what is public of it, and its newest state if that is another."""

    public: Any = None
    newest: Any = None
    partners: list[Any] = field(default_factory=list)
    """An initiative's partnerships, whatever their answer."""
    ending: datetime.date | None = None
    """The first day on which the right to one of its photos ends, if that is soon."""

    @property
    def confirmed(self) -> list[Any]:
        return [one for one in self.partners if one.is_confirmed]

    @property
    def unanswered(self) -> list[Any]:
        return [one for one in self.partners if one.is_waiting]

    @property
    def open(self) -> Any:
        return self.newest if self.newest and self.newest.is_open else None

    @property
    def shown(self) -> Any:
        """What its coordinators see and work on."""
        return self.open or self.public or self.newest


@dataclass
class Desk:
    """A city as its coordinators find it."""

    city: City
    roles: set[str]
    profile: Text = field(default_factory=Text)
    initiatives: dict[int, Text] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    """Partnerships that this city has to answer."""
    taking_part: list[Any] = field(default_factory=list)
    """Partnerships that it confirmed, in initiatives of other cities."""
    confirmed_on: datetime.date | None = None
    team: list[str] = field(default_factory=list)
    """The roles of all its coordinators."""
    alternate_is_invited: bool = False

    @property
    def is_focal_point(self) -> bool:
        return Coordinator.Role.FOCAL_POINT in self.roles

    @property
    def speaks(self) -> bool:
        return bool(self.roles & set(Coordinator.SPEAKERS))

    @property
    def role_names(self) -> list[Any]:
        return [role.label for role in Coordinator.Role if role in self.roles]

    @property
    def editors(self) -> int:
        return self.team.count(Coordinator.Role.EDITOR)

    @property
    def alternates(self) -> int:
        return self.team.count(Coordinator.Role.ALTERNATE)

    @property
    def last_true_on(self) -> datetime.date | None:
        """When the city last said that its page is true: it confirmed it, or had a text published."""
        public = self.profile.public
        days = [self.confirmed_on, public.decided_at.astimezone(PARIS).date() if public and public.decided_at else None]
        return max((day for day in days if day), default=None)

    @property
    def is_to_be_confirmed(self) -> bool:
        if not self.profile.public:
            return False
        return not self.last_true_on or today() - self.last_true_on >= datetime.timedelta(settings.CONFIRMATION_DAYS)

    def tasks(self) -> list[Task]:
        """What waits here for the person whose desk this is."""
        tasks = self._of_text(self.profile, reverse("cities:my_profile_photos", args=[self.city.slug]))
        for pk, text in self.initiatives.items():
            tasks += self._of_text(text, reverse("cities:my_initiative_photos", args=[pk]))
        if self.speaks:
            for partnership in self.asked:
                url = reverse("cities:my_partnership", args=[partnership.pk])
                tasks.append(Task(Kind.ASKED, self.city, url, partnership, _day(partnership.asked_at)))
        if not self.profile.shown:
            tasks.append(Task(Kind.BEGIN, self.city, reverse("cities:my_profile", args=[self.city.slug])))
        if self.is_focal_point and self.is_to_be_confirmed:
            url = reverse("cities:my_confirm", args=[self.city.slug])
            tasks.append(Task(Kind.CONFIRM, self.city, url, day=self.last_true_on))
        if self.is_focal_point and not self.alternates and not self.alternate_is_invited:
            tasks.append(Task(Kind.ALTERNATE, self.city, reverse("cities:my_team", args=[self.city.slug])))
        return tasks

    def _of_text(self, text: Text, photos_url: str) -> list[Task]:
        tasks, shown = [], text.shown
        newest = text.newest
        if newest and newest.status == newest.Status.CHANGES_REQUESTED:
            tasks.append(Task(Kind.SENT_BACK, self.city, newest.edit_url, newest, _day(newest.decided_at)))
        elif newest and newest.status == newest.Status.REJECTED and _is_recent(newest.decided_at):
            tasks.append(Task(Kind.CLOSED, self.city, newest.edit_url, newest, _day(newest.decided_at)))
        elif newest and newest.status == newest.Status.DRAFT:
            side = next(iter(newest.stale_sides()), "")
            tasks.append(Task(Kind.DRAFT, self.city, newest.edit_url, newest, _day(newest.updated_at), side))
        if text.ending:
            tasks.append(Task(Kind.GRANT, self.city, photos_url, shown, text.ending))
        # Of a draft its own line says so.
        if shown and shown.status in (shown.Status.PUBLISHED, shown.Status.CHANGES_REQUESTED):
            tasks += [Task(Kind.TRANSLATE, self.city, shown.edit_url, shown, side=side) for side in shown.stale_sides()]
        return tasks


def _day(instant: datetime.datetime | None) -> datetime.date | None:
    return instant.astimezone(PARIS).date() if instant else None


def _is_recent(instant: datetime.datetime | None) -> bool:
    return instant is not None and timezone.now() - instant < datetime.timedelta(CLOSED_DAYS)


def tasks_of(desks: list[Desk]) -> list[Task]:
    """What waits on all of a person's desks, the most pressing first."""
    order = list(Kind)
    tasks = [task for desk in desks for task in desk.tasks()]
    return sorted(tasks, key=lambda task: (order.index(task.kind), task.day or datetime.date.max))


def desks_of(user: Person, mandates: list[Coordinator], only: City | None = None) -> list[Desk]:
    """The cities that a person serves now, in the order of their names. `mandates` are the person's, past ones too."""
    name = f"sort_key_{content_languages()[0]}"
    cities = City.objects.coordinated_by(user).on(today()).with_current().order_by(name)
    if only:
        cities = cities.filter(pk=only.pk)
    roles: dict[int, set[str]] = defaultdict(set)
    for mandate in mandates:
        if mandate.is_in_force:
            roles[mandate.city_id].add(mandate.role)
    desks = {city.pk: Desk(city, roles[city.pk]) for city in cities}
    _put_profiles(desks)
    _put_initiatives(desks)
    _put_partnerships(desks)
    _put_photos(desks)
    confirmations = ProfileConfirmation.objects.filter(city__in=desks).order_by().values_list("city")
    for pk, day in confirmations.annotate(last=Max("day")):
        desks[pk].confirmed_on = day
    for pk, role in Coordinator.objects.in_force().filter(city__in=desks).order_by().values_list("city", "role"):
        desks[pk].team.append(role)
    invited = Invitation.objects.open().filter(city__in=desks, role=Coordinator.Role.ALTERNATE)
    for pk in invited.order_by().values_list("city", flat=True):
        desks[pk].alternate_is_invited = True
    return list(desks.values())


def _put_profiles(desks: dict[int, Desk]) -> None:
    later = ProfileRevision.objects.filter(city=OuterRef("city"), number__gt=OuterRef("number"))
    current = ProfileRevision.objects.filter(
        ~Exists(later) | Q(~Exists(later.published()), status=ProfileRevision.Status.PUBLISHED), city__in=desks
    )
    for revision in current.select_related("updated_by", "submitted_by").order_by("number"):
        text = desks[revision.city_id].profile
        revision.city = desks[revision.city_id].city
        text.newest = revision
        if revision.status == revision.Status.PUBLISHED:
            text.public = revision


def _put_initiatives(desks: dict[int, Desk]) -> None:
    later = InitiativeRevision.objects.filter(initiative=OuterRef("initiative"), number__gt=OuterRef("number"))
    current = InitiativeRevision.objects.filter(
        ~Exists(later) | Q(pk=F("initiative__published")), initiative__lead__in=desks
    )
    for revision in current.select_related("initiative", "updated_by", "submitted_by").order_by(
        "initiative__created_at", "number"
    ):
        desk = desks[revision.initiative.lead_id]
        revision.initiative.lead = desk.city
        text = desk.initiatives.setdefault(revision.initiative_id, Text())
        text.newest = revision
        if revision.pk == revision.initiative.published_id:
            text.public = revision


def _put_partnerships(desks: dict[int, Desk]) -> None:
    newest = InitiativeRevision.objects.filter(initiative=OuterRef("initiative")).order_by("-number")
    partnerships: Any = Partnership.objects.filter(
        Q(city__in=desks, status__in=[Partnership.Status.ASKED, Partnership.Status.CONFIRMED])
        | Q(initiative__lead__in=desks)
    )
    titles = {f"newest_{language}": Subquery(newest.values(f"title_{language}")[:1]) for language in ("en", "fr")}
    for partnership in (
        partnerships.annotate(**titles)
        .select_related("city", "initiative__lead", "initiative__published")
        .order_by("asked_at", "pk")
    ):
        first, second = content_languages()
        published = partnership.initiative.published
        partnership.title = (
            published.title
            if published
            else getattr(partnership, f"newest_{first}") or getattr(partnership, f"newest_{second}")
        )
        if desk := desks.get(partnership.city_id):
            if partnership.is_waiting:
                desk.asked.append(partnership)
            elif partnership.is_confirmed:
                desk.taking_part.append(partnership)
        if partnership.initiative.lead_id in desks:
            desk = desks[partnership.initiative.lead_id]
            if text := desk.initiatives.get(partnership.initiative_id):
                text.partners.append(partnership)


def _put_photos(desks: dict[int, Desk]) -> None:
    texts = {
        (type(text.shown), text.shown.pk): text
        for desk in desks.values()
        for text in (desk.profile, *desk.initiatives.values())
        if text.shown
    }
    soon = today() + GRANT_ENDS_SOON
    for uses, model in ((ProfilePhoto, ProfileRevision), (InitiativePhoto, InitiativeRevision)):
        pks = [pk for found, pk in texts if found is model]
        ending = uses._default_manager.filter(
            revision__in=pks, photo__granted_until__lte=soon, photo__withdrawn_at=None
        ).order_by("-photo__granted_until")
        for pk, day in ending.values_list("revision", "photo__granted_until"):
            texts[model, pk].ending = day
