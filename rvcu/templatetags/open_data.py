"""What a page offers to take away: its list as files, and a line to cite it by."""

import datetime
from typing import Any

from django import template
from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from cities.datasets.base import LICENCE
from cities.days import today
from cities.filters import with_query

from ..lists import LISTS
from ..models import DataSnapshot

register = template.Library()


@register.inclusion_tag("includes/_downloads.html")
def downloads(name: str, label: str, query: str = "", day: datetime.date | None = None) -> dict[str, Any]:
    """A list as files: `{% downloads "cities" "116 cities as a file" query %}`.

    Each with the query of the page or, where a page asks for no more than a day, with an earlier day.
    """
    listed = LISTS[name]
    if day and day < today():
        query = f"as_of={day.isoformat()}"
    # An address may carry what is the page's own, or nobody's; a file refuses what it does not know.
    asked = QueryDict(mutable=True)
    for parameter, values in QueryDict(query).lists():
        if parameter in listed.dataset.parameters:
            asked.setlist(parameter, values)
    query = asked.urlencode()
    followed = asked.copy()
    for past in ("as_of", "sort"):
        followed.pop(past, None)
    return {
        "name": name,
        "label": label,
        "files": [(form, listed.address(form, query)) for form in listed.formats],
        "feed": listed.feed and with_query(reverse(listed.feed), followed.urlencode()),
        "calendar": listed.calendar and reverse(listed.calendar),
    }


@register.inclusion_tag("includes/_alternates.html")
def alternates(name: str, query: str = "", day: datetime.date | None = None) -> dict[str, Any]:
    """The same files and feeds for the head of a page, where programs look for them."""
    return downloads(name, LISTS[name].title, query, day)


@register.inclusion_tag("includes/_cite.html", takes_context=True)
def cite(
    context: template.Context,
    title: str,
    day: datetime.date | None = None,
    query: str = "",
    *,
    places: bool = True,
    fixed: bool = False,
) -> dict[str, Any]:
    """A line to cite the page by: who, what, as of which day, where, under which licence, and read when.

    With a day the address names it, so that it leads to the same tomorrow; of a `fixed` page it does so anyway.
    `places`: whether positions or populations are on the page, whose source must then be named.
    """
    parameters = QueryDict(query, mutable=True)
    parameters.pop("page", None)
    if day and not fixed:
        parameters["as_of"] = day.isoformat()
    return {
        "publisher": settings.PUBLISHER,
        "places": places,
        "title": title,
        "day": day,
        "address": settings.SITE_ADDRESS + with_query(context["request"].path, parameters.urlencode()),
        "licence": LICENCE,
        "today": today(),
    }


@register.inclusion_tag("data/_snapshots.html")
def snapshots() -> dict[str, Any]:
    """All published snapshots, the newest day first, each with its files; one query."""
    return {"snapshots": DataSnapshot.objects.all()}
