"""The query of the designations: its parameters, and what they select. No page lists them; files and the API do."""

import datetime
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import FETCH_RAISE
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from .days import today
from .filters import NOT_A_CHOICE, CodesField, DayFilter, ValuesField
from .models import City, Country, CreativeField, Designation, Region
from .models.bilingual import content_languages
from .models.designation import DesignationQuerySet

SORTS = {
    "since": _("First day, the earliest first"),
    "-since": _("First day, the latest first"),
    "name": _("Name of the city"),
    "-name": _("Name of the city, Z to A"),
}


class ValuesFilter(django_filters.Filter):
    """Repeated parameters mean "or"."""

    field_class = ValuesField

    def filter(self, qs: DesignationQuerySet, value: list[str]) -> DesignationQuerySet:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class CodesFilter(ValuesFilter):
    field_class = CodesField


class SortFilter(django_filters.ChoiceFilter):
    """Orders by a name of `SORTS`; equal ones by name, in the reader's language, and by first day."""

    def filter(self, qs: DesignationQuerySet, value: str) -> DesignationQuerySet:
        name = f"city__sort_key_{content_languages()[0]}"
        return qs.order_by(
            *{
                "-since": ["-starts_on", name],
                "name": [name, "city", "starts_on"],
                "-name": [f"-{name}", "city", "starts_on"],
            }.get(value, ["starts_on", name]),
            "pk",
        )


class DesignationFilter(django_filters.FilterSet):
    city = ValuesFilter(label=_("City"), field_name="city__slug")
    field = ValuesFilter(label=_("Creative field"), field_name="field__slug")
    region = ValuesFilter(label=_("Region"), field_name="city__country__region")
    country = CodesFilter(label=_("Country"), field_name="city__country")
    as_of = DayFilter(label=_("Begun by this day"))
    sort = SortFilter(label=_("Sort by"), choices=list(SORTS.items()), empty_label=None, error_messages=NOT_A_CHOICE)

    class Meta:
        model = Designation
        fields: list[str] = []

    def __init__(self, data: QueryDict, known: dict[str, dict[str, str]]) -> None:
        super().__init__(data, queryset=Designation.objects.none())
        for name, values in known.items():
            self.form.fields[name].known = values


class Designations:
    """What one query string says and selects: designations begun by a day, ended ones too. With a bad value, none."""

    def __init__(self, query: QueryDict) -> None:
        """Two queries, and one more where cities are asked for."""
        self.query = query
        self.creative_fields = list(CreativeField.objects.defer("imported"))
        self.countries = list(Country.objects.order_by().values_list("iso2", "name_en", "name_fr", "region"))
        self.filter = DesignationFilter(
            query,
            {
                "city": dict.fromkeys(self._cities(), ""),
                "field": {field.slug: field.name for field in self.creative_fields},
                "region": {region.value: str(region.label) for region in Region},
                "country": {code: english for code, english, *_rest in self.countries},
            },
        )
        self.form = self.filter.form
        self.is_valid = self.form.is_valid()
        self.values: dict[str, Any] = self.form.cleaned_data

    def _cities(self) -> list[str]:
        """The cities asked for that there are; what is to be a member only later is no more known than what is none."""
        slugs = self.query.getlist("city")
        if not slugs or "\x00" in "".join(slugs):
            return []
        begun = City.objects.filter(designations__starts_on__lte=today(), slug__in=slugs)
        return list(begun.order_by().values_list("slug", flat=True).distinct())

    @property
    def day(self) -> datetime.date | None:
        """The day asked about; None when what was given is no such day."""
        return None if "as_of" in self.form.errors else self.values["as_of"] or today()

    @property
    def results(self) -> DesignationQuerySet:
        if not self.is_valid:
            return Designation.objects.none()
        self.filter.queryset = Designation.objects.filter(starts_on__lte=self.day)
        return self.filter.qs.fetch_mode(FETCH_RAISE)

    @cached_property
    def count(self) -> int:
        return self.results.order_by().count()
