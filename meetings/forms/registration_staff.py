"""What staff fill in about those who come: a person by hand, and the questions of a meeting."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cities.forms.initiative import with_country
from cities.forms.seen import SeenForm
from cities.models import City
from cities.models.bilingual import content_languages
from cities.people import Person

from ..models import Meeting, MeetingQuestion, Registration, RegistrationRequest
from ..services.attendance import answered
from ..services.registration import Purpose
from .registration import RegistrationForm


class MemberChoice(forms.ModelChoiceField):
    """The members of today by name; the verb refuses others all the same."""

    def __init__(self) -> None:
        order = f"sort_key_{content_languages()[0]}"
        super().__init__(City.objects.members().select_related("country").order_by(order), label=_("City"))

    def label_from_instance(self, obj: Any) -> str:
        return with_country(obj)


class ByHandForm(RegistrationForm):
    """A person whom staff register; the address is theirs, not that of who types."""

    def __init__(self, *args: Any, meeting: Meeting, capacity: str, **kwargs: Any) -> None:
        super().__init__(*args, meeting=meeting, capacity=capacity, own_address=False, **kwargs)
        if capacity in Registration.OF_A_CITY and kwargs.get("registration") is None:
            self.fields["city"] = MemberChoice()

    @property
    def fieldsets(self) -> list[tuple[Any, dict[str, Any]]]:
        """The fields under their headings, as the admin lays them out."""
        groups = [(title, {"fields": [field.name for field in fields]}) for title, fields in self.groups]
        if "city" in self.fields:
            groups[0][1]["fields"].insert(0, "city")
        return groups

    @property
    def given(self) -> dict[str, Any]:
        return {name: value for name, value in super().given.items() if name != "city"}


class RegisterForm(ByHandForm):
    def act(
        self,
        *,
        by: Person,
        city: City | None = None,
        request: RegistrationRequest | None = None,
        received_at: datetime.datetime | None = None,
    ) -> Registration:
        chosen = self.cleaned_data.get("city", city)
        return super().act(by=by, city=chosen, request=request, received_at=received_at or timezone.now())


class ChangeForm(ByHandForm):
    """Corrects what is known of a person; capacity and city stay."""

    def __init__(self, *args: Any, registration: Registration, **kwargs: Any) -> None:
        super().__init__(
            *args,
            meeting=registration.meeting,
            capacity=registration.capacity,
            registration=registration,
            **kwargs,
        )
        self.registration = registration

    def act(self, *, by: Person, **others: Any) -> Registration:
        return self.change(registration=self.registration, by=by)


class QuestionForm(SeenForm):
    """A question in both languages. What an answer was given to stays what it was: its kind and its use."""

    capacities = forms.MultipleChoiceField(
        label=_("Asked of"),
        choices=Registration.Capacity,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("none ticked: of all"),
    )

    class Meta:
        model = MeetingQuestion
        fields = (
            *("meeting", "position", "kind", "purpose", "text_en", "text_fr", "help_en", "help_fr"),
            *("capacities", "is_required"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and answered(self.instance).exists():
            for name in ("kind", "purpose"):
                if name in self.fields:
                    self.fields[name].disabled = True
                    self.fields[name].help_text = _("stays as it is: the question was answered")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        purpose, kind = given.get("purpose"), given.get("kind")
        yes_no = kind == MeetingQuestion.Kind.YES_NO
        if purpose == Purpose.VISA and not yes_no:
            self.add_error("kind", _("Whether a letter for a visa is needed is answered by yes or no."))
        elif purpose and purpose != Purpose.VISA and yes_no:
            self.add_error("kind", _("What the portal uses this answer for needs a text."))
        return given

    def validate_constraints(self) -> None:
        """Said at the field, not above the form."""
        meeting, purpose = self.cleaned_data.get("meeting") or self.instance.meeting_id, self.instance.purpose
        others = MeetingQuestion.objects.filter(meeting=meeting, purpose=purpose).exclude(pk=self.instance.pk)
        if purpose and "purpose" not in self.errors and others.exists():
            self.add_error("purpose", _("Another question of this meeting is used for it already."))
