"""What is filled in to register for a meeting: who comes, and what the meeting asks of that capacity."""

import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cities.forms.layout import fields_only
from cities.models import City
from cities.people import Person

from ..models import Meeting, MeetingQuestion, Registration, RegistrationRequest
from ..services.registration import (
    ANSWER_LENGTH,
    ASKED_FOR_A_VISA,
    AlreadyRegistered,
    Purpose,
    RegistrationRefused,
    Unanswered,
    change_registration,
    questions_for,
    register,
)

LENGTH = 150


class Address(forms.EmailField):
    """An e-mail address. Django lets some letters pass that become plain ones when case is folded, as “ſ” and “ı”:
    one database or the other would take them for another person's."""

    default_validators = [*forms.EmailField.default_validators, RegexValidator(r"^[\x21-\x7e]+@")]


class AddressForm(forms.Form):
    """The e-mail address to which the link to the form goes."""

    email = Address(
        label=gettext_lazy("Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"invalid": gettext_lazy("This is not an e-mail address.")},
    )
    helper = fields_only()


def key_of(question: MeetingQuestion) -> str:
    return f"q-{question.pk}"


class RegistrationForm(forms.Form):
    """A person who comes, in a capacity. Without `own_address` the address is asked for, too."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LENGTH)
    email = Address(
        label=gettext_lazy("E-mail address"),
        help_text=gettext_lazy("of the person: the confirmation goes there, with a link to change and to cancel"),
        widget=forms.EmailInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("This is not an e-mail address.")},
    )
    function = forms.CharField(label=gettext_lazy("Function"), max_length=LENGTH, required=False)
    organization = forms.CharField(label=gettext_lazy("Organization"), max_length=LENGTH, required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mails"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
    on_list = forms.BooleanField(required=False)

    def __init__(
        self,
        *args: Any,
        meeting: Meeting,
        capacity: str,
        own_address: bool,
        registration: Registration | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.meeting, self.capacity, self.own_address = meeting, capacity, own_address
        self.questions = questions_for(meeting, capacity)
        if own_address:
            del self.fields["email"]
            self.fields["name"].widget.attrs["autocomplete"] = "name"
        if capacity in Registration.OF_A_CITY:
            self.fields["organization"].help_text = _("if other than the city")
        else:
            self.fields["organization"].required = True
        self.fields["language"].initial = get_language()
        self.fields["on_list"].label = (
            _("My name, function and organization may be shown to the other participants and to the member cities.")
            if own_address
            else _(
                "The person agrees that name, function and organization are shown to the other participants and to the"
                " member cities."
            )
        )
        for question in self.questions:
            self.fields[key_of(question)] = self._field(question)
        if registration is not None:
            self._fill(registration)

    helper = fields_only()

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings."""
        about: list[str] = [
            name for name in ("name", "email", "function", "organization", "language") if name in self.fields
        ]
        named: list[tuple[str, list[str]]] = [
            (_("Person"), about),
            (_("Needs"), [key_of(question) for question in self.questions]),
            (_("List of participants"), ["on_list"]),
        ]
        return [(title, [self[name] for name in names]) for title, names in named if names]

    def _field(self, question: MeetingQuestion) -> forms.Field:
        known: dict[str, Any] = {
            "label": question.text,
            "help_text": question.help,
            "required": question.is_required,
        }
        if question.kind == MeetingQuestion.Kind.YES_NO:
            return forms.BooleanField(**known)
        if question.purpose in (Purpose.DIET, Purpose.ACCESS):
            known["widget"] = forms.Textarea(attrs={"rows": 2})
        return forms.CharField(max_length=ANSWER_LENGTH, **known)

    def _fill(self, registration: Registration) -> None:
        for name in ("name", "email", "function", "organization", "language", "on_list"):
            if name in self.fields:
                self.fields[name].initial = getattr(registration, name)
        for question in self.questions:
            self.fields[key_of(question)].initial = registration.answers.get(str(question.pk))

    def clean(self) -> dict[str, Any]:
        """A letter for a visa needs the name of the passport and the nationality."""
        known = super().clean() or {}
        asks = next((question for question in self.questions if question.purpose == Purpose.VISA), None)
        if asks is not None and known.get(key_of(asks)):
            for question in self.questions:
                name = key_of(question)
                if question.purpose in ASKED_FOR_A_VISA and name not in self.errors and not known.get(name):
                    self.add_error(name, _("Needed for the letter for a visa."))
        return known

    @property
    def given(self) -> dict[str, Any]:
        """What was filled in, as the verbs take it."""
        known = {name: value for name, value in self.cleaned_data.items() if not name.startswith("q-")}
        answers = {str(question.pk): self.cleaned_data[key_of(question)] for question in self.questions}
        return known | {"answers": answers}

    def refuse(self, refusal: RegistrationRefused) -> None:
        """Show a refusal where it belongs."""
        match refusal:
            case AlreadyRegistered() if "email" in self.fields:
                self.add_error("email", str(refusal))
            case Unanswered():
                self.add_error(key_of(refusal.question), str(refusal))
            case _:
                self.add_error(None, str(refusal))

    def act(
        self,
        *,
        city: City | None,
        by: Person | None,
        request: RegistrationRequest | None = None,
        received_at: datetime.datetime,
    ) -> Registration:
        own = {"email": by.email} if by is not None and self.own_address else {}
        return register(
            meeting=self.meeting,
            capacity=self.capacity,
            city=city,
            by=by,
            request=request,
            received_at=received_at,
            **self.given | own,
        )

    def change(self, *, registration: Registration, by: Person | None) -> Registration:
        return change_registration(registration=registration, by=by, **self.given)
