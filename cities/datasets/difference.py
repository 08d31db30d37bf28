"""What changed between two days, a row a city."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..forms.difference import DaysForm, query_of
from ..models import City, CreativeField
from ..services.differences import Change, Kind, changes_between
from ..services.last_change import network_changed_on
from .base import BadQuery, Column, Dataset, Extract, Row, Rows
from .base import Kind as ColumnKind
from .naming import COUNTRY, Naming, Pages, precision_of

CHANGES = Dataset(
    name="changes",
    title=_("Changes of the UNESCO Creative Cities Network between two days"),
    key=("city",),
    name_columns=("city_en", "city_fr"),
    parameters=("from", "to"),
    columns=(
        Column("city", _("City, its key"), is_always_known=True),
        Column("city_en", _("City in English"), is_always_known=True),
        Column("city_fr", _("City in French, the English name where there is no other"), is_always_known=True),
        *COUNTRY,
        Column(
            "change",
            _("Whether the city joined, left, moved to another field, or left and joined again"),
            is_always_known=True,
            choices=tuple(Kind),
        ),
        Column("field_before", _("Creative field on the first day, its key")),
        Column("field_before_en", _("Creative field on the first day, in English")),
        Column("field_before_fr", _("Creative field on the first day, in French")),
        Column("field_after", _("Creative field on the second day, its key")),
        Column("field_after_en", _("Creative field on the second day, in English")),
        Column("field_after_fr", _("Creative field on the second day, in French")),
        Column(
            "on",
            _("First day of the membership or in the field; of a city that left, its last day"),
            ColumnKind.DATE,
            is_always_known=True,
        ),
        precision_of("on"),
        Column("url_en", _("Page of the city here, in English"), ColumnKind.ADDRESS, is_always_known=True),
        Column("url_fr", _("Page of the city here, in French"), ColumnKind.ADDRESS, is_always_known=True),
    ),
)


@dataclass(frozen=True)
class Changes:
    """The changes between two days with their cities, in the order of time and of names; four queries."""

    first: datetime.date
    last: datetime.date
    found: list[tuple[Change, City]]
    fields: dict[int | None, CreativeField]

    @classmethod
    def between(cls, first: datetime.date, last: datetime.date, *, language: str) -> "Changes":
        changes = changes_between(first, last)
        cities = City.objects.select_related("country").in_bulk([change.city for change in changes])
        found = sorted(
            ((change, cities[change.city]) for change in changes),
            key=lambda one: (one[0].on, getattr(one[1], f"sort_key_{language}"), one[1].slug),
        )
        return cls(first, last, found, {field.pk: field for field in CreativeField.objects.all()})

    def of(self, kind: Kind) -> list[tuple[Change, City]]:
        return [one for one in self.found if one[0].kind is kind]


def change_rows(found: Iterable[tuple[Change, City]], naming: Naming) -> Iterator[Row]:
    pages = Pages("cities:city")
    for change, city in found:
        row: Row = {
            "city": city.slug,
            "city_en": city.name_en,
            "city_fr": city.name_fr or city.name_en,
            **{name: naming.countries[city.country_id][name] for name in ("country", "country_en", "country_fr")},
            "change": str(change.kind),
        }
        for side, field in (("before", change.field_before), ("after", change.field_after)):
            names = naming.fields[field] if field is not None else {}
            for suffix in ("", "_en", "_fr"):
                row[f"field_{side}{suffix}"] = names.get(f"field{suffix}", "")
        yield row | {"on": change.on, "on_precision": change.precision, **pages.of(city.slug)}


def difference_extract(query: QueryDict, *, language: str, address: str = "") -> Extract:
    """The changes between the days `from` and `to`; in the wrong order they are swapped. Raises BadQuery."""
    with override(language):
        form = DaysForm(query)
        if form.days is None:
            raise BadQuery(form.errors)
    first, last = form.days
    changes = Changes.between(first, last, language=language)
    naming = Naming.known(changes.fields.values())
    return Extract(
        dataset=CHANGES,
        rows=Rows(changes.found, partial(change_rows, naming=naming), lambda: len(changes.found)),
        language=language,
        address=address,
        query=query_of(first, last),
        as_of=last,
        last_change=network_changed_on(last),
        notes={"from": first, "to": last},
    )
