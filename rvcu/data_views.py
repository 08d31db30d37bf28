"""The page of open data: what there is to take away, in which forms, and how to name where it comes from."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cities.caching import public_page
from cities.datasets import Column, Kind
from cities.datasets.base import LICENCE, LICENCE_ADDRESS, LIST_SEPARATOR, credit
from cities.datasets.call import calls_move
from cities.days import today
from cities.forms.day import DayForm
from cities.models import OfficialTotal
from cities.writers import FORMATS, Format
from meetings.datasets.meeting import meetings_move

from .lists import LISTS, Listed

KINDS = {
    Kind.TEXT: _("text"),
    Kind.INTEGER: _("whole number"),
    Kind.NUMBER: pgettext_lazy("kind of value", "number"),
    Kind.BOOLEAN: _("true or false"),
    Kind.DATE: _("day"),
    Kind.INSTANT: _("instant"),
    Kind.ADDRESS: _("address"),
    Kind.LIST: _("list of texts"),
}
USES = {
    "csv": _("for any spreadsheet, for R, for pandas"),
    "xlsx": _("for Excel and LibreOffice, with the types of numbers and days"),
    "json": _("for programs"),
    "geojson": _("for maps: QGIS, Leaflet, geopandas"),
    "kml": _("for Google Earth and its like"),
    "jsonld": _("for the web of data, in the terms of schema.org"),
}
"""What each format is good for, by its extension."""


@dataclass(frozen=True)
class Offer:
    """A list as it is offered on a day: how much it holds, and its files."""

    listed: Listed
    query: str
    """What its files are asked with."""
    rows: int
    as_of: datetime.date | None
    """None where rows are no state of a day."""
    last_change: datetime.date | None
    files: list[tuple[Format, str]]
    columns: list[tuple[Column, Any]]
    """Each with its kind in words."""

    @classmethod
    def of(cls, listed: Listed, day: datetime.date) -> "Offer":
        query = f"as_of={day.isoformat()}"
        extract = listed.extract(QueryDict(query), language=get_language())
        query = query if extract.as_of and day < today() else ""
        return cls(
            listed,
            query,
            len(extract.rows),
            extract.as_of,
            extract.last_change,
            [(form, listed.address(form, query)) for form in listed.formats],
            [(column, KINDS[column.kind]) for column in listed.dataset.columns],
        )


def _data(request: HttpRequest) -> HttpResponse:
    """What leaves as data: every list with its formats and columns, the licence, and how to cite it; as of a day."""
    form = DayForm.of(request.GET)
    context: dict[str, Any] = {
        "form": form,
        "day": form.day,
        "licence": LICENCE,
        "licence_address": LICENCE_ADDRESS,
        "credit": credit(),
        "site_address": settings.SITE_ADDRESS,
        "separator": LIST_SEPARATOR,
        "formats": [(form, USES.get(form.extension, "")) for form in FORMATS.values()],
        # A day that cannot be read selects nothing, here as everywhere.
        "offers": [Offer.of(listed, form.day) for listed in LISTS.values()] if form.day else [],
        "official": OfficialTotal.objects.known(form.day) if form.day else None,
    }
    return render(request, "data/data.html", context)


# It says when each list last changed, calls and meetings too.
data = public_page(_data, moving=lambda: [*calls_move(), *meetings_move()])
