"""The form of an evaluation: as autosaved as a city's draft, with one score and one comment a criterion."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Assignment, Criterion, Evaluation
from ..services.evaluation import Given, given_of
from .draft import BASE, SEEN, digest, plain
from .layout import fields_only

COMMENT_LENGTH = 10_000
MOST_BUTTONS = 11
"""Scales with more steps are typed as a number."""


class LongComment(forms.CharField):
    """A text of paragraphs. What is too long is said, not cut by the browser."""

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows})
        known: dict[str, Any] = {"widget": widget, "required": False, "max_length": COMMENT_LENGTH}
        super().__init__(**known | kwargs)
        self.widget.attrs.pop("maxlength", None)

    def to_python(self, value: Any) -> str:
        return super().to_python(plain(value)) or ""


class EvaluationForm(forms.Form):
    recommendation = forms.ChoiceField(
        label=gettext_lazy("Recommendation"),
        choices=Evaluation.Recommendation,
        widget=forms.RadioSelect,
        required=False,
    )
    comment = LongComment(
        label=gettext_lazy("Summary"),
        rows=8,
        help_text=gettext_lazy("Strengths, weaknesses and what decided your recommendation, for the secretariat."),
    )

    def __init__(self, data: Mapping[str, Any], *, criteria: list[Criterion]) -> None:
        super().__init__(data)
        for criterion in criteria:
            error = _("Give a whole number from 0 to %(scale)s.") % {"scale": criterion.scale}
            if criterion.scale < MOST_BUTTONS:
                steps = [(str(number), str(number)) for number in range(criterion.scale + 1)]
                score: forms.Field = forms.TypedChoiceField(
                    label=criterion.name,
                    choices=steps,
                    coerce=int,
                    empty_value=None,
                    widget=forms.RadioSelect,
                    required=False,
                    error_messages={"invalid_choice": error},
                )
            else:
                messages = dict.fromkeys(("invalid", "min_value", "max_value"), error)
                score = forms.IntegerField(
                    label=criterion.name,
                    min_value=0,
                    max_value=criterion.scale,
                    required=False,
                    error_messages=messages,
                )
            self.fields[f"score_{criterion.key}"] = score
            self.fields[f"comment_{criterion.key}"] = LongComment(
                label=_("Comment on “%(criterion)s”") % {"criterion": criterion.name}, rows=3
            )


@dataclass(frozen=True)
class Clash:
    """A part that both windows changed, as the page of a conflict shows it."""

    label: str
    before: str
    text: str
    language: str = ""

    @property
    def part(self) -> "Clash":
        return self


class EvaluationDraft:
    """An evaluation's form, always filled: from what was sent, or from what is kept."""

    def __init__(
        self, evaluation: Evaluation, criteria: list[Criterion], data: Mapping[str, Any] | None = None
    ) -> None:
        self.evaluation, self.criteria = evaluation, criteria
        self.data = dict(data.items()) if data is not None else self.as_data(evaluation)
        self.form = EvaluationForm(self.data, criteria=criteria)
        self.form.is_valid()
        self.own_errors: list[str] = []

    def as_data(self, evaluation: Evaluation) -> dict[str, str]:
        """What a browser would send of an evaluation; what could not be taken over comes before what was."""
        given = given_of(evaluation)
        data = {"recommendation": given.recommendation, "comment": given.comment}
        for criterion in self.criteria:
            value, comment = given.scores.get(criterion.key, (None, ""))
            data[f"score_{criterion.key}"] = "" if value is None else str(value)
            data[f"comment_{criterion.key}"] = comment
        data |= {name: text for name, text in given.as_typed.items() if name in data}
        digests = json.dumps({name: digest(text) for name, text in data.items()})
        return data | {SEEN: str(evaluation.version), BASE: digests}

    @property
    def names(self) -> list[str]:
        return list(self.form.fields)

    def typed(self, name: str) -> str:
        return str(plain(self.data.get(name) or "")).strip()

    @property
    def seen(self) -> int:
        """The version that the window read; -1 when it does not say."""
        seen = str(self.data.get(SEEN, ""))
        return int(seen) if seen.isdecimal() and len(seen) < 10 else -1

    def given(self) -> Given:
        errors = self.form.errors
        cleaned = self.form.cleaned_data
        return Given(
            scores={
                one.key: (cleaned.get(f"score_{one.key}"), cleaned.get(f"comment_{one.key}") or "")
                for one in self.criteria
            },
            recommendation=cleaned.get("recommendation") or "",
            comment=cleaned.get("comment") or "",
            as_typed={name: self.typed(name) for name in self.names if name in errors},
        )

    @property
    def is_unchanged(self) -> bool:
        """Whether a window sent what is stored."""
        stored = self.as_data(self.evaluation)
        return all(self.typed(name) == stored.get(name, "").strip() for name in self.names)

    def adopt(self, stored: Evaluation) -> list[Clash]:
        """Take over from the stored row what was not touched here; gives the parts that both changed."""
        fresh = self.as_data(stored)
        try:
            base = json.loads(self.data.get(BASE) or "{}")
        except (ValueError, RecursionError):
            base = {}
        base = base if isinstance(base, dict) else {}
        clashes = []
        data = dict(fresh)
        for name in self.names:
            mine, theirs = self.typed(name), fresh[name].strip()
            if base.get(name) == digest(self.data.get(name) or "") or mine == theirs:
                continue
            data[name] = mine
            if base.get(name) != digest(fresh[name]):
                clashes.append(Clash(str(self.form.fields[name].label), theirs, mine))
        self.__init__(stored, self.criteria, data)  # type: ignore[misc]  # anew, over the stored row
        return clashes

    def renewed(self, stored: Evaluation) -> dict[str, str]:
        """The hidden fields of a window that has just saved."""
        fresh = self.as_data(stored)
        return {name: fresh[name] for name in (SEEN, BASE)}

    @property
    def hidden(self) -> dict[str, str]:
        return {name: str(self.data.get(name, "")) for name in (SEEN, BASE)}

    def add_errors(self, errors: dict[str, str]) -> None:
        for name, sentence in errors.items():
            if name in self.form.fields and name not in self.form.errors:
                self.form.add_error(name, sentence)

    def errors(self) -> list[tuple[str, str, Any]]:
        """All that is wrong: the id of the field ("" for none), its label, the sentence."""
        found: list[tuple[str, str, Any]] = [("", "", sentence) for sentence in self.own_errors]
        for field in self.form:
            # A group of buttons has no id: the first of them has.
            target = field.id_for_label or f"{field.auto_id}_0"
            found += [(target, str(field.label), sentence) for sentence in field.errors]
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each criterion with its two fields and its share of the total, in percent."""
        weight = sum(criterion.weight for criterion in self.criteria)
        return [
            {
                "criterion": criterion,
                "share": round(100 * criterion.weight / weight),
                "score": self.form[f"score_{criterion.key}"],
                "comment": self.form[f"comment_{criterion.key}"],
                "has_buttons": criterion.scale < MOST_BUTTONS,
            }
            for criterion in self.criteria
        ]


class DeclarationForm(forms.Form):
    """Opens the file: the evaluator says that there is no conflict of interest."""

    is_free = forms.BooleanField(
        label=gettext_lazy("I have no conflict of interest with this application, and I treat it as confidential."),
        error_messages={"required": gettext_lazy("Tick this to open the file, or choose another answer below.")},
    )
    helper = fields_only()


class WhyForm(forms.Form):
    """A few words to the secretariat."""

    reason = forms.CharField(
        label=gettext_lazy("In a few words, for the secretariat only"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
    )
    helper = fields_only()

    def __init__(self, *args: Any, is_required: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_required
        self.fields["reason"].error_messages["required"] = _("Say in a few words why.")


def answers_of(assignment: Assignment, data: Mapping[str, Any] | None, asked: str) -> dict[str, forms.Form]:
    """The forms of the answers that an evaluator can give, the one that was sent with what was typed."""
    return {
        "accept": DeclarationForm(data if asked == "accept" else None, prefix="accept"),
        "decline": WhyForm(data if asked == "decline" else None, prefix="decline"),
        "recuse": WhyForm(data if asked == "recuse" else None, prefix="recuse"),
        "abstain": WhyForm(data if asked == "abstain" else None, prefix="abstain", is_required=True),
    }
