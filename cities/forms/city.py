from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _

from ..models import City
from ..people import Person
from ..services.city import UNFIT_SLUG, readdress
from ..services.designation import admit
from .designation import BeginningFields, Reason
from .seen import SeenForm

FACTS = (
    "name_en",
    "name_fr",
    "local_name",
    "aliases",
    "country",
    "latitude",
    "longitude",
    "population",
    "population_year",
    "population_source",
    "website",
    "geonames_id",
    "note",
)


class CityFactsForm(SeenForm):
    """What is told of a city. Its address and its designations change by acts of their own."""

    class Meta:
        model = City
        fields: tuple[str, ...] = FACTS

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        country = data.get("country")
        for name in ("name_en", "name_fr"):
            same = City.objects.filter(country=country, **{name: data.get(name)}).exclude(pk=self.instance.pk)
            if country and data.get(name) and (other := same.first()):
                self.add_error(name, _("This name is taken by a city of the same country: %s.") % other.slug)
        if data.get("population") and not data.get("population_source"):
            self.add_error("population_source", _("Say where the population comes from."))
        return data


class AdmitForm(BeginningFields, CityFactsForm):
    """A new member: the city and its first designation, written in one act."""

    class Meta(CityFactsForm.Meta):
        fields = ("name_en", "name_fr", "local_name", "aliases", "slug", "country", *FACTS[5:])
        widgets = {
            "country": AutocompleteSelect(City._meta.get_field("country"), admin.site),
            "aliases": forms.Textarea(attrs={"rows": 2}),
            "note": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "slug": _("last part of the link to the city, for example “santa-fe”; it is meant to stay for ever"),
        }
        error_messages = {"slug": {"unique": _("Another city has this address."), "invalid": UNFIT_SLUG}}

    fieldsets = (
        (
            None,
            {"fields": ("name_en", "name_fr", "local_name", "aliases", "slug", "country")},
        ),
        (_("First designation"), {"fields": ("field", ("starts_on", "precision"), "source", "reason")}),
        (_("Place"), {"fields": (("latitude", "longitude"), "geonames_id")}),
        (
            _("Facts"),
            {"fields": (("population", "population_year"), "population_source", "website", "note")},
        ),
    )

    def act(self, *, by: Person) -> City:
        return admit(city=self.instance, by=by, **self.beginning())


class ReaddressForm(forms.Form):
    slug = forms.CharField(
        label=_("New address"),
        max_length=80,
        help_text=_("small letters without accents, digits and hyphens, for example “santa-fe”"),
    )
    reason = Reason()
    fieldsets = ((None, {"fields": ("slug", "reason")}),)

    def __init__(self, *args: Any, city: City, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.city = city

    def act(self, *, by: Person) -> City:
        return readdress(city=self.city, by=by, **self.cleaned_data)
