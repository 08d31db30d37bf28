"""The directory's query: its parameters, what they select, and what each choice would leave."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import django_filters
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout, LayoutObject
from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import FETCH_RAISE, Count, F
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .days import today
from .forms.day import DayField
from .models import City, CityQuerySet, Country, CreativeField, Designation, OfficialTotal, Precision, Region
from .models.bilingual import content_languages
from .services.facets import GROUPS, Tally, cube, tally
from .text import words

FIRST_YEAR = 2004
COHORT = 5
"""From how many new members on a day they are a cohort, which the date picker offers."""

SORTS = {
    "name": _("Name"),
    "-name": _("Name, Z to A"),
    "since": _("Longest members first"),
    "-since": _("Newest members first"),
    "country": _("Country"),
}


class SearchField(forms.CharField):
    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not words(value):
            raise ValidationError(_("Type letters or digits of a name."), code="no_word")


class CodesField(forms.MultipleChoiceField):
    """Choices by code; small letters do as well."""

    def to_python(self, value):
        return [code.upper() for code in super().to_python(value)]


class SearchFilter(django_filters.Filter):
    field_class = SearchField

    def filter(self, qs: CityQuerySet, value: str) -> CityQuerySet:
        return qs.search(value) if value else qs


class ChoicesFilter(django_filters.MultipleChoiceFilter):
    """Repeated parameters mean "or"."""

    field_class = forms.MultipleChoiceField

    def __init__(self, **kwargs) -> None:
        message = _("“%(value)s” is not among the choices here.")
        kwargs = {"choices": [], "distinct": False, "error_messages": {"invalid_choice": message}} | kwargs
        super().__init__(widget=forms.CheckboxSelectMultiple, **kwargs)

    def is_noop(self, qs, value) -> bool:
        return False


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


class CityFilter(django_filters.FilterSet):
    q = SearchFilter(label=_("Name of a city or a country"), max_length=100)
    field = ChoicesFilter(label=_("Creative field"), field_name="current__field__slug")
    region = ChoicesFilter(label=_("Region"), field_name="country__region", choices=Region.choices)
    country = CodesFilter(label=_("Country"), field_name="country")
    year = ChoicesFilter(label=_("Member since"), field_name="current__member_since__year")
    as_of = DayFilter(label=_("As of"))
    sort = SortFilter(label=_("Sort by"), choices=list(SORTS.items()), empty_label=None)

    class Meta:
        model = City
        fields: list[str] = []

    def __init__(self, data: QueryDict, creative_fields: list[CreativeField], countries: list[Country]) -> None:
        super().__init__(data, queryset=City.objects.none())
        choices = {
            "field": [(field.slug, field.name) for field in creative_fields],
            "country": [(country.pk, country.name) for country in countries],
            "year": [(str(year), str(year)) for year in range(today().year, FIRST_YEAR - 1, -1)],
        }
        for name, values in choices.items():
            self.form.fields[name].choices = values
        self.form.helper = helper()


@dataclass(frozen=True)
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
class Cohort:
    """A day on which several cities joined."""

    day: datetime.date
    cities: int
    query: str
    is_chosen: bool


class CountedPaginator(Paginator):
    """A paginator that was told how many there are, and so need not count."""

    def __init__(self, object_list, per_page: int, count: int) -> None:
        super().__init__(object_list, per_page)
        self.count = count


class Directory:
    """What one query string of the directory says and selects. Costs five queries, however many the cities.

    With a bad value nothing is selected, and the errors stand beside their filters; the counts of the facets then
    follow the values that are good.
    """

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        sort_key = f"sort_key_{content_languages()[0]}"
        self.creative_fields = list(CreativeField.objects.all())
        self.countries = list(Country.objects.order_by(sort_key))
        self.filter = CityFilter(query, self.creative_fields, self.countries)
        self.form = self.filter.form
        self.is_valid = self.form.is_valid()
        self.values = self.form.cleaned_data
        self.form.facets = self.facets

    @property
    def day(self) -> datetime.date | None:
        """The day asked about; None when what was given is no such day."""
        return None if "as_of" in self.form.errors else self.values["as_of"] or today()

    @property
    def is_past(self) -> bool:
        return self.day is not None and self.day < today()

    @property
    def members(self) -> CityQuerySet:
        """The members of the day that the search finds, before the facets narrow them."""
        if self.day is None:
            return City.objects.members().none()
        members = City.objects.members(on=self.day)
        return members.search(self.values["q"]) if self.values.get("q") else members

    @cached_property
    def tally(self) -> Tally:
        return tally(
            cube(self.members),
            {group: set(self.values.get(group, ())) for group in GROUPS},
            {field.pk: field.slug for field in self.creative_fields},
            {country.pk: country.region for country in self.countries},
        )

    @property
    def count(self) -> int:
        return self.tally.cities if self.is_valid else 0

    @property
    def results(self) -> CityQuerySet:
        """The cities selected, in order; any query that following one of their relations would need is an error."""
        if not self.is_valid:
            return City.objects.none()
        self.filter.queryset = City.objects.members(on=self.day)
        cities = self.filter.qs.select_related("current")
        return cities.defer("aliases", "search_text", "note", "imported").fetch_mode(FETCH_RAISE)

    def page(self, number: str, size: int) -> Page:
        """A page of the results, each with its field and its country. Raises django.core.paginator.InvalidPage."""
        page = CountedPaginator(self.results, size, self.count).page(number)
        # Both tables are at hand in full; joining them would only make the query wider.
        country_of = {country.pk: country for country in self.countries}
        field_of = {field.pk: field for field in self.creative_fields}
        page.object_list = list(page.object_list)
        for city in page.object_list:
            city.country = country_of[city.country_id]
            city.current.field = field_of[city.current.field_id]
        return page

    @cached_property
    def facets(self) -> dict[str, Facet]:
        field_of = {field.slug: field for field in self.creative_fields}
        return {group: self._facet(group, field_of if group == "field" else {}) for group in GROUPS}

    def _facet(self, group: str, field_of: dict[str, CreativeField]) -> Facet:
        counts = self.tally.counts[group]
        chosen = set(self.values.get(group, ()))
        options = [
            Option(value, label, counts[value], value in chosen, field_of.get(value))
            for value, label in self.form.fields[group].choices
            if counts[value] or value in chosen
        ]
        if group == "country":
            options.sort(key=lambda option: (not option.is_selected, -option.count))
        return Facet(group, self.form.fields[group].label, options, self.form.errors.get(group, []))

    @cached_property
    def chips(self) -> list[Chip]:
        return list(self._chips())

    def _chips(self) -> Iterator[Chip]:
        if q := self.values.get("q"):
            yield Chip(gettext("“%(words)s”") % {"words": q}, self.without("q"))
        for group in GROUPS:
            labels = dict(self.form.fields[group].choices)
            for value in self.values.get(group, ()):
                label = labels[value]
                if group == "year":
                    label = gettext("since %(year)s") % {"year": value}
                yield Chip(label, self.without(group, value))
        if day := self.values.get("as_of"):
            yield Chip(gettext("as of %(day)s") % {"day": formats.date_format(day)}, self.without("as_of"))

    def without(self, name: str, value: str | None = None) -> str:
        """The query string without a parameter, or without one of its values; back on the first page."""
        query = self.query.copy()
        query.pop("page", None)
        kept = [other for other in query.getlist(name) if value is not None and other.upper() != value.upper()]
        query.setlist(name, kept)
        return query.urlencode()

    def with_value(self, name: str, value: str) -> str:
        query = self.query.copy()
        query.pop("page", None)
        query[name] = value
        return query.urlencode()

    @cached_property
    def cohorts(self) -> list[Cohort]:
        days = (
            Designation.objects.filter(starts_on=F("member_since"), member_since_precision=Precision.DAY)
            .order_by("-member_since")
            .values_list("member_since")
            .annotate(cities=Count("pk"))
            .filter(cities__gte=COHORT, member_since__lte=today())
        )
        return [
            Cohort(day, cities, self.with_value("as_of", day.isoformat()), day == self.values.get("as_of"))
            for day, cities in days
        ]

    @cached_property
    def official(self) -> OfficialTotal | None:
        return OfficialTotal.objects.known(self.day) if self.day else None

    @cached_property
    def hidden_query(self) -> str:
        """The query without its page, for links to the other views of the same cities."""
        return self.without("page")


class FacetBox(LayoutObject):
    """A facet as a group of checkboxes with counts; `form.facets` has them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, form, context, template_pack=None, **kwargs) -> str:
        form.rendered_fields.add(self.name)
        return render_to_string("cities/_facet.html", {"facet": form.facets[self.name]})


class DayBox(LayoutObject):
    """The day, with a shortcut to each cohort."""

    def render(self, form, context, template_pack=None, **kwargs) -> str:
        form.rendered_fields.add("as_of")
        return render_to_string("cities/_day.html", {"field": form["as_of"], "directory": context.get("directory")})


def helper() -> FormHelper:
    """Lay out the filters; the form's tag and its button are the template's."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(
        Field("q", type="search", autocomplete="off"),
        FacetBox("field"),
        FacetBox("region"),
        FacetBox("country"),
        FacetBox("year"),
        DayBox(),
        "sort",
    )
    return helper
