"""The form of an application: a page for each section, a form for each question, of a class for each kind.

Like every draft it keeps whatever was typed: an answer that cannot be taken over stays as typed, with its sentence.
Each question carries which version of its answer the window read and a digest of it, so that windows and colleagues
who write different questions never meet. No field has two values: what a signed-out person sent is kept as plain
pairs (`views.draft`).
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..days import today
from ..models import Answer, Application, Call, City, Country, CreativeField, Question, Section, Theme
from ..models.bilingual import content_languages
from ..services.answering import Given, Saved, field_is_held
from ..services.dossier import (
    BUDGET,
    CITY,
    CONTACT,
    CONTACTS,
    FACTS,
    INITIATIVE,
    INSTITUTIONS,
    LINKS,
    ROWS,
    SOURCES,
    typed_blocks,
)
from ..text import fold
from .draft import EMPTY_ROWS, LongText, RowForm, WebAddress, digest, plain, rows
from .layout import fields_only

Kind = Question.Kind
MORE_ROWS = 3
MOST_ROWS = 30
PARTNERS = 6
"""Member cities that an initiative can name."""
GOALS = range(1, 18)


# Beginning


class BeginForm(forms.Form):
    """What an application begins with; all but the country and the language can be changed later."""

    name_en = forms.CharField(label=CITY["name_en"], max_length=100)
    name_fr = forms.CharField(label=CITY["name_fr"], max_length=100, required=False)
    country = forms.ModelChoiceField(
        label=gettext_lazy("Country"),
        queryset=Country.objects.none(),
        empty_label=gettext_lazy("Choose a country"),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the application"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "In which you write the answers. The pages can be read in either language, whatever you choose here."
        ),
    )
    field = forms.ModelChoiceField(
        label=gettext_lazy("Creative field"),
        queryset=CreativeField.objects.none(),
        required=False,
        empty_label=gettext_lazy("Not decided yet"),
        help_text=gettext_lazy("Exactly one. It can be changed until the National Commission endorses it."),
    )
    former_city = forms.ModelChoiceField(
        label=gettext_lazy("Former member"),
        queryset=City.objects.none(),
        required=False,
        empty_label=gettext_lazy("The city has never been a member"),
        help_text=gettext_lazy("Only for a city that left the network and wants to come back."),
    )

    helper = fields_only()

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: dict[str, Any] = self.fields
        country, field, former = (chosen[name] for name in ("country", "field", "former_city"))
        # All countries: of one that cannot apply, the refusal says why.
        country.queryset = Country.objects.order_by(_sort_key())
        country.label_from_instance = lambda one: one.name
        field.queryset = CreativeField.objects.filter(pk__in=call.offered_fields.values("field"))
        field.label_from_instance = lambda one: one.name
        former.queryset = City.objects.exclude(pk__in=City.objects.members().order_by().values("pk"))
        former.label_from_instance = lambda one: one.name
        if not former.queryset.exists():
            del self.fields["former_city"]
        names = {"en": _("English"), "fr": _("French")}
        language: Any = self.fields["language"]
        language.choices = [(code, names[code]) for code in call.languages]
        if len(call.languages) == 1:
            self.initial.setdefault("language", call.languages[0])
        for name in ("name_en", "name_fr"):
            self.fields[name].widget.attrs["lang"] = name[-2:]


class AddressForm(forms.Form):
    """A visitor's e-mail address, to which the link goes that an application is begun with."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"invalid": gettext_lazy("This is not an e-mail address.")},
    )
    helper = fields_only()


def _sort_key() -> str:
    return f"sort_key_{content_languages()[0]}"


# Fields


class Number(forms.CharField):
    """A number as people write it in either language ("12,500.50", "12 500,50"), kept as a decimal string.

    What comes last of comma and point parts the decimals; a mark that is alone and followed by three digits, or there
    more than once, parts thousands. So "1.500" is 1500: nothing here has three decimals.
    """

    def __init__(
        self, *, least: float | None = None, most: float | None = None, places: int = 2, **kwargs: Any
    ) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal" if places else "numeric"}))
        super().__init__(**{"required": False, "max_length": 40} | kwargs)
        self.least, self.most, self.places = least, most, places

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        if not typed:
            return ""
        text = re.sub(r"[\s'’]", "", typed).replace("−", "-")
        try:
            # Digits only: an exponent could be a number that nothing can hold.
            if not re.fullmatch(r"-?[0-9.,]+", text):
                raise InvalidOperation
            number = Decimal(text if self.places > 2 else _with_point(text)).normalize()
        except InvalidOperation:
            raise ValidationError(_("Write a number in digits."), code="invalid") from None
        if -number.as_tuple().exponent > self.places or abs(number) >= Decimal("1e13"):  # type: ignore[operator]
            raise ValidationError(_("Write a number in digits."), code="invalid")
        if (self.least is not None and number < Decimal(str(self.least))) or (
            self.most is not None and number > Decimal(str(self.most))
        ):
            raise ValidationError(
                _("Give a number from %(least)s to %(most)s.") % {"least": self.least, "most": self.most}
                if self.most is not None
                else _("Give a number of %(least)s or more.") % {"least": self.least},
                code="range",
            )
        return f"{number:f}"


def _with_point(text: str) -> str:
    marks = [mark for mark in ",." if mark in text]
    if not marks:
        return text
    last = max(marks, key=text.rindex)
    others = text.replace("." if last == "," else ",", "")
    is_thousands = others.count(last) > 1 or (len(marks) == 1 and len(text) - text.rindex(last) == 4)
    return others.replace(last, "" if is_thousands else ".")


class Coordinate(Number):
    """A latitude or longitude in degrees, with as many decimals as a map gives."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        super().__init__(least=-most, most=most, places=8, **kwargs)

    def to_python(self, value: Any) -> str:
        return super().to_python(str(value or "").replace(",", "."))


def line(label: Any, length: int = 150, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, required=False, **kwargs)


def lines(label: Any, height: int = 3, length: int = 5_000, **kwargs: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": height})
    field = PlainText(label=label, max_length=length, required=False, widget=area, **kwargs)
    field.widget.attrs.pop("maxlength", None)  # the browser would cut what is pasted
    return field


class PlainText(forms.CharField):
    def to_python(self, value: Any) -> str:
        return super().to_python(plain(value)) or ""


class Year(Number):
    def __init__(self, *, first: int = 1800, ahead: int = 0, **kwargs: Any) -> None:
        super().__init__(least=first, most=today().year + ahead, places=0, **kwargs)


# The forms of the kinds


class AnswerForm:
    """The form of one question, always filled: from what was sent, or from what is kept."""

    template: ClassVar[str] = "cities/application/question/fields.html"
    has_form: ClassVar[bool] = True

    def __init__(
        self,
        question: Question,
        *,
        paper: "Paper",
        answer: Answer | None,
        data: Mapping[str, Any] | None = None,
        more: str = "",
        least_rows: int = 0,
    ) -> None:
        self.question, self.paper, self.answer = question, paper, answer
        self.name = f"q-{question.key}"
        self.least_rows = max(least_rows, 0)
        self.wants_more = more == self.name
        self.is_sent = data is not None and self.was_sent(data)
        self.conflict: dict[str, Any] | None = None
        self.refusal = ""
        if data is not None and self.is_sent:
            self.data: dict[str, Any] = {key: data[key] for key in data if key.startswith(f"{self.name}-")}
            self.has_nothing = bool(data.get(f"{self.name}-nothing"))
        else:
            self.data = self.kept_data()
            self.has_nothing = bool(answer and answer.has_nothing)
        self.bind()
        if self.is_sent:
            self.seen = _version(self.data.get(f"{self.name}-seen"))
            self.base = str(self.data.get(f"{self.name}-base", ""))
        else:
            self.take_as_read()

    def was_sent(self, data: Mapping[str, Any]) -> bool:
        return f"{self.name}-seen" in data

    def kept_data(self) -> dict[str, Any]:
        """What a browser would send of what is kept; what could not be taken over comes before what was."""
        if self.answer is None:
            return self.prefixed(self.empty_data())
        if self.answer.as_typed is not None:
            return self.prefixed(self.typed_data(self.answer.as_typed))
        if self.answer.value is None:
            return self.prefixed(self.empty_data())
        return self.prefixed(self.value_data(self.answer.value))

    def prefixed(self, data: dict[str, Any]) -> dict[str, Any]:
        return {f"{self.name}-{key}": value for key, value in data.items()}

    def take_as_read(self) -> None:
        """What the window shows from here on is what is kept."""
        self.seen, self.base = self.answer.version if self.answer else 0, self.digest()
        if self.answer is None and self.begins_filled:
            self.base = ""  # what stands there from the beginning is an answer once it is sent

    def digest(self) -> str:
        return digest([self.typed(), self.has_nothing])

    @property
    def is_touched(self) -> bool:
        return self.is_sent and self.base != self.digest()

    def typed(self) -> Any:
        return self.value() if self.is_valid() else self.raw()

    def given(self) -> Given:
        valid = self.is_valid()
        return Given(
            self.question,
            self.seen,
            value=self.value() if valid else None,
            has_nothing=self.has_nothing and self.question.may_have_nothing,
            as_typed=None if valid else self.raw(),
        )

    @property
    def hidden(self) -> dict[str, str]:
        return {f"{self.name}-seen": str(self.seen), f"{self.name}-base": self.base}

    @property
    def id_for_nothing(self) -> str:
        return f"id_{self.name}-nothing"

    @property
    def id_for_error(self) -> str:
        """Where the list of errors leads to when a sentence is about the question as a whole."""
        return f"question-{self.question.key}"

    def errors(self) -> list[tuple[str, str, Any]]:
        """All that cannot be taken over: the id of the field, its label, the sentence."""
        own = [(self.id_for_error, str(self.question), self.refusal)] if self.refusal else []
        return own + self.field_errors()

    # What each kind does in its own way

    @property
    def begins_filled(self) -> bool:
        return False

    def bind(self) -> None:
        raise NotImplementedError

    def is_valid(self) -> bool:
        raise NotImplementedError

    def value(self) -> Any:
        raise NotImplementedError

    def raw(self) -> Any:
        raise NotImplementedError

    def empty_data(self) -> dict[str, Any]:
        return {}

    def value_data(self, value: Any) -> dict[str, Any]:
        raise NotImplementedError

    def typed_data(self, typed: Any) -> dict[str, Any]:
        raise NotImplementedError

    def field_errors(self) -> list[tuple[str, str, Any]]:
        return []


def _version(text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return -1


class FieldsForm(AnswerForm):
    """A question with a fixed set of fields."""

    def fields(self) -> dict[str, forms.Field]:
        raise NotImplementedError

    def bind(self) -> None:
        form_class = type("QuestionForm", (forms.Form,), {**self.fields(), "helper": fields_only()})
        self.form: forms.Form = form_class(self.data, prefix=self.name)
        self.finish()
        self.form.is_valid()

    def finish(self) -> None:
        for field in self.form.fields.values():
            widget = field.widget
            if isinstance(widget, forms.TextInput | forms.Textarea) and not isinstance(field, Number | WebAddress):
                widget.attrs.setdefault("lang", self.paper.language)

    def is_valid(self) -> bool:
        return not self.form.errors

    def flat(self) -> dict[str, Any]:
        return {name: self.form.cleaned_data.get(name) or "" for name in self.form.fields}

    def value(self) -> Any:
        values = self.flat()
        return values if any(values.values()) else None

    def raw(self) -> dict[str, str]:
        return {name: str(plain(self.data.get(f"{self.name}-{name}") or "")).strip() for name in self.form.fields}

    def value_data(self, value: Any) -> dict[str, Any]:
        return {name: "" if text is None else text for name, text in value.items()}

    def typed_data(self, typed: Any) -> dict[str, Any]:
        return typed if isinstance(typed, dict) else {}

    def field_errors(self) -> list[tuple[str, str, Any]]:
        return [
            (field.id_for_label or self.id_for_error, str(field.label), sentence)
            for field in self.form
            for sentence in field.errors
        ]

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields in groups with a title, or one without."""
        return [("", list(self.form))]


class TextForm(FieldsForm):
    template = "cities/application/question/text.html"

    def fields(self) -> dict[str, forms.Field]:
        label = str(self.question)
        if self.question.words:
            area: forms.CharField = LongText(words=self.question.words, label=label)
        else:
            area = lines(label, height=8, length=20_000)
        return {"text": area}

    def finish(self) -> None:
        super().finish()
        attrs = self.form.fields["text"].widget.attrs
        # About as high as its text may become, within a screen.
        attrs["class"] = "form-control is-invalid" if self.form.errors else "form-control"
        attrs["rows"] = min(max((self.question.words or 150) // 14, 5), 22)
        if self.question.help:
            attrs["aria-describedby"] = f"help-{self.name}"

    def value(self) -> str | None:
        return self.form.cleaned_data["text"] or None

    def value_data(self, value: Any) -> dict[str, Any]:
        return {"text": value}

    @property
    def text(self) -> forms.BoundField:
        return self.form["text"]


class CityForm(FieldsForm):
    def fields(self) -> dict[str, forms.Field]:
        return {
            "name_en": line(CITY["name_en"], 100, widget=forms.TextInput(attrs={"lang": "en"})),
            "name_fr": line(CITY["name_fr"], 100, widget=forms.TextInput(attrs={"lang": "fr"})),
            "local_name": line(
                CITY["local_name"], 100, help_text=_("As the city writes it, in its own language and script.")
            ),
            "latitude": Coordinate(
                most=90, label=CITY["latitude"], help_text=_("In degrees, south of the equator with a minus: 47.24")
            ),
            "longitude": Coordinate(
                most=180, label=CITY["longitude"], help_text=_("In degrees, west of Greenwich with a minus: 6.02")
            ),
            "population": Number(least=1, most=100_000_000, places=0, label=CITY["population"]),
            "population_year": Year(first=1900, label=CITY["population_year"]),
            "website": WebAddress(label=CITY["website"]),
        }

    def empty_data(self) -> dict[str, Any]:
        """Before the question was answered: what the application began with."""
        known = {name: getattr(self.paper.application, name) for name in CITY}
        return {name: "" if value is None else str(value) for name, value in known.items()}

    @property
    def begins_filled(self) -> bool:
        return True


class ChosenFieldForm(FieldsForm):
    template = "cities/application/question/field.html"

    def fields(self) -> dict[str, forms.Field]:
        choice = forms.ChoiceField(
            label=str(self.question),
            choices=[("", _("Not decided yet")), *self.paper.offered],
            required=False,
            error_messages={"invalid_choice": _("Choose one of the fields that this call offers.")},
        )
        return {"field": choice}

    def finish(self) -> None:
        self.form.fields["field"].widget.attrs["class"] = "form-select"
        self.held = self.paper.held_field

    def value(self) -> str | None:
        return self.form.cleaned_data["field"] or None

    @property
    def begins_filled(self) -> bool:
        return self.paper.application.field is not None

    def empty_data(self) -> dict[str, Any]:
        chosen = self.paper.application.field
        return {"field": chosen.slug if chosen else ""}

    def value_data(self, value: Any) -> dict[str, Any]:
        return {"field": value}


class SdgsForm(FieldsForm):
    template = "cities/application/question/boxes.html"

    def fields(self) -> dict[str, forms.Field]:
        return {
            f"goal-{number}": forms.BooleanField(label=label, required=False)
            for number, label in self.paper.goals.items()
        }

    def value(self) -> list[int] | None:
        return [number for number in self.paper.goals if self.form.cleaned_data.get(f"goal-{number}")] or None

    def value_data(self, value: Any) -> dict[str, Any]:
        return {f"goal-{number}": "on" for number in value}


class CommitmentForm(FieldsForm):
    template = "cities/application/question/boxes.html"

    def fields(self) -> dict[str, forms.Field]:
        return {"yes": forms.BooleanField(label=_("The city commits itself to this."), required=False)}

    def value(self) -> bool | None:
        return self.form.cleaned_data["yes"] or None

    def value_data(self, value: Any) -> dict[str, Any]:
        return {"yes": "on"} if value else {}


class ContactsForm(FieldsForm):
    def fields(self) -> dict[str, forms.Field]:
        return {f"{who}-{name}": field for who in CONTACTS for name, field in self.contact().items()}

    def contact(self) -> dict[str, forms.Field]:
        return {
            "title": line(CONTACT["title"], 60),
            "name": line(CONTACT["name"]),
            "function": line(CONTACT["function"]),
            "institution": line(CONTACT["institution"]),
            "institution_type": forms.ChoiceField(
                label=CONTACT["institution_type"], choices=[("", "–"), *INSTITUTIONS.items()], required=False
            ),
            "address": lines(CONTACT["address"], height=3, length=500),
            "phone": line(CONTACT["phone"], 60, widget=forms.TextInput(attrs={"type": "tel"})),
            "email": forms.EmailField(
                label=CONTACT["email"],
                required=False,
                widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
                error_messages={"invalid": _("This is not an e-mail address.")},
            ),
        }

    def value(self) -> Any:
        flat = self.flat()
        persons = {who: {name: flat[f"{who}-{name}"] for name in CONTACT} for who in CONTACTS}
        return persons if any(any(person.values()) for person in persons.values()) else None

    def value_data(self, value: Any) -> dict[str, Any]:
        return {f"{who}-{name}": text for who, person in value.items() for name, text in (person or {}).items()}

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(title), [self.form[f"{who}-{name}"] for name in CONTACT]) for who, title in CONTACTS.items()]


class BudgetForm(FieldsForm):
    def fields(self) -> dict[str, forms.Field]:
        return {
            "currency": forms.CharField(
                label=BUDGET["currency"],
                max_length=10,
                required=False,
                help_text=_("By its three letters: EUR, USD, XOF"),
                validators=[RegexValidator(r"^[A-Za-z]{3}\Z", _("Give the three letters of the currency: EUR, USD."))],
                widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
            ),
            "total": Number(least=0, label=BUDGET["total"], help_text=_("What all initiatives together cost.")),
            **{name: Number(least=0, label=label) for name, label in SOURCES.items()},
            "note": lines(BUDGET["note"], height=5),
        }

    def value(self) -> Any:
        flat = self.flat()
        if not any(flat.values()):
            return None
        return {
            "currency": flat["currency"].upper(),
            "total": flat["total"],
            "sources": {name: flat[name] for name in SOURCES},
            "note": flat["note"],
        }

    def value_data(self, value: Any) -> dict[str, Any]:
        flat = {name: value.get(name, "") for name in ("currency", "total", "note")}
        return flat | (value.get("sources") or {})

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            ("", [self.form["currency"], self.form["total"]]),
            (str(BUDGET["sources"]), [self.form[name] for name in SOURCES]),
            ("", [self.form["note"]]),
        ]


# Lists of rows


class PaperRow(RowForm):
    """A row that knows the form that it stands in."""

    def __init__(self, *args: Any, paper: "Paper", **kwargs: Any) -> None:
        self.paper = paper
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if type(field) in (forms.CharField, PlainText):
                field.widget.attrs.setdefault("lang", paper.language)


class FactForm(PaperRow):
    name = line(FACTS["name"])
    value = line(FACTS["value"], 100)  # type: ignore[assignment]  # the column of that name, before RowForm.value is asked
    unit = line(FACTS["unit"], 60)
    year = line(FACTS["year"], 20, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    source = line(FACTS["source"], 300)


class EventRowForm(PaperRow):
    name = line(ROWS["name"], 200)
    frequency = line(ROWS["frequency"], 150)
    figures = line(ROWS["figures"], 200)
    note = lines(ROWS["note"], height=2, length=2_000)


class LinkRowForm(PaperRow):
    label = line(LINKS["label"], 100)
    url = WebAddress(label=LINKS["url"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("label") and "url" in cleaned and not cleaned["url"]:
            self.add_error("url", ValidationError(_("Give the address, or remove the row.")))
        return cleaned


class InitiativeRowForm(PaperRow):
    title = line(INITIATIVE["title"], 200)
    description = lines(INITIATIVE["description"], height=6, length=10_000)
    objectives = lines(INITIATIVE["objectives"], height=4)
    sdgs = line(INITIATIVE["sdgs"], 60, help_text=gettext_lazy("By their numbers, 1 to 17: 4, 8, 11"))
    partners = lines(INITIATIVE["partners"], height=3)
    groups = lines(INITIATIVE["groups"], height=2)
    schedule = lines(INITIATIVE["schedule"], height=2)
    results = lines(INITIATIVE["results"], height=4)
    cost = Number(least=0, label=INITIATIVE["cost"], help_text=gettext_lazy("In the currency of the budget."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, PARTNERS + 1):
            self.fields[f"city_{number}"] = forms.CharField(
                label=_("Member city %(number)d") % {"number": number},
                max_length=200,
                required=False,
                widget=forms.TextInput(attrs={"list": "member-cities", "autocomplete": "off"}),
            )

    def clean_sdgs(self) -> str:
        text = self.cleaned_data["sdgs"]
        numbers = re.findall(r"\d+", text)
        if re.sub(r"[\d\s,;.–-]|and|et", "", text) or any(int(number) not in GOALS for number in numbers):
            raise ValidationError(_("Give the numbers of the goals, from 1 to 17: 4, 8, 11."))
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for number in range(1, PARTNERS + 1):
            name = f"city_{number}"
            if typed := cleaned.get(name):
                found = self.paper.member_slugs.get(fold(typed.strip()), set())
                if len(found) > 1:
                    self.add_error(name, _("Two member cities have this name: add the country in brackets."))
                elif not found:
                    self.add_error(name, _("There is no member city of this name: choose one of the list."))
        return cleaned

    def value(self) -> dict[str, Any]:
        columns = super().value()
        named = [columns.pop(f"city_{number}") for number in range(1, PARTNERS + 1)]
        slugs = [slug for text in named if text for slug in self.paper.member_slugs.get(fold(text.strip()), ())]
        goals = sorted({int(number) for number in re.findall(r"\d+", columns["sdgs"])})
        return columns | {"sdgs": goals, "partner_cities": list(dict.fromkeys(slugs))}

    @property
    def called(self) -> str:
        return self.raw()["title"]

    @property
    def is_filled(self) -> bool:
        return any(self.raw().values())

    @property
    def head(self) -> list[forms.BoundField]:
        return [self[name] for name in ("title", "description", "objectives", "sdgs", "partners")]

    @property
    def cities(self) -> list[forms.BoundField]:
        return [self[f"city_{number}"] for number in range(1, PARTNERS + 1)]

    @property
    def tail(self) -> list[forms.BoundField]:
        names = ["groups", "schedule", "results", "cost"]
        return [self[name] for name in ([*names, "DELETE"] if "DELETE" in self.fields else names)]


class ListForm(AnswerForm):
    """A question whose answer is a list of rows."""

    template = "cities/application/question/rows.html"
    row: ClassVar[type[PaperRow]]

    @property
    def most(self) -> int:
        return MOST_ROWS

    def was_sent(self, data: Mapping[str, Any]) -> bool:
        return super().was_sent(data) and f"{self.name}-TOTAL_FORMS" in data

    def bind(self) -> None:
        formset = rows(self.row, most=self.most)
        self.rows = formset(self.data, prefix=self.name, form_kwargs={"paper": self.paper})
        self.rows.is_valid()

    def is_valid(self) -> bool:
        return bool(self.rows.is_valid())

    def value(self) -> Any:
        return self.rows.values() or None

    def raw(self) -> Any:
        return self.rows.raw()

    def empty_data(self) -> dict[str, Any]:
        return self.value_data([])

    def value_data(self, value: Any) -> dict[str, Any]:
        lines = [self.row_data(row) for row in value]
        empty = MORE_ROWS + EMPTY_ROWS if self.wants_more else EMPTY_ROWS
        total = max(min(len(lines) + empty, max(self.most, len(lines))), min(self.least_rows, self.most))
        data: dict[str, Any] = {"TOTAL_FORMS": total, "INITIAL_FORMS": 0}
        for number, row in enumerate(lines):
            data |= {f"{number}-{name}": text for name, text in row.items()}
        return data

    def typed_data(self, typed: Any) -> dict[str, Any]:
        return self.value_data(typed if isinstance(typed, list) else [])

    def row_data(self, row: dict[str, Any]) -> dict[str, Any]:
        return row

    def field_errors(self) -> list[tuple[str, str, Any]]:
        found: list[tuple[str, str, Any]] = [
            (self.id_for_error, str(self.question), sentence) for sentence in self.rows.non_form_errors()
        ]
        for form in self.rows.forms:
            for field in form:
                found += [(field.id_for_label, str(field.label), sentence) for sentence in field.errors]
        return found

    @property
    def can_have_more(self) -> bool:
        return len(self.rows.forms) < self.most


class FactsForm(ListForm):
    row = FactForm


class EventsForm(ListForm):
    row = EventRowForm


class LinksForm(ListForm):
    row = LinkRowForm

    @property
    def most(self) -> int:
        return max(self.paper.application.call.max_links, 1)


class InitiativesForm(ListForm):
    template = "cities/application/question/initiatives.html"
    row = InitiativeRowForm

    def row_data(self, row: dict[str, Any]) -> dict[str, Any]:
        if "partner_cities" not in row:
            return row  # as it was typed
        data = {name: value for name, value in row.items() if name != "partner_cities"}
        data["sdgs"] = ", ".join(map(str, row.get("sdgs", [])))
        names = [self.paper.member_names.get(slug, slug) for slug in row["partner_cities"]]
        return data | {f"city_{number}": name for number, name in enumerate(names, 1)}


class LocalForm(InitiativesForm):
    @property
    def most(self) -> int:
        return max(self.paper.application.call.max_local, 1)


class InternationalForm(InitiativesForm):
    @property
    def most(self) -> int:
        return max(self.paper.application.call.max_international, 1)


class ElsewhereForm(AnswerForm):
    """Photos and documents have pages of their own."""

    template = "cities/application/question/elsewhere.html"
    has_form = False

    def was_sent(self, data: Mapping[str, Any]) -> bool:
        return False

    def bind(self) -> None:
        """Nothing to fill in."""

    def is_valid(self) -> bool:
        return True

    def value(self) -> None:
        return None

    raw = value

    def value_data(self, value: Any) -> dict[str, Any]:
        return {}

    def typed_data(self, typed: Any) -> dict[str, Any]:
        return {}


FORMS: dict[str, type[AnswerForm]] = {
    Kind.TEXT: TextForm,
    Kind.CITY: CityForm,
    Kind.FIELD: ChosenFieldForm,
    Kind.CONTACTS: ContactsForm,
    Kind.FACTS: FactsForm,
    Kind.ROWS: EventsForm,
    Kind.SDGS: SdgsForm,
    Kind.LOCAL: LocalForm,
    Kind.INTERNATIONAL: InternationalForm,
    Kind.BUDGET: BudgetForm,
    Kind.PHOTOS: ElsewhereForm,
    Kind.DOCUMENTS: ElsewhereForm,
    Kind.LINKS: LinksForm,
    Kind.COMMITMENT: CommitmentForm,
}


# A page


class Paper:
    """What the forms of one application's page have in common, looked up once and only when asked for."""

    def __init__(self, application: Application) -> None:
        self.application, self.language = application, application.language

    @cached_property
    def offered(self) -> list[tuple[str, str]]:
        fields = CreativeField.objects.filter(pk__in=self.application.call.offered_fields.values("field"))
        return [(field.slug, field.name) for field in fields]

    @cached_property
    def held_field(self) -> str:
        return field_is_held(self.application)

    @cached_property
    def goals(self) -> dict[int, str]:
        goals = Theme.objects.filter(kind=Theme.Kind.SDG).defer("imported")
        names = {goal.position: goal.label for goal in goals}
        return {number: names.get(number, str(number)) for number in GOALS}

    @cached_property
    def members(self) -> list[City]:
        order = _sort_key()
        return list(City.objects.members().select_related("country").order_by(order))

    @cached_property
    def member_names(self) -> dict[str, str]:
        return {city.slug: f"{city.name} ({city.country.name})" for city in self.members}

    @cached_property
    def member_slugs(self) -> dict[str, set[str]]:
        """What a person may type for a member city, folded, in either language; a name of two cities finds both."""
        found: dict[str, set[str]] = {}
        for city in self.members:
            for name in {city.name_en, city.name_fr, city.slug} - {""}:
                found.setdefault(fold(name), set()).add(city.slug)
                for country in (city.country.name_en, city.country.name_fr):
                    found.setdefault(fold(f"{name} ({country})"), set()).add(city.slug)
        return found


class Sheet:
    """A section's page: a form for each of its questions."""

    def __init__(
        self,
        application: Application,
        section: Section,
        data: Mapping[str, Any] | None = None,
        *,
        more: str = "",
        least_rows: int = 0,
    ) -> None:
        self.application, self.section, self.more, self.least_rows = application, section, more, least_rows
        self.paper = Paper(application)
        answers = self.stored()
        self.forms = [self.form_of(question, answers.get(question.pk), data) for question in section.questions.all()]

    def stored(self) -> dict[int, Answer]:
        if self.application.pk is None:
            return {}
        answers = self.application.answers.filter(question__section=self.section).select_related("updated_by")
        return {answer.question_id: answer for answer in answers}

    def form_of(self, question: Question, answer: Answer | None, data: Mapping[str, Any] | None) -> AnswerForm:
        return FORMS[question.kind](
            question, paper=self.paper, answer=answer, data=data, more=self.more, least_rows=self.least_rows
        )

    def given(self) -> list[Given]:
        """What the window changed; where it sent what it had read, it says nothing."""
        return [form.given() for form in self.forms if form.is_touched]

    def settle(self, saved: Saved) -> None:
        """Show the page after a save: what was kept as kept, beside conflicts what the other window kept."""
        answers = self.stored()
        for number, form in enumerate(self.forms):
            pk = form.question.pk
            if pk in saved.conflicts:
                stored = self.form_of(form.question, answers.get(pk), None)
                form.answer = answers.get(pk)
                # Saving again, after both texts were seen, wins.
                form.seen, form.base = stored.seen, stored.base
                form.conflict = {
                    "answer": form.answer,
                    "theirs": typed_blocks(_readable(stored.typed())),
                    "mine": typed_blocks(_readable(form.typed())),
                }
            else:
                fresh = self.form_of(form.question, answers.get(pk), None)
                fresh.refusal = saved.refused.get(pk, "")
                self.forms[number] = fresh

    def errors(self) -> list[tuple[str, str, Any]]:
        return [error for form in self.forms for error in form.errors()]

    @property
    def hidden(self) -> dict[str, str]:
        return {name: value for form in self.forms if form.has_form for name, value in form.hidden.items()}

    def hidden_of(self, saved: Saved) -> dict[str, str]:
        """The hidden fields of a window that has just saved itself: of what was kept, not of conflicts."""
        for form in self.forms:
            if form.question.pk in saved.answers:
                form.answer = saved.answers[form.question.pk]
                form.take_as_read()
        return {
            name: value
            for form in self.forms
            if form.question.pk in saved.answers
            for name, value in form.hidden.items()
        }

    @property
    def has_plans(self) -> bool:
        return any(isinstance(form, InitiativesForm) for form in self.forms)


def _readable(value: Any) -> Any:
    """A value with the numbers of goals as words that stand in a line."""
    return (
        [str(one) for one in value] if isinstance(value, list) and all(isinstance(one, int) for one in value) else value
    )
