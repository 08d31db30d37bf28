"""The query of the public list of initiatives: its parameters, what they select, and what each choice would leave."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import django_filters
from django.core.paginator import Page
from django.db.models import Prefetch, Q
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .days import today
from .filters import (
    NOT_A_CHOICE,
    Chip,
    CodesField,
    CountedPaginator,
    Facet,
    Loosening,
    Order,
    SearchField,
    Selection,
    ValuesField,
)
from .models import (
    City,
    Country,
    CreativeField,
    Designation,
    Initiative,
    InitiativeRevision,
    Partnership,
    Theme,
)
from .models.bilingual import content_languages
from .models.initiative import FIRST_YEAR, YEARS_AHEAD, InitiativeQuerySet

GROUPS = ("area", "objective", "sdg", "field", "country", "year")
"""The parameters with counts; `city` is set by links from a city's page."""

SORTS = {
    "-published": _("Newest first"),
    "title": _("Title"),
    "-year": _("Latest beginning"),
    "year": _("Earliest beginning"),
}


# What a choice selects


def with_themes(initiatives: InitiativeQuerySet, slugs: list[str]) -> InitiativeQuerySet:
    through = InitiativeRevision.themes.through._default_manager
    return initiatives.filter(published__in=through.filter(theme__slug__in=slugs).values("initiativerevision"))


def in_fields(initiatives: InitiativeQuerySet, slugs: list[str]) -> InitiativeQuerySet:
    return initiatives.with_cities(Designation.objects.in_force().filter(field__slug__in=slugs).values("city"))


def in_countries(initiatives: InitiativeQuerySet, codes: list[str]) -> InitiativeQuerySet:
    return initiatives.with_cities(City.objects.filter(country__in=codes).values("pk"))


def with_cities(initiatives: InitiativeQuerySet, slugs: list[str]) -> InitiativeQuerySet:
    return initiatives.with_cities(City.objects.filter(slug__in=slugs).values("pk"))


def in_years(initiatives: InitiativeQuerySet, years: list[str]) -> InitiativeQuerySet:
    """Those that cover one of the years; one without an end covers all until this year."""
    chosen = Q()
    for year in map(int, years):
        ends = Q(published__last_year__gte=year)
        if year <= today().year:
            ends |= Q(published__last_year=None)
        chosen |= Q(published__first_year__lte=year) & ends
    return initiatives.filter(chosen)


class SearchFilter(django_filters.Filter):
    field_class = SearchField

    def filter(self, qs: InitiativeQuerySet, value: str) -> InitiativeQuerySet:
        return qs.search(value) if value else qs


class ChosenFilter(django_filters.Filter):
    """Repeated parameters mean "or"; `selects` narrows the initiatives to the values."""

    field_class = ValuesField

    def __init__(
        self, *, selects: Callable[[InitiativeQuerySet, list[str]], InitiativeQuerySet], **kwargs: Any
    ) -> None:
        self.selects = selects
        super().__init__(**kwargs)

    def filter(self, qs: InitiativeQuerySet, value: list[str]) -> InitiativeQuerySet:
        return self.selects(qs, value) if value else qs


class CodesFilter(ChosenFilter):
    field_class = CodesField


class SortFilter(django_filters.ChoiceFilter):
    """Orders by a name of `SORTS`; equal ones by title, in the reader's language."""

    def filter(self, qs: InitiativeQuerySet, value: str) -> InitiativeQuerySet:
        title = f"sort_key_{content_languages()[0]}"
        first = {
            "title": [],
            "year": ["published__first_year"],
            "-year": ["-published__first_year"],
        }.get(value, ["-published__decided_at"])
        return qs.order_by(*first, title, "pk")


class InitiativeFilter(django_filters.FilterSet):
    q = SearchFilter(label=_("Words of the initiative, or a city"), max_length=100)
    area = ChosenFilter(label=_("Area of action"), selects=with_themes)
    objective = ChosenFilter(label=_("Objective"), selects=with_themes)
    sdg = ChosenFilter(label=_("Sustainable Development Goal"), selects=with_themes)
    field = ChosenFilter(label=_("Creative field"), selects=in_fields)
    country = CodesFilter(label=_("Country"), selects=in_countries)
    year = ChosenFilter(label=_("Going on in"), selects=in_years)
    city = ChosenFilter(label=_("City"), selects=with_cities)
    sort = SortFilter(label=_("Sort by"), choices=list(SORTS.items()), empty_label=None, error_messages=NOT_A_CHOICE)

    class Meta:
        model = Initiative
        fields: list[str] = []

    def __init__(self, data: QueryDict, known: dict[str, dict[str, str]]) -> None:
        super().__init__(data, queryset=Initiative.objects.none())
        for name, values in known.items():
            self.form.fields[name].known = values


@dataclass
class Traits:
    """What the filters ask of one initiative: for each group the values that select it."""

    values: dict[str, set[str]] = field(default_factory=lambda: {group: set() for group in GROUPS})


class Initiatives(Selection):
    """What one query string of the list says and selects. Costs nine queries, however many the initiatives.

    With a bad value nothing is selected, and the errors stand beside their filters.
    """

    groups = GROUPS

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.creative_fields = list(CreativeField.objects.defer("imported"))
        self.themes = list(Theme.objects.defer("imported"))
        language = content_languages()[0]
        countries = dict(Country.objects.order_by(f"sort_key_{language}").values_list("iso2", f"name_{language}"))
        slugs = query.getlist("city")
        cities = City.objects.filter(slug__in=slugs) if slugs and "\x00" not in "".join(slugs) else []
        years = range(today().year + YEARS_AHEAD, FIRST_YEAR - 1, -1)
        self.known: dict[str, dict[str, str]] = {
            **{
                kind.value: {theme.slug: theme.label for theme in self.themes if theme.kind == kind}
                for kind in Theme.Kind
            },
            "field": {field.slug: field.name for field in self.creative_fields},
            "country": countries,
            "year": {str(year): str(year) for year in years},
            "city": {city.slug: city.name for city in cities},
        }
        self.filter = InitiativeFilter(query, self.known)
        self.form = self.filter.form
        self.is_valid = self.form.is_valid()
        self.values = self.form.cleaned_data

    # Counting

    @cached_property
    def traits(self) -> dict[int, Traits]:
        """Of every initiative that the text and the city find, what the facets ask of it; four queries."""
        found = Initiative.objects.public()
        if q := self.values.get("q"):
            found = found.search(q)
        if cities := self.values.get("city"):
            found = with_cities(found, cities)
        rows = list(
            found.order_by().values_list(
                "pk", "published_id", "lead_id", "lead__country_id", "published__first_year", "published__last_year"
            )
        )
        traits = {row[0]: Traits() for row in rows}
        field_of = self.field_of
        by_revision = {}
        for pk, revision, lead, country, first, last in rows:
            by_revision[revision] = values = traits[pk].values
            values["country"].add(country)
            if lead in field_of:
                values["field"].add(field_of[lead].slug)
            if first is not None:
                low, high = max(first, FIRST_YEAR), min(last or today().year, today().year + YEARS_AHEAD)
                values["year"].update(str(year) for year in range(low, high + 1))
        kind_of = {theme.pk: (theme.kind, theme.slug) for theme in self.themes}
        through = InitiativeRevision.themes.through._default_manager
        public = through.filter(initiativerevision__in=Initiative.objects.public().values("published"))
        for revision, theme in public.values_list("initiativerevision_id", "theme_id"):
            if revision in by_revision:
                kind, slug = kind_of[theme]
                by_revision[revision][kind].add(slug)
        partners = Partnership.objects.public().values_list("initiative_id", "city_id", "city__country_id")
        for pk, city, country in partners.order_by():
            if pk in traits:
                traits[pk].values["country"].add(country)
                if city in field_of:
                    traits[pk].values["field"].add(field_of[city].slug)
        return traits

    @cached_property
    def field_of(self) -> dict[int, CreativeField]:
        """Today's field of each member city, by the city's key."""
        fields = {field.pk: field for field in self.creative_fields}
        rows = Designation.objects.in_force().order_by().values_list("city_id", "field_id")
        return {city: fields[pk] for city, pk in rows}

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """How many each choice would leave; a group's own choices do not narrow its own counts, as they add up."""
        selected = {group: set(self.values.get(group, ())) for group in GROUPS}
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for traits in self.traits.values():
            outside = [group for group in GROUPS if selected[group] and not selected[group] & traits.values[group]]
            if not outside:
                counts[""]["all"] += 1
            for group in GROUPS if not outside else outside if len(outside) == 1 else ():
                counts[group].update(traits.values[group])
        return counts

    @property
    def count(self) -> int:
        return self.counts[""]["all"] if self.is_valid else 0

    @property
    def is_empty(self) -> bool:
        """Whether there is no initiative at all yet."""
        return self.is_valid and not self.is_narrowed and not self.count

    # Results

    @property
    def results(self) -> InitiativeQuerySet:
        """The initiatives selected, in order."""
        if not self.is_valid:
            return Initiative.objects.none()
        self.filter.queryset = Initiative.objects.public()
        return self.filter.qs

    def page(self, number: str, size: int) -> Page:
        """A page of the results, each with its lead and its confirmed partners. Raises InvalidPage."""
        confirmed = Partnership.objects.confirmed().select_related("city").order_by("city__sort_key_en")
        found = (
            self.results.select_related("lead__country", "published")
            .defer("search_text", "lead__aliases", "lead__search_text", "lead__note", "lead__imported")
            .prefetch_related(Prefetch("partnerships", confirmed, to_attr="confirmed_partnerships"))
        )
        page = CountedPaginator(found, size, self.count).page(number)
        page.object_list = list(page.object_list)
        for initiative in page.object_list:
            # None where the lead has left the network.
            initiative.lead_field = self.field_of.get(initiative.lead_id)
        return page

    # The words of the page

    @cached_property
    def facets(self) -> list[Facet]:
        return [self.facet(group, self.counts[group]) for group in GROUPS]

    def _chips(self) -> Iterator[Chip]:
        if q := self.values.get("q"):
            yield Chip(gettext("“%(words)s”") % {"words": q}, self.without("q"))
        for group in ("city", *GROUPS):
            for value in self.values.get(group, ()):
                label = self.known[group][value]
                if group == "year":
                    label = gettext("Going on in %(year)s") % {"year": value}
                elif group == "sdg":
                    label = gettext("SDG %(goal)s") % {"goal": label}
                yield Chip(label, self.without(group, value))

    @property
    def is_narrowed(self) -> bool:
        return any(self.values.get(name) for name in ("q", "city", *GROUPS))

    @property
    def loosenings(self) -> list[Loosening]:
        """What to give up for more results."""
        found = []
        if q := self.values.get("q"):
            found.append(Loosening(gettext("Without “%(words)s”") % {"words": q}, self.without("q")))
        for group in ("city", *GROUPS):
            if self.values.get(group):
                count = self.counts[group].total() if group == "city" else self._count_without(group)
                if group == "city" or count:
                    label = gettext("Any: %(filter)s") % {"filter": self.form.fields[group].label}
                    found.append(Loosening(label, self.without(group), count or None))
        return found

    def _count_without(self, group: str) -> int:
        selected = {other: set(self.values.get(other, ())) for other in GROUPS if other != group}
        return sum(
            all(not wanted or wanted & traits.values[other] for other, wanted in selected.items())
            for traits in self.traits.values()
        )

    @property
    def orders(self) -> list[Order]:
        chosen = self.values.get("sort") or "-published"
        return [Order(value, str(label), value == chosen) for value, label in SORTS.items()]
