"""What the forms of drafts have in common: a draft keeps whatever was typed, also what it cannot take over yet.

A draft's form is made of *parts*: a field, or a whole list of rows. A valid part goes into its column; one that is
not stays in `as_typed`, as it was typed, and is shown again with its sentence until it is mended.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Moderated, Part
from .layout import fields_only

SEEN, BASE, OPENED = "seen", "base", "opened"
"""Hidden fields: which row and version the window read, digests of its parts then, and when the page was opened."""

EMPTY_ROWS = 1


class WebAddress(forms.URLField):
    """An address of a page that readers can follow; "www.…" is understood."""

    default_validators = [URLValidator(schemes=["http", "https"])]
    widget = forms.URLInput(attrs={"inputmode": "url", "placeholder": "https://", "spellcheck": "false"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"invalid": gettext_lazy("This is no address of a page: https://…")})
        known: dict[str, Any] = {"assume_scheme": "https", "max_length": 200, "required": False}
        super().__init__(**known | kwargs)


class LongText(forms.CharField):
    """A text of paragraphs, with a limit of words that the page counts and only a submission enforces."""

    def __init__(self, *, words: int, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 14, "data-words": words})
        known: dict[str, Any] = {"widget": widget, "required": False, "max_length": 20_000}
        super().__init__(**known | kwargs)
        # Counted in words on the page: the browser would cut a text that is pasted.
        self.widget.attrs.pop("maxlength", None)
        self.words = words

    def to_python(self, value: Any) -> str:
        return super().to_python(plain(value)) or ""


def plain(value: Any) -> Any:
    """A typed text as it is kept: one kind of line end, and no character that a database refuses."""
    if not isinstance(value, str):
        return value
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


class RowForm(forms.Form):
    """One row of a list. An empty row is none."""

    helper = fields_only()

    def value(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name) or "" for name in self.fields if name != "DELETE"}

    def raw(self) -> dict[str, str]:
        names = [name for name in self.fields if name != "DELETE"]
        return {name: str(plain(self.data.get(self.add_prefix(name)) or "")).strip() for name in names}

    @property
    def is_removed(self) -> bool:
        return bool(self.data.get(self.add_prefix("DELETE")))


class Rows(BaseFormSet):
    """A list whose rows are repeated, with one empty row at its end and one more for whoever asks for it."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove this row")

    @property
    def kept(self) -> list[Any]:
        return [form for form in self.forms if not form.is_removed and any(form.raw().values())]

    def clean(self) -> None:
        if len(self.kept) > self.max_num:
            raise ValidationError(_("There are more than %(count)d rows.") % {"count": self.max_num})

    def values(self) -> list[dict[str, str]]:
        return [form.value() for form in self.kept]

    def raw(self) -> list[dict[str, str]]:
        return [form.raw() for form in self.kept]


def rows(form: type[RowForm], *, most: int) -> Any:
    """A list of at most so many rows."""
    return formset_factory(form, formset=Rows, extra=0, can_delete=True, max_num=most, absolute_max=most + 20)


class Draft:
    """A form and its lists of rows over one revision, always filled: from what was sent, or from what is kept.

    Subclasses set `form_class` (a ModelForm without required fields) and `lists`, by the name of the column.
    """

    form_class: type[forms.ModelForm]
    lists: dict[str, Any] = {}

    def __init__(self, revision: Any, data: Mapping[str, Any] | None = None, *, more: str = "") -> None:
        self.revision = revision
        self.is_sent = data is not None
        self.data: dict[str, Any] = self._sent(data) if data is not None else self.as_data(revision, more)
        # An unsaved copy takes what is typed: the revision itself stays as it is stored.
        self.form = self.form_class(self.data, instance=type(revision)())
        self.rows = {name: rows(self.data, prefix=name) for name, rows in self.lists.items()}
        self.form.is_valid()
        for formset in self.rows.values():
            formset.is_valid()
        self.own_errors: list[Any] = []

    def _sent(self, data: Mapping[str, Any]) -> dict[str, Any]:
        names = (*self.form_class.base_fields, SEEN, BASE, OPENED)
        prefixes = tuple(f"{name}-" for name in self.lists)
        sent = {name: data[name] for name in data if name in names or name.startswith(prefixes)}
        for name in self.lists:
            if f"{name}-TOTAL_FORMS" not in sent:  # not in this form: it stays as it is
                sent |= self.part_data(self.revision, name)
        return sent

    # From what is kept

    def as_data(self, revision: Any, more: str = "") -> dict[str, Any]:
        """What a browser would send of a revision; `more` names a list to which an empty row is added."""
        data: dict[str, Any] = {}
        for part in self.parts():
            data |= self.part_data(revision, part, empty=EMPTY_ROWS + (3 if part == more else 0))
        digests = {part: digest(self.stored(revision, part)) for part in self.parts()}
        return data | {SEEN: seen_of(revision), BASE: json.dumps(digests), OPENED: json.dumps(digests)}

    def part_data(self, revision: Any, part: str, empty: int = EMPTY_ROWS) -> dict[str, Any]:
        value = self.stored(revision, part)
        if part not in self.lists:
            return {part: "on"} if value is True else {} if value is False else {part: value}
        lines = list(value)
        data: dict[str, Any] = {f"{part}-TOTAL_FORMS": len(lines) + empty, f"{part}-INITIAL_FORMS": 0}
        for number, row in enumerate(lines):
            data |= {f"{part}-{number}-{name}": text for name, text in row.items()}
        return data

    def parts(self) -> list[str]:
        return [*self.form_class.base_fields, *self.lists]

    def stored(self, revision: Any, part: str) -> Any:
        """A part as it is kept: what could not be taken over comes before what was."""
        value = revision.as_typed[part] if part in revision.as_typed else getattr(revision, part)
        if part not in self.lists:
            return value
        columns = [name for name in self.lists[part].form.base_fields if name != "DELETE"]
        return [{name: row.get(name, "") for name in columns} for row in value]

    # What was sent

    def values(self) -> dict[str, Any]:
        """The columns to save: the valid parts, and `as_typed` with the others."""
        values: dict[str, Any] = {}
        as_typed: dict[str, Any] = {}
        for name in self.form.fields:
            if name in self.form.errors:
                as_typed[name] = plain(self.data.get(name, ""))
            else:
                values[name] = self.form.cleaned_data[name]
        for name, formset in self.rows.items():
            if formset.is_valid():
                values[name] = formset.values()
            else:
                as_typed[name] = formset.raw()
        return values | {"as_typed": as_typed}

    def typed(self, part: str) -> Any:
        values = self.values()
        return values["as_typed"].get(part, values.get(part))

    def columns(self) -> dict[str, Any]:
        """The valid parts alone, as columns that a row can be made of."""
        return {name: value for name, value in self.values().items() if name != "as_typed"}

    def typed_parts(self) -> list[Part]:
        """What was sent, as a reader compares it."""
        return type(self.revision)(**self.columns()).parts()

    @property
    def is_unchanged(self) -> bool:
        """Whether a window sent what is stored."""
        return all(self.typed(part) == self.stored(self.revision, part) for part in self.parts())

    def touched(self, since: str = BASE) -> set[str]:
        """The parts that differ from what the window read (`BASE`), or from when the page was opened (`OPENED`)."""
        digests = self.digests(since)
        return {part for part in self.parts() if digests.get(part) != digest(self.typed(part))}

    def digests(self, name: str) -> dict[str, Any]:
        try:
            digests = json.loads(self.data.get(name) or "{}")
        except (ValueError, RecursionError):
            return {}
        return digests if isinstance(digests, dict) else {}

    def adopt(self, stored: Any) -> set[str]:
        """Take over from the stored row what was not touched here; gives the parts that were changed on both sides."""
        touched, base = self.touched(), self.digests(BASE)
        clashes = set()
        data = dict(self.data)
        for part in self.parts():
            if self.typed(part) == self.stored(stored, part):
                continue
            if part in touched:
                if base.get(part) != digest(self.stored(stored, part)):
                    clashes.add(part)
                continue
            for name in [name for name in data if name == part or name.startswith(f"{part}-")]:
                del data[name]
            data |= self.part_data(stored, part)
        fresh = self.as_data(stored)
        data |= {name: fresh[name] for name in (SEEN, BASE, OPENED)}
        self.__init__(stored, data)  # type: ignore[misc]  # anew, over the stored row
        return clashes

    def renewed(self, stored: Any) -> dict[str, str]:
        """The hidden fields of a window that has just saved; when it was opened stays."""
        fresh = self.as_data(stored)
        return {name: fresh[name] for name in (SEEN, BASE)}

    @property
    def hidden(self) -> dict[str, str]:
        return {name: str(self.data.get(name, "")) for name in (SEEN, BASE, OPENED)}

    def add_errors(self, errors: dict[str, Any]) -> None:
        """Sentences at fields, for what only a submission asks for."""
        for name, sentence in errors.items():
            self.form.add_error(name, sentence)

    def errors(self) -> list[tuple[str, str, Any]]:
        """All that is wrong: the id of the field ("" for none), its label, the sentence."""
        found: list[tuple[str, str, Any]] = [("", "", sentence) for sentence in self.own_errors]
        found += [("", "", sentence) for sentence in self.form.non_field_errors()]
        for field in self.form:
            found += [(field.id_for_label, str(field.label), sentence) for sentence in field.errors]
        for formset in self.rows.values():
            found += [(f"{formset.prefix}", "", sentence) for sentence in formset.non_form_errors()]
            for form in formset.forms:
                for field in form:
                    found += [(field.id_for_label, str(field.label), sentence) for sentence in field.errors]
                found += [(formset.prefix or "", "", sentence) for sentence in form.non_field_errors()]
        return found


def seen_of(revision: Any) -> str:
    """Names a row and its version, also one that is to be begun."""
    if revision.pk:
        return f"{revision.pk}.{revision.version}"
    before = revision.predecessor()
    return f"after-{before.pk if before else 0}"


def is_seen(seen: str, revision: Moderated) -> bool:
    """Whether a window saw a row as it is; one begun since, and not saved by anyone, counts as seen."""
    if seen == f"{revision.pk}.{revision.version}":
        return True
    before = revision.predecessor() if revision.version == 0 else None
    return revision.version == 0 and seen == f"after-{before.pk if before else 0}"


def digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
