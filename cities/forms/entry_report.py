from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..models import EntryReport
from .layout import fields_only


class EntryReportForm(forms.ModelForm):
    """A reader's report. `subject` is a trap that only programs fill in."""

    subject = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"tabindex": -1, "autocomplete": "off"}),
    )

    class Meta:
        model = EntryReport
        fields = ["message", "source", "email"]
        labels = {
            "message": _("What is wrong, and what would be right?"),
            "source": _("Where can it be checked? (optional)"),
            "email": _("Your e-mail address, if you would like an answer (optional)"),
        }
        widgets = {
            "message": forms.Textarea(attrs={"rows": 6}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }
        error_messages = {"message": {"required": _("Say in a few words what is wrong.")}}

    helper = fields_only()

    def clean_message(self) -> str:
        message = self.cleaned_data["message"].strip()
        if len(message.split()) < 2:
            raise ValidationError(_("Say in a few words what is wrong."))
        return message
