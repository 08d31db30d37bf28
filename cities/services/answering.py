"""Answers to a call's questions: saved one by one, never lost, and counted as answered once they are enough."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..exceptions import MandateRefused, TransitionNotAllowed
from ..models import Answer, Application, ApplicationDocument, Call, City, CreativeField, Question, Section
from ..models.endorsement import Endorsement
from ..people import Person
from ..text import count_words
from .dossier import BUDGET, CITY, CONTACT, CONTACTS, FACTS, INITIATIVE, SOURCES
from .locking import locked

Kind = Question.Kind
PLANS = (Kind.LOCAL, Kind.INTERNATIONAL)


class Closed(TransitionNotAllowed):
    """The application can no longer be changed: it is with the secretariat, withdrawn, or its time is over."""


@dataclass(frozen=True)
class Given:
    """What a window sends to one question, having read its answer as version `seen` (0 for none)."""

    question: Question
    seen: int
    value: Any = None
    has_nothing: bool = False
    as_typed: Any = None
    """What was typed, where it cannot be taken over; `value` is then not looked at."""


@dataclass
class Saved:
    """What became of what was given, by the key of the question."""

    answers: dict[int, Answer] = field(default_factory=dict)
    conflicts: dict[int, Answer] = field(default_factory=dict)
    """The stored answers to questions that somebody else saved in between: nothing of these was written."""
    refused: dict[int, str] = field(default_factory=dict)
    """Sentences for what the rules refuse; it is kept as it was typed."""


@transaction.atomic
def save_answers(*, application: Application, section: Section, given: Iterable[Given], by: Person) -> Saved:
    """Save what a window sends to questions of a section; each question stands for itself.

    Where somebody else saved an answer after the window read it, that question alone is a conflict and keeps the
    stored text. Raises MandateRefused for who does not write here, Closed when it can no longer be changed.
    """
    stored = locked(application)
    if not by.has_perm("cities.write_application", stored):
        raise MandateRefused(_("Only those who write this application can change it."))
    if not stored.is_editable:
        raise Closed(closed_because(stored))
    saved = Saved()
    answers = {answer.question_id: answer for answer in stored.answers.filter(question__section=section)}
    for one in given:
        if one.question.section_id != section.pk:
            continue
        answer = answers.get(one.question.pk) or Answer(application=stored, question=one.question)
        one = _within_rules(stored, one, saved)
        if (answer.value, answer.has_nothing, answer.as_typed) == _columns(answer, one):
            saved.answers[one.question.pk] = answer
        elif answer.version != one.seen:
            saved.conflicts[one.question.pk] = answer
        else:
            answer.value, answer.has_nothing, answer.as_typed = _columns(answer, one)
            answer.version, answer.updated_by = answer.version + 1, by
            answer.save()
            saved.answers[one.question.pk] = answer
            if one.as_typed is None:
                _carry_over(stored, one)
    if saved.answers:
        stored.save(update_fields=["updated_at"])
    return saved


def closed_because(application: Application) -> str:
    """Why nothing can be changed any more, as a sentence for the team."""
    Status = Application.Status  # noqa: N806  a class
    if application.status_told in Application.EDITABLE:
        return _("The time is over: nothing can be changed any more. What you typed is not saved.")
    if application.status == Status.WITHDRAWN:
        return _("The application was withdrawn: nothing can be changed any more.")
    return _("The application was submitted: nothing can be changed any more.")


def _columns(answer: Answer, one: Given) -> tuple[Any, bool, Any]:
    # The last valid answer stays behind what cannot be taken over.
    return (one.value, one.has_nothing, None) if one.as_typed is None else (answer.value, one.has_nothing, one.as_typed)


def _within_rules(application: Application, one: Given, saved: Saved) -> Given:
    """The field of an endorsed application stays what the Commission endorsed."""
    if one.question.kind == Kind.FIELD and one.as_typed is None:
        kept = application.field.slug if application.field else None
        if (sentence := field_is_held(application)) and one.value != kept:
            saved.refused[one.question.pk] = sentence
            return Given(one.question, one.seen, has_nothing=one.has_nothing, as_typed={"field": one.value or ""})
    return one


def field_is_held(application: Application) -> str:
    """Why the field cannot be changed now, or nothing."""
    if application.pk is None:  # one that is only looked at, before there is any
        return ""
    found = Endorsement.objects.filter(application=application).in_force().select_related("field").first()
    if found is None or found.field is None:
        return ""
    return _(
        "The National Commission endorsed the application in the field “%(field)s”. To change it, ask the Commission"
        " to withdraw its endorsement first."
    ) % {"field": found.field.name}


def _carry_over(application: Application, one: Given) -> None:
    """Keep what lists, rules and conflicts of interest read from columns."""
    value = one.value
    match one.question.kind:
        case Kind.CITY:
            _name_city(application, value or {})
        case Kind.FIELD:
            application.field = CreativeField.objects.filter(slug=value).first() if value else None
            application.save(update_fields=["field", "updated_at"])
        case Kind.LOCAL | Kind.INTERNATIONAL:
            plans = application.answers.filter(question__kind__in=PLANS).values_list("value", flat=True)
            slugs = {slug for rows in plans for row in rows or [] for slug in row.get("partner_cities", [])}
            application.partner_cities.set(City.objects.members().filter(slug__in=slugs))


def _name_city(application: Application, value: dict[str, str]) -> None:
    # A city has a name as long as it applies: an emptied field leaves the one it began with.
    application.name_en = value.get("name_en") or application.name_en
    for name in ("name_fr", "local_name", "website"):
        setattr(application, name, value.get(name, ""))
    for name in ("latitude", "longitude"):
        setattr(application, name, float(value[name]) if value.get(name) else None)
    for name in ("population", "population_year"):
        setattr(application, name, int(value[name]) if value.get(name) else None)
    application.save(update_fields=[*CITY, "updated_at"])


# Whether answers are enough


@dataclass(frozen=True)
class Step:
    """How far a section is: how many of its required questions have an answer that is enough."""

    section: Section
    answered: int
    asked: int
    lacking: dict[int, list[str]]
    """What the questions of the section still lack, by their keys; those that need nothing more are not there."""

    @property
    def is_done(self) -> bool:
        return not self.lacking

    @property
    def is_begun(self) -> bool:
        return self.answered > 0


@dataclass(frozen=True)
class Progress:
    steps: list[Step]

    @property
    def answered(self) -> int:
        return sum(step.answered for step in self.steps)

    @property
    def asked(self) -> int:
        return sum(step.asked for step in self.steps)

    @property
    def percent(self) -> int:
        """Of the required questions, rounded down: 100 is all."""
        return 100 * self.answered // self.asked if self.asked else 100

    @property
    def next(self) -> Step | None:
        """The first section that lacks something."""
        return next((step for step in self.steps if not step.is_done), None)

    @property
    def is_complete(self) -> bool:
        return all(step.is_done for step in self.steps)

    def step(self, section: Section) -> Step:
        return next(step for step in self.steps if step.section.pk == section.pk)


def progress(application: Application) -> Progress:
    """How far the form is, section by section, in a constant number of queries."""
    return _progress(application, list(Section.objects.filter(call=application.call_id).prefetch_related("questions")))


def progress_of_many(applications: Iterable[Application]) -> dict[int, Progress]:
    """How far the forms of applications are, by their keys, in as many queries for one as for thirty."""
    related = ("answers", "photo_uses__photo", "documents", "call__fields", "call__sections__questions")
    read = Application.objects.filter(pk__in=[application.pk for application in applications])
    return {
        application.pk: _progress(application, list(application.call.sections.all()))
        for application in read.order_by().select_related("call").prefetch_related(*related)
    }


def _progress(application: Application, sections: list[Section]) -> Progress:
    facts = _Facts(application, [question for section in sections for question in section.questions.all()])
    steps = []
    for section in sections:
        questions = list(section.questions.all())
        lacking = {question.pk: sentences for question in questions if (sentences := facts.lacking(question))}
        required = [question for question in questions if question.is_required]
        answered = sum(question.pk not in lacking for question in required)
        steps.append(Step(section, answered, len(required), lacking))
    return Progress(steps)


class _Facts:
    """The answers of one application, and what it takes to judge them."""

    def __init__(self, application: Application, questions: list[Question]) -> None:
        self.application, self.call = application, application.call
        self.answers = {answer.question_id: answer for answer in application.answers.all()}
        self.by_kind = {question.kind: self.answers.get(question.pk) for question in questions}
        self.has_budget = Kind.BUDGET in self.by_kind
        kinds = set(self.by_kind)
        self.offered = {field.slug for field in self.call.fields.all()} if Kind.FIELD in kinds else set()
        uses = application.photo_uses.all()
        if "photo_uses" not in getattr(application, "_prefetched_objects_cache", {}):
            uses = uses.select_related("photo")
        self.uses = list(uses) if Kind.PHOTOS in kinds else []
        documents = application.documents.all() if Kind.DOCUMENTS in kinds else ()
        self.documents = [document.kind for document in documents if document.is_current]

    def lacking(self, question: Question) -> list[str]:
        if question.kind == Kind.PHOTOS:
            return self.photos() if question.is_required else []
        if question.kind == Kind.DOCUMENTS:
            return self.letters() if question.is_required else []
        answer = self.answers.get(question.pk)
        if answer is not None and answer.as_typed is not None:
            return [_("Something could not be taken over: correct what is marked.")]
        value = answer.value if answer else None
        has_nothing = bool(answer and answer.has_nothing and question.may_have_nothing)
        if value in (None, "", [], {}, False):
            if has_nothing or not question.is_required:
                return []
            return [_("There is no answer yet.")]
        if has_nothing:
            return [_("There is an answer, and the tick for no relevant information: take one of them away.")]
        return [str(sentence) for sentence in self.judge(question, value)]

    def judge(self, question: Question, value: Any) -> Iterable[Any]:
        match question.kind:
            case Kind.TEXT:
                yield from too_long(question, value)
            case Kind.CITY:
                yield from missing(value, CITY, ("name_en", "name_fr", "latitude", "longitude"))
            case Kind.FIELD:
                if value not in self.offered:
                    yield _("This call does not offer that creative field.")
            case Kind.CONTACTS:
                for who, title in CONTACTS.items():
                    for sentence in missing(value.get(who) or {}, CONTACT, ("name", "function", "email")):
                        yield _("%(contact)s: %(sentence)s") % {"contact": title, "sentence": sentence}
            case Kind.FACTS:
                yield from missing_in_rows(value, FACTS, ("name", "value", "year", "source"))
            case Kind.ROWS:
                yield from missing_in_rows(value, {"name": gettext_lazy("Name")}, ("name",))
            case Kind.LOCAL | Kind.INTERNATIONAL:
                yield from wrong_number(self.call, question, value)
                yield from missing_in_rows(value, INITIATIVE, self.wanted_of_plans)
            case Kind.BUDGET:
                yield from self.budget(value)
            case Kind.LINKS:
                if len(value) > self.call.max_links:
                    yield ngettext(
                        "At most %(count)d link is allowed.",
                        "At most %(count)d links are allowed.",
                        self.call.max_links,
                    ) % {"count": self.call.max_links}

    @property
    def wanted_of_plans(self) -> tuple[str, ...]:
        return ("title", "description", *(("cost",) if self.has_budget else ()))

    def budget(self, value: dict[str, Any]) -> Iterable[Any]:
        yield from missing(value, BUDGET, ("currency", "total"))
        if not value.get("total"):
            return
        total, sources = amount(value["total"]), value.get("sources") or {}
        given = sum((amount(sources.get(name)) for name in SOURCES), Decimal())
        yield from differing(
            total,
            given,
            more=gettext_lazy("The sources add up to %(sum)s: %(difference)s more than the total of %(total)s."),
            less=gettext_lazy("The sources add up to %(sum)s: %(difference)s less than the total of %(total)s."),
        )
        plans = [self.by_kind.get(kind) for kind in PLANS if kind in self.by_kind]
        if plans:
            costs = sum((amount(row.get("cost")) for plan in plans if plan for row in plan.value or []), Decimal())
            yield from differing(
                total,
                costs,
                more=gettext_lazy("The initiatives cost %(sum)s: %(difference)s more than the total of %(total)s."),
                less=gettext_lazy("The initiatives cost %(sum)s: %(difference)s less than the total of %(total)s."),
            )

    def photos(self) -> list[str]:
        ready = sum(use.is_complete and use.photo.is_usable for use in self.uses)
        wanted = self.call.photos
        if len(self.uses) > wanted:
            sentence = ngettext("The call takes %(count)d photo.", "The call takes %(count)d photos.", wanted)
            return [sentence % {"count": wanted}]
        if ready >= wanted:
            return []
        sentence = ngettext(
            "The call asks for %(count)d photo with its words, credit and rights; %(ready)d is ready.",
            "The call asks for %(count)d photos with their words, credit and rights; ready so far: %(ready)d.",
            wanted,
        )
        return [sentence % {"count": wanted, "ready": ready}]

    def letters(self) -> list[str]:
        DocumentKind = ApplicationDocument.Kind  # noqa: N806  a class
        lacking = [
            _("Missing: %(document)s.") % {"document": kind.label}
            for kind in (DocumentKind.SIGNED_FORM, DocumentKind.MAYORS_LETTER)
            if kind not in self.documents
        ]
        return [*lacking, *too_few_letters(self.call, self.documents.count(DocumentKind.SUPPORT_LETTER))]


def too_long(question: Question, text: str) -> Iterable[str]:
    if question.words and (count := count_words(text)) > question.words:
        yield _("This text is too long: %(limit)d words are allowed, it has %(count)d.") % {
            "limit": question.words,
            "count": count,
        }


def wrong_number(call: Call, question: Question, rows: Collection[Any]) -> Iterable[str]:
    """What is to be said of how many initiatives answer one of the two questions about the plan."""
    least, most = (
        (call.min_local, call.max_local)
        if question.kind == Kind.LOCAL
        else (call.min_international, call.max_international)
    )
    if len(rows) < least:
        yield ngettext(
            "The call asks for at least %(count)d initiative.",
            "The call asks for at least %(count)d initiatives.",
            least,
        ) % {"count": least}
    if len(rows) > most:
        yield ngettext(
            "The call takes at most %(count)d initiative.", "The call takes at most %(count)d initiatives.", most
        ) % {"count": most}


def too_few_letters(call: Call, there: int) -> Iterable[str]:
    """What is to be said of how many letters of support there are."""
    if there < call.support_letters:
        yield ngettext(
            "The call asks for %(count)d letter of support; there so far: %(there)d.",
            "The call asks for %(count)d letters of support; there so far: %(there)d.",
            call.support_letters,
        ) % {"count": call.support_letters, "there": there}


def missing(values: dict[str, Any], labels: dict[str, Any], wanted: Iterable[str]) -> Iterable[str]:
    lacking = [str(labels[name]) for name in wanted if not values.get(name)]
    if lacking:
        yield _("still to be filled in: %(labels)s.") % {"labels": ", ".join(lacking)}


def missing_in_rows(rows: list[dict[str, Any]], labels: dict[str, Any], wanted: Iterable[str]) -> Iterable[str]:
    wanted = list(wanted)
    for number, row in enumerate(rows, 1):
        for sentence in missing(row, labels, wanted):
            yield _("Row %(number)d: %(sentence)s") % {"number": number, "sentence": sentence}


def amount(text: Any) -> Decimal:
    """An amount as it is kept; what is none counts as nothing."""
    try:
        return Decimal(text or 0)
    except (InvalidOperation, TypeError, ValueError):
        return Decimal()


def differing(total: Decimal, found: Decimal, *, more: Any, less: Any) -> Iterable[str]:
    if found != total:
        figures = {"sum": found, "difference": abs(found - total), "total": total}
        yield (more if found > total else less) % {
            name: number_format(figure, use_l10n=True, force_grouping=True) for name, figure in figures.items()
        }
