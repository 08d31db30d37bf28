"""Lengths and tints of the charts: tables whose bars are drawn with SVG attributes, since styles are not allowed."""

from typing import Any, NamedTuple

from django import template

from cities.services.figures import Figures

register = template.Library()

TINTS = 5
LONGEST = 82.0
"""Per cent of its column that the longest bar takes; the rest is for its figure."""


class GrowthBar(NamedTuple):
    """A year's bar: members from before and new ones, as lengths, and where it ends."""

    year: int
    members: int
    joined: int
    before: str
    new: str
    end: str


@register.filter
def bar_of(value: int, most: int) -> str:
    """The length of a bar beside the longest one, for an SVG attribute: "12.34%"."""
    return f"{LONGEST * value / most if most else 0:.2f}%"


@register.filter
def tint_of(value: int, most: int) -> int:
    """The step of tint for a count, from 0 for none to 5 for the largest."""
    return min(TINTS, 1 + TINTS * value // most) if value and most else 0


@register.inclusion_tag("pages/_growth.html")
def growth_chart(figures: Figures) -> dict[str, Any]:
    """Members by year; the last year, unless it is over, as of the day of the figures."""
    growth = figures.growth
    most = max((year.members for year in growth), default=0)
    bars = []
    for year in growth:
        # Who came and left within the year is in neither part of the bar.
        new = min(year.joined, year.members)
        before = year.members - new
        bars.append(GrowthBar(*year, bar_of(before, most), bar_of(new, most), bar_of(year.members, most)))
    is_over = (figures.day.month, figures.day.day) == (12, 31)
    return {"bars": bars, "day": figures.day, "is_running": bool(bars) and not is_over}
