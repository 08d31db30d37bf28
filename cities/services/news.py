"""What happened to the members and what they publish, for whoever follows it by a feed.

Nothing here asks the clock: days and instants are those of the data, so that the same data tell the same news.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Min, OuterRef, Prefetch, Q, Subquery
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from ..days import PARIS, in_words
from ..models import City, CreativeField, Designation, HistoryEntry, InitiativeRevision, Partnership, Precision
from ..models.bilingual import content_languages, in_language
from ..models.initiative import InitiativeQuerySet
from .designation import WAYS_OUT

Verb = HistoryEntry.Verb

LENGTH = 100
"""So many news of one kind at most: more than the cities that ever joined on one day, which were 66."""
WORDS = 60
"""Of a text, so many."""

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class News:
    key: str
    """The same for ever, in both languages."""
    at: datetime.datetime
    title: str
    text: str
    path: str
    """Of the page that shows it, in the reader's language."""
    changed_at: datetime.datetime | None = None
    """When it was last corrected; None when it never was."""

    @property
    def updated_at(self) -> datetime.datetime:
        return max(self.at, self.changed_at or self.at)


def newest(news: Iterable[News]) -> list[News]:
    return sorted(news, key=lambda one: (one.at, one.key), reverse=True)[:LENGTH]


# Members


@dataclass(frozen=True)
class Wanted:
    """Whose news are wanted; empty means all."""

    text: str = ""
    fields: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    years: tuple[str, ...] = ()

    def of_cities(self) -> Q:
        chosen = Q(city__in=City.objects.search(self.text).values("pk")) if self.text else Q()
        if self.regions:
            chosen &= Q(city__country__region__in=self.regions)
        if self.countries:
            chosen &= Q(city__country__in=self.countries)
        if self.years:
            chosen &= Q(member_since__year__in=self.years)
        return chosen


@dataclass
class Acts:
    """When the portal learnt of what happened, as far as the history knows: instants by what they are about."""

    cities: dict[int, datetime.datetime] = field(default_factory=dict)
    """Of the admission of a city."""
    moves: dict[tuple[int, str], datetime.datetime] = field(default_factory=dict)
    """Of a move to another field, by the city and the first day in it."""
    begun: dict[int, datetime.datetime] = field(default_factory=dict)
    ended: dict[int, datetime.datetime] = field(default_factory=dict)
    corrected: dict[int, datetime.datetime] = field(default_factory=dict)

    @classmethod
    def newest(cls) -> "Acts":
        """One query, however long the history."""
        acts = cls()
        by_verb = {
            Verb.ADMITTED: acts.cities,
            Verb.DESIGNATED: acts.begun,
            Verb.ENDED: acts.ended,
            Verb.CORRECTED: acts.corrected,
        }
        rows = HistoryEntry.objects.filter(verb__in=[*by_verb, Verb.FIELD_CHANGED]).order_by("-number")
        for verb, pk, changes, at in rows.values_list("verb", "object_id", "changes", "at")[: 4 * LENGTH]:
            if verb == Verb.FIELD_CHANGED:
                acts.moves[int(pk), changes["starts_on"][1]] = at
            else:
                by_verb[Verb(verb)].setdefault(int(pk), at)
        return acts


def member_news(wanted: Wanted, *, day: datetime.date) -> list[News]:
    """Who joined, moved to another field or left until a day, the newest first, in the reader's language; four queries.

    The instant is that of the act where the history knows one, else the first of the day. An end is told after the
    last day, which still counts, and its reason only where it is public.
    """
    acts = Acts.newest()
    fields = {one.pk: one for one in CreativeField.objects.defer("imported")}
    before = Designation.objects.filter(city=OuterRef("city"), starts_on__lt=OuterRef("starts_on"))
    known = (
        Designation.objects.filter(wanted.of_cities())
        .annotate(field_before=Subquery(before.order_by("-starts_on").values("field")[:1]))
        .select_related("city__country")
    )
    begun = known.filter(starts_on__lte=day)
    ended = known.filter(ends_on__lt=day, end_reason__in=WAYS_OUT)
    if wanted.fields:
        chosen = [pk for pk, one in fields.items() if one.slug in wanted.fields]
        # Who follows a field is told of those who move out of it too.
        begun = begun.filter(Q(field__in=chosen) | Q(field_before__in=chosen, member_since__lt=F("starts_on")))
        ended = ended.filter(field__in=chosen)
    # An act may tell late what began long before: those of the newest acts come along with those of the newest days.
    of_acts = Q(pk__in=acts.begun) | Q(city__in={*acts.cities, *(city for city, _day in acts.moves)})
    begun = begun.filter(of_acts | Q(pk__in=begun.order_by("-starts_on", "-pk").values("pk")[:LENGTH]))
    ended = ended.filter(Q(pk__in=acts.ended) | Q(pk__in=ended.order_by("-ends_on", "-pk").values("pk")[:LENGTH]))
    return newest([*(_begun(one, fields, acts) for one in begun), *(_ended(one, acts) for one in ended)])


def _begun(designation: Any, fields: dict[int, CreativeField], acts: Acts) -> News:
    """A new member, one that is back, or one that moved to another field."""
    city, before = designation.city, fields.get(designation.field_before)
    said = {
        **_named(city),
        "field": fields[designation.field_id].name,
        "day": Precision(designation.starts_precision).in_words(designation.starts_on),
        "since": Precision(designation.member_since_precision).in_words(designation.member_since),
    }
    text = _("Creative field: %(field)s. Member since: %(since)s.") % said
    if before is None:
        title = _("New member: %(city)s, %(country)s") % said
        act = acts.cities.get(city.pk)
    elif designation.follows_another and before.pk != designation.field_id:
        said["before"] = before.name
        title = _("Another creative field: %(city)s, %(country)s") % said
        text = (
            _(
                "Creative field before: %(before)s. Creative field after: %(field)s. First day in it: %(day)s."
                " Member since: %(since)s."
            )
            % said
        )
        act = acts.moves.get((city.pk, designation.starts_on.isoformat()))
    else:
        title = _("A member again: %(city)s, %(country)s") % said
        act = acts.begun.get(designation.pk)
    at = _instant(designation.starts_on, act)
    key = f"designation/{designation.pk}"
    return News(key, at, title, text, city.get_absolute_url(), acts.corrected.get(designation.pk))


def _ended(designation: Any, acts: Acts) -> News:
    """A member that left; the designation has ended."""
    city = designation.city
    title = _("No longer a member: %(city)s, %(country)s") % _named(city)
    text = _("Last day as a member: %(day)s.") % {"day": in_words(designation.ends_on)}
    if designation.end_reason_is_public:
        text += " " + _("Reason: %(reason)s.") % {"reason": designation.get_end_reason_display()}
    at = _instant(designation.ends_on + DAY, acts.ended.get(designation.pk))
    return News(f"end/{designation.pk}", at, title, text, city.get_absolute_url())


def _named(city: City) -> dict[str, str]:
    return {"city": city.name, "country": city.country.name}


def _instant(day: datetime.date, act: datetime.datetime | None) -> datetime.datetime:
    first = datetime.datetime.combine(day, datetime.time(), PARIS)
    return max(first, act) if act else first


# Initiatives


def initiative_news(initiatives: InitiativeQuerySet) -> list[News]:
    """Those of public initiatives that were published last, the newest first, in the reader's language; two queries.

    The instant is that of the first publication, and a later text changes it. What was invented for a demonstration is
    no news.
    """
    published = Q(revisions__status=InitiativeRevision.Status.PUBLISHED)
    partners = Partnership.objects.confirmed().select_related("city")
    found = (
        initiatives.filter(is_demonstration=False)
        .annotate(first_published=Min("revisions__decided_at", filter=published))
        .order_by(F("first_published").desc(nulls_last=True), "-pk")
        .select_related("published", "lead__country")
        .prefetch_related(Prefetch("partnerships", partners.order_by(f"city__sort_key_{content_languages()[0]}")))
    )
    return newest(_initiative(one) for one in found[:LENGTH])


def _initiative(initiative: Any) -> News:
    revision = initiative.published
    at = initiative.first_published or initiative.created_at
    names = ", ".join(partnership.city.name for partnership in initiative.partnerships.all())
    said = [_("Led by %(city)s, %(country)s.") % _named(initiative.lead)]
    if names:
        said.append(_("With: %(cities)s.") % {"cities": names})
    said.append(Truncator(in_language(revision, "text")[0]).words(WORDS))
    text = " ".join(said)
    return News(
        f"initiative/{initiative.pk}", at, revision.title, text, initiative.get_absolute_url(), revision.decided_at
    )
