"""Days of the network: a day is a calendar date in Paris, where the network's secretariat sits."""

import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

PARIS = ZoneInfo("Europe/Paris")
FIRST_DAY = datetime.date(2004, 10, 1)
"""The network was created in October 2004."""

EVER = datetime.date.max


def today() -> datetime.date:
    """The date in Paris now, whatever the reader's own zone."""
    return timezone.now().astimezone(PARIS).date()


def in_words(day: datetime.date) -> str:
    """A day in the reader's language: "1 July 2024", "1er juillet 2024"."""
    return _on(day, date_format(day, "YEAR_MONTH_FORMAT"))


def period_in_words(first: datetime.date, last: datetime.date) -> str:
    """Days in the reader's language, with no month or year said twice: "12–15 June 2018", "30 June – 2 July 2017"."""
    if first == last:
        return in_words(last)
    if (first.year, first.month) == (last.year, last.month):
        days = _("%(first)s–%(last)s") % {"first": _number(first), "last": _number(last)}
        return _("%(day)s %(month)s") % {"day": days, "month": date_format(last, "YEAR_MONTH_FORMAT")}
    begin = _on(first, date_format(first, "F")) if first.year == last.year else in_words(first)
    return _("%(first)s – %(last)s") % {"first": begin, "last": in_words(last)}


def until_in_words(instant: datetime.datetime) -> str:
    """An end that cannot be misread, in the reader's language: the weekday, and midnight as 24:00 of the day before.

    "Wednesday 30 June 2027, 24:00 (end of the day), Paris time (UTC+2)"
    """
    local = instant.astimezone(PARIS)
    if local.time() != datetime.time():
        return from_in_words(instant)
    day = local.date() - datetime.timedelta(days=1)
    return _("%(weekday)s %(day)s, 24:00 (end of the day), Paris time (%(offset)s)") % _words_of(day, local)


def last_day(instant: datetime.datetime) -> datetime.date:
    """The last day before an end, in Paris: of midnight, the day that it ends."""
    return (instant.astimezone(PARIS) - datetime.timedelta.resolution).date()


def from_in_words(instant: datetime.datetime) -> str:
    """A beginning, or an instant within a day: "Monday 1 March 2027, 09:30, Paris time (UTC+1)"."""
    local = instant.astimezone(PARIS)
    known = _words_of(local.date(), local) | {"time": date_format(local, _("H:i"))}
    if local.time() == datetime.time():
        return _("%(weekday)s %(day)s, 00:00 (start of the day), Paris time (%(offset)s)") % known
    return _("%(weekday)s %(day)s, %(time)s, Paris time (%(offset)s)") % known


def to_the_second(instant: datetime.datetime) -> str:
    """When something arrived: "Thursday 1 July 2027, 00:00:01, Paris time (UTC+2)"."""
    local = instant.astimezone(PARIS)
    known = _words_of(local.date(), local) | {"time": date_format(local, _("H:i:s"))}
    return _("%(weekday)s %(day)s, %(time)s, Paris time (%(offset)s)") % known


def short_until(instant: datetime.datetime) -> str:
    """An end for a table: "Wed 30 Jun 2027, 24:00". What stands around it says that it is in Paris time."""
    local = instant.astimezone(PARIS)
    if local.time() != datetime.time():
        return short_from(instant)
    day = local.date() - datetime.timedelta(days=1)
    return _("%(day)s, 24:00") % {"day": date_format(day, _("D j M Y"))}


def short_from(instant: datetime.datetime) -> str:
    local = instant.astimezone(PARIS)
    return _("%(day)s, %(time)s") % {
        "day": date_format(local.date(), _("D j M Y")),
        "time": date_format(local, _("H:i")),
    }


def _words_of(day: datetime.date, local: datetime.datetime) -> dict[str, str]:
    hours = (local.utcoffset() or datetime.timedelta()) // datetime.timedelta(hours=1)
    return {"weekday": date_format(day, "l"), "day": in_words(day), "offset": f"UTC+{hours}"}


def _on(day: datetime.date, month: str) -> str:
    return _("%(day)s %(month)s") % {"day": _number(day), "month": month}


def _number(day: datetime.date) -> str:
    return pgettext("first day of a month", "1") if day.day == 1 else str(day.day)
