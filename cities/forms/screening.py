"""What officers fill in of a technical examination."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Reason, Screening, ScreeningItem
from ..people import Person
from ..services.screening import ITEM_NOTE_LENGTH, NOTE_LENGTH, Line, note_items
from .act import ActForm

Result = ScreeningItem.Result

NEEDS_EYES = frozenset(
    {
        Reason.NOT_A_MEMBER,
        Reason.COMPLETE,
        Reason.MAYORS_LETTER,
        Reason.ENDORSED,
        Reason.SUPPORT_LETTERS,
        Reason.PHOTOS,
        Reason.ONLY_ONE,
    }
)
"""Items of which the computed finding is only half of the matter: a letter is there, but is it signed?"""


class ChecklistForm(forms.Form):
    """Every item with the officer's finding and a note. What was computed for certain is filled in, to be confirmed."""

    fieldsets: tuple = ()

    def __init__(self, *args: Any, lines: list[Line], application: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.application = lines, application
        for line in lines:
            found = line.item.result if line.item and line.is_confirmed else ""
            if not found and not line.item and line.code not in NEEDS_EYES and line.computed != Result.FAIL:
                found = line.computed
            self.fields[f"result-{line.code}"] = forms.ChoiceField(
                label=_("Finding: %(item)s") % {"item": line.code.label},
                choices=Result,
                required=False,
                initial=found,
                widget=forms.RadioSelect,
            )
            self.fields[f"note-{line.code}"] = forms.CharField(
                label=_("Note: %(item)s") % {"item": line.code.label},
                max_length=ITEM_NOTE_LENGTH,
                required=False,
                initial=line.item.note if line.item else "",
                widget=forms.TextInput(attrs={"class": "vTextField"}),
            )

    def rows(self) -> list[tuple[Line, Any, Any]]:
        return [(line, self[f"result-{line.code}"], self[f"note-{line.code}"]) for line in self.lines]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        for line in self.lines:
            result, note = given.get(f"result-{line.code}"), given.get(f"note-{line.code}")
            if result and line.computed not in ("", result) and not note:
                self.add_error(f"note-{line.code}", _("You find another than what was computed: say why in a note."))
            if note and not result:
                self.add_error(f"result-{line.code}", _("There is a note, but no finding."))
        return given

    def act(self, *, by: Person) -> Any:
        found = {
            str(line.code): (self.cleaned_data[f"result-{line.code}"], self.cleaned_data[f"note-{line.code}"])
            for line in self.lines
            if self.cleaned_data[f"result-{line.code}"]
        }
        note_items(application=self.application, found=found, by=by)
        return self.application


class WordsForm(ActForm):
    note = forms.CharField(
        label=_("In words"),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
    )
    fieldsets = ((None, {"fields": ("note",)}),)


class EligibleForm(ActForm):
    note = forms.CharField(
        label=_("Note"),
        help_text=_("for the secretariat; can be left out"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
    )
    fieldsets = ((None, {"fields": ("note",)}),)


class ReturnForm(WordsForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = _("What to complete")
        self.fields["note"].help_text = _("the city reads it")


class RefuseIneligibleForm(WordsForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = _("Why")
        self.fields["note"].help_text = _("for the officers")


class IneligibleForm(ActForm):
    reasons = forms.MultipleChoiceField(
        label=_("Reasons"),
        choices=Reason,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose the reasons for which the application is ineligible.")},
    )
    note = forms.CharField(
        label=_("In words"),
        help_text=_("the city reads it, once another officer has agreed"),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField"}),
    )
    fieldsets = ((None, {"fields": ("reasons", "note")}),)

    def __init__(self, *args: Any, screening: Screening, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if screening.pk:
            failed = screening.items.filter(result=Result.FAIL)
            self.fields["reasons"].initial = list(failed.order_by().values_list("code", flat=True))
