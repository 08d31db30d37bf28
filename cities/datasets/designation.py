"""Every designation begun by a day: who joined, moved and left, and when."""

import datetime
from collections.abc import Iterator
from functools import partial

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ..designation_filters import DesignationFilter, Designations
from ..models import Designation
from ..models.designation import DesignationQuerySet
from ..services.last_change import designations_changed_on
from .base import BadQuery, Column, Dataset, Extract, Kind, Row, Rows
from .naming import CHUNK, COUNTRY, REGION, Naming, Pages, precision_of

DESIGNATIONS = Dataset(
    name="designations",
    title=_("Designations of the UNESCO Creative Cities Network"),
    key=("city", "starts_on"),
    name_columns=("city_en", "city_fr"),
    parameters=tuple(DesignationFilter.base_filters),
    columns=(
        Column("city", _("City, its key"), is_always_known=True),
        Column("city_en", _("City in English"), is_always_known=True),
        Column("city_fr", _("City in French, the English name where there is no other"), is_always_known=True),
        *COUNTRY,
        *REGION,
        Column("field", _("Creative field, its key"), is_always_known=True),
        Column("field_en", _("Creative field in English"), is_always_known=True),
        Column("field_fr", _("Creative field in French"), is_always_known=True),
        Column("starts_on", _("First day in this creative field"), Kind.DATE, is_always_known=True),
        precision_of("starts_on"),
        Column("ends_on", _("Last day in this creative field, where it was past on the day"), Kind.DATE),
        Column(
            "end_reason",
            _("Why it ended, where that is public: its key"),
            choices=tuple(Designation.EndReason.values),
        ),
        Column(
            "member_since",
            _("First day of the unbroken membership that it is part of"),
            Kind.DATE,
            is_always_known=True,
        ),
        precision_of("member_since"),
        Column("designation_source", _("Where the first day and the field are taken from")),
        Column("url_en", _("Page of the city here, in English"), Kind.ADDRESS, is_always_known=True),
        Column("url_fr", _("Page of the city here, in French"), Kind.ADDRESS, is_always_known=True),
    ),
)


def designation_rows(designations: DesignationQuerySet, day: datetime.date, naming: Naming) -> Iterator[Row]:
    """Designations as rows, as they stood on a day; one query."""
    pages = Pages("cities:city")
    found = designations.values_list(
        *("city__slug", "city__name_en", "city__name_fr", "city__country", "field"),
        *("starts_on", "starts_precision", "ends_on", "end_reason", "end_reason_is_public"),
        *("member_since", "member_since_precision", "source", "imported"),
    )
    for slug, english, french, country, field, *dates, since, since_precision, source, imported in found.iterator(
        CHUNK
    ):
        starts_on, precision, ends_on, reason, is_public = dates
        is_over = ends_on is not None and ends_on < day
        # That a city moved is told by its next designation.
        tells_why = is_over and (is_public or reason == Designation.EndReason.FIELD_CHANGE)
        yield {
            "city": slug,
            "city_en": english,
            "city_fr": french or english,
            **naming.countries[country],
            **naming.fields[field],
            "starts_on": starts_on,
            "starts_on_precision": precision,
            "ends_on": ends_on if is_over else None,
            "end_reason": reason if tells_why else "",
            "member_since": since,
            "member_since_precision": since_precision,
            # Of a decision it is a reference of the secretariat's own.
            "designation_source": source if imported else "",
            **pages.of(slug),
        }


def designation_extract(query: QueryDict, *, language: str, address: str = "") -> Extract:
    """The designations begun by the day that the query asks for. Raises BadQuery."""
    with override(language):
        asked = Designations(query)
        if not asked.is_valid or asked.day is None:
            raise BadQuery(asked.form.errors)
        results = asked.results
    naming = Naming(asked.creative_fields, asked.countries)
    return Extract(
        dataset=DESIGNATIONS,
        rows=Rows(results, partial(designation_rows, day=asked.day, naming=naming), lambda: asked.count),
        language=language,
        address=address,
        query=query.urlencode(),
        as_of=asked.day,
        last_change=designations_changed_on(asked.day),
    )
