"""What decision officers fill in: the shortlist, the act of a decision, the word that confirms the announcement."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ..exceptions import UploadRefused
from ..models import Application, Call, Decision, PrivateFile, Shortlisting
from ..people import Person
from ..services.announcement import announce
from ..services.decision import correct, decide, decide_rest, shortlist_many
from ..services.private_file import read_document, store
from .designation import Day


class Words(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), max_length=1000, **kwargs)


class ShortlistForm(forms.Form):
    standing = forms.ChoiceField(label=_("Standing"), choices=Shortlisting.Standing.choices, widget=forms.RadioSelect)
    reason = Words(label=_("Reason"), required=False, help_text=_("needed where an application stood elsewhere before"))
    fieldsets = ((None, {"fields": ("standing", "reason")}),)

    def __init__(self, *args: Any, applications: Sequence[Application], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.applications = applications

    def act(self, *, by: Person) -> list[Shortlisting]:
        return shortlist_many(applications=self.applications, by=by, **self.cleaned_data)


class ActFields(forms.Form):
    """The act that a decision is recorded by: its file is sent with it, or was before, or is still to come."""

    reference = forms.CharField(
        label=_("Reference of the act"), max_length=100, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    decided_on = Day(label=_("Date of the act"))
    decider = forms.CharField(
        label=_("Decided by"),
        max_length=150,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("the office that decided, not the account that records it"),
    )
    known_file = forms.ModelChoiceField(
        PrivateFile.objects.none(),
        label=_("Signed act that is here already"),
        required=False,
        empty_label=_("none"),
    )
    upload = forms.FileField(
        label=_("Signed act"),
        required=False,
        # An empty file gets the sentence of the service.
        allow_empty_file=True,
        help_text=_("PDF, up to 10 MB; seen by decision officers alone until the announcement"),
    )

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["known_file"]
        choice.queryset = PrivateFile.objects.filter(kind=PrivateFile.Kind.DECISION, decisions__call=call).distinct()
        if not choice.queryset.exists():
            del self.fields["known_file"]

    @property
    def fields_of_act(self) -> tuple[str, ...]:
        names = ("reference", "decided_on", "decider", "known_file", "upload")
        return tuple(name for name in names if name in self.fields)

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        if upload:
            try:
                read_document(upload)
            except UploadRefused as refusal:
                raise ValidationError(str(refusal)) from None
        return upload

    def act_by(self, verb: Callable[..., Any], by: Person, **values: Any) -> Any:
        """Call a verb with the act and its file, which is kept only when the verb took it."""
        act: dict[str, Any] = {name: self.cleaned_data[name] for name in ("reference", "decided_on", "decider")}
        upload, file = self.cleaned_data["upload"], self.cleaned_data.get("known_file")
        stored: PrivateFile | None = None
        try:
            with transaction.atomic():
                if upload:
                    file = stored = store(kind=PrivateFile.Kind.DECISION, city=None, upload=upload, by=by)
                return verb(**act, **values, file=file, by=by)
        except BaseException:
            if stored is not None and stored.file.name:
                stored.file.storage.delete(stored.file.name)
            raise


class StartsOn(forms.DateField):
    def __init__(self) -> None:
        super().__init__(
            label=_("First day as a member"),
            required=False,
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            help_text=_("only where the act names one before the announcement; otherwise the day of the announcement"),
        )


class Outcome(forms.ChoiceField):
    def __init__(self) -> None:
        super().__init__(label=_("Outcome"), choices=Decision.Outcome.choices, widget=forms.RadioSelect)


class DecideForm(ActFields):
    outcome = Outcome()
    starts_on = StartsOn()

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, call=application.call, **kwargs)
        self.application = application

    @property
    def fieldsets(self) -> tuple:
        return ((None, {"fields": ("outcome", *self.fields_of_act, "starts_on")}),)

    def act(self, *, by: Person) -> Decision:
        values = {name: self.cleaned_data[name] for name in ("outcome", "starts_on")}
        return self.act_by(decide, by, application=self.application, **values)


class CorrectForm(ActFields):
    outcome = Outcome()
    starts_on = StartsOn()
    reason = Words(label=_("Reason"), help_text=_("why the decision is corrected; kept for ever"))

    def __init__(self, *args: Any, decision: Decision, **kwargs: Any) -> None:
        known = {name: getattr(decision, name) for name in ("outcome", "reference", "decided_on", "decider")}
        initial = {**known, "starts_on": decision.starts_on, "known_file": decision.file_id}
        super().__init__(*args, call=decision.call, **{"initial": initial} | kwargs)
        self.decision = decision

    @property
    def fieldsets(self) -> tuple:
        return ((None, {"fields": ("outcome", *self.fields_of_act, "starts_on", "reason")}),)

    def act(self, *, by: Person) -> Decision:
        values = {name: self.cleaned_data[name] for name in ("outcome", "starts_on", "reason")}
        return self.act_by(correct, by, decision=self.decision, **values)


class RestForm(ActFields):
    """“Not designated” for all that no decision was taken on, as they stood on the page."""

    remaining = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, call: Call, applications: Sequence[Application], **kwargs: Any) -> None:
        shown = ",".join(str(application.pk) for application in applications)
        super().__init__(*args, call=call, **{"initial": {"remaining": shown}} | kwargs)
        self.call = call

    @property
    def fieldsets(self) -> tuple:
        return ((None, {"fields": ("remaining", *self.fields_of_act)}),)

    def act(self, *, by: Person) -> list[Decision]:
        shown = [int(key) for key in self.cleaned_data["remaining"].split(",") if key.isdecimal()]
        applications = list(Application.objects.filter(call=self.call, pk__in=shown))
        return self.act_by(decide_rest, by, call=self.call, applications=applications)


class AnnounceForm(forms.Form):
    confirmation = forms.CharField(
        label=_("Address of the call"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    fieldsets = ((None, {"fields": ("confirmation",)}),)

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call = call
        self.fields["confirmation"].help_text = _("Type %(slug)s to confirm.") % {"slug": call.slug}

    def clean_confirmation(self) -> str:
        typed = self.cleaned_data["confirmation"].strip()
        if typed != self.call.slug:
            raise ValidationError(_("Type %(slug)s to confirm.") % {"slug": self.call.slug})
        return typed

    def act(self, *, by: Person) -> Call:
        return announce(call=self.call, by=by)
