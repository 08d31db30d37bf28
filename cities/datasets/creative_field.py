"""The creative fields of a day, as the page of the fields shows them."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ..forms.day import DayForm
from ..models import CreativeField
from ..services.figures import Figures
from ..services.last_change import fields_changed_on
from .base import Column, Dataset, Extract, Kind, Row, Rows, day_of
from .naming import Pages, linked_property, told, told_where_known

SET = (
    "Creative fields of the UNESCO Creative Cities Network",
    "Domaines créatifs du Réseau des villes créatives de l’UNESCO",
)


def linked(row: Row) -> dict[str, Any]:
    return {
        "@type": "DefinedTerm",
        "@id": row["url_en"],
        "termCode": row["slug"],
        "name": told(row["name_en"], row["name_fr"]),
        "description": told_where_known(row, "summary"),
        "url": row["url_en"],
        "inDefinedTermSet": {"@type": "DefinedTermSet", "name": told(*SET)},
        "additionalProperty": [linked_property("cities", row["cities"])],
    }


FIELDS = Dataset(
    name="fields",
    title=_("Creative fields of the UNESCO Creative Cities Network"),
    key=("slug",),
    linked=linked,
    parameters=tuple(DayForm.base_fields),
    columns=(
        Column("slug", _("Key of the field, and its address here"), is_always_known=True),
        Column("name_en", _("Name in English"), is_always_known=True),
        Column("name_fr", _("Name in French, the English one where there is no other"), is_always_known=True),
        Column("summary_en", _("What the field is about, in English")),
        Column("summary_fr", _("What the field is about, in French")),
        Column("cities", _("Member cities on the day"), Kind.INTEGER, is_always_known=True),
        Column("url_en", _("Page of the field here, in English"), Kind.ADDRESS, is_always_known=True),
        Column("url_fr", _("Page of the field here, in French"), Kind.ADDRESS, is_always_known=True),
    ),
)

Counted = tuple[CreativeField, int]


def fields_of(figures: Figures) -> list[Counted]:
    """The fields that have a member on the day, with their counts, and those that a city could join; one query."""
    return [
        (field, figures.by_field[field.pk])
        for field in CreativeField.objects.defer("imported")
        if figures.by_field[field.pk] or field.is_valid_on(figures.day)
    ]


def field_rows(fields: Iterable[Counted]) -> Iterator[Row]:
    pages = Pages("cities:field")
    for field, cities in fields:
        yield {
            "slug": field.slug,
            "name_en": field.name_en,
            "name_fr": field.name_fr or field.name_en,
            "summary_en": field.summary_en,
            "summary_fr": field.summary_fr,
            "cities": cities,
            **pages.of(field.slug),
        }


def field_extract(query: QueryDict, *, language: str, address: str = "") -> Extract:
    """The fields of the day that the query asks for. Raises BadQuery."""
    day = day_of(query)
    found = fields_of(Figures.on(day))
    return Extract(
        dataset=FIELDS,
        rows=Rows(found, field_rows, partial(len, found)),
        language=language,
        address=address,
        query=query.urlencode(),
        as_of=day,
        last_change=fields_changed_on(day),
    )
