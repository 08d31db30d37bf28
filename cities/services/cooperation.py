"""Who works with whom on a day: the graph of cities, and the figures that the network is judged by.

Two member cities are linked when one leads a published initiative whose years cover the day and the other has
confirmed that it is a partner in it. Partners of one initiative are not linked with each other by it. What was
confirmed is taken as it is known now. The graph and its figures are pure: they know nothing of the database.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from django.db.models import Exists, Q

from ..models import City, CityQuerySet, Partnership


class Node(NamedTuple):
    """A member city of the day: its number, and by slug its field and its region."""

    city: int
    field: str
    region: str


class Tie(NamedTuple):
    """An initiative that joins the city that leads it with one partner."""

    initiative: int
    lead: int
    partner: int
    is_demonstration: bool = False


Pair = tuple[int, int]
"""Two cities, the smaller number first."""


@dataclass(frozen=True)
class Graph:
    """Cities and the links between them. All is told of the chosen cities, but their partners may be any member."""

    nodes: Mapping[int, Node]
    all_links: Mapping[Pair, frozenset[int]]
    """The initiatives that link two cities."""
    chosen: frozenset[int]

    @classmethod
    def of(cls, nodes: Iterable[Node], ties: Iterable[Tie]) -> "Graph":
        """The whole graph; a tie that leads to no member, or from a city to itself, is no link."""
        members = {node.city: node for node in nodes}
        links: dict[Pair, set[int]] = defaultdict(set)
        for initiative, lead, partner, _is_demonstration in ties:
            if lead != partner and lead in members and partner in members:
                links[min(lead, partner), max(lead, partner)].add(initiative)
        return cls(members, {pair: frozenset(by) for pair, by in links.items()}, frozenset(members))

    def among(self, fields: Collection[str] = (), regions: Collection[str] = ()) -> "Graph":
        """The same graph told of the cities in these fields and regions; none given: of all."""
        chosen = (
            node.city
            for node in self.nodes.values()
            if (not fields or node.field in fields) and (not regions or node.region in regions)
        )
        return Graph(self.nodes, self.all_links, frozenset(chosen))

    @cached_property
    def links(self) -> dict[Pair, frozenset[int]]:
        """The links with a chosen city at either end."""
        return {pair: by for pair, by in self.all_links.items() if pair[0] in self.chosen or pair[1] in self.chosen}

    @cached_property
    def _partners(self) -> dict[int, set[int]]:
        partners: dict[int, set[int]] = defaultdict(set)
        for a, b in self.all_links:
            partners[a].add(b)
            partners[b].add(a)
        return partners

    @cached_property
    def _initiatives(self) -> dict[int, set[int]]:
        initiatives: dict[int, set[int]] = defaultdict(set)
        for pair, by in self.all_links.items():
            for city in pair:
                initiatives[city] |= by
        return initiatives

    def partners(self, city: int) -> set[int]:
        return self._partners.get(city, set())

    def degree(self, city: int) -> int:
        """With how many cities a city works."""
        return len(self.partners(city))

    def in_other_regions(self, city: int) -> int:
        return sum(self.nodes[partner].region != self.nodes[city].region for partner in self.partners(city))

    def in_other_fields(self, city: int) -> int:
        return sum(self.nodes[partner].field != self.nodes[city].field for partner in self.partners(city))

    def initiatives(self, city: int) -> int:
        """How many initiatives a city shares with others, as lead or as partner."""
        return len(self._initiatives.get(city, ()))

    @cached_property
    def connected(self) -> frozenset[int]:
        """The chosen cities that work with at least one other."""
        return frozenset(city for city in self.chosen if self.partners(city))

    @property
    def isolated(self) -> frozenset[int]:
        return self.chosen - self.connected

    @cached_property
    def reaching(self) -> int:
        """How many of the chosen cities work with one of another region."""
        return sum(1 for city in self.connected if self.in_other_regions(city))

    @property
    def reaching_share(self) -> float:
        """The same, per hundred chosen cities."""
        return 100 * self.reaching / len(self.chosen) if self.chosen else 0.0

    @cached_property
    def across_regions(self) -> int:
        return sum(self.nodes[a].region != self.nodes[b].region for a, b in self.links)

    @cached_property
    def across_fields(self) -> int:
        return sum(self.nodes[a].field != self.nodes[b].field for a, b in self.links)

    @cached_property
    def shared_initiatives(self) -> frozenset[int]:
        return frozenset().union(*self.links.values())

    def matrix(self, by: str) -> Counter[tuple[str, str]]:
        """Links by the "region" or the "field" of their ends: each in both orders, one within a group once."""
        counts: Counter[tuple[str, str]] = Counter()
        for a, b in self.links:
            ends = getattr(self.nodes[a], by), getattr(self.nodes[b], by)
            counts.update({ends, ends[::-1]})
        return counts

    def linked_by(self, by: str) -> Counter[str]:
        """Links by the "region" or the "field" of their ends: one between two groups counts in both."""
        counts: Counter[str] = Counter()
        for a, b in self.links:
            counts.update({getattr(self.nodes[a], by), getattr(self.nodes[b], by)})
        return counts


def ties(day: datetime.date) -> list[Tie]:
    """The confirmed partnerships in published initiatives whose years cover a day; one query."""
    columns = ("initiative_id", "initiative__lead_id", "city_id", "initiative__is_demonstration")
    return [Tie(*row) for row in Partnership.objects.counting(on=day).values_list(*columns)]


def partners_of(city: City, day: datetime.date) -> CityQuerySet:
    """The cities that one is linked with on a day, as the whole graph links them; one query."""
    members, counting = City.objects.members(on=day), Partnership.objects.counting(on=day)
    its_partners = counting.filter(initiative__lead=city).values("city")
    its_leads = counting.filter(city=city).values("initiative__lead")
    # Who is no member that day is linked with nobody.
    return members.filter(Q(pk__in=its_partners) | Q(pk__in=its_leads), Exists(members.filter(pk=city.pk)))
