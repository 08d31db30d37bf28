"""Instants of a call as its pages show them: in words that cannot be misread, and for a script to translate."""

import datetime

from django import template
from django.utils.html import format_html

from cities import days

register = template.Library()


@register.filter
def until_in_words(instant: datetime.datetime) -> str:
    return days.until_in_words(instant)


@register.filter
def short_until(instant: datetime.datetime) -> str:
    return days.short_until(instant)


@register.filter
def last_day(instant: datetime.datetime) -> datetime.date:
    return days.last_day(instant)


@register.filter
def from_in_words(instant: datetime.datetime) -> str:
    return days.from_in_words(instant)


@register.filter
def to_the_second(instant: datetime.datetime) -> str:
    return days.to_the_second(instant)


@register.simple_tag
def ends(instant: datetime.datetime) -> str:
    """An end, in Paris time; where scripts run, the reader's own zone follows it."""
    return _marked(instant, days.until_in_words(instant))


@register.simple_tag
def begins(instant: datetime.datetime) -> str:
    """A beginning, or an instant at which something happens."""
    return _marked(instant, days.from_in_words(instant))


def _marked(instant: datetime.datetime, words: str) -> str:
    iso = instant.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    return format_html('<time datetime="{}" data-instant>{}</time>', iso, words)


@register.filter
def rate_of(part: int, whole: int) -> float | None:
    """How many in a hundred; None where there is nothing to divide by."""
    return 100 * part / whole if whole else None
