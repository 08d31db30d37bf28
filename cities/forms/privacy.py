from django import forms
from django.utils.translation import gettext_lazy as _

from .layout import fields_only


class ErasureForm(forms.Form):
    understood = forms.BooleanField(
        label=_("I understand that this cannot be undone, and that I can no longer sign in."),
        error_messages={"required": _("Tick the box if you want your data to be erased.")},
    )

    helper = fields_only()
