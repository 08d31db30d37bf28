"""What will go, and from when on: told in the answers' headers (RFC 9745, RFC 8594), the document and the reference.

Whatever is to be removed or to change its meaning gets a line in `DEPRECATIONS` and an entry in the changelog, `NOTICE`
before the day on which it goes. Nothing else has to be done: answers that concern it say so from then on.
"""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import http_date

from cities.days import PARIS

NOTICE = datetime.timedelta(days=365)
"""At least so long something stays after it was said that it will go."""


@dataclass(frozen=True)
class Deprecation:
    """A resource, or one of its parameters or columns, that will go."""

    resource: str
    """As in the address: "cities"."""
    since: datetime.date
    """From when on it should no longer be used."""
    sunset: datetime.date
    """From when on it may be gone."""
    version: str
    """The entry of the changelog that says why, and what to use instead."""
    parameter: str = ""
    column: str = ""

    def __post_init__(self) -> None:
        if self.parameter and self.column:
            raise ValueError("A deprecation is of a parameter or of a column, not of both.")
        if self.sunset - self.since < NOTICE:
            raise ValueError(f"What goes on {self.sunset} has to be announced {NOTICE.days} days before.")

    @property
    def address(self) -> str:
        return f"{settings.SITE_ADDRESS}{reverse('data_api')}#version-{self.version}"

    def concerns(self, parameters: Collection[str], columns: Collection[str]) -> bool:
        """Whether an answer to these parameters that holds these columns depends on it."""
        if self.parameter:
            return self.parameter in parameters
        return not self.column or self.column in columns


DEPRECATIONS: tuple[Deprecation, ...] = ()


def deprecation_of(resource: str, *, parameter: str = "", column: str = "") -> Deprecation | None:
    """The line about a resource itself, or about the one of its parameters or columns that is named."""
    return next(
        (one for one in DEPRECATIONS if (one.resource, one.parameter, one.column) == (resource, parameter, column)),
        None,
    )


def warn(response: HttpResponse, resource: str, *, parameters: Iterable[str], columns: Iterable[str]) -> None:
    """Have an answer say what of it will go: since when at the earliest, and when the first of it goes."""
    used, shown = set(parameters), set(columns)
    found = [one for one in DEPRECATIONS if one.resource == resource and one.concerns(used, shown)]
    if not found:
        return
    response["Deprecation"] = f"@{_instant(min(one.since for one in found))}"
    response["Sunset"] = http_date(_instant(min(one.sunset for one in found)))
    links = [f'<{one.address}>; rel="deprecation"; type="text/html"' for one in found]
    response["Link"] = ", ".join([*filter(None, [response.get("Link")]), *dict.fromkeys(links)])


def _instant(day: datetime.date) -> int:
    """The begin of a day in Paris, in seconds."""
    return int(datetime.datetime.combine(day, datetime.time(), PARIS).timestamp())
