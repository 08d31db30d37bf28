"""Forms of an initiative: its titles to begin with, its whole text, its partner cities."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..days import today
from ..models import City, Initiative, InitiativeRevision, Part, Partnership, Theme
from ..models.bilingual import content_languages
from ..models.initiative import FIRST_YEAR, TEXT_WORDS, YEARS_AHEAD
from ..services.partnership import WORD_LENGTH
from .draft import Draft, LongText, RowForm, WebAddress, rows
from .layout import fields_only
from .profile import LinkForm

OTHERS, LINKS = 20, 10

TITLES = {"title_en": gettext_lazy("Title in English"), "title_fr": gettext_lazy("Title in French")}


def mark_languages(form: forms.BaseForm) -> None:
    """Each language's fields say in which language their words are."""
    for name in form.fields:
        if name.endswith(("_en", "_fr")):
            form.fields[name].widget.attrs["lang"] = name[-2:]


class StartForm(forms.Form):
    """A title in one language is enough to begin."""

    title_en = forms.CharField(label=TITLES["title_en"], max_length=200, required=False)
    title_fr = forms.CharField(label=TITLES["title_fr"], max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mark_languages(self)
        self.order_fields([f"title_{language}" for language in content_languages()])

    def clean(self) -> dict[str, Any] | None:
        if not self.errors and not any(self.cleaned_data.values()):
            self.add_error(
                f"title_{content_languages()[0]}", _("Give the title in one language; the other can follow.")
            )
        return super().clean()


class InitiativeForm(forms.ModelForm):
    """The text of an initiative; a draft's form has a box for each theme besides (`InitiativeDraft`)."""

    text_en = LongText(words=TEXT_WORDS, label=gettext_lazy("Text in English"))
    text_fr = LongText(words=TEXT_WORDS, label=gettext_lazy("Text in French"))

    class Meta:
        model = InitiativeRevision
        fields = ["title_en", "title_fr", "text_en", "text_fr", "first_year", "last_year"]
        labels = {
            **TITLES,
            "first_year": gettext_lazy("First year"),
            "last_year": gettext_lazy("Last year"),
        }
        help_texts = {"last_year": gettext_lazy("Leave it empty while the initiative goes on.")}

    helper = fields_only()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mark_languages(self)
        for name in ("first_year", "last_year"):
            self.fields[name].widget = forms.NumberInput(attrs={"min": FIRST_YEAR, "max": latest_year()})

    def clean_first_year(self) -> int | None:
        return self._year("first_year")

    def clean_last_year(self) -> int | None:
        return self._year("last_year")

    def _year(self, name: str) -> int | None:
        year = self.cleaned_data[name]
        if year is not None and not FIRST_YEAR <= year <= latest_year():
            message = _("Give a year from %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": latest_year()}
            raise ValidationError(message, code="year")
        return year

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("first_year"), data.get("last_year")
        if last is not None and "first_year" in data and first is None:
            self.add_error("last_year", _("Give the first year too."))
        elif first is not None and last is not None and last < first:
            self.add_error("last_year", _("The last year is before the first."))
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The row is judged when it is submitted; a draft may lack anything."""


def latest_year() -> int:
    return today().year + YEARS_AHEAD


class OtherPartnerForm(RowForm):
    """A partner that is no member city."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    sector = forms.ChoiceField(
        label=gettext_lazy("Sector"), choices=[("", "–"), *InitiativeRevision.Sector.choices], required=False
    )
    url = WebAddress(label=gettext_lazy("Address of its page"))

    def clean(self) -> dict[str, Any]:
        cleaned, raw = super().clean() or self.cleaned_data, self.raw()
        if any(raw.values()) and not raw["name"]:
            self.add_error("name", _("Name the partner, or remove the row."))
        if any(raw.values()) and not raw["sector"]:
            self.add_error("sector", _("Choose the sector of the partner."))
        return cleaned


THEME = "theme-"
"""What the name of a theme's box begins with; its address follows."""


class InitiativeDraft(Draft):
    """The form of a draft. Each theme is a part of its own: what two people tick at once adds up."""

    lists = {"others": rows(OtherPartnerForm, most=OTHERS), "links": rows(LinkForm, most=LINKS)}

    def __init__(self, revision: Any, data: Mapping[str, Any] | None = None, *, more: str = "") -> None:
        self.themes = list(Theme.objects.defer("imported"))
        boxes = {f"{THEME}{theme.slug}": forms.BooleanField(label=theme.label, required=False) for theme in self.themes}
        self.form_class = type("ThemedForm", (InitiativeForm,), boxes)
        super().__init__(revision, data, more=more)

    def stored(self, revision: Any, part: str) -> Any:
        if part in revision.as_typed or not part.startswith(THEME):
            return super().stored(revision, part)
        return part.removeprefix(THEME) in self.chosen_in(revision)

    def chosen_in(self, revision: Any) -> set[str]:
        if not hasattr(revision, "chosen_slugs"):
            revision.chosen_slugs = set(revision.themes.values_list("slug", flat=True))
        return revision.chosen_slugs

    def typed(self, part: str) -> Any:
        return self.form.cleaned_data.get(part, False) if part.startswith(THEME) else super().typed(part)

    @property
    def chosen(self) -> list[Theme]:
        return [theme for theme in self.themes if self.form.cleaned_data.get(f"{THEME}{theme.slug}")]

    def values(self) -> dict[str, Any]:
        columns = {name: value for name, value in super().values().items() if not name.startswith(THEME)}
        return columns | {"themes": {theme.pk for theme in self.chosen}}

    def boxes(self, kind: str) -> list[forms.BoundField]:
        """The boxes of a kind of theme."""
        return [self.form[f"{THEME}{theme.slug}"] for theme in self.themes if theme.kind == kind]

    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in super().columns().items() if name != "themes"}

    def typed_parts(self) -> list[Part]:
        return InitiativeRevision(**self.columns()).parts(self.chosen)


class AskPartnerForm(forms.Form):
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

    def __init__(self, *args: Any, initiative: Initiative, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        city: Any = self.fields["city"]
        city.queryset, city.label_from_instance = askable(initiative), with_country


def askable(initiative: Initiative) -> QuerySet[City]:
    """The members that can be asked now."""
    asked = initiative.partnerships.filter(status__in=[Partnership.Status.ASKED, Partnership.Status.CONFIRMED])
    return (
        City.objects.members()
        .exclude(pk=initiative.lead_id)
        .exclude(pk__in=asked.values("city"))
        .select_related("country")
        .order_by(f"sort_key_{content_languages()[0]}")
    )


def with_country(city: City) -> str:
    return f"{city.name} ({city.country.name})"


class DeclineForm(forms.Form):
    word = forms.CharField(
        label=gettext_lazy("A word for the city that asked"),
        max_length=WORD_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("read by the coordinators of that city only"),
        error_messages={"required": gettext_lazy("Say in a word why, so that the other city knows.")},
    )
