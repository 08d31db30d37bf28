from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Applicant, Application, Invitation
from ..people import Person
from ..services.invitation import invite
from .team import PersonFields

EXPLAINED = {
    Applicant.Role.OWNER: _("owner: writes, invites others, shares, submits and withdraws"),
    Applicant.Role.EDITOR: _("editor: writes answers, adds photos and documents"),
    Applicant.Role.READER: _("reader: reads everything and changes nothing"),
}


class InviteApplicantForm(PersonFields):
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, words) for role, words in EXPLAINED.items()],
        widget=forms.RadioSelect,
        initial=Applicant.Role.EDITOR,
    )
    field_order = ["name", "email", "language", "role"]

    def act(self, *, application: Application, by: Person) -> Invitation:
        return invite(kind=Invitation.Kind.APPLICANT, application=application, by=by, **self.cleaned_data)
