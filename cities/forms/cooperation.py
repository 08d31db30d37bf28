from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ..days import today
from ..filters import NOT_A_CHOICE, ValuesField
from ..models import CreativeField, Region
from .day import DayField

SHOWN = {
    "cities": _("Cities with partners"),
    "links": _("Links"),
    "isolated": _("Cities without a partner"),
}
NUMBERS = ("partners", "regions", "fields", "initiatives")
COLUMNS = ("name", "field", "country", "region", *NUMBERS)
"""What the table can be sorted by; with a hyphen before it, from the end."""


class CooperationForm(forms.Form):
    """What an address of the cooperation page asks for: a day, cities by field and region, a table and its order."""

    as_of = DayField()
    field = ValuesField(label=_("Creative field"), required=False)
    region = ValuesField(label=_("Region"), required=False)
    show = forms.ChoiceField(label=_("View"), required=False, choices=list(SHOWN.items()), error_messages=NOT_A_CHOICE)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[(sort, sort) for column in COLUMNS for sort in (column, f"-{column}")],
        error_messages=NOT_A_CHOICE,
    )

    def __init__(self, query: QueryDict, creative_fields: list[CreativeField]) -> None:
        super().__init__(query)
        self.query = query
        self.fields["field"].known = {field.slug: field.name for field in creative_fields}  # type: ignore[attr-defined]  # a ValuesField
        self.fields["region"].known = dict(Region.choices)  # type: ignore[attr-defined]  # a ValuesField
        self.full_clean()

    @property
    def day(self):
        """The day asked about; None when what was given is no such day."""
        return None if "as_of" in self.errors else self.cleaned_data["as_of"] or today()

    def chosen(self, group: str) -> list[str]:
        return self.cleaned_data.get(group, [])

    @property
    def shown(self) -> str:
        return self.cleaned_data.get("show") or "cities"

    @property
    def order(self) -> str:
        return self.cleaned_data.get("sort") or ("-partners" if self.shown == "cities" else "name")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chosen("field") or self.chosen("region"))

    def without(self, name: str, value: str | None = None) -> str:
        """The query string without a parameter, or without one of its values."""
        query = self.query.copy()
        query.setlist(name, [other for other in query.getlist(name) if value is not None and other != value])
        return query.urlencode()
