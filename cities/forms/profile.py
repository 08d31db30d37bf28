from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..models import ProfileRevision
from ..models.profile import ADDED_VALUE_WORDS, PRESENTATION_WORDS
from .draft import Draft, LongText, RowForm, WebAddress, rows
from .layout import fields_only

LINKS, VENUES, EVENTS = 10, 20, 20


class ProfileForm(forms.ModelForm):
    presentation_en = LongText(words=PRESENTATION_WORDS, label=_("Presentation in English"))
    presentation_fr = LongText(words=PRESENTATION_WORDS, label=_("Presentation in French"))
    added_value_en = LongText(words=ADDED_VALUE_WORDS, label=_("Added value in English"))
    added_value_fr = LongText(words=ADDED_VALUE_WORDS, label=_("Added value in French"))
    website = WebAddress(label=_("Website of the city"))

    class Meta:
        model = ProfileRevision
        fields = [
            "presentation_en",
            "presentation_fr",
            "added_value_en",
            "added_value_fr",
            "website",
            "contact_email",
            "contact_function_en",
            "contact_function_fr",
            "contact_name",
            "contact_consent",
        ]
        labels = {
            "contact_email": _("Public mailbox"),
            "contact_function_en": _("Function in English"),
            "contact_function_fr": _("Function in French"),
            "contact_name": _("Name of a person (optional)"),
            "contact_consent": _("The person named agrees to be named in public"),
        }
        help_texts = {
            "contact_email": _("A mailbox of the office, not of a person: it stays when people change."),
            "contact_name": _("Only with the person’s consent."),
        }
        widgets = {
            "contact_email": forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "contact_name": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        error_messages = {"contact_email": {"invalid": _("This is not an e-mail address.")}}

    helper = fields_only()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("contact_name") and not cleaned.get("contact_consent"):
            self.add_error("contact_name", _("Tick that the person agrees to be named, or leave the name out."))
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The row is judged when it is submitted; a draft may lack anything."""


class LinkForm(RowForm):
    label = forms.CharField(label=_("Name"), max_length=80, required=False)
    url = WebAddress(label=_("Address"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("label") and "url" in cleaned and not cleaned["url"]:
            self.add_error("url", ValidationError(_("Give the address, or remove the row.")))
        if cleaned.get("url") and "label" in cleaned and not cleaned["label"]:
            self.add_error("label", ValidationError(_("Say what the link leads to.")))
        return cleaned


class NamedRowForm(RowForm):
    """Something with a name in at least one language."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_named = any(self.raw()[name] for name in ("name_en", "name_fr"))
        if not is_named and any(self.raw().values()):
            self.add_error("name_en", ValidationError(_("Give a name in at least one language, or remove the row.")))
        return cleaned


class VenueForm(NamedRowForm):
    name_en = forms.CharField(label=_("Name in English"), max_length=120, required=False)
    name_fr = forms.CharField(label=_("Name in French"), max_length=120, required=False)
    url = WebAddress(label=_("Address of its page"))


class EventForm(NamedRowForm):
    name_en = forms.CharField(label=_("Name in English"), max_length=120, required=False)
    name_fr = forms.CharField(label=_("Name in French"), max_length=120, required=False)
    when_en = forms.CharField(label=_("When, in English"), max_length=80, required=False)
    when_fr = forms.CharField(label=_("When, in French"), max_length=80, required=False)
    url = WebAddress(label=_("Address of its page"))


class ProfileDraft(Draft):
    form_class = ProfileForm
    lists = {
        "links": rows(LinkForm, most=LINKS),
        "venues": rows(VenueForm, most=VENUES),
        "events": rows(EventForm, most=EVENTS),
    }

    def values(self) -> dict[str, Any]:
        values = super().values()
        if not values.get("contact_consent"):
            # Nobody is named without consent, not even in a draft; a name just typed waits in `as_typed`.
            values["contact_name"] = ""
        return values
