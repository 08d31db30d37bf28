"""The form of a bid to host, and what is asked of its cities."""

import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.forms.application import Number
from cities.forms.draft import Draft, LongText
from cities.forms.initiative import with_country
from cities.forms.layout import fields_only
from cities.models import City, Part
from cities.models.bilingual import content_languages

from ..models import BidCity, HostBid
from ..services.bid import WORD_LENGTH, askable, decline, leave, set_letter
from .meeting import Day

MOST_PLACES = 100_000
LARGEST_BUDGET = 9_999_999_999


def label_of(name: str) -> Any:
    column: Any = HostBid._meta.get_field(name)
    return capfirst(column.verbose_name)


def text(name: str, help_text: Any = "") -> LongText:
    return LongText(words=HostBid.WORDS[name], label=label_of(name), help_text=help_text)


class Amount(Number):
    """A sum, as people write it in either language."""

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return Decimal(found).quantize(Decimal("0.01")) if found else None


class Whole(Number):
    """A whole number, as people write it in either language."""

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return int(found) if found else None


class BidForm(forms.ModelForm):
    """What a bid says. Nothing is required here: a draft may lack anything."""

    summary_en = text("summary_en")
    summary_fr = text("summary_fr")
    start_date = Day(label=label_of("start_date"))
    end_date = Day(label=label_of("end_date"))
    venue_places = Whole(
        least=1,
        most=MOST_PLACES,
        places=0,
        label=label_of("venue_places"),
    )
    venues = text(
        "venues",
        gettext_lazy("Rooms for plenary sessions, for workshops and for the mayors, and how far apart they are."),
    )
    accommodation = text("accommodation", gettext_lazy("Hotels by price and distance, and how guests reach them."))
    programme = text(
        "programme", gettext_lazy("What the meeting would be about, and what the guests would see of the city.")
    )
    interpretation = text("interpretation", gettext_lazy("Into which languages, in which sessions, and how."))
    accessibility = text(
        "accessibility",
        gettext_lazy("Steps and lifts, hearing loops, signing, quiet rooms: what there is, and what would be added."),
    )
    sustainability = text("sustainability", gettext_lazy("Journeys, waste, food, and what stays in the city."))
    visas = text("visas", gettext_lazy("Who needs one, how the city helps, and how long it takes."))
    budget = text("budget", gettext_lazy("What it costs, who pays what, and what is assured already."))
    budget_total = Amount(
        least=0,
        most=LARGEST_BUDGET,
        label=label_of("budget_total"),
    )
    budget_currency = forms.CharField(
        label=label_of("budget_currency"),
        help_text=gettext_lazy("By its three letters: EUR, USD, XOF"),
        max_length=10,
        required=False,
        validators=[
            RegexValidator(r"^[A-Za-z]{3}\Z", gettext_lazy("Give the three letters of the currency: EUR, USD."))
        ],
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )

    class Meta:
        model = HostBid
        fields = HostBid.PARTS
        help_texts = {
            "language": gettext_lazy("In which the texts below the summary are written."),
            "dates_note": gettext_lazy("If the days above should not suit, or days that must be avoided."),
        }

    helper = fields_only()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = str(self.data.get("language") or "")
        for name, words in HostBid.WORDS.items():
            # A line holds some fifteen words.
            self.fields[name].widget.attrs["rows"] = words // 30 + 2
            own = name[-2:] if name.startswith("summary_") else language
            if own in ("en", "fr"):
                self.fields[name].widget.attrs["lang"] = own

    def clean_budget_currency(self) -> str:
        return self.cleaned_data["budget_currency"].upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("start_date"), cleaned.get("end_date")
        if isinstance(first, datetime.date) and isinstance(last, datetime.date) and last < first:
            self.add_error("end_date", ValidationError(_("The last day is before the first.")))
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The row is judged when it is submitted; a draft may lack anything."""


class BidDraft(Draft):
    """The form of a bid, always filled. What cannot be taken over yet is compared and shown as it was typed."""

    form_class = BidForm

    def typed_parts(self) -> list[Part]:
        return HostBid(**self.columns(), as_typed=self.values()["as_typed"]).parts()


class AskCityForm(forms.Form):
    """A member city to ask, by the name that its page shows."""

    city = forms.ModelChoiceField(
        label=gettext_lazy("Member city to ask"),
        queryset=City.objects.none(),
        to_field_name="slug",
        empty_label=gettext_lazy("Choose a city"),
        error_messages={
            "required": gettext_lazy("Choose a city."),
            "invalid_choice": gettext_lazy("Choose a city of the list: one that is a member and has not been asked."),
        },
    )
    helper = fields_only()

    def __init__(self, *args: Any, bid: HostBid, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        city: Any = self.fields["city"]
        city.queryset = askable(bid).order_by(f"sort_key_{content_languages()[0]}")
        city.label_from_instance = with_country


class BidLetterForm(forms.Form):
    letter = forms.FileField(
        label=gettext_lazy("Letter of the mayor"),
        help_text=gettext_lazy("signed, saying that the city bids to host; PDF, up to 10 MB"),
        # An empty file gets the sentence of the service, which also says what to choose.
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pdf"}),
        error_messages={"required": gettext_lazy("Choose a file first.")},
    )
    helper = fields_only()

    def act(self, *, bid_city: BidCity, by: Any) -> BidCity:
        return set_letter(bid_city=bid_city, upload=self.cleaned_data["letter"], by=by)


class WordForm(forms.Form):
    """A city declines, or leaves, with a word for the lead if it likes."""

    word = forms.CharField(
        label=gettext_lazy("A word for the city that asked"),
        max_length=WORD_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("if you like; it goes with the mail and is kept nowhere else"),
    )
    helper = fields_only()

    def act(self, *, bid_city: BidCity, by: Any) -> BidCity:
        verb = leave if bid_city.is_confirmed else decline
        return verb(bid_city=bid_city, by=by, word=self.cleaned_data["word"])


class WithdrawBidForm(forms.Form):
    """Why a bid is withdrawn: words for those who are told, asked for and not demanded."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        required=False,
        max_length=WORD_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("if you like: those who are told read it in their mail"),
    )
    understood = forms.BooleanField(
        label=gettext_lazy("I know that this cannot be undone."),
        error_messages={"required": gettext_lazy("Tick this if you want to withdraw the bid.")},
    )
    helper = fields_only()

    def __init__(self, *args: Any, is_voted_on: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_voted_on:
            self.fields["reason"].help_text = _(
                "if you like: the member cities read it, in their mail and on the page of the ballot. The public reads"
                " only that a bid was withdrawn."
            )
