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


def _on(day: datetime.date, month: str) -> str:
    return _("%(day)s %(month)s") % {"day": _number(day), "month": month}


def _number(day: datetime.date) -> str:
    return pgettext("first day of a month", "1") if day.day == 1 else str(day.day)
