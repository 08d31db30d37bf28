import re
from typing import Any

from django import forms
from django.db.models import Max, Min
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _

from ..models import CreativeField
from ..people import Person
from ..services.creative_field import UNFIT_FIELD_SLUG, add_field
from .designation import Reason
from .seen import SeenForm

# What a colour is read against and the contrast that it needs there; see the help texts of the model.
GROUNDS = {"colour_light": ("#ffffff", 4.5), "colour_dark": ("#141820", 5.0)}


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` as WCAG 2 defines it, from 0 to 1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


class CreativeFieldForm(SeenForm):
    class Meta:
        model = CreativeField
        fields: tuple[str, ...] = (
            "name_en",
            "name_fr",
            "summary_en",
            "summary_fr",
            "colour_light",
            "colour_dark",
            "pictogram",
            "position",
            "valid_from",
            "valid_to",
        )
        widgets = {
            "summary_en": forms.Textarea(attrs={"rows": 2}),
            "summary_fr": forms.Textarea(attrs={"rows": 2}),
            "pictogram": forms.Textarea(attrs={"rows": 3}),
            "valid_from": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "valid_to": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }

    def clean_colour_light(self) -> str:
        return self.cleaned_data["colour_light"].lower()

    def clean_colour_dark(self) -> str:
        return self.cleaned_data["colour_dark"].lower()

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        for name, (ground, needed) in GROUNDS.items():
            # What is no colour at all is refused by the model's own check.
            if re.fullmatch("#[0-9a-f]{6}", data.get(name) or ""):
                found = contrast(data[name], ground)
                if found < needed:
                    self.add_error(
                        name,
                        _("The contrast on %(ground)s is %(found)s; it must be %(needed)s or more.")
                        % {"ground": ground, "found": number_format(found, 1), "needed": number_format(needed, 1)},
                    )
        self._clean_validity(data)
        return data

    def _clean_validity(self, data: dict[str, Any]) -> None:
        """A field must have been one on the first day of each of its designations."""
        if not self.instance.pk:
            return
        used = self.instance.designations.aggregate(first=Min("starts_on"), last=Max("starts_on"))
        if used["first"] and data.get("valid_from") and data["valid_from"] > used["first"]:
            self.add_error("valid_from", _("A city was designated in this field on %s.") % date_format(used["first"]))
        if used["last"] and data.get("valid_to") and data["valid_to"] < used["last"]:
            self.add_error("valid_to", _("A city was designated in this field on %s.") % date_format(used["last"]))


class AddFieldForm(CreativeFieldForm):
    reason = Reason()

    class Meta(CreativeFieldForm.Meta):
        fields = ("name_en", "name_fr", "slug", *CreativeFieldForm.Meta.fields[2:])
        help_texts = {"slug": _("last part of the link to the field, for example “media-arts”; it cannot change later")}
        error_messages = {"slug": {"unique": _("Another field has this address."), "invalid": UNFIT_FIELD_SLUG}}

    fieldsets = (
        (None, {"fields": ("name_en", "name_fr", "slug", "summary_en", "summary_fr")}),
        (_("Look"), {"fields": (("colour_light", "colour_dark"), "pictogram", "position")}),
        (_("Days"), {"fields": (("valid_from", "valid_to"),)}),
        (_("Act"), {"fields": ("reason",)}),
    )

    def act(self, *, by: Person) -> CreativeField:
        return add_field(field=self.instance, by=by, reason=self.cleaned_data["reason"])
