"""What officers fill in about assignments, and about conflicts of interest that do not count."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Application, Assignment, Conflict, Evaluator
from ..people import Person
from ..services.assignment import assign
from ..services.conflict import Candidate, propose_override
from .act import ActForm


def named(candidate: Candidate) -> str:
    """An evaluator as officers choose among them."""
    evaluator = candidate.evaluator
    languages = {(True, True): _("English and French"), (True, False): _("English"), (False, True): _("French")}
    known = {
        "name": evaluator.user,
        "panel": evaluator.city or evaluator.get_panel_display(),
        "load": candidate.load,
        "most": evaluator.max_load,
        "languages": languages.get((evaluator.reads_english, evaluator.reads_french), "–"),
    }
    return _("%(name)s (%(panel)s): has %(load)s of %(most)s, reads %(languages)s") % known


class AssignForm(forms.Form):
    evaluator = forms.ChoiceField(
        label=gettext_lazy("Evaluator"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose an evaluator.")},
    )
    fieldsets = ((None, {"fields": ("evaluator",)}),)

    def __init__(self, *args: Any, application: Application, candidates: list[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = application
        self.evaluators = {str(one.evaluator.pk): one.evaluator for one in candidates}
        field: Any = self.fields["evaluator"]
        field.choices = [(str(one.evaluator.pk), named(one)) for one in candidates if one.is_free]

    def act(self, *, by: Person) -> Assignment:
        evaluator: Evaluator = self.evaluators[self.cleaned_data["evaluator"]]
        return assign(application=self.application, evaluator=evaluator, by=by)


class OverrideForm(forms.Form):
    conflict = forms.ChoiceField(
        label=gettext_lazy("Conflict that does not count"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a conflict.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why it does not matter here"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000
    )
    fieldsets = ((None, {"fields": ("conflict", "reason")}),)

    def __init__(self, *args: Any, application: Application, candidates: list[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = application
        self.persons = {str(one.evaluator.user_id): one.evaluator.user for one in candidates}
        field: Any = self.fields["conflict"]
        field.choices = [
            (f"{one.evaluator.user_id}/{conflict.value}", f"{one.evaluator.user}: {capfirst(str(conflict.label))}")
            for one in candidates
            for conflict in Conflict
            if conflict in one.conflicts
        ]

    def act(self, *, by: Person) -> Any:
        user, _slash, conflict = self.cleaned_data["conflict"].partition("/")
        return propose_override(
            application=self.application,
            user=self.persons[user],
            conflict=conflict,
            reason=self.cleaned_data["reason"],
            by=by,
        )


class TakeBackForm(ActForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("for the secretariat only"),
    )
    fieldsets = ((None, {"fields": ("reason",)}),)


class ReopenForm(ActForm):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=gettext_lazy("the evaluator reads it, in the mail and above the form"),
    )
    fieldsets = ((None, {"fields": ("reason",)}),)
