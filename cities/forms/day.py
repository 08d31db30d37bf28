import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ..days import today


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["max"] = today().isoformat()
        return context


def not_later_than_today(day: datetime.date) -> None:
    if day > today():
        raise ValidationError(_("Choose today or an earlier day: what comes later is not known."), code="future")


class DayField(forms.DateField):
    """A day of the network's past, as YYYY-MM-DD."""

    def __init__(self, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {
            "label": _("As of"),
            "required": False,
            "widget": DayInput(),
            "input_formats": ["%Y-%m-%d"],
            "validators": [not_later_than_today],
            "error_messages": {"invalid": _("Give the day as year-month-day, for example 2016-04-28.")},
        }
        super().__init__(**defaults | kwargs)


class DayForm(forms.Form):
    """The `as_of` parameter of every page that can be asked as of a day."""

    as_of = DayField()

    @classmethod
    def of(cls, query: QueryDict) -> "DayForm":
        form = cls({"as_of": query.get("as_of", "")})
        form.full_clean()
        return form

    @property
    def day(self) -> datetime.date | None:
        """The day asked for, today by default; None when what was asked is no such day."""
        return (self.cleaned_data["as_of"] or today()) if self.is_valid() else None
