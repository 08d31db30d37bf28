"""The directory's query: its parameters, what they select, and what each choice would leave."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import django_filters
from crispy_forms.layout import LayoutObject
from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import FETCH_RAISE, F, Q
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .days import in_words, today
from .forms.day import DayField
from .forms.layout import fields_only
from .models import City, CityQuerySet, CreativeField, OfficialTotal, Region
from .models.bilingual import content_languages
from .services.facets import GROUPS, Cell, Tally, cube, each_member, tally
from .services.present import CountryRow, present
from .text import words

FIRST_YEAR = 2004
FEW = 500
"""Up to how many matches of a text are named one by one in the query for a page."""

SORTS = {
    "name": _("Name"),
    "-name": _("Name, Z to A"),
    "country": _("Country"),
    "-since": _("Newest first"),
    "since": _("Longest first"),
}


NOT_A_CHOICE = {"invalid_choice": _("“%(value)s” is not among the choices here.")}


class SearchField(forms.CharField):
    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not words(value):
            raise ValidationError(_("Type letters or digits of a name."), code="no_word")


class ValuesField(forms.Field):
    """Any number of values out of `known`, a mapping of values to their labels.

    Lighter than Django's field of choices, which would turn over two hundred countries several times a request; the
    facets' own template draws the boxes.
    """

    widget = forms.SelectMultiple
    default_error_messages = {"invalid_choice": NOT_A_CHOICE["invalid_choice"]}

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.known: dict[str, str] = {}

    def to_python(self, value: list[str] | None) -> list[str]:
        return value or []

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        for one in value:
            if one not in self.known:
                message = self.error_messages["invalid_choice"]
                raise ValidationError(message, code="invalid_choice", params={"value": one})


class CodesField(ValuesField):
    """Values by code; small letters do as well."""

    def to_python(self, value: list[str] | None) -> list[str]:
        return [code.upper() for code in super().to_python(value)]


class SearchFilter(django_filters.Filter):
    """Chooses what the text finds, which `Directory` does before all else."""

    field_class = SearchField

    def filter(self, qs: CityQuerySet, value: str) -> CityQuerySet:
        return qs


class ChoicesFilter(django_filters.Filter):
    """Repeated parameters mean "or"."""

    field_class = ValuesField

    def __init__(self, *, name: str, lookup: str = "", **kwargs) -> None:
        self.name, self.lookup = name, lookup
        super().__init__(**kwargs)

    def filter(self, qs: CityQuerySet, value: list[str]) -> CityQuerySet:
        if not value:
            return qs
        # By an alias: a lookup through the relation would join the designations once more in each filter.
        alias = f"{self.name}_to_choose"
        chosen = Q()
        for choice in value:
            chosen |= Q(**{f"{alias}{self.lookup}": choice})
        return qs.alias(**{alias: F(self.field_name)}).filter(chosen)


class CodesFilter(ChoicesFilter):
    field_class = CodesField


class DayFilter(django_filters.Filter):
    """Chooses the day whose members are filtered, which `Directory` does before all else."""

    field_class = DayField

    def filter(self, qs: CityQuerySet, value: datetime.date | None) -> CityQuerySet:
        return qs


class SortFilter(django_filters.ChoiceFilter):
    """Orders by a name of `SORTS`; equal ones by name, in the reader's language."""

    def filter(self, qs: CityQuerySet, value: str) -> CityQuerySet:
        name = f"sort_key_{content_languages()[0]}"
        return qs.order_by(
            *{
                "-name": [f"-{name}"],
                "since": ["current__member_since", name],
                "-since": ["-current__member_since", name],
                "country": [f"country__{name}", name],
            }.get(value, [name]),
            "pk",
        )


class Current(NamedTuple):
    """Of a designation, what a line about a city shows."""

    field: CreativeField
    member_since: datetime.date


class CityRow(NamedTuple):
    """A city as cards, table and map show it, read like a `City`; a model instance would cost more than its query."""

    slug: str
    name: str
    country: CountryRow
    current: Current
    population: int | None
    longitude: float | None
    latitude: float | None

    def get_absolute_url(self) -> str:
        return reverse("cities:city", args=[self.slug])

    @property
    def coordinates(self) -> tuple[float, float] | None:
        if self.longitude is None or self.latitude is None:
            return None
        return self.longitude, self.latitude


class CityFilter(django_filters.FilterSet):
    q = SearchFilter(label=_("Name of a city or a country"), max_length=100)
    field = ChoicesFilter(name="field", label=_("Creative field"), field_name="current__field__slug")
    region = ChoicesFilter(name="region", label=_("Region"), field_name="country__region")
    country = CodesFilter(name="country", label=_("Country"), field_name="country_id")
    year = ChoicesFilter(name="year", lookup="__year", label=_("Member since"), field_name="current__member_since")
    as_of = DayFilter(label=_("Members on this day"))
    sort = SortFilter(label=_("Sort by"), choices=list(SORTS.items()), empty_label=None, error_messages=NOT_A_CHOICE)

    class Meta:
        model = City
        fields: list[str] = []

    def __init__(self, data: QueryDict, creative_fields: list[CreativeField], countries: list[CountryRow]) -> None:
        super().__init__(data, queryset=City.objects.none())
        known = {
            "field": {field.slug: field.name for field in creative_fields},
            "region": dict(Region.choices),
            "country": {country.code: country.name for country in countries},
            "year": {str(year): str(year) for year in range(today().year, FIRST_YEAR - 1, -1)},
        }
        for name, values in known.items():
            self.form.fields[name].known = values
        self.form.search_helper, self.form.helper, self.form.day_helper = SEARCH, FACETS, DAY_AND_SORT


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a facet, and how many cities it would leave."""

    value: str
    label: str
    count: int
    is_selected: bool
    field: CreativeField | None = None


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    options: list[Option]
    errors: list[str]

    @property
    def selected(self) -> int:
        return sum(option.is_selected for option in self.options)


@dataclass(frozen=True)
class Chip:
    """A chosen filter, and the query without it."""

    label: str
    query: str


@dataclass(frozen=True)
class Loosening:
    """What to give up when nothing is found, and how many cities that would give, where that costs nothing to say."""

    label: str
    query: str
    count: int | None = None


@dataclass(frozen=True)
class Mistake:
    """A parameter that cannot be read: where its filter stands, what is wrong, and the query without it."""

    label: str
    anchor: str
    errors: list[str]
    query: str


@dataclass(frozen=True)
class Order:
    """A way to sort the results."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Cohort:
    """A day on which several cities joined."""

    day: datetime.date
    cities: int
    query: str
    is_chosen: bool


def with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


class NumberedPage(Page):
    @property
    def numbers(self) -> Iterator[int | str]:
        """The numbers of the pages beside it, of the first and of the last, with an ellipsis between."""
        return self.paginator.get_elided_page_range(self.number, on_each_side=1, on_ends=1)


class CountedPaginator(Paginator):
    """A paginator that was told how many there are, and so need not count."""

    def __init__(self, object_list, per_page: int, count: int) -> None:
        super().__init__(object_list, per_page)
        self.count = count

    def _get_page(self, *args, **kwargs) -> NumberedPage:
        return NumberedPage(*args, **kwargs)


class Selection:
    """A list's query string, and the ways from it to others: what the directory and the initiatives have in common."""

    groups: tuple[str, ...]
    """The parameters with counts."""
    query: QueryDict
    form: Any
    values: dict[str, Any]
    creative_fields: list[CreativeField]

    def facet(self, group: str, counts: Counter[str]) -> Facet:
        """The choices of a group, each with the number of what it would leave."""
        field_of = {field.slug: field for field in self.creative_fields} if group == "field" else {}
        # As asked: beside a value that is none of the choices, the good ones stay chosen.
        chosen = {value.upper() if group == "country" else value for value in self.query.getlist(group)}
        options = [
            Option(value, label, counts[value], value in chosen, field_of.get(value))
            for value, label in self.form.fields[group].known.items()
            if counts[value] or value in chosen
        ]
        if group == "country":
            options.sort(key=lambda option: (not option.is_selected, -option.count))
        return Facet(group, self.form.fields[group].label, options, self.form.errors.get(group, []))

    @cached_property
    def chips(self) -> list[Chip]:
        return list(self._chips())

    def _chips(self) -> Iterator[Chip]:
        raise NotImplementedError

    @property
    def filters_chosen(self) -> int:
        """How many filters are set beside the text to search for."""
        return len(self.chips) - bool(self.values.get("q"))

    @property
    def mistakes(self) -> list[Mistake]:
        return [
            Mistake(
                self.form.fields[name].label,
                f"facet-{name}" if name in self.groups else f"id_{name}",  # what `Box` templates call themselves
                list(errors),
                self.without(name),
            )
            for name, errors in self.form.errors.items()
        ]

    @property
    def selecting(self) -> str:
        """The query of what selects rows: without their order, the page, and what says nothing here."""
        query = QueryDict(mutable=True)
        for name in self.form.fields:
            if name != "sort" and (values := self.query.getlist(name)):
                query.setlist(name, values)
        return query.urlencode()

    @cached_property
    def unfiltered(self) -> str:
        """The query with nothing chosen, in the same order."""
        query = QueryDict(mutable=True)
        if sort := self.values.get("sort"):
            query["sort"] = sort
        return query.urlencode()

    @cached_property
    def hidden_query(self) -> str:
        """The query without its page, for links to other views and to files of the same rows."""
        return self.without("page")

    def without(self, name: str, value: str | None = None) -> str:
        """The query string without a parameter, or without one of its values; back on the first page."""
        query = self.query.copy()
        query.pop("page", None)
        kept = [other for other in query.getlist(name) if value is not None and other.upper() != value.upper()]
        query.setlist(name, kept)
        return query.urlencode()


class Directory(Selection):
    """What one query string of the directory says and selects. Costs two queries, however many the cities, one more for
    a past day, and those of what nobody asked for since the data changed (see `services.present`).

    With a bad value nothing is selected, and the errors stand beside their filters; the counts of the facets then
    follow the values that are good.
    """

    groups = GROUPS

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.present = present()
        self.creative_fields = self.present.creative_fields
        self.countries = self.present.countries(content_languages()[0])
        self.filter = CityFilter(query, self.creative_fields, self.countries)
        self.form = self.filter.form
        self.is_valid = self.form.is_valid()
        self.values = self.form.cleaned_data

    @property
    def day(self) -> datetime.date | None:
        """The day asked about; None when what was given is no such day."""
        return None if "as_of" in self.form.errors else self.values["as_of"] or today()

    @property
    def is_past(self) -> bool:
        return self.day is not None and self.day < today()

    @property
    def is_present(self) -> bool:
        """Whether today's members are asked for, which are at hand."""
        return self.day == self.present.day

    @property
    def members(self) -> CityQuerySet:
        """The members of the day."""
        return City.objects.members().none() if self.day is None else City.objects.members(on=self.day)

    @cached_property
    def matches(self) -> dict[int, Cell]:
        """The members that the text finds, each with what the facets count, before they narrow them."""
        if self.is_present:
            return self.present.search(self.values["q"])
        return {pk: cell for pk, _text, cell in each_member(self.members.search(self.values["q"]))}

    @property
    def cells(self) -> Iterable[Cell]:
        """What the facets count, without a text."""
        return self.present.cells if self.is_present else cube(self.members)

    @cached_property
    def tally(self) -> Tally:
        return tally(
            self.matches.values() if self.values.get("q") else self.cells,
            {group: set(self.values.get(group, ())) for group in GROUPS},
            {field.pk: field.slug for field in self.creative_fields},
            {country.code: country.region for country in self.countries},
        )

    @property
    def count(self) -> int:
        return self.tally.cities if self.is_valid else 0

    @property
    def results(self) -> CityQuerySet:
        """The cities selected, in order; any query that following one of their relations would need is an error."""
        if not self.is_valid:
            return City.objects.members().none()
        members = self.members
        if self.values["q"]:
            # Looking into every text again would cost as much as the first time, unless a page is soon full.
            few = len(self.matches) <= FEW
            members = members.filter(pk__in=self.matches) if few else members.search(self.values["q"])
        self.filter.queryset = members
        return self.filter.qs.select_related("current").fetch_mode(FETCH_RAISE)

    def page(self, number: str, size: int) -> Page:
        """A page of the results as rows. Raises django.core.paginator.InvalidPage."""
        first, second = content_languages()
        rows = self.results.values_list(
            *("slug", f"name_{first}", f"name_{second}", "country_id", "current__field_id", "current__member_since"),
            *("population", "longitude", "latitude"),
        )
        page = CountedPaginator(rows, size, self.count).page(number)
        field_of = {field.pk: field for field in self.creative_fields}
        country_of = {country.code: country for country in self.countries}
        page.object_list = [
            CityRow(slug, name or other, country_of[country], Current(field_of[field], since), *numbers)
            for slug, name, other, country, field, since, *numbers in page.object_list
        ]
        return page

    @cached_property
    def facets(self) -> dict[str, Facet]:
        return {group: self.facet(group, self.tally.counts[group]) for group in GROUPS}

    def _chips(self) -> Iterator[Chip]:
        if q := self.values.get("q"):
            yield Chip(gettext("“%(words)s”") % {"words": q}, self.without("q"))
        for group in GROUPS:
            labels = self.form.fields[group].known
            for value in self.values.get(group, ()):
                label = labels[value]
                if group == "year":
                    label = gettext("Joined in %(year)s") % {"year": value}
                yield Chip(label, self.without(group, value))
        if day := self.values.get("as_of"):
            yield Chip(gettext("As of %(day)s") % {"day": in_words(day)}, self.without("as_of"))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the day is asked for, so that the count is not the network's."""
        return any(self.values.get(name) for name in ("q", *GROUPS))

    @property
    def loosenings(self) -> list[Loosening]:
        """What to give up for more results: the text, the day, and each group whose choices exclude all the rest."""
        found = []
        if q := self.values.get("q"):
            found.append(Loosening(gettext("Without “%(words)s”") % {"words": q}, self.without("q")))
        for group in GROUPS:
            if self.values.get(group) and (count := self.tally.counts[group].total()):
                label = gettext("Any: %(filter)s") % {"filter": self.form.fields[group].label}
                found.append(Loosening(label, self.without(group), count))
        if day := self.values.get("as_of"):
            found.append(Loosening(gettext("Today instead of %(day)s") % {"day": in_words(day)}, self.without("as_of")))
        return found

    @property
    def orders(self) -> list[Order]:
        chosen = self.values.get("sort") or "name"
        orders = [Order(value, str(label), value == chosen) for value, label in SORTS.items()]
        # The names from the end are offered by the head of the table alone.
        return [order for order in orders if order.value != "-name" or order.is_chosen]

    @cached_property
    def cohorts(self) -> list[Cohort]:
        query, chosen = self.query.copy(), self.values.get("as_of")
        query.pop("page", None)
        found = []
        for day, cities in self.present.cohorts:
            query["as_of"] = day.isoformat()
            found.append(Cohort(day, cities, query.urlencode(), day == chosen))
        return found

    @cached_property
    def official(self) -> OfficialTotal | None:
        return self.present.official(self.day) if self.day else None


class Box(LayoutObject):
    """One of the form's fields through a template of ours; `directory` is in its context."""

    def __init__(self, name: str, template: str) -> None:
        self.name, self.template = name, template

    def render(self, form, context, template_pack=None, **kwargs) -> str:
        form.rendered_fields.add(self.name)
        return render_to_string(self.template, self.context(form, context["directory"]))

    def context(self, form: forms.Form, directory: Directory) -> dict[str, object]:
        return {"field": form[self.name], "directory": directory}


class SearchBox(Box):
    """The text to search for. It stands above the results, outside the form's tag."""

    def __init__(self) -> None:
        super().__init__("q", "cities/_search.html")


class FacetBox(Box):
    """A facet as a group of checkboxes with counts."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "cities/_facet.html")

    def context(self, form: forms.Form, directory: Directory) -> dict[str, object]:
        return {"facet": directory.facets[self.name]}


class DayBox(Box):
    """The day, with a shortcut to each cohort."""

    def __init__(self) -> None:
        super().__init__("as_of", "cities/_day.html")


class SortBox(Box):
    """The chosen order, which links above the results change and the form hands on."""

    def __init__(self) -> None:
        super().__init__("sort", "cities/_sort.html")


SEARCH = fields_only(SearchBox())
FACETS = fields_only(*(FacetBox(group) for group in GROUPS))
DAY_AND_SORT = fields_only(DayBox(), SortBox())
