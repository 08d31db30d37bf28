from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Application, ApplicationDocument
from ..people import Person
from ..services.application_document import add_document
from .layout import fields_only

Kind = ApplicationDocument.Kind


class DocumentForm(forms.Form):
    """A document of an application; of letters also who signed them."""

    kind = forms.ChoiceField(
        label=_("Which document"),
        choices=[(kind.value, kind.label) for kind in ApplicationDocument.OF_TEAM],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say which document it is.")},
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, up to 10 MB"),
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
        # An empty file gets the sentence of the service, which also says what to choose.
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": _("Choose a file first.")},
    )
    signatory_name = forms.CharField(
        label=_("Signed by"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("for letters: first and last name. Who signed for a city does not evaluate its application."),
    )
    signatory_function = forms.CharField(
        label=_("Function of the signatory"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    signatory_email = forms.EmailField(
        label=_("E-mail address of the signatory"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    helper = fields_only()

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        is_signed = given.get("kind") in ApplicationDocument.SIGNED
        if is_signed and "signatory_name" not in self.errors and not given.get("signatory_name", "").strip():
            self.add_error("signatory_name", _("Say who signed the letter."))
        return given

    def act(self, *, application: Application, by: Person) -> ApplicationDocument:
        given = dict(self.cleaned_data)
        return add_document(application=application, upload=given.pop("file"), by=by, **given)
