from django import forms
from django.utils.translation import gettext_lazy as _

from .layout import fields_only


class WithdrawForm(forms.Form):
    """Why an application is withdrawn: words for those who are told, asked for and not demanded."""

    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("if you like: your team and the National Commission read it in their mail"),
    )
    understood = forms.BooleanField(
        label=_("I know that this cannot be undone."),
        error_messages={"required": _("Tick this if you want to withdraw the application.")},
    )

    helper = fields_only()


class ReceiptForm(forms.Form):
    code = forms.CharField(
        label=_("Code of the receipt"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
        help_text=_("twenty letters and figures in groups of four; case does not matter"),
        error_messages={"required": _("Enter the code that stands on the receipt.")},
    )

    helper = fields_only()
