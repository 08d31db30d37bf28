"""What changed in the network between two days: who joined, who left, who moved to another field."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, starmap
from typing import NamedTuple

from django.db.models import Q

from ..models import Designation

DAY = datetime.timedelta(days=1)


class Kind(StrEnum):
    JOINED = "joined"
    REJOINED = "rejoined"
    """A member on both days that was none in between."""
    MOVED = "moved"
    LEFT = "left"


class Spell(NamedTuple):
    """A designation, flat."""

    city: int
    field: int
    starts_on: datetime.date
    starts_precision: str
    ends_on: datetime.date | None

    def covers(self, day: datetime.date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True)
class Change:
    """What is different about a city on the second day. What it was meanwhile, it was."""

    kind: Kind
    city: int
    field_before: int | None
    field_after: int | None
    on: datetime.date
    """The first day of what holds on the second day; of a city that left, its last day as a member."""
    precision: str = "day"


def changes_between(first: datetime.date, second: datetime.date) -> list[Change]:
    """The changes from one day to a later one (or the same), in the order in which they happened; one query.

    A city that joined and left in between is none, nor one that moved and moved back. Reads only designations that
    do not reach from the first day to the second.
    """
    within = Designation.objects.filter(starts_on__lte=second).filter(Q(ends_on=None) | Q(ends_on__gte=first))
    lasting = Q(starts_on__lte=first) & (Q(ends_on=None) | Q(ends_on__gte=second))
    rows = within.exclude(lasting).order_by("city_id", "starts_on")
    columns = rows.values_list("city_id", "field_id", "starts_on", "starts_precision", "ends_on")
    return differences(starmap(Spell, columns), first, second)


def differences(spells: Iterable[Spell], first: datetime.date, second: datetime.date) -> list[Change]:
    """The same of spells at hand, which come by city and day."""
    of_city: dict[int, list[Spell]] = defaultdict(list)
    for spell in spells:
        of_city[spell.city].append(spell)
    found = [change for city in of_city.values() if (change := _difference(city, first, second))]
    return sorted(found, key=lambda change: (change.on, change.city))


def _difference(spells: list[Spell], first: datetime.date, second: datetime.date) -> Change | None:
    """Of one city, whose spells are in order."""
    before = next((spell for spell in spells if spell.covers(first)), None)
    after = next((spell for spell in spells if spell.covers(second)), None)
    if after is None:
        if before is None:
            return None
        return Change(Kind.LEFT, before.city, before.field, None, _last_day(spells, second))
    run = _unbroken(spells, after)
    if before is None:
        return Change(Kind.JOINED, after.city, None, after.field, run.starts_on, run.starts_precision)
    if run.starts_on > first:
        return Change(Kind.REJOINED, after.city, before.field, after.field, run.starts_on, run.starts_precision)
    if before.field == after.field:
        return None
    return Change(Kind.MOVED, after.city, before.field, after.field, after.starts_on, after.starts_precision)


def _last_day(spells: list[Spell], day: datetime.date) -> datetime.date:
    """The last day as a member before a day."""
    return max(spell.ends_on for spell in spells if spell.ends_on and spell.ends_on < day)


def _unbroken(spells: list[Spell], last: Spell) -> Spell:
    """The first of the spells that follow each other without a gap up to one of them."""
    known = spells[: spells.index(last) + 1]
    began = known[0]
    for earlier, later in pairwise(known):
        if earlier.ends_on is None or earlier.ends_on + DAY < later.starts_on:
            began = later
    return began
