from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from ..days import FIRST_DAY
from ..models import City, CreativeField, Designation, Precision
from ..people import Person
from ..services.designation import WAYS_OUT, change_field, correct_first_day, designate, end_designation
from .day import DayInput


class Day(forms.DateField):
    """A day of the network's life, from its first to today."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=DayInput(attrs={"min": FIRST_DAY.isoformat()}), **kwargs)


class Reason(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Reason"),
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("kept in the history for ever; no personal data"),
            max_length=1000,
        )


class Source(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Source"),
            max_length=300,
            help_text=_("where this can be checked: a decision, a press release, a page"),
        )


class Known(forms.ChoiceField):
    """How exactly a first day is known."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Known"),
            choices=Precision,
            help_text=_("to the month or the year only: give the first day of it"),
        )


class BeginningFields(forms.Form):
    """What every new designation needs."""

    field = forms.ModelChoiceField(CreativeField.objects, label=_("Creative field"))
    starts_on = Day(label=_("First day"))
    precision = Known()
    source = Source()
    reason = Reason()

    def beginning(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("field", "starts_on", "precision", "source", "reason")}


class DesignateForm(BeginningFields):
    fieldsets = ((None, {"fields": ("field", ("starts_on", "precision"), "source", "reason")}),)

    def __init__(self, *args: Any, city: City, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.city = city

    def act(self, *, by: Person) -> Designation:
        return designate(city=self.city, by=by, **self.beginning())


class EndDesignationForm(forms.Form):
    ends_on = Day(label=_("Last day"), help_text=_("the last day on which the city is a member"))
    end_reason = forms.ChoiceField(
        label=_("Why it ended"), choices=[(way.value, way.label) for way in WAYS_OUT], widget=forms.RadioSelect
    )
    is_public = forms.BooleanField(
        label=_("Show to the public why it ended"), required=False, help_text=_("the city’s page stays in any case")
    )
    reason = Reason()
    fieldsets = ((None, {"fields": ("ends_on", "end_reason", "is_public", "reason")}),)

    def __init__(self, *args: Any, designation: Designation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.designation = designation

    def act(self, *, by: Person) -> Designation:
        return end_designation(designation=self.designation, by=by, **self.cleaned_data)


class ChangeFieldForm(forms.Form):
    field = forms.ModelChoiceField(CreativeField.objects, label=_("New creative field"))
    on = Day(label=_("First day in the new field"), help_text=_("the day before is the last in the old one"))
    source = Source()
    reason = Reason()
    fieldsets = ((None, {"fields": ("field", "on", "source", "reason")}),)

    def __init__(self, *args: Any, city: City, current: Designation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.city = city
        # What a second tab sends is judged by the act, which has a sentence for it.
        if not self.is_bound:
            choice = cast(forms.ModelChoiceField, self.fields["field"])
            choice.queryset = CreativeField.objects.exclude(pk=current.field_id)

    def act(self, *, by: Person) -> Designation:
        return change_field(city=self.city, by=by, **self.cleaned_data)


class CorrectFirstDayForm(forms.Form):
    starts_on = Day(label=_("First day"))
    precision = Known()
    source = Source()
    reason = Reason()
    fieldsets = ((None, {"fields": (("starts_on", "precision"), "source", "reason")}),)

    def __init__(self, *args: Any, designation: Designation, **kwargs: Any) -> None:
        known = {"starts_on": designation.starts_on, "precision": designation.starts_precision}
        super().__init__(*args, **{"initial": known} | kwargs)
        self.designation = designation

    def act(self, *, by: Person) -> Designation:
        return correct_first_day(designation=self.designation, by=by, **self.cleaned_data)
