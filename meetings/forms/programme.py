"""Forms of the programme; times are typed as the clocks of the place will show them."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.forms.call import InstantInput
from cities.forms.seen import SeenForm
from cities.people import Person
from cities.services.locking import locked

from ..models import Meeting, Room, Session, SessionSpeaker, Speaker
from ..services.programme import ProgrammeRefused, at_the_place, copy_session, obstacles, speaker_clashes


class LocalTime(forms.Field):
    """A day and an hour as clocks show them somewhere, without saying where."""

    widget = InstantInput
    default_error_messages = {"invalid": gettext_lazy("Give a day and an hour, as 2027-06-01 09:30.")}

    def to_python(self, value: Any) -> datetime.datetime | None:
        if value in self.empty_values:
            return None
        try:
            found = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(value.strip())
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found.replace(second=0, microsecond=0)


def zone_in_words(meeting: Meeting) -> str:
    return _("as clocks show it at the place of the meeting (%(zone)s)") % {"zone": meeting.time_zone}


class SessionForm(SeenForm):
    """A session of one meeting: its rooms, its days, its time zone. Whatever clashes is said at the field."""

    meeting = forms.ModelChoiceField(Meeting.objects.all(), widget=forms.HiddenInput)
    starts_at: Any = LocalTime(label=gettext_lazy("Begins"))
    ends_at: Any = LocalTime(label=gettext_lazy("Ends"))

    class Meta:
        model = Session
        fields = (
            *("meeting", "kind", "field", "room", "places", "starts_at", "ends_at"),
            *("title_en", "title_fr", "summary_en", "summary_fr"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = (self.data if self.is_bound else self.initial).get("meeting")
        if self.instance.pk:
            if "meeting" in self.fields:
                self.fields["meeting"].disabled = True
        elif str(asked or "").isdecimal():
            self.instance.meeting = Meeting.objects.filter(pk=str(asked)[:9]).first()
        meeting = self.instance.meeting if self.instance.meeting_id else None
        for name in ("starts_at", "ends_at"):
            if name not in self.fields:
                continue  # not for who only reads
            if meeting:
                self.fields[name].help_text = zone_in_words(meeting)
            if isinstance(instant := self.initial.get(name), datetime.datetime) and meeting:
                self.initial[name] = instant.astimezone(meeting.zone).replace(tzinfo=None, second=0, microsecond=0)
        if "room" in self.fields:
            self.fields["room"].queryset = Room.objects.filter(meeting=meeting)  # type: ignore[attr-defined]  # a choice of rows

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if meeting := given.get("meeting"):
            # Held until the session is written: what is looked at here stays true.
            self.instance.meeting = given["meeting"] = locked(meeting)
            for name in ("starts_at", "ends_at"):
                if given.get(name):
                    self._put_in_zone(name, given, given["meeting"])
        return given

    def _put_in_zone(self, name: str, given: dict[str, Any], meeting: Meeting) -> None:
        stored = getattr(self.instance, name)
        if stored and given[name] == self.initial.get(name):
            # As it was: of an hour that clocks show twice, the one that it is.
            given[name] = stored
            return
        try:
            given[name] = at_the_place(given[name], meeting)
        except ProgrammeRefused as refusal:
            self.add_error(name, str(refusal))

    def validate_constraints(self) -> None:
        """Said in more words by `obstacles`."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # of Django's own forms
        if not self.errors:
            for one in obstacles(self.instance):
                self.add_error(one.fact if one.fact in self.fields else None, one.sentence)


class SpeakersFormSet(forms.BaseInlineFormSet):
    """Who speaks in a session: speakers of its meeting, each free at its time."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "speaker" in form.fields:
            form.fields["speaker"].queryset = Speaker.objects.filter(meeting=self.instance.meeting_id)
        if "position" in form.fields and form.instance.pk is None:
            form.initial["position"] = (self.total_form_count() if index is None else index) + 1

    def clean(self) -> None:
        super().clean()
        session: Any = self.instance
        if session.starts_at is None or session.ends_at is None:
            return
        for form in self.wanted():
            for sentence in speaker_clashes(session, [form.cleaned_data["speaker"]]):
                form.add_error("speaker", sentence)

    def wanted(self) -> list[Any]:
        """The rows that name a speaker and are not taken away, in the order of their positions."""
        rows = [
            form
            for form in self.forms
            if hasattr(form, "cleaned_data")
            and form.cleaned_data.get("speaker")
            and not form.cleaned_data.get(forms.formsets.DELETION_FIELD_NAME)
        ]
        return sorted(rows, key=lambda form: form.cleaned_data.get("position") or 0)


class SpeakerRowForm(forms.ModelForm):
    class Meta:
        model = SessionSpeaker
        fields = ("position", "speaker", "is_moderator")


class CopySessionForm(forms.Form):
    """The same session at another time, or in another room."""

    starts_at = LocalTime(label=gettext_lazy("Begins"))
    room = forms.ModelChoiceField(Room.objects.none(), label=gettext_lazy("Room"))
    with_speakers = forms.BooleanField(label=gettext_lazy("With its speakers"), required=False)
    fieldsets = ((None, {"fields": ("starts_at", "room", "with_speakers")}),)

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        self.fields["room"].queryset = Room.objects.filter(meeting=session.meeting)  # type: ignore[attr-defined]  # a choice of rows
        self.fields["starts_at"].help_text = zone_in_words(session.meeting)

    def act(self, *, by: Person) -> Session:
        """Raises ProgrammeRefused."""
        given = self.cleaned_data
        return copy_session(
            session=self.session,
            starts_at=at_the_place(given["starts_at"], self.session.meeting),
            room=given["room"],
            with_speakers=given["with_speakers"],
            by=by,
        )
