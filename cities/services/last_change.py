"""When what is shown last changed: told by the data, so that the same data tell the same day whenever they are read."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Cast

from ..days import PARIS
from ..models import (
    Call,
    City,
    CityQuerySet,
    Country,
    CreativeField,
    Designation,
    Edition,
    Extension,
    HistoryEntry,
    Initiative,
    InitiativeRevision,
    Partnership,
    ProfileRevision,
)

DAY = datetime.timedelta(days=1)
Verb = HistoryEntry.Verb


def network_changed_on(day: datetime.date) -> datetime.date | None:
    """The last day on which the members as of a day changed: by who joined, moved or left until then, or a correction.

    None before the first member. Corrections are edits of facts about those members, their countries and fields, and
    acts that changed a first day or an address, or that were put down later than they hold; their days are Paris's. One
    query.
    """
    return _cities_changed_on(day, City.objects.members(on=day), "current__field")


def designations_changed_on(day: datetime.date) -> datetime.date | None:
    """The same of all designations begun by a day, and of the cities that were members by then. One query."""
    begun = City.objects.filter(designations__starts_on__lte=day)
    return _cities_changed_on(day, begun, "designations__field")


def fields_changed_on(day: datetime.date) -> datetime.date | None:
    """The last day on which the fields of a day, or their members, changed; None before the network. Two queries."""
    fields = CreativeField.objects.filter(valid_from__lte=day)
    added, ended, renamed = told(
        last(fields, "valid_from"),
        last(fields.filter(valid_to__lt=day), "valid_to"),
        edited(CreativeField, fields),
    )
    return latest([network_changed_on(day), added, ended and ended + DAY, renamed])


def initiatives_changed_on() -> datetime.date | None:
    """The last day on which the public initiatives changed: their texts, their partners, or names of their cities.

    None while there is none. One query.
    """
    public = Initiative.objects.public().order_by()
    partners = Partnership.objects.public().order_by()
    cities = City.objects.filter(Q(pk__in=public.values("lead")) | Q(pk__in=partners.values("city")))
    of_public = Partnership.objects.filter(initiative__published__isnull=False)
    return latest(
        told(
            last(InitiativeRevision.objects.filter(pk__in=public.values("published")), "decided_at"),
            last(of_public.filter(status=Partnership.Status.CONFIRMED), "answered_at"),
            acted(of_public, Verb.PARTNER_ENDED, was=Partnership.Status.CONFIRMED),
            edited(City, cities),
            edited(Country, cities, "country"),
            acted(cities, Verb.READDRESSED),
        )
    )


def cooperation_changed_on(day: datetime.date) -> datetime.date | None:
    """The last day on which the links of a day changed: by a member, an initiative, a partner, or the years of one.

    None before the first member. Three queries.
    """
    members = network_changed_on(day)
    if members is None:
        return None
    # An initiative links from the first day of its first year to the last day of its last.
    partners = Partnership.objects.public()
    first, final = "initiative__published__first_year", "initiative__published__last_year"
    begun, over, any_partner = told(
        last(partners.filter(**{f"{first}__lte": day.year}), first),
        last(partners.filter(**{f"{final}__lt": day.year}), final),
        partners.order_by().values("pk")[:1],
    )
    return latest(
        [
            members,
            initiatives_changed_on() if any_partner else None,
            begun and datetime.date(begun, 1, 1),
            over and datetime.date(over + 1, 1, 1),
        ]
    )


def calls_changed_on(now: datetime.datetime) -> datetime.date | None:
    """The last day on which the public calls changed: by an act, or since one of their instants came. Two queries.

    None while there is none. More time for one country or one application is between it and the secretariat.
    """
    public = Call.objects.public().order_by()
    moments = told(
        last(public, "published_at"),
        last(public, "announced_at"),
        last(Extension.objects.filter(call__in=public, country=None, application=None), "at"),
        acted(public, Verb.CALL_RESCHEDULED, Verb.CALL_CANCELLED, Verb.CALL_ARCHIVED),
    )
    return latest([call_phase_began(now), *moments])


def call_phase_began(now: datetime.datetime) -> datetime.datetime | None:
    """The last instant at which the clock alone moved a public call to another phase; None when none did. One query."""
    for_all = Q(extensions__country=None, extensions__application=None)
    calls = Call.objects.filter(status=Call.Status.PUBLISHED).order_by()
    columns = ("opens_at", "closes_at", "screening_until", "evaluation_until")
    rows = calls.annotate(
        more=Max("extensions__closes_at", filter=for_all),
    ).values_list(*columns, "more")
    moved = []
    for opens, closes, screened, evaluated, more in rows:
        moved += [opens, max(closes, more or closes), screened, evaluated]
    return max((instant for instant in moved if instant <= now), default=None)


# What all have in common


def latest(moments: Iterable[datetime.date | datetime.datetime | None]) -> datetime.date | None:
    """The last of days and of instants, whose days are Paris's; None where none is known."""
    days = [
        moment.astimezone(PARIS).date() if isinstance(moment, datetime.datetime) else moment
        for moment in moments
        if moment
    ]
    return max(days, default=None)


def told(*moments: QuerySet) -> list[Any]:
    """What each of these queries for one value finds, None where it finds nothing; all in one query.

    Asked one by one, what twenty of them take would mostly be the way there and back.
    """
    # The edition has one row, always.
    return list(Edition.objects.values_list(*[Subquery(one) for one in moments]).get())


def last(rows: QuerySet, column: str) -> QuerySet:
    """The largest value of a column, for `told`."""
    return rows.filter(**{f"{column}__isnull": False}).order_by(f"-{column}").values(column)[:1]


def edited(model: Any, rows: QuerySet, through: str = "pk") -> QuerySet:
    """When a row of the model that one of `rows` leads to was last edited, for `told`; its first state is no edit."""
    # From the last edit back to the first that counts: to look at all of them, or at all rows, takes ever longer.
    of_one = rows.alias(edited=F(through)).filter(edited=OuterRef(model._meta.pk.attname)).order_by()
    edits = model.history.filter(Exists(of_one), history_type="~").order_by("-history_date")
    return edits.values("history_date")[:1]


def acted(rows: QuerySet, *verbs: str, was: str = "") -> QuerySet:
    """When there was last an act of these on one of the rows, for `told`; `was`: that found it in this status."""
    of_model = HistoryEntry.objects.filter(verb__in=verbs, object_type=rows.model._meta.label_lower)
    if was:
        of_model = of_model.filter(changes__status__0=was)
    # A database may read the key before it looks whose it is, and not every key is a number.
    key = Case(When(object_type=rows.model._meta.label_lower, then=Cast("object_id", BigIntegerField())))
    acts = of_model.alias(key=key).filter(Exists(rows.filter(pk=OuterRef("key")).order_by()))
    return acts.order_by("-at").values("at")[:1]


def _cities_changed_on(day: datetime.date, cities: CityQuerySet, field: str) -> datetime.date | None:
    """Of cities that had a designation by a day; `field` leads to their fields."""
    spells = Designation.objects.order_by()
    begun, over = spells.filter(starts_on__lte=day), spells.filter(ends_on__lt=day)
    have_moved = City.objects.filter(pk__in=begun.filter(starts_on__gt=F("member_since")).values("city"))
    joined, moved, ended, *corrected = told(
        # Who joined and who moved apart: of each an index knows the last.
        last(spells.filter(starts_on=F("member_since"), member_since__lte=day), "member_since"),
        last(spells.filter(starts_on__gt=F("member_since"), starts_on__lte=day), "starts_on"),
        last(over, "ends_on"),
        # What is put down only after its day.
        acted(cities, Verb.ADMITTED),
        acted(begun, Verb.DESIGNATED),
        acted(have_moved, Verb.FIELD_CHANGED),
        acted(over, Verb.ENDED),
        edited(City, cities),
        edited(Country, cities, "country"),
        edited(CreativeField, cities, field),
        acted(begun, Verb.CORRECTED),
        acted(cities, Verb.READDRESSED),
    )
    began = latest([joined, moved])
    return latest([began, ended and ended + DAY, *corrected]) if began else None


def each_city_changed_at() -> dict[int, datetime.datetime]:
    """When the portal last learnt of a change to what a city's own page says, by the city; five queries.

    By an act about its membership or its address, an edit of its facts, or a text published; whatever it was told of
    in none of these ways, as by the first import, is not there.
    """
    of_cities = (Verb.ADMITTED, Verb.FIELD_CHANGED, Verb.READDRESSED)
    of_designations = (Verb.DESIGNATED, Verb.CORRECTED, Verb.ENDED)
    acts = HistoryEntry.objects.order_by().values_list("object_id").annotate(last=Max("at"))
    instants = [(int(pk), at) for pk, at in acts.filter(verb__in=of_cities)]
    begun = {int(pk): at for pk, at in acts.filter(verb__in=of_designations)}
    cities = Designation.objects.filter(pk__in=begun).order_by().values_list("pk", "city_id")
    instants += [(city, begun[pk]) for pk, city in cities]
    edits = City.history.filter(history_type="~").order_by().values_list("id")
    instants += edits.annotate(last=Max("history_date"))
    texts = ProfileRevision.objects.published().filter(decided_at__isnull=False).order_by().values_list("city_id")
    instants += texts.annotate(last=Max("decided_at"))
    changed: dict[int, datetime.datetime] = {}
    for city, at in instants:
        changed[city] = max(at, changed.get(city, at))
    return changed
