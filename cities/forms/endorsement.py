"""What a National Commission fills in about the applications of its country, and what staff do for it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..days import today
from ..models import Application, Call, Endorsement
from ..people import Person
from ..services.endorsement import (
    IN_PREPARATION,
    NOTE_LENGTH,
    Desk,
    decline,
    endorse,
    record_on_paper,
    save_note,
    set_wishes,
    withdraw_endorsement,
)
from .act import ActForm
from .layout import fields_only

LAST_WISH = 999


def words(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class LetterField(forms.FileField):
    def __init__(self, **kwargs: Any) -> None:
        # An empty file gets the sentence of the service, which also says what to choose.
        kept = {"allow_empty_file": True, "max_length": None, "widget": forms.FileInput(attrs={"accept": ".pdf"})}
        super().__init__(**kept | kwargs)


class EndorseForm(forms.Form):
    letter = LetterField(
        label=_("Letter of the National Commission"),
        help_text=_("signed, naming the city and the creative field; PDF, up to 10 MB"),
    )
    helper = fields_only()

    def act(self, *, endorsement: Endorsement, by: Person) -> Endorsement:
        return endorse(endorsement=endorsement, letter=self.cleaned_data["letter"], by=by)


class DeclineForm(forms.Form):
    reason = words(_("Why"), _("the city reads it"))
    helper = fields_only()

    def act(self, *, endorsement: Endorsement, by: Person) -> Endorsement:
        return decline(endorsement=endorsement, reason=self.cleaned_data["reason"], by=by)


class WithdrawForm(forms.Form):
    reason = words(_("Why"), _("the city reads it"))
    helper = fields_only()

    def act(self, *, endorsement: Endorsement, by: Person) -> Endorsement:
        return withdraw_endorsement(endorsement=endorsement, reason=self.cleaned_data["reason"], by=by)


class NoteForm(forms.Form):
    note = words(_("Note"), _("for your Commission and the secretariat; the city does not see it"), required=False)
    helper = fields_only()

    def act(self, *, endorsement: Endorsement, by: Person) -> Endorsement:
        return save_note(endorsement=endorsement, note=self.cleaned_data["note"], by=by)


class WishesForm(forms.Form):
    """A number for each application on a desk: the order in which the Commission would choose them."""

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk = desk
        for row in desk.rows:
            self.fields[f"wish-{row.endorsement.pk}"] = forms.IntegerField(
                label=_("Wish for %(city)s") % {"city": row.application.name},
                required=False,
                min_value=1,
                max_value=LAST_WISH,
                initial=row.endorsement.rank,
                widget=forms.NumberInput(attrs={"class": "form-control wish", "inputmode": "numeric"}),
                error_messages={"invalid": _("Give a whole number, 1 for the first wish.")},
            )

    def act(self, *, by: Person) -> list[Endorsement]:
        wishes = {row.endorsement.pk: self.cleaned_data[f"wish-{row.endorsement.pk}"] for row in self.desk.rows}
        return set_wishes(country=self.desk.country, call=self.desk.call, wishes=wishes, by=by)


# In the admin


def recordable() -> Any:
    """Applications whose endorsement can still be recorded."""
    running = Application.objects.filter(call__status=Call.Status.PUBLISHED, status__in=IN_PREPARATION)
    free = running.exclude(endorsement__status=Endorsement.Status.ENDORSED)
    return free.select_related("call", "country").order_by("-call__opens_at", "country__sort_key_en", "sort_key")


class ApplicationField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.country.name} · {obj.name} · {obj.reference}"


class PaperLetterForm(forms.Form):
    application = ApplicationField(recordable(), label=_("Application"))
    received_on = forms.DateField(
        label=_("Received on"),
        help_text=_("counts for the deadline of the Commission"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        initial=today,
    )
    letter = LetterField(
        label=_("Scan of the letter"), help_text=_("PDF, up to 10 MB; can be left out"), required=False
    )
    fieldsets = ((None, {"fields": ("application", "received_on", "letter")}),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["application"].queryset = recordable()  # type: ignore[attr-defined]  # of a ModelChoiceField

    def act(self, *, by: Person) -> Endorsement:
        return record_on_paper(by=by, **self.cleaned_data)


class PaperWithdrawalForm(ActForm):
    reason = words(_("What the Commission says"), _("the city reads it"))
    fieldsets = ((None, {"fields": ("reason",)}),)
