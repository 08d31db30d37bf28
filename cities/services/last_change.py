"""When what is shown last changed: told by the data, so that the same data tell the same day whenever they are read."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, F, Max, Model, OuterRef, Q, QuerySet

from ..days import FIRST_DAY, PARIS
from ..models import (
    Call,
    City,
    CityQuerySet,
    Country,
    CreativeField,
    Designation,
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
    acts that changed a first day or an address; their days are Paris's. Eight queries.
    """
    return _cities_changed_on(day, City.objects.members(on=day), "current__field")


def designations_changed_on(day: datetime.date) -> datetime.date | None:
    """The same of all designations begun by a day, and of the cities that were members by then. Eight queries."""
    begun = City.objects.filter(designations__starts_on__lte=day)
    return _cities_changed_on(day, begun, "designations__field")


def fields_changed_on(day: datetime.date) -> datetime.date | None:
    """The last day on which the fields of a day, or their members, changed; None before the network. Ten queries."""
    fields = CreativeField.objects.filter(valid_from__lte=day).order_by()
    added = fields.aggregate(last=Max("valid_from"))["last"]
    ended = fields.filter(valid_to__lt=day).aggregate(last=Max("valid_to"))["last"]
    renamed = edited(CreativeField, fields)
    return latest([network_changed_on(day), added, ended and ended + DAY, renamed])


def initiatives_changed_on() -> datetime.date | None:
    """The last day on which the public initiatives changed: their texts, their partners, or names of their cities.

    None while there is none. Six queries.
    """
    public = Initiative.objects.public().order_by()
    partners = Partnership.objects.public().order_by()
    cities = City.objects.filter(Q(pk__in=public.values("lead")) | Q(pk__in=partners.values("city"))).order_by()
    revisions = InitiativeRevision.objects.filter(pk__in=public.values("published")).order_by()
    return latest(
        [
            revisions.aggregate(last=Max("decided_at"))["last"],
            *_partners_came_and_went(),
            edited(City, cities),
            edited(Country, cities, "country"),
            *acted({City: cities}, Verb.READDRESSED),
        ]
    )


def _partners_came_and_went() -> Iterable[datetime.datetime]:
    """The instants at which partners of public initiatives were confirmed, or ceased to be."""
    public = Partnership.objects.filter(initiative__published__isnull=False).order_by()
    confirmed = public.filter(status=Partnership.Status.CONFIRMED).aggregate(last=Max("answered_at"))["last"]
    ended = acted({Partnership: public}, Verb.PARTNER_ENDED, was=Partnership.Status.CONFIRMED)
    return [instant for instant in (confirmed, *ended) if instant]


def cooperation_changed_on(day: datetime.date) -> datetime.date | None:
    """The last day on which the links of a day changed: by a member, an initiative, a partner, or the years of one.

    None before the first member. Fifteen queries.
    """
    members = network_changed_on(day)
    if members is None:
        return None
    # An initiative links from the first day of its first year to the last day of its last.
    partners = Partnership.objects.public().order_by()
    first, last = "initiative__published__first_year", "initiative__published__last_year"
    begun = partners.filter(**{f"{first}__lte": day.year}).aggregate(last=Max(first))["last"]
    over = partners.filter(**{f"{last}__lt": day.year}).aggregate(last=Max(last))["last"]
    return latest(
        [
            members,
            initiatives_changed_on() if partners.exists() else None,
            begun and datetime.date(begun, 1, 1),
            over and datetime.date(over + 1, 1, 1),
        ]
    )


def calls_changed_on(now: datetime.datetime) -> datetime.date | None:
    """The last day on which the public calls changed: by an act, or since one of their instants came. Five queries.

    None while there is none. More time for one country or one application is between it and the secretariat.
    """
    public = Call.objects.public().order_by()
    moved = public.aggregate(published=Max("published_at"), announced=Max("announced_at"))
    extended = Extension.objects.filter(call__in=public, country=None, application=None).aggregate(last=Max("at"))
    acts = acted({Call: public}, Verb.CALL_RESCHEDULED, Verb.CALL_CANCELLED, Verb.CALL_ARCHIVED)
    return latest([call_phase_began(now), *moved.values(), extended["last"], *acts])


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


def _cities_changed_on(day: datetime.date, cities: CityQuerySet, field: str) -> datetime.date | None:
    """Of cities that had a designation by a day; `field` leads to their fields."""
    # In two parts, each of which an index knows the last of.
    joined = Designation.objects.filter(starts_on=F("member_since"), member_since__lte=day)
    moved = Designation.objects.filter(starts_on__gt=F("member_since"), starts_on__lte=day)
    began = latest([joined.aggregate(last=Max("member_since"))["last"], moved.aggregate(last=Max("starts_on"))["last"]])
    if began is None:
        return None
    ended = Designation.objects.filter(ends_on__lt=day).aggregate(last=Max("ends_on"))["last"] or FIRST_DAY
    cities = cities.order_by()
    begun = Designation.objects.filter(starts_on__lte=day).order_by()
    return latest(
        [
            began,
            ended + DAY,
            edited(City, cities),
            edited(Country, cities, "country"),
            edited(CreativeField, cities, field),
            *acted({Designation: begun, City: cities}, Verb.CORRECTED, Verb.READDRESSED),
        ]
    )


def edited(model: Any, rows: QuerySet, through: str = "pk") -> datetime.datetime | None:
    """When a row of the model that one of `rows` leads to was last edited; its first state is none of its edits."""
    # From the last edit back to the first that counts: to look at all of them, or at all rows, takes ever longer.
    of_one = rows.alias(edited=F(through)).filter(edited=OuterRef(model._meta.pk.attname)).order_by()
    edits = model.history.filter(Exists(of_one), history_type="~").order_by("-history_date")
    return edits.values_list("history_date", flat=True).first()


def acted(rows: Mapping[type[Model], QuerySet], *verbs: str, was: str = "") -> list[datetime.datetime]:
    """The instants of acts on some rows of models; `was`: only those that found a row in this status.

    One query, and one for each model that an act was on.
    """
    acts = HistoryEntry.objects.filter(verb__in=verbs).order_by("at")
    known = list(acts.values_list("object_type", "object_id", "at", "changes"))
    found = []
    for model, of in rows.items():
        label = model._meta.label_lower
        at = {
            int(pk): instant
            for kind, pk, instant, changes in known
            if kind == label and (not was or changes.get("status", [""])[0] == was)
        }
        if at:
            found += [at[pk] for pk in of.filter(pk__in=at).order_by().values_list("pk", flat=True)]
    return found


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
