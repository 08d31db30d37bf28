"""What staff fill in to appoint or invite somebody, and to refuse that."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from ..models import City, Coordinator, Country, CreativeField, Evaluator, Invitation, Mandate
from ..people import Person
from ..services.invitation import account_of, invite
from ..services.mandate import begin_mandate
from .act import ActForm


class WhoFields(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "class": "vTextField"}),
        help_text=_("one that only this person reads: whoever opens the link has the mandate"),
    )
    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"})
    )
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)


class AppointForm(WhoFields):
    """Appoints whoever has an account, and invites whoever has none."""

    kind = ""
    scope: tuple[str, ...] = ()

    def act(self, *, by: Person) -> Mandate | Invitation:
        scope = {name: self.cleaned_data[name] for name in self.scope}
        account = account_of(self.cleaned_data["email"])
        if account is not None:
            return begin_mandate(user=account, by=by, kind=self.kind, **scope)
        person = {name: self.cleaned_data[name] for name in ("email", "name", "language")}
        return invite(kind=self.kind, by=by, **person, **scope)


class AppointCoordinatorForm(AppointForm):
    kind = Invitation.Kind.COORDINATOR
    scope = ("city", "role")
    city = forms.ModelChoiceField(City.objects.all(), label=_("City"))
    role = forms.ChoiceField(label=_("Role"), choices=Coordinator.Role, widget=forms.RadioSelect)
    fieldsets = ((None, {"fields": ("city", "role", "email", "name", "language")}),)


class AppointCommissionOfficerForm(AppointForm):
    kind = Invitation.Kind.COMMISSION
    scope = ("country",)
    country = forms.ModelChoiceField(Country.objects.all(), label=_("Country"))
    fieldsets = ((None, {"fields": ("country", "email", "name", "language")}),)


class AppointEvaluatorForm(AppointForm):
    kind = Invitation.Kind.EVALUATOR
    scope = ("panel", "field", "city")
    panel = forms.ChoiceField(label=_("Panel"), choices=Evaluator.Panel, widget=forms.RadioSelect)
    field = forms.ModelChoiceField(CreativeField.objects.all(), label=_("Creative field"))
    city = forms.ModelChoiceField(
        City.objects.all(),
        label=_("Named by the city"),
        required=False,
        help_text=_("for the panel of the member cities only"),
    )
    countries = forms.ModelMultipleChoiceField(
        Country.objects.all(),
        label=_("Countries of the person"),
        required=False,
        help_text=_("by citizenship or work: the person evaluates no application of these"),
    )
    reads_english = forms.BooleanField(label=_("Reads English"), required=False, initial=True)
    reads_french = forms.BooleanField(label=_("Reads French"), required=False, initial=True)
    max_load = forms.IntegerField(label=_("Applications at once, at most"), min_value=1, max_value=100, initial=6)
    fieldsets = (
        (None, {"fields": ("panel", "field", "city", "email", "name", "language")}),
        (
            _("What they evaluate"),
            {
                "fields": ("countries", "reads_english", "reads_french", "max_load"),
                "description": _("If the person is invited first, note this again once they have accepted."),
            },
        ),
    )
    described = ("countries", "reads_english", "reads_french", "max_load")

    def act(self, *, by: Person) -> Mandate | Invitation:
        account = account_of(self.cleaned_data["email"])
        if account is None:
            return super().act(by=by)
        given = {name: self.cleaned_data[name] for name in (*self.scope, *self.described)}
        return begin_mandate(user=account, by=by, kind=self.kind, **given)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "panel" in given and "city" in given and (given["panel"] == Evaluator.Panel.CITIES) != bool(given["city"]):
            self.add_error("city", _("A person of the member cities’ panel is named by a city; an expert is not."))
        return given


class DescribeEvaluatorForm(ActForm):
    countries = forms.ModelMultipleChoiceField(
        Country.objects.all(),
        label=_("Countries of the person"),
        required=False,
        help_text=_("by citizenship or work: the person evaluates no application of these"),
    )
    reads_english = forms.BooleanField(label=_("Reads English"), required=False)
    reads_french = forms.BooleanField(label=_("Reads French"), required=False)
    max_load = forms.IntegerField(label=_("Applications at once, at most"), min_value=1, max_value=100)
    fieldsets = ((None, {"fields": ("countries", "reads_english", "reads_french", "max_load")}),)


class InviteStaffForm(WhoFields):
    group = forms.ModelChoiceField(
        Group.objects.order_by("pk"), label=_("Group"), widget=forms.RadioSelect, empty_label=None
    )
    fieldsets = ((None, {"fields": ("email", "name", "language", "group")}),)

    def __init__(self, *args: Any, group_labels: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["group"]
        field.label_from_instance = lambda group: str(group_labels.get(group.name, group.name))

    def act(self, *, by: Person) -> Invitation:
        return invite(kind=Invitation.Kind.STAFF, by=by, **self.cleaned_data)


class RefuseChangeForm(ActForm):
    reason = forms.CharField(
        label=_("Why not"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=_("the city reads it, in the mail and on its page"),
    )
    fieldsets = ((None, {"fields": ("reason",)}),)
