"""What staff fill in for a call: the draft itself, and the operations on it."""

import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..days import today
from ..models import Application, Call, Country, CreativeField, Region
from ..services.call import LATER_INSTANTS, taken_by_a_page
from ..services.locking import locked
from ..text import SLUG
from .act import ActForm
from .designation import Reason

PARIS_TIME = _("Paris time; 00:00 is the end of the day before")


class InstantInput(forms.DateTimeInput):
    """Day and time with the browser's own picker."""

    input_type = "datetime-local"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class Instant(forms.DateTimeField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=InstantInput(), **{"help_text": PARIS_TIME} | kwargs)


class CallForm(forms.ModelForm):
    """A draft: everything in one form. It refuses to write over what somebody else saved meanwhile."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    offered = forms.ModelMultipleChoiceField(
        CreativeField.objects.order_by("position", "slug"),
        label=_("Creative fields"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("in which cities can apply"),
    )
    priority_regions = forms.MultipleChoiceField(
        label=_("Under-represented regions"),
        choices=Region,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("shown beside the scores, never mixed into them"),
    )

    class Meta:
        model = Call
        fields = "__all__"  # noqa: DJ007  those of the admin’s fieldsets
        widgets = {"priority_fields": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["offered"].initial = list(self.instance.fields.values_list("pk", flat=True))
            self.fields["seen"].initial = self.instance.version
        else:
            self.fields["offered"].initial = list(CreativeField.objects.valid(today()).values_list("pk", flat=True))

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if why := taken_by_a_page(slug):
            raise forms.ValidationError(why)
        return slug

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        # The row itself: the instance holds what was typed by now. Held until it is saved, as a whole with its status:
        # a publication in this moment waits for it, or is noticed here.
        if self.instance.pk and given.get("seen") != locked(self.instance).version:
            raise forms.ValidationError(
                _(
                    "Somebody has saved this call since you opened it. Open it in another window, see what is"
                    " different, and enter there what you have changed here."
                )
            )
        return given


class CopyCallForm(ActForm):
    slug = forms.RegexField(
        rf"^{SLUG}$",
        label=_("Address"),
        max_length=40,
        help_text=_("the year; year-name when a year has two"),
        error_messages={"invalid": _("Small letters, digits and single hyphens between them: 2027, 2027-africa.")},
    )
    year = forms.IntegerField(label=_("Year"), min_value=2004, max_value=2100)
    fieldsets = ((None, {"fields": ("year", "slug")}),)

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if why := taken_by_a_page(slug):
            raise forms.ValidationError(why)
        return slug


class ReasonForm(ActForm):
    reason = Reason()
    fieldsets = ((None, {"fields": ("reason",)}),)


class CancelCallForm(ReasonForm):
    fieldsets: tuple = (
        (None, {"fields": ("reason",), "description": _("The reason goes to all teams and Commissions.")}),
    )


class ExtendCallForm(ActForm):
    class Scope(models.TextChoices):
        ALL = "all", pgettext_lazy("extension", "all")
        COUNTRY = "country", _("one country")
        APPLICATION = "application", _("one application")

    scope = forms.ChoiceField(
        label=_("More time for"),
        choices=Scope,
        initial=Scope.ALL,
        widget=forms.RadioSelect,
    )
    country = forms.ModelChoiceField(
        Country.objects.all(), label=_("Country"), required=False, help_text=_("for one country only")
    )
    reference = forms.CharField(
        label=_("Reference of the application"),
        required=False,
        max_length=50,
        help_text=_("for one application only, as in 2027-014"),
    )
    closes_at = Instant(label=_("Applications until"), required=False)
    national_deadline_at = Instant(label=_("Endorsements until"), required=False)
    reason = Reason()
    fieldsets = (
        (None, {"fields": ("scope", "country", "reference")}),
        (_("Until when"), {"fields": ("national_deadline_at", "closes_at", "reason")}),
    )

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call = call

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        scope, country, reference = given.get("scope"), given.get("country"), given.get("reference", "").strip()
        application = None
        if scope == self.Scope.COUNTRY and country is None and "country" not in self.errors:
            self.add_error("country", _("Choose the country."))
        if scope == self.Scope.APPLICATION:
            if reference:
                application = self.find(reference)
            if application is None:
                self.add_error("reference", _("This call has no application with this reference."))
        if scope != self.Scope.COUNTRY and country is not None:
            self.add_error("country", _("Leave the country open, or choose “one country” above."))
        if scope != self.Scope.APPLICATION and reference:
            self.add_error("reference", _("Leave the reference open, or choose “one application” above."))
        names = ("closes_at", "national_deadline_at", "reason")
        return {name: given.get(name) for name in names} | {"country": country, "application": application}

    def find(self, reference: str) -> Application | None:
        number = reference.removeprefix(f"{self.call.slug}-")
        if not (number.isascii() and number.isdecimal()) or len(number) > 9:
            return None
        return Application.objects.filter(call=self.call, number=int(number)).first()


class RescheduleCallForm(ActForm):
    screening_until = Instant(label=_("Technical examination until"))
    evaluation_until = Instant(label=_("Evaluation until"))
    decision_at = Instant(label=_("Decision from"))
    announce_at = Instant(label=_("Announcement"))
    reason = Reason()
    fieldsets = ((None, {"fields": (*LATER_INSTANTS, "reason")}),)

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, initial={name: getattr(call, name) for name in LATER_INSTANTS}, **kwargs)
        self.call = call

    def clean(self) -> dict[str, Any]:
        # Seconds are not shown: what was left as it was is not to be rounded.
        for name in LATER_INSTANTS:
            held: datetime.datetime = getattr(self.call, name)
            if self.cleaned_data.get(name) == held.replace(second=0, microsecond=0):
                self.cleaned_data[name] = held
        return self.cleaned_data


class AddCallDocumentForm(ActForm):
    title_en = forms.CharField(label=_("Title in English"), max_length=150)
    title_fr = forms.CharField(label=_("Title in French"), max_length=150)
    language = forms.ChoiceField(label=_("Language of the document"), choices=settings.LANGUAGES)
    upload = forms.FileField(label=_("File"), help_text=_("a PDF, or a picture (JPEG, PNG), of 10 MB at most"))
    fieldsets = ((None, {"fields": ("title_en", "title_fr", "language", "upload")}),)
