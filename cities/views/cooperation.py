from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from ..caching import public_page
from ..cooperation_filters import Cooperation
from ..filters import Chip, Facet, Option
from ..forms.cooperation import COLUMNS, NUMBERS, SHOWN, CooperationForm
from ..models import City, CreativeField, Initiative, OfficialTotal, Region
from ..services.cooperation import Graph
from ..services.world import Link, link_map
from ..text import sort_key
from .directory import without_empty

MOST_CONNECTED = 5


class Row(NamedTuple):
    """A city in the table."""

    city: City
    partners: int
    regions: int
    fields: int
    initiatives: int


class LinkRow(NamedTuple):
    """Two cities that work together, the first by name before the other, and the initiatives that they share."""

    city: City
    partner: City
    initiatives: list[Initiative]


@dataclass(frozen=True)
class Column:
    """A column's head: how it is sorted now, and the order that a click asks for."""

    name: str
    is_number: bool
    direction: str
    next: str


@public_page
def cooperation(request: HttpRequest) -> HttpResponse:
    """Who works with whom on a day: the graph on the map and as a table. A bad value shows nothing, with 200."""
    if any("" in values for _name, values in request.GET.lists()):
        query = without_empty(request.GET)
        return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path)
    asked = Cooperation(request.GET)
    form = asked.form
    context: dict[str, Any] = {
        "form": form,
        "day": form.day,
        "shown": SHOWN,
        "chips": list(chips(form)),
        "facets": facets(form, asked.whole, asked.creative_fields),
    }
    if asked.is_valid:
        context |= found(asked)
    return render(request, "cities/cooperation.html", context)


def found(asked: Cooperation) -> dict[str, Any]:
    form, city_of, graph, pairs = asked.form, asked.city_of, asked.graph, asked.pairs
    joined = {pk for pair in pairs for pk in pair}
    ends = [city for pk, city in city_of.items() if pk in joined]
    alone = [city for pk, city in city_of.items() if pk in graph.isolated]
    links = [
        Link(
            city_of[a],
            city_of[b],
            len(graph.links[min(a, b), max(a, b)]),
            graph.nodes[a].region != graph.nodes[b].region,
        )
        for a, b in pairs
    ]
    place_of = {pk: place for place, pk in enumerate(city_of)}
    context: dict[str, Any] = {
        "graph": graph,
        "whole": asked.whole,
        "is_demonstration": bool(asked.demonstrations),
        "official": OfficialTotal.objects.known(form.day),
        "map": link_map(ends, links, alone) if pairs else None,
        "most_connected": [
            (city_of[pk], graph.degree(pk))
            for pk in sorted(graph.connected, key=lambda pk: (-graph.degree(pk), place_of[pk]))[:MOST_CONNECTED]
        ],
        "region_matrix": region_matrix(graph),
        "field_matrix": field_matrix(graph, asked.creative_fields),
    }
    if form.shown == "links":
        context["links"] = link_rows(graph, pairs, city_of)
    else:
        cities = graph.connected if form.shown == "cities" else graph.isolated
        context["columns"] = columns(form)
        context["rows"] = in_order([row(graph, city) for pk, city in city_of.items() if pk in cities], form.order)
    return context


def row(graph: Graph, city: City) -> Row:
    pk = city.pk
    return Row(city, graph.degree(pk), graph.in_other_regions(pk), graph.in_other_fields(pk), graph.initiatives(pk))


def in_order(rows: list[Row], sort: str) -> list[Row]:
    """Rows that come by name, in another order; equal ones stay by name."""
    column = sort.removeprefix("-")

    def key(row: Row) -> Any:
        match column:
            case "field":
                return sort_key(row.city.current.field.name)
            case "country":
                return sort_key(row.city.country.name)
            case "region":
                return sort_key(str(row.city.country.get_region_display()))
        return getattr(row, column)

    if column == "name":
        return rows[::-1] if sort.startswith("-") else rows
    return sorted(rows, key=key, reverse=sort.startswith("-"))


def columns(form: CooperationForm) -> dict[str, Column]:
    found = {}
    for name in COLUMNS if form.shown == "cities" else COLUMNS[: -len(NUMBERS)]:
        direction = {name: "ascending", f"-{name}": "descending"}.get(form.order, "")
        # The most first, the names from A.
        first, other = (f"-{name}", name) if name in NUMBERS else (name, f"-{name}")
        found[name] = Column(name, name in NUMBERS, direction, other if form.order == first else first)
    return found


def link_rows(graph: Graph, pairs: list[tuple[int, int]], city_of: dict[int, City]) -> list[LinkRow]:
    initiatives = Initiative.objects.select_related("published").in_bulk(graph.shared_initiatives)
    return [
        LinkRow(
            city_of[a],
            city_of[b],
            sorted((initiatives[pk] for pk in graph.links[min(a, b), max(a, b)]), key=lambda one: sort_key(str(one))),
        )
        for a, b in pairs
    ]


def region_matrix(graph: Graph) -> dict[str, Any]:
    return matrix(graph, "region", [(region.value, region.label, None) for region in Region])


def field_matrix(graph: Graph, creative_fields: list[CreativeField]) -> dict[str, Any]:
    return matrix(graph, "field", [(field.slug, field.name, field) for field in creative_fields])


def matrix(graph: Graph, by: str, groups: list[tuple[str, Any, CreativeField | None]]) -> dict[str, Any]:
    """Links between groups, a row and a column each; groups without a member on the day are left out."""
    counts, totals = graph.matrix(by), graph.linked_by(by)
    here = {getattr(node, by) for node in graph.nodes.values()}
    groups = [group for group in groups if group[0] in here]
    return {
        "groups": groups,
        "rows": [(group, [counts[group[0], other[0]] for other in groups], totals[group[0]]) for group in groups],
        "most": max(counts.values(), default=0),
    }


def chips(form: CooperationForm) -> Iterator[Chip]:
    for group in ("field", "region"):
        labels = form.fields[group].known  # type: ignore[attr-defined]  # a ValuesField
        for value in form.chosen(group):
            yield Chip(labels[value], form.without(group, value))


def facets(form: CooperationForm, whole: Graph, creative_fields: list[CreativeField]) -> list[Facet]:
    """The choices of field and region, each with the number of links that it would leave."""
    field_of = {field.slug: field for field in creative_fields}
    made = []
    for group in ("field", "region"):
        asked = form.query.getlist(group)
        chosen = {name: form.chosen(name) for name in ("field", "region")}
        options = []
        for value, label in form.fields[group].known.items():  # type: ignore[attr-defined]  # a ValuesField
            of = chosen | {group: [value]}
            count = len(whole.among(of["field"], of["region"]).links)
            options.append(Option(value, label, count, value in asked, field_of.get(value)))
        made.append(
            Facet(group, str(form.fields[group].label), options, [str(error) for error in form.errors.get(group, [])])
        )
    return made
