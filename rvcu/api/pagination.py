"""Pages of an extract: numbered from 1, so many rows each."""

import math
import re
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import NotFound

from cities.datasets import BadQuery, Extract, Kind

from .resources import Parameter

PAGE_SIZE = 50
LARGEST = 500

PAGE_PARAMETERS = (
    Parameter("page", gettext_lazy("Number of the page, from 1"), Kind.INTEGER),
    Parameter("page_size", gettext_lazy("Rows on a page, 1 to 500; 50 if nothing is said"), Kind.INTEGER),
)


def page_of(extract: Extract, query: QueryDict, path: str) -> dict[str, Any]:
    """A page of the rows after what is known of all: their count, and the addresses of the pages beside it.

    Raises BadQuery for what is no number, NotFound beyond the last page.
    """
    number = whole_number(query, "page", 1)
    size = whole_number(query, "page_size", PAGE_SIZE, largest=LARGEST)
    count = len(extract.rows)
    if number > max(1, math.ceil(count / size)):
        raise NotFound(_("The list has no such page."))
    begin = (number - 1) * size

    def address(number: int) -> str:
        other = query.copy()
        other["page"] = str(number)
        return f"{settings.SITE_ADDRESS}{path}?{other.urlencode()}"

    return {
        **extract.about,
        "count": count,
        "next": address(number + 1) if begin + size < count else None,
        "previous": address(number - 1) if number > 1 else None,
        "results": extract.rows[begin : begin + size] if count else [],
    }


def whole_number(query: QueryDict, name: str, default: int, largest: int | None = None) -> int:
    """A parameter that is given once, as a number from 1. Raises BadQuery."""
    values = query.getlist(name)
    if not values:
        return default
    number = int(values[0]) if re.fullmatch("[0-9]{1,20}", values[0]) else 0
    if len(values) > 1:
        raise BadQuery({name: [_("Give this parameter once.")]})
    if number < 1 or (largest and number > largest):
        message = _("Give a whole number from 1 to %(largest)s.") if largest else _("Give a whole number from 1.")
        raise BadQuery({name: [message % {"largest": largest}]})
    return number
