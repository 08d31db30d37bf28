"""What the API serves: for each resource its dataset, how a query selects from it, and which parameters that knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import django_filters
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cities.caching import Moving
from cities.datasets import Dataset, Kind
from cities.datasets.city import CITIES, city_extract
from cities.datasets.country import COUNTRIES, country_extract
from cities.datasets.creative_field import FIELDS, field_extract
from cities.datasets.designation import DESIGNATIONS, designation_extract
from cities.datasets.initiative import INITIATIVES, initiative_extract
from cities.designation_filters import DesignationFilter
from cities.downloads import ExtractOf
from cities.filters import CityFilter, DayFilter, ValuesField
from cities.initiative_filters import InitiativeFilter
from cities.models import City, Region
from meetings.datasets.meeting import MEETINGS, meeting_extract, meetings_move


@dataclass(frozen=True)
class Parameter:
    """A parameter of an address, for whoever reads or checks it."""

    name: str
    description: str | Promise
    kind: Kind = Kind.TEXT
    is_repeatable: bool = False
    """Given several times, it means "or"."""
    choices: tuple[str, ...] = ()
    """All values there can be, where they are few and fixed in code."""
    longest: int | None = None
    """So many characters at most."""


@dataclass(frozen=True)
class Resource:
    """A list, and under the values of its `key` each of its rows."""

    dataset: Dataset
    extract: ExtractOf
    parameters: tuple[Parameter, ...]
    key: str = ""
    """The column that tells rows from one another in addresses; where there is none, rows have no address."""
    present: Callable[[str], str | None] = lambda value: None
    """Today's value of the key for one that it once had, or that can be written otherwise."""
    moving: Moving | None = None
    """What of its rows changes with the hour."""

    @property
    def name(self) -> str:
        """In the address, and as the list is called in files: "cities"."""
        return self.dataset.name

    @property
    def converter(self) -> str:
        """Of the key in an address."""
        return "int" if self.dataset[self.key].kind == Kind.INTEGER else "slug"

    @property
    def day_parameters(self) -> tuple[Parameter, ...]:
        """Those that one row can be asked with: the day, where rows are of a day."""
        return tuple(parameter for parameter in self.parameters if parameter.name == "as_of")


FEW = {"region": tuple(Region.values)}
"""Of parameters whose values come with each query, those that are fixed in code all the same."""


def parameters_of(filters: Mapping[str, django_filters.Filter]) -> tuple[Parameter, ...]:
    """The parameters that a set of filters knows, as the pages know them."""
    return tuple(
        Parameter(
            name,
            one.label,
            Kind.DATE if isinstance(one, DayFilter) else Kind.TEXT,
            is_repeatable=issubclass(one.field_class, ValuesField),
            choices=FEW.get(name) or tuple(value for value, _label in one.extra.get("choices", ())),
            longest=one.extra.get("max_length"),
        )
        for name, one in filters.items()
    )


def present_city(slug: str) -> str | None:
    """The address of the city that once had this one."""
    return City.objects.filter(former_slugs__slug=slug).values_list("slug", flat=True).first()


def present_country(code: str) -> str | None:
    """The code in the capital letters that it has."""
    return code.upper() if code != code.upper() else None


DAY = Parameter("as_of", _("Members on this day"), Kind.DATE)

RESOURCES = {
    resource.name: resource
    for resource in (
        Resource(CITIES, city_extract, parameters_of(CityFilter.base_filters), key="slug", present=present_city),
        Resource(DESIGNATIONS, designation_extract, parameters_of(DesignationFilter.base_filters)),
        Resource(FIELDS, field_extract, (DAY,), key="slug"),
        Resource(COUNTRIES, country_extract, (DAY,), key="iso2", present=present_country),
        Resource(INITIATIVES, initiative_extract, parameters_of(InitiativeFilter.base_filters), key="slug"),
        Resource(MEETINGS, meeting_extract, (), key="edition", moving=meetings_move),
    )
}
"""By name, in the order in which they are listed."""
