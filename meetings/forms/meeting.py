"""What staff fill in for a meeting: its facts in a plain form, and the operations that move it."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cities.forms.act import ActForm
from cities.forms.call import Instant
from cities.forms.designation import Reason
from cities.forms.initiative import with_country
from cities.forms.seen import SeenForm
from cities.models import City, Country
from cities.text import sort_key

from ..models import Meeting, MeetingDocument, MeetingHost, Registration
from ..services.meeting import Place

REASON_LENGTH = 1000
HOSTS = 4
"""So many cities can be named as hosts in one form; no edition had more than two."""


def time_zones(*, empty: str = "") -> list[tuple[str, str]]:
    """Those of places, "Africa/Casablanca", and UTC."""
    names = [name for name in sorted(available_timezones()) if "/" in name and not name.startswith("Etc/")]
    return [*([("", empty)] if empty else []), *((name, name) for name in [*names, "UTC"])]


class Day(forms.DateField):
    """A day to come, which need not be known yet."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        invalid = _("Enter a valid date, as 2027-06-30.")
        known: dict[str, Any] = {"required": False, "widget": widget, "error_messages": {"invalid": invalid}}
        super().__init__(**known | kwargs)


class MeetingForm(SeenForm):
    """The facts of a meeting. What moves it is done by operations, so that the reason is asked for and kept."""

    capacities = forms.MultipleChoiceField(
        label=_("Open to"),
        choices=Registration.Capacity,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("none ticked: to all of them"),
    )

    class Meta:
        model = Meeting
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:
            self.fields["time_zone"] = forms.ChoiceField(
                label=self.fields["time_zone"].label,
                choices=time_zones(),
                initial=settings.TIME_ZONE,
                help_text=_("of the place"),
            )

    def add_error(self, field: str | None, error: Any) -> None:
        # What is wrong with a column that only operations change is said above the form.
        errors = getattr(error, "error_dict", None)
        if field is None and errors:
            for name, found in errors.items():
                super().add_error(name if name in self.fields else None, found)
        else:
            super().add_error(field, error)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        figures = [given.get(name) for name in ("participants", "cities_represented", "mayors")]
        if any(number is not None for number in figures) and not given.get("figures_source"):
            self.add_error("figures_source", _("Say where the figures can be checked."))
        return given


class MeetingHostForm(forms.ModelForm):
    """A member city lends its names; a place that never was a member needs its own."""

    class Meta:
        model = MeetingHost
        fields = ("city", "name_en", "name_fr", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name_en", "name_fr"):
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        city = data.get("city")
        for name in ("name_en", "name_fr"):
            if not data.get(name):
                if city:
                    data[name] = getattr(city, name) or city.name_en
                else:
                    self.add_error(name, _("Choose a member city, or give the name of the place in both languages."))
        return data


class BothReasonsForm(ActForm):
    """A reason that is read in both languages."""

    reason_en = forms.CharField(
        label=_("Reason in English"), widget=forms.Textarea(attrs={"rows": 3}), max_length=REASON_LENGTH
    )
    reason_fr = forms.CharField(
        label=_("Reason in French"), widget=forms.Textarea(attrs={"rows": 3}), max_length=REASON_LENGTH
    )
    fieldsets: tuple = ((None, {"fields": ("reason_en", "reason_fr")}),)


class PublicReasonForm(BothReasonsForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("reason_en", "reason_fr"):
            self.fields[name].help_text = _("on the page of the meeting, for everybody to read; no personal data")


class HostsForm(ActForm):
    """Who hosts: cities, in their order, and perhaps a place that never was a member."""

    place_en = forms.CharField(label=_("Another place, in English"), max_length=100, required=False)
    place_fr = forms.CharField(
        label=_("Another place, in French"),
        max_length=100,
        required=False,
        help_text=_("one that is no city of the network"),
    )
    country = forms.ModelChoiceField(
        Country.objects.all(),
        label=_("Country"),
        required=False,
        help_text=_("empty: that of the first city"),
    )

    def __init__(self, *args: Any, hosts: list[MeetingHost], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Members, and whoever hosts now. One list for all fields.
        found = City.objects.filter(
            models.Q(pk__in=City.objects.members().order_by().values("pk"))
            | models.Q(pk__in=[host.city_id for host in hosts if host.city_id])
        )
        known = sorted(found.select_related("country"), key=lambda city: sort_key(city.name))
        choices = [("", "–"), *((city.pk, with_country(city)) for city in known)]
        labels = (_("First host city"), _("Second host city"), _("Third host city"), _("Fourth host city"))
        held = [host.city_id for host in hosts if host.city_id]
        self.known = {city.pk: city for city in known}
        for number, label in enumerate(labels):
            self.fields[self.name_of(number)] = forms.TypedChoiceField(
                label=label,
                choices=choices,
                coerce=int,
                empty_value=None,
                required=False,
                initial=held[number] if number < len(held) else None,
            )
        for host in hosts:
            if host.city_id is None:
                self.initial["place_en"], self.initial["place_fr"] = host.name_en, host.name_fr

    @staticmethod
    def name_of(number: int) -> str:
        return f"city_{number + 1}"

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(cls.name_of(number) for number in range(HOSTS))

    @property
    def fieldsets(self) -> tuple:  # type: ignore[override]  # made for each, as are its fields
        return ((None, {"fields": (*self.names(), ("place_en", "place_fr"), "country")}),)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        english, french = given.pop("place_en", ""), given.pop("place_fr", "")
        if bool(english) != bool(french):
            self.add_error("place_fr" if english else "place_en", _("Give its name in both languages."))
        numbers = [given.pop(name, None) for name in self.names()]
        given["hosts"] = [self.known[number] for number in numbers if number is not None]
        if english and french:
            given["hosts"].append(Place(name_en=english, name_fr=french))
        return given


class RelocateForm(HostsForm, PublicReasonForm):
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=list, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = time_zones(empty=str(_("as it is")))  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def fieldsets(self) -> tuple:  # type: ignore[override]  # made for each, as are its fields
        ((_title, options),) = super().fieldsets
        return ((None, {"fields": (*options["fields"], "time_zone", "reason_en", "reason_fr")}),)


class PostponeForm(PublicReasonForm):
    start_date = Day(label=_("First day"))
    end_date = Day(label=_("Last day"))
    year = forms.IntegerField(
        label=_("Year"),
        required=False,
        min_value=2004,
        max_value=2100,
        help_text=_("needed while the days are not known"),
    )
    fieldsets = ((None, {"fields": (("start_date", "end_date"), "year", "reason_en", "reason_fr")}),)

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meeting = meeting

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        start = given.get("start_date")
        if start and not given.get("year") and "year" not in self.errors:
            given["year"] = start.year
        elif not given.get("year") and "year" not in self.errors and "start_date" not in self.errors:
            self.add_error("year", _("Give the new days, or at least the year."))
        return given


class ClosesForm(ActForm):
    closes_at = Instant(label=_("Registration closes"))
    fieldsets = ((None, {"fields": ("closes_at",)}),)


class PlacesForm(ActForm):
    places = forms.IntegerField(
        label=_("Places"), min_value=1, max_value=30_000, required=False, help_text=_("empty: no limit")
    )
    per_city = forms.IntegerField(label=_("Persons of one city, at most"), min_value=1, max_value=1000)
    fieldsets = ((None, {"fields": (("places", "per_city"),)}),)


class DocumentForm(ActForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=MeetingDocument.Kind)
    title_en = forms.CharField(label=_("Title in English"), max_length=200)
    title_fr = forms.CharField(label=_("Title in French"), max_length=200)
    language = forms.ChoiceField(label=_("Language of the document"), choices=settings.LANGUAGES)
    visibility = forms.ChoiceField(
        label=_("Who may read it"),
        choices=[
            (MeetingDocument.Visibility.MEMBERS, _("coordinators of member cities")),
            (MeetingDocument.Visibility.PUBLIC, _("everybody")),
        ],
        widget=forms.RadioSelect,
        initial=MeetingDocument.Visibility.MEMBERS,
    )
    upload = forms.FileField(label=_("File"), help_text=_("a PDF, or a picture (JPEG, PNG), of 10 MB at most"))
    fieldsets = ((None, {"fields": ("kind", ("title_en", "title_fr"), "language", "visibility", "upload")}),)


class RemoveDocumentForm(ActForm):
    reason = Reason()
    fieldsets = ((None, {"fields": ("reason",)}),)
