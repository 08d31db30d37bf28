import datetime
from typing import Any

from crispy_forms.layout import LayoutObject
from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import pgettext_lazy

from ..days import today
from .day import DayField
from .layout import fields_only


class DayBox(LayoutObject):
    """One of the two days, beside its label."""

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, form: "DaysForm", context: Any, template_pack: Any = None, **kwargs: Any) -> str:
        form.rendered_fields.add(self.name)  # type: ignore[attr-defined]  # crispy's own
        return render_to_string(
            "data/_day.html", {"field": form[self.name], "day": form.shown(self.name), "today": today()}
        )


class DaysForm(forms.Form):
    """The two days of a comparison: `from` and `to`, today by default and a year before it.

    Days in the wrong order are compared in the right one.
    """

    def __init__(self, query: QueryDict) -> None:
        super().__init__({name: query.get(name, "") for name in ("from", "to")})
        # "from" cannot be the name of an attribute.
        self.fields["from"] = DayField(label=pgettext_lazy("first of two days", "From"))
        self.fields["to"] = DayField(label=pgettext_lazy("second of two days", "To"))
        self.helper = fields_only(DayBox("from"), DayBox("to"))
        self.full_clean()

    @property
    def asked(self) -> tuple[datetime.date, datetime.date]:
        """The two days as they were given, with what is meant where none was."""
        last = self.cleaned_data["to"] or today()
        return self.cleaned_data["from"] or a_year_before(last), last

    @property
    def days(self) -> tuple[datetime.date, datetime.date] | None:
        """The earlier and the later day; None when one of them cannot be read."""
        if not self.is_valid():
            return None
        first, last = self.asked
        return min(first, last), max(first, last)

    def shown(self, name: str) -> datetime.date | None:
        """What stands in a field whose day can be read: the day compared, or what was typed beside a bad one."""
        if self.days:
            return self.days[("from", "to").index(name)]
        return self.cleaned_data.get(name)

    @property
    def was_swapped(self) -> bool:
        return self.is_valid() and self.asked[0] > self.asked[1]


def query_of(first: datetime.date, last: datetime.date) -> str:
    """What asks for two days."""
    return f"from={first.isoformat()}&to={last.isoformat()}"


def a_year_before(day: datetime.date) -> datetime.date:
    """The same day of the year before; of a 29 February, the day before. The first year there is has none."""
    if day.year == datetime.MINYEAR:
        return day
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
