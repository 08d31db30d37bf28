"""What a focal point chooses on the paper, the check of a receipt, and what staff fill in about a ballot."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cities.forms.act import ActForm
from cities.forms.layout import fields_only
from cities.models import City

from ..models import BallotOption

BLANK = "blank"
"""What stands for a blank vote in the form: no number, so that it can be no bid's."""


class VoteForm(forms.Form):
    """The paper: which city votes, and for what. `cities` are those that the person casts the vote of."""

    city = forms.ChoiceField(
        label=_("City that votes"),
        error_messages={
            "required": _("Choose the city whose vote you cast."),
            "invalid_choice": _("Choose one of the cities whose focal point you are."),
        },
    )
    choice = forms.ChoiceField(
        label=_("Vote"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose one of the bids, or the blank vote."),
            "invalid_choice": _("Choose one of the bids on this paper, or the blank vote."),
        },
    )

    helper = fields_only()

    def __init__(
        self, data: Any = None, *, cities: Iterable[City], options: Iterable[BallotOption], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.by_slug = {city.slug: city for city in cities}
        self.by_number = {str(option.number): option for option in options}
        self.fields["city"].choices = [(slug, city.name) for slug, city in self.by_slug.items()]  # type: ignore[attr-defined]  # a ChoiceField
        if len(self.by_slug) == 1:
            self.fields["city"].initial = next(iter(self.by_slug))
            self.fields["city"].widget = forms.HiddenInput()
        numbers = [(number, option.bid.names) for number, option in self.by_number.items()]
        self.fields["choice"].choices = [*numbers, (BLANK, _("Blank vote"))]  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def voting_city(self) -> City:
        return self.by_slug[self.cleaned_data["city"]]

    @property
    def option(self) -> BallotOption | None:
        """The bid chosen; None for a blank vote."""
        return self.by_number.get(self.cleaned_data["choice"])


class CheckForm(forms.Form):
    receipt = forms.CharField(
        label=_("Receipt"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("the letters and figures that were shown after the vote; hyphens and case do not matter"),
        error_messages={"required": _("Enter the receipt that was shown after the vote.")},
    )

    helper = fields_only()


class ReasonOfBallotForm(ActForm):
    """Why a ballot is annulled: words for the members and the public."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        help_text=_("The member cities get it by mail, and it stands on the page of the ballot. No personal data."),
    )
    fieldsets = ((None, {"fields": ("reason",)}),)
