from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ..models import City, Coordinator, FocalPointChange, Invitation
from ..people import Person
from ..services.focal_point_change import request_change
from ..services.invitation import invite
from ..services.mandate import CHOSEN_BY_FOCAL_POINT
from .layout import fields_only

EXPLAINED = {
    Coordinator.Role.ALTERNATE: _("alternate: writes, and answers for the city what other cities ask"),
    Coordinator.Role.EDITOR: _("editor: writes drafts and sends them to the secretariat"),
}


class PersonFields(forms.Form):
    """Somebody else, as the person who fills in the form knows them."""

    name = forms.CharField(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("an address that only this person reads: whoever opens the link has the mandate"),
    )
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)

    helper = fields_only()


class InviteForm(PersonFields):
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, EXPLAINED[role]) for role in CHOSEN_BY_FOCAL_POINT],
        widget=forms.RadioSelect,
        initial=Coordinator.Role.EDITOR,
    )
    field_order = ["name", "email", "language", "role"]

    def act(self, *, city: City, by: Person) -> Invitation:
        return invite(kind=Invitation.Kind.COORDINATOR, city=city, by=by, **self.cleaned_data)


class FocalPointChangeForm(PersonFields):
    letter = forms.FileField(
        label=_("Letter of the mayor"),
        help_text=_("signed, naming the new focal point; PDF, or a photo of it as JPEG or PNG, up to 10 MB"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
        # An empty file gets the sentence of the service, which also says what to choose.
        allow_empty_file=True,
        max_length=None,
    )

    def act(self, *, city: City, by: Person) -> FocalPointChange:
        return request_change(city=city, by=by, **self.cleaned_data)
