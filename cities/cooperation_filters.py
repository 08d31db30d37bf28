"""The query of the cooperation page: its parameters, and the cities and links that they select."""

import datetime
from functools import cached_property

from django.db.models import FETCH_RAISE
from django.http import QueryDict

from .forms.cooperation import CooperationForm
from .models import City, CreativeField
from .models.bilingual import content_languages
from .services.cooperation import Graph, Node, Tie, ties


class Cooperation:
    """What one query string says and selects: who works with whom on a day. With a bad value, nobody.

    `with_invented`: by initiatives that are only shown for a demonstration too. Costs three queries, however many the
    cities.
    """

    def __init__(self, query: QueryDict, *, with_invented: bool = True) -> None:
        self.with_invented = with_invented
        self.creative_fields = list(CreativeField.objects.defer("imported"))
        self.form = CooperationForm(query, self.creative_fields)
        self.is_valid = self.form.is_valid()

    @property
    def day(self) -> datetime.date | None:
        """The day asked about; None when what was given is no such day."""
        return self.form.day

    @cached_property
    def city_of(self) -> dict[int, City]:
        """The members of the day by their keys, in the order of their names in the reader's language."""
        if not self.is_valid:
            return {}
        field_of = {field.pk: field for field in self.creative_fields}
        unread = ("aliases", "search_text", "note", "imported", "current__imported", "country__imported")
        # "current" is a relation that members() adds, unknown to the type checker.
        members = City.objects.members(on=self.day).select_related("current", "country").defer(*unread)  # type: ignore[misc]  # a relation that on() adds
        found: dict[int, City] = {}
        for city in members.order_by(f"sort_key_{content_languages()[0]}", "pk").fetch_mode(FETCH_RAISE):
            # The few fields are at hand; joining them would only make the query wider.
            city.current.field = field_of[city.current.field_id]
            found[city.pk] = city
        return found

    @cached_property
    def ties(self) -> list[Tie]:
        known = ties(self.day) if self.is_valid and self.day else []
        return known if self.with_invented else [tie for tie in known if not tie.is_demonstration]

    @cached_property
    def whole(self) -> Graph:
        """Of all members of the day."""
        nodes = (Node(city.pk, city.current.field.slug, city.country.region) for city in self.city_of.values())
        return Graph.of(nodes, self.ties)

    @cached_property
    def graph(self) -> Graph:
        """Told of the cities in the fields and regions that are chosen."""
        return self.whole.among(self.form.chosen("field"), self.form.chosen("region"))

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """The links, by the names of their cities, of which the first by name comes first."""
        place_of = {pk: place for place, pk in enumerate(self.city_of)}
        pairs = [(a, b) if place_of[a] < place_of[b] else (b, a) for a, b in self.graph.links]
        return sorted(pairs, key=lambda pair: (place_of[pair[0]], place_of[pair[1]]))

    @property
    def demonstrations(self) -> frozenset[int]:
        """The initiatives shown that are invented, for a demonstration of the portal."""
        invented = {tie.initiative for tie in self.ties if tie.is_demonstration}
        return self.graph.shared_initiatives & invented
