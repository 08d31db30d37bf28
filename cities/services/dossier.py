"""An application as one document: `content` is what a submission freezes, `sections_for_display` what readers see.

Pages, the file of staff and evaluators, print and the exported file all show the same, in the order of the form and
in the application's own language. Answers to a kind of question are named here (`LABELS`) for the forms as well.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ..models import Answer, Application, ApplicationDocument, City, Country, CreativeField, Question, Section, Theme
from ..models.endorsement import Endorsement

Kind = Question.Kind
Content = dict[str, Any]

CONTACTS = {
    "mayor": gettext_lazy("Mayor"),
    "representative": gettext_lazy("Representative of the mayor"),
    "main": gettext_lazy("Main executive contact"),
    "alternate": gettext_lazy("Alternative contact"),
}
SOURCES = {
    "own": gettext_lazy("The city’s own means"),
    "public": gettext_lazy("Other public means"),
    "private": gettext_lazy("Private means"),
    "international": gettext_lazy("International means"),
}
CITY = {
    "name_en": gettext_lazy("Name of the city in English"),
    "name_fr": gettext_lazy("Name of the city in French"),
    "local_name": gettext_lazy("Local name"),
    "latitude": gettext_lazy("Latitude"),
    "longitude": gettext_lazy("Longitude"),
    "population": gettext_lazy("Population"),
    "population_year": gettext_lazy("Year of the population"),
    "website": gettext_lazy("Website"),
}
CONTACT = {
    "title": pgettext_lazy("of a person", "Title"),
    "name": gettext_lazy("First and last name"),
    "function": gettext_lazy("Function"),
    "institution": gettext_lazy("Institution"),
    "institution_type": gettext_lazy("Type of institution"),
    "address": gettext_lazy("Postal address"),
    "phone": gettext_lazy("Telephone"),
    "email": gettext_lazy("E-mail address"),
}
INSTITUTIONS = {
    "municipality": gettext_lazy("municipality"),
    "public": gettext_lazy("other public body"),
    "private": gettext_lazy("private company"),
    "civil-society": gettext_lazy("association or foundation"),
    "academia": gettext_lazy("school, university or research"),
}
FACTS = {
    "name": gettext_lazy("Fact or indicator"),
    "value": pgettext_lazy("of an indicator", "Value"),
    "unit": gettext_lazy("Unit"),
    "year": gettext_lazy("Year"),
    "source": gettext_lazy("Source"),
}
ROWS = {
    "name": gettext_lazy("Name"),
    "frequency": gettext_lazy("How often, or since when"),
    "figures": gettext_lazy("Figures"),
    "note": gettext_lazy("In a few words"),
}
LINKS = {"label": gettext_lazy("What it leads to"), "url": gettext_lazy("Address")}
INITIATIVE = {
    "title": pgettext_lazy("of an initiative", "Title"),
    "description": gettext_lazy("What is to be done"),
    "objectives": gettext_lazy("Objectives"),
    "sdgs": gettext_lazy("Sustainable Development Goals"),
    "partners": gettext_lazy("Partners"),
    "partner_cities": gettext_lazy("Member cities as partners"),
    "groups": gettext_lazy("Who it is for"),
    "schedule": gettext_lazy("Schedule"),
    "results": gettext_lazy("Expected results"),
    "cost": gettext_lazy("Cost"),
}
BUDGET = {
    "currency": gettext_lazy("Currency"),
    "total": gettext_lazy("Total for four years"),
    "sources": gettext_lazy("Where the means come from"),
    "note": gettext_lazy("Explanation"),
}


# What a submission freezes


def content(application: Application) -> Content:
    """All that an application says, as plain JSON values; texts of the form are in the application's language."""
    with translation.override(application.language):
        return {
            "application": _head(application),
            "sections": _sections(application),
            "documents": [_document(one) for one in _current_documents(application)],
            "photos": [_photo(use) for use in application.photo_uses.select_related("photo")],
            "endorsement": _endorsement(application),
        }


def content_for(application: Application, *, is_team: bool) -> Content:
    """What a reader gets: the team what it writes, anybody else what was submitted last, once something was."""
    submitted = None if is_team else application.snapshots.order_by("-number").first()
    return submitted.content if submitted else content(application)


def _head(application: Application) -> Content:
    return {
        "reference": application.reference,
        "call": application.call.slug,
        "country": application.country_id,
        **{name: getattr(application, name) for name in CITY},
        "field": application.field.slug if application.field else None,
        "language": application.language,
    }


def _sections(application: Application) -> list[Content]:
    answers = {answer.question_id: answer for answer in application.answers.all()}
    sections = Section.objects.filter(call=application.call_id).prefetch_related("questions")
    return [
        {
            "key": section.key,
            "title": section.title,
            "questions": [_question(question, answers.get(question.pk)) for question in section.questions.all()],
        }
        for section in sections
    ]


def _question(question: Question, answer: Answer | None) -> Content:
    return {
        "key": question.key,
        "number": question.number,
        "kind": question.kind,
        "text": question.text,
        "words": question.words,
        "answer": answer.value if answer else None,
        "nothing": answer.has_nothing if answer else False,
        "typed": answer.as_typed if answer else None,
    }


def _current_documents(application: Application) -> list[ApplicationDocument]:
    return list(application.documents.filter(replaced_at=None).select_related("file"))


def _document(document: ApplicationDocument) -> Content:
    return {
        "id": str(document.file_id),
        "kind": document.kind,
        "name": document.file.name,
        "sha256": document.file.sha256,
        "size": document.file.size,
        "signatory": document.signatory_name,
        "function": document.signatory_function,
    }


def _photo(use: Any) -> Content:
    photo = use.photo
    return {
        "id": str(photo.pk),
        "sha256": photo.sha256,
        "alt_en": use.alt_en,
        "alt_fr": use.alt_fr,
        "credit": use.credit,
        "rights_holder": photo.rights_holder,
        "granted_on": photo.granted_on.isoformat() if photo.granted_on else None,
        "granted_until": photo.granted_until.isoformat() if photo.granted_until else None,
    }


def _endorsement(application: Application) -> Content | None:
    found = Endorsement.objects.filter(application=application).select_related("letter").first()
    if found is None:
        return None
    return {
        "status": found.status,
        "on": found.decided_at.isoformat(timespec="seconds") if found.decided_at else None,
        "letter": found.letter.sha256 if found.letter else None,
    }


# What readers see: every answer as blocks of five forms, the same for pages and for the exported file


def sections_for_display(content: Content) -> list[Content]:
    """The sections of a content with `blocks` for each question, in the application's language.

    A block is {"is": "text", "text"}, {"is": "facts", "title", "rows": [(label, text)]}, {"is": "table", "head",
    "rows"}, {"is": "list", "items": [(text, address)]} or {"is": "photos", "photos"}. A question is `answered`,
    or says `nothing`; `typed` is what was written and could not be taken over.
    """
    head = content["application"]
    with translation.override(head["language"]):
        reader = _Reader(content)
        return [
            section
            | {
                "questions": [
                    question | {"blocks": reader.blocks(question), "typed_blocks": typed_blocks(question.get("typed"))}
                    for question in section["questions"]
                ]
            }
            for section in content["sections"]
        ]


def head_for_display(content: Content) -> list[tuple[str, str]]:
    """The first lines of a printed application: label and text, in the application's language."""
    head = content["application"]
    with translation.override(head["language"]):
        field = CreativeField.objects.filter(slug=head["field"]).first()
        country = Country.objects.filter(pk=head["country"]).first()
        lines = [
            (_("Reference"), head["reference"]),
            (_("Country"), country.name if country else head["country"]),
            (_("Creative field"), field.name if field else ""),
        ]
        return [(label, text) for label, text in lines if text]


class _Reader:
    """Puts the answers of one content into words."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.currency = ""
        slugs: set[str] = set()
        for section in content["sections"]:
            for question in section["questions"]:
                answer = question["answer"]
                if question["kind"] in (Kind.LOCAL, Kind.INTERNATIONAL):
                    slugs |= {slug for row in answer or [] for slug in row.get("partner_cities", [])}
                elif question["kind"] == Kind.BUDGET and answer:
                    self.currency = answer.get("currency", "")
        self.cities = {
            city.slug: f"{city.name} ({city.country.name})"
            for city in (City.objects.filter(slug__in=slugs).select_related("country") if slugs else ())
        }
        self.goals = {goal.position: goal.label for goal in Theme.objects.filter(kind=Theme.Kind.SDG).defer("imported")}
        self.fields = {field.slug: field.name for field in CreativeField.objects.all()}

    def blocks(self, question: Content) -> list[Content]:
        answer, kind = question["answer"], question["kind"]
        if kind == Kind.PHOTOS:
            return [{"is": "photos", "photos": self.photos()}] if self.content["photos"] else []
        if kind == Kind.DOCUMENTS:
            return [self._table(self.documents())] if self.content["documents"] else []
        if answer in (None, "", [], {}):
            return []
        match kind:
            case Kind.TEXT:
                return [{"is": "text", "text": answer}]
            case Kind.FIELD:
                return [{"is": "text", "text": self.fields.get(answer, answer)}]
            case Kind.COMMITMENT:
                return [{"is": "text", "text": _("The city commits itself to this.")}]
            case Kind.SDGS:
                return [{"is": "list", "items": [(self.goal(goal), "") for goal in answer]}]
            case Kind.CITY:
                return [self._facts("", CITY, answer)]
            case Kind.CONTACTS:
                return [
                    self._facts(str(title), CONTACT, self.contact(answer[who]))
                    for who, title in CONTACTS.items()
                    if any((answer.get(who) or {}).values())
                ]
            case Kind.FACTS:
                return [self._rows(FACTS, answer)]
            case Kind.ROWS:
                return [self._rows(ROWS, answer)]
            case Kind.LINKS:
                return [{"is": "list", "items": [(row["label"] or row["url"], row["url"]) for row in answer]}]
            case Kind.LOCAL | Kind.INTERNATIONAL:
                return [
                    self._facts(f"{number}. {row.get('title', '')}", INITIATIVE, self.initiative(row))
                    for number, row in enumerate(answer, 1)
                ]
            case Kind.BUDGET:
                return self.budget(answer)
        return [{"is": "text", "text": str(answer)}]

    def goal(self, number: Any) -> str:
        try:
            return self.goals.get(int(number), str(number))
        except ValueError:
            return str(number)

    def contact(self, person: dict[str, str]) -> dict[str, str]:
        kind = person.get("institution_type", "")
        return person | {"institution_type": str(INSTITUTIONS.get(kind, kind))}

    def initiative(self, row: Content) -> dict[str, str]:
        return {
            **{name: row.get(name, "") for name in INITIATIVE if name != "title"},
            "sdgs": "\n".join(self.goal(goal) for goal in row.get("sdgs", [])),
            "partner_cities": "\n".join(self.cities.get(slug, slug) for slug in row.get("partner_cities", [])),
            "cost": self.money(row.get("cost", "")),
        }

    def budget(self, answer: Content) -> list[Content]:
        sources = answer.get("sources") or {}
        rows = [(str(label), self.money(sources.get(name, ""))) for name, label in SOURCES.items()]
        rows.append((str(BUDGET["total"]), self.money(answer.get("total", ""))))
        blocks: list[Content] = [{"is": "facts", "title": "", "rows": [row for row in rows if row[1]]}]
        if answer.get("note"):
            blocks.append({"is": "text", "text": answer["note"]})
        return blocks

    def money(self, amount: str) -> str:
        return " ".join(filter(None, (amount_in_words(amount), self.currency))) if amount else ""

    def photos(self) -> list[Content]:
        language = self.content["application"]["language"]
        return [
            photo
            | {
                "alt": photo[f"alt_{language}"] or photo["alt_en"] or photo["alt_fr"],
                "rows": [
                    (str(label), text)
                    for label, text in (
                        (_("Credit"), photo["credit"]),
                        (_("Holder of the rights"), photo["rights_holder"]),
                        (_("Rights granted on"), _day(photo["granted_on"])),
                        (_("Rights granted until"), _day(photo["granted_until"])),
                    )
                    if text
                ],
            }
            for photo in self.content["photos"]
        ]

    def documents(self) -> tuple[list[str], list[list[str]]]:
        kinds = dict(ApplicationDocument.Kind.choices)
        rows = [
            [
                str(kinds.get(one["kind"], one["kind"])),
                one["name"],
                ", ".join(filter(None, (one["signatory"], one["function"]))),
            ]
            for one in self.content["documents"]
        ]
        return [_("Document"), _("File"), _("Signed by")], rows

    def _table(self, parts: tuple[list[str], list[list[str]]]) -> Content:
        head, rows = parts
        return {"is": "table", "head": head, "rows": rows}

    def _rows(self, labels: dict[str, Any], rows: Iterable[dict[str, str]]) -> Content:
        head = [str(label) for label in labels.values()]
        return {"is": "table", "head": head, "rows": [[str(row.get(name, "")) for name in labels] for row in rows]}

    def _facts(self, title: str, labels: dict[str, Any], values: Content) -> Content:
        rows = [(str(label), str(values.get(name) or "")) for name, label in labels.items()]
        return {"is": "facts", "title": title, "rows": [(label, text) for label, text in rows if text]}


def typed_blocks(typed: Any) -> list[Content]:
    """What could not be taken over, as readable text whatever its shape."""
    lines = list(_lines(typed))
    return [{"is": "text", "text": "\n".join(lines)}] if lines else []


_NAMES = [*dict.fromkeys(name for names in (CITY, CONTACTS, CONTACT, FACTS, ROWS, LINKS, INITIATIVE) for name in names)]


def _place(name: str) -> int:
    """Where a part of an answer stands in the form; PostgreSQL gives the parts back in an order of its own."""
    return _NAMES.index(name) if name in _NAMES else len(_NAMES)


def _lines(typed: Any) -> Iterable[str]:
    match typed:
        case None | "" | False:
            return
        case dict():
            parts = [part for name in sorted(typed, key=_place) for part in _lines(typed[name])]
            if parts:
                yield " · ".join(parts)
        case list():
            for value in typed:
                yield from _lines(value)
        case _:
            yield str(typed)


def amount_in_words(amount: str) -> str:
    """A decimal string with the marks of the active language: "12,500.50", "12 500,50"."""
    try:
        return number_format(amount, use_l10n=True, force_grouping=True)
    except (ValueError, ArithmeticError):
        return amount


def _day(day: str | None) -> str:
    return date_format(datetime.date.fromisoformat(day), "DATE_FORMAT") if day else ""
