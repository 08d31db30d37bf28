"""What can be computed of the technical examination: one list for the team's self-check and for the officers.

Nothing is written here. Each item says in sentences what is missing, and where in the form.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..days import PARIS, until_in_words
from ..models import (
    Application,
    ApplicationDocument,
    Call,
    City,
    Country,
    Endorsement,
    Question,
    Reason,
    ScreeningItem,
    Section,
)
from ..text import sort_key
from .answering import PLANS, Progress, progress, too_few_letters, too_long, wrong_number

Kind = Question.Kind
Result = ScreeningItem.Result
Status = Application.Status


@dataclass(frozen=True)
class Remark:
    """A sentence, and the place in the form that it is about."""

    sentence: str
    section: Section | None = None
    question: Question | None = None

    def __str__(self) -> str:
        if self.section is None:
            return self.sentence
        place = self.section.title
        if self.question is not None and self.question.number:
            place = _("%(section)s, question %(number)s") % {"section": place, "number": self.question.number}
        return _("%(place)s: %(sentence)s") % {"place": place, "sentence": self.sentence}


@dataclass(frozen=True)
class Finding:
    code: Reason
    result: ScreeningItem.Result
    remarks: list[Remark] = field(default_factory=list)

    @property
    def sentences(self) -> list[str]:
        """What is wrong, with the place in the form."""
        return [str(remark) for remark in self.remarks]

    @property
    def is_failure(self) -> bool:
        return self.result == Result.FAIL

    @property
    def applies(self) -> bool:
        return self.result != Result.NOT_APPLICABLE


def check(application: Application, *, at: datetime.datetime | None = None) -> list[Finding]:
    """All items of the technical examination, in their order, as they stand at an instant (now by default).

    In a constant number of queries, whatever the application holds.
    """
    looked = _Look(application, at)
    return [looked.at(code) for code in Reason]


def failures(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.is_failure]


def completeness(application: Application) -> Progress:
    """How far the form is, by section and in all."""
    return progress(application)


class _Look:
    """One application with all that the items ask of it, read once."""

    def __init__(self, application: Application, at: datetime.datetime | None) -> None:
        self.application, self.call = application, application.call
        self.is_asked_when = at is not None
        self.instant = at or timezone.now()
        self.progress = progress(application)
        self.answers = {answer.question_id: answer for answer in application.answers.all()}
        self.questions = [
            (step.section, question) for step in self.progress.steps for question in step.section.questions.all()
        ]
        self.lacking = {pk: found for step in self.progress.steps for pk, found in step.lacking.items()}
        self.documents = list(application.documents.filter(replaced_at=None))

    def at(self, code: Reason) -> Finding:
        remarks = getattr(self, code.name.lower())()
        if remarks is None:
            return Finding(code, Result.NOT_APPLICABLE)
        found = list(remarks)
        return Finding(code, Result.FAIL if found else Result.PASS, found)

    def of_kind(self, *kinds: str) -> list[tuple[Section, Question]]:
        return [(section, question) for section, question in self.questions if question.kind in kinds]

    def value(self, question: Question) -> Any:
        answer = self.answers.get(question.pk)
        return answer.value if answer else None

    def remark(self, sentence: Any, *kinds: str) -> Remark:
        """A sentence at the first question of a kind, if the form has one."""
        for section, question in self.of_kind(*kinds):
            return Remark(str(sentence), section, question)
        return Remark(str(sentence))

    # The items, each by the name of its code: remarks, none when it is in order; None where it does not apply.

    def in_time(self) -> Iterable[Remark]:
        closes_at = self.call.closes_for(self.application)
        sent = sorted(self.application.snapshots.values_list("at", flat=True))
        if self.application.status_told in Application.EDITABLE:
            due = [(self.instant, self.application.closes_at)]
        elif sent:
            # The first by the call's end, what was completed by the day set for that.
            due = [(sent[0], closes_at), *((at, self.application.return_until or closes_at) for at in sent[1:])]
        else:
            due = [(self.application.submitted_at or self.instant, closes_at)]
        for at, end in due:
            if at >= end:
                yield Remark(too_late(end))

    def member_state(self) -> Iterable[Remark]:
        taken = (Country.UnescoStatus.MEMBER, Country.UnescoStatus.ASSOCIATE)
        if self.application.country.unesco_status not in taken:
            yield Remark(
                _("%(country)s is neither a Member State nor an Associate Member of UNESCO.")
                % {"country": self.application.country.name}
            )

    def not_a_member(self) -> Iterable[Remark]:
        names = _keys(self.application)
        for city in City.objects.members().filter(country=self.application.country_id).defer("imported"):
            if city.pk == self.application.former_city_id or names & _keys(city):
                yield self.remark(_("%(city)s is a member of the network already.") % {"city": city.name}, Kind.CITY)

    def field_offered(self) -> Iterable[Remark]:
        chosen = self.application.field
        if chosen is None:
            yield self.remark(_("No creative field is chosen."), Kind.FIELD)
        elif not self.call.offered_fields.filter(field=chosen).exists():
            yield self.remark(_("This call does not offer the field “%(field)s”.") % {"field": chosen.name}, Kind.FIELD)

    def language(self) -> Iterable[Remark]:
        if self.application.language not in self.call.languages:
            yield Remark(_("This call takes no applications in that language."))

    def complete(self) -> Iterable[Remark]:
        for section, question in self.questions:
            for sentence in self.lacking.get(question.pk, []):
                if self._is_of_complete(question, sentence):
                    yield Remark(sentence, section, question)
        if self.of_kind(Kind.DOCUMENTS) and not self._documents(ApplicationDocument.Kind.SIGNED_FORM):
            yield self.remark(_("The form signed by the mayor is missing."), Kind.DOCUMENTS)

    def _is_of_complete(self, question: Question, sentence: str) -> bool:
        """Whether a lack belongs to no other item."""
        if question.kind in (Kind.PHOTOS, Kind.DOCUMENTS, Kind.COMMITMENT):
            return False
        answer = self.answers.get(question.pk)
        if answer is None or answer.as_typed is not None or not answer.value:
            return True
        if question.kind in (Kind.FIELD, Kind.BUDGET, Kind.LINKS):
            return False
        if question.kind == Kind.TEXT:
            return sentence not in set(too_long(question, answer.value))
        if question.kind in PLANS:
            return sentence not in set(wrong_number(self.call, question, answer.value))
        return True

    def within_limits(self) -> Iterable[Remark]:
        for section, question in self.of_kind(Kind.TEXT):
            value = self.value(question)
            if isinstance(value, str):
                for sentence in too_long(question, value):
                    yield Remark(sentence, section, question)

    def mayors_letter(self) -> Iterable[Remark] | None:
        if not self.of_kind(Kind.DOCUMENTS):
            return None
        letters = self._documents(ApplicationDocument.Kind.MAYORS_LETTER)
        if letters:
            return []
        return [self.remark(_("The letter of the mayor is missing."), Kind.DOCUMENTS)]

    def _documents(self, kind: str) -> list[ApplicationDocument]:
        return [document for document in self.documents if document.kind == kind]

    def endorsed(self) -> Iterable[Remark]:
        endorsement = Endorsement.objects.filter(application=self.application.pk).select_related("field").first()
        if endorsement is None:
            yield Remark(_("The National Commission has not been asked yet: share the application with it."))
        elif endorsement.status == Endorsement.Status.REQUESTED:
            yield Remark(_("The National Commission has not answered yet."))
        elif not endorsement.is_in_force:
            yield Remark(_("The National Commission does not endorse the application."))
        elif endorsement.field_id != self.application.field_id:
            yield self.remark(
                _("The National Commission endorsed the field “%(field)s”, which is not the application’s.")
                % {"field": endorsement.field.name if endorsement.field else "–"},
                Kind.FIELD,
            )

    def country_cap(self) -> Iterable[Remark] | None:
        if self.call.max_endorsed is None:
            return None
        in_force = Endorsement.objects.in_force().filter(call=self.call, country=self.application.country_id)
        taken = set(in_force.order_by().values_list("application", flat=True))
        others = taken - {self.application.pk}
        if len(taken) <= self.call.max_endorsed and len(others) < self.call.max_endorsed:
            return []
        return [
            Remark(
                ngettext(
                    "The country has no place left: %(count)d other application is endorsed.",
                    "The country has no place left: %(count)d other applications are endorsed.",
                    len(others),
                )
                % {"count": len(others)}
            )
        ]

    def support_letters(self) -> Iterable[Remark] | None:
        if not self.call.support_letters or not self.of_kind(Kind.DOCUMENTS):
            return None
        there = len(self._documents(ApplicationDocument.Kind.SUPPORT_LETTER))
        return [self.remark(sentence, Kind.DOCUMENTS) for sentence in too_few_letters(self.call, there)]

    def photos(self) -> Iterable[Remark] | None:
        if not self.call.photos or not self.of_kind(Kind.PHOTOS):
            return None
        return self._photos()

    def _photos(self) -> Iterable[Remark]:
        uses = list(self.application.photo_uses.select_related("photo").order_by("position", "pk"))
        if len(uses) != self.call.photos:
            sentence = ngettext(
                "The call asks for %(count)d photo; there so far: %(there)d.",
                "The call asks for %(count)d photos; there so far: %(there)d.",
                self.call.photos,
            )
            yield self.remark(sentence % {"count": self.call.photos, "there": len(uses)}, Kind.PHOTOS)
        day = self.instant.astimezone(PARIS).date()
        for number, use in enumerate(uses, 1):
            photo = use.photo
            if not use.is_complete:
                yield self.remark(
                    _("Photo %(number)d lacks its words in both languages, or its credit.") % {"number": number},
                    Kind.PHOTOS,
                )
            if photo.withdrawn_at or not (photo.granted_on and photo.rights_holder):
                yield self.remark(
                    _("The right to show photo %(number)d is not noted.") % {"number": number}, Kind.PHOTOS
                )
            elif photo.granted_until and photo.granted_until < day:
                yield self.remark(_("The right to show photo %(number)d has ended.") % {"number": number}, Kind.PHOTOS)

    def budget(self) -> Iterable[Remark] | None:
        questions = self.of_kind(Kind.BUDGET)
        if not questions:
            return None
        return self._answered(questions)

    def _answered(self, questions: list[tuple[Section, Question]]) -> list[Remark]:
        """What lacks in questions that have an answer; those without one are incomplete, and nothing else."""
        return [
            Remark(sentence, section, question)
            for section, question in questions
            if self.value(question) and self.answers[question.pk].as_typed is None
            for sentence in self.lacking.get(question.pk, [])
        ]

    def initiatives(self) -> Iterable[Remark] | None:
        if not self.of_kind(*PLANS):
            return None
        return [
            Remark(sentence, section, question)
            for section, question in self.of_kind(*PLANS)
            for sentence in wrong_number(self.call, question, self.value(question) or [])
        ]

    def links(self) -> Iterable[Remark] | None:
        questions = self.of_kind(Kind.LINKS)
        return self._answered(questions) if questions else None

    def cooloff(self) -> Iterable[Remark] | None:
        if not self.call.cooloff_failures or not self.call.cooloff_calls:
            return None
        return self._cooloff()

    def _cooloff(self) -> Iterable[Remark]:
        """Unsuccessful applications in a row, counted where the file was eligible; after a pause they count anew."""
        earlier = Call.objects.announced().filter(
            opens_at__lt=self.call.opens_at, is_demonstration=self.call.is_demonstration
        )
        calls = list(earlier.order_by("opens_at").values_list("pk", flat=True))
        decided = (Status.DESIGNATED, Status.NOT_DESIGNATED)
        of_city = self._of_same_city().filter(call__in=calls, status__in=decided)
        outcomes = dict(of_city.order_by().values_list("call", "status"))
        in_a_row, paused_to = 0, -1
        for number, call in enumerate(calls):
            if outcomes.get(call) == Status.DESIGNATED:
                in_a_row = 0
            elif outcomes.get(call) == Status.NOT_DESIGNATED:
                in_a_row += 1
                if in_a_row >= self.call.cooloff_failures:
                    in_a_row, paused_to = 0, number + self.call.cooloff_calls
        if len(calls) <= paused_to:
            yield Remark(
                ngettext(
                    "After %(count)d unsuccessful application the city pauses, and may apply again in a later call.",
                    "After %(count)d unsuccessful applications in a row the city pauses, and may apply again in a"
                    " later call.",
                    self.call.cooloff_failures,
                )
                % {"count": self.call.cooloff_failures}
            )

    def _of_same_city(self) -> Any:
        same = models.Q(country=self.application.country_id, sort_key=self.application.sort_key)
        if self.application.former_city_id:
            same |= models.Q(former_city=self.application.former_city_id)
        return Application.objects.filter(same).exclude(pk=self.application.pk)

    def only_one(self) -> Iterable[Remark]:
        running: set[str] = {*Application.IN_THE_RUNNING}
        if self.call.tells_ineligible == Call.Telling.WITH_ANNOUNCEMENT and not self.call.is_announced:
            # Or another team of the city would learn of it here.
            running.add(Status.INELIGIBLE)
        others = self._of_same_city().filter(call=self.call, status__in=running)
        for other in others.select_related("call").order_by("number")[:1]:
            yield Remark(
                _("Another application of this city was submitted in this call: %(reference)s.")
                % {"reference": other.reference}
            )

    def commitments(self) -> Iterable[Remark] | None:
        questions = [(section, question) for section, question in self.of_kind(Kind.COMMITMENT) if question.is_required]
        if not questions:
            return None
        return [
            Remark(_("This commitment is not made."), section, question)
            for section, question in questions
            if self.value(question) is not True
        ]


def too_late(end: datetime.datetime) -> str:
    """That the time was over, with the instant in words."""
    return _("The time was over: it could be submitted until %(instant)s.") % {"instant": until_in_words(end)}


def _keys(place: Any) -> set[str]:
    """The names of a city, folded."""
    return {sort_key(name) for name in (place.name_en, place.name_fr, place.local_name)} - {""}
