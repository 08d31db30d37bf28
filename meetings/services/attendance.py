"""Who comes and who is there, for staff: figures of a meeting, finding a person, letters for a visa."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models.functions import Cast
from django.db.models.lookups import Contains
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.days import in_words, today
from cities.models import City, Coordinator
from cities.models.bilingual import content_languages
from cities.services.wordfile import as_letters
from cities.text import fold, search_text, words

from ..models import Meeting, MeetingQuestion, Registration
from .registration import Places, RegistrationRefused, answer_for

Capacity = Registration.Capacity
Kind = MeetingQuestion.Kind
Purpose = MeetingQuestion.Purpose
Status = Registration.Status


# Answers


def answered(question: MeetingQuestion) -> models.QuerySet[Registration]:
    """The registrations that answered a question; of one for yes or no, those that said either."""
    return Registration.objects.filter(meeting=question.meeting_id, answers__has_key=str(question.pk))


def answering(registrations: models.QuerySet, purpose: str) -> models.QuerySet:
    """Those who wrote something to the question of a purpose, or said yes to it; of any meeting."""
    found = models.Q(pk__in=[])
    for question in MeetingQuestion.objects.filter(purpose=purpose):
        given = models.Q(answers__has_key=str(question.pk))
        if question.kind == Kind.YES_NO:
            # A key that is a number would be taken for a place in a list, were it looked up as a key.
            given = models.Q(Contains(Cast("answers", models.TextField()), f'"{question.pk}": true'))
        found |= models.Q(meeting=question.meeting_id) & given
    return registrations.filter(found)


# Figures


@dataclass(frozen=True)
class OfCapacity:
    """How many come in a capacity."""

    capacity: Capacity
    coming: int = 0
    waiting: int = 0
    here: int = 0


@dataclass(frozen=True)
class Absent:
    """A member city for which nobody is registered, with whom to ask."""

    city: City
    focal_point: Any = None


@dataclass(frozen=True)
class Needs:
    """What those who come answered to a question, each answer once, with how many gave it."""

    persons: int = 0
    answers: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Attendance:
    places: Places
    here: int
    cancelled: int
    by_capacity: list[OfCapacity]
    cities: int
    absent: list[Absent]
    diet: Needs
    access: Needs
    letters_wanted: int
    letters_issued: int


@dataclass(frozen=True)
class Here:
    """How many are expected, and how many of them are there."""

    coming: int
    here: int
    waiting: int
    cities: int


def here_of(meeting: Meeting) -> Here:
    """One query."""
    is_here = models.Q(checked_in_at__isnull=False)
    return Here(
        **Registration.objects.filter(meeting=meeting).aggregate(
            coming=models.Count("pk", filter=models.Q(status=Status.REGISTERED)),
            here=models.Count("pk", filter=is_here),
            waiting=models.Count("pk", filter=models.Q(status=Status.WAITING)),
            cities=models.Count("city", distinct=True, filter=is_here),
        )
    )


def attendance(meeting: Meeting) -> Attendance:
    """The figures of a meeting; as many queries for three persons as for three hundred."""
    rows = Registration.objects.filter(meeting=meeting)
    counts = {(one["capacity"], one["status"]): one for one in _counted(rows)}

    def number(capacity: str, status: str, what: str = "number") -> int:
        return counts.get((capacity, status), {}).get(what, 0)

    by_capacity = [
        OfCapacity(
            value,
            coming=number(value, Status.REGISTERED),
            waiting=number(value, Status.WAITING),
            here=number(value, Status.REGISTERED, "here"),
        )
        for value in Capacity
        if any(number(value, status) for status in Status) or not meeting.capacities or value in meeting.capacities
    ]
    questions = {one.purpose: one for one in meeting.questions.all()}
    answers = list(rows.coming().values_list("answers", "visa_letter_on"))
    visa = questions.get(Purpose.VISA)
    letters = [issued for given, issued in answers if visa and given.get(str(visa.pk))]
    return Attendance(
        places=Places(
            limit=meeting.places,
            coming=sum(one.coming for one in by_capacity),
            waiting=sum(one.waiting for one in by_capacity),
        ),
        here=sum(one.here for one in by_capacity),
        cancelled=sum(one["number"] for (_capacity, status), one in counts.items() if status == Status.CANCELLED),
        by_capacity=by_capacity,
        cities=rows.coming().exclude(city=None).aggregate(number=models.Count("city", distinct=True))["number"],
        absent=_absent(rows),
        diet=_needs(questions.get(Purpose.DIET), [given for given, _issued in answers]),
        access=_needs(questions.get(Purpose.ACCESS), [given for given, _issued in answers]),
        letters_wanted=len(letters),
        letters_issued=sum(issued is not None for issued in letters),
    )


def _counted(rows: Any) -> Iterable[dict[str, Any]]:
    here = models.Count("pk", filter=models.Q(checked_in_at__isnull=False))
    return rows.order_by().values("capacity", "status").annotate(number=models.Count("pk"), here=here)


def _needs(question: MeetingQuestion | None, answers: list[dict[str, Any]]) -> Needs:
    """The same answer in other letters counts as the same."""
    if question is None:
        return Needs()
    said = [" ".join(str(given).split()) for one in answers if (given := one.get(str(question.pk)))]
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for one in said:
        spellings[fold(one)][one] += 1
    found = [(counter.most_common(1)[0][0], counter.total()) for counter in spellings.values()]
    return Needs(len(said), sorted(found, key=lambda pair: (-pair[1], fold(pair[0]))))


def _absent(rows: Any) -> list[Absent]:
    registered = rows.standing().exclude(city=None).values("city")
    order = f"sort_key_{content_languages()[0]}"
    cities = City.objects.members().exclude(pk__in=registered).select_related("country").order_by(order)
    focal_points = {one.city_id: one.user for one in Coordinator.objects.reachable().focal_points()}
    return [Absent(city, focal_points.get(city.pk)) for city in cities]


# Finding a person

SHORTEST_CODE = 3
"""So many letters of a code find it: fewer are the beginning of many names."""


def matching(registrations: models.QuerySet, query: str, *, with_address: bool = False) -> list[int]:
    """Keys of the registrations that a search finds, best first: whose code begins so, then by name.

    Every word must begin a word of the name, the organization or the city's names, case and accents folded. With
    `with_address` a whole e-mail address finds, too. One query.
    """
    wanted = words(query)
    code = "".join(query.split()).upper()
    address = query.strip().lower()
    if not wanted:
        return []
    found = []
    columns = registrations.order_by("pk").values_list(
        "pk", "code", "name", "organization", "email", "city__search_text"
    )
    for pk, own_code, name, organization, email, city in columns:
        if len(code) >= SHORTEST_CODE and own_code.startswith(code):
            found.append((0, "", pk))
        elif with_address and email and email == address:
            found.append((1, "", pk))
        else:
            text = f"{search_text([name, organization])}{city or ''}"
            if all(f" {word}" in text for word in wanted):
                found.append((2, fold(name), pk))
    return [pk for _rank, _name, pk in sorted(found)]


# Letters for a visa


def why_no_letter(registration: Registration) -> str:
    """Why a person gets no letter for a visa, in a sentence; empty for who gets one."""
    meeting, name = registration.meeting, {"name": registration}
    if not answer_for(registration, Purpose.VISA):
        return _("%(name)s asked for no letter for a visa.") % name
    if registration.status != Status.REGISTERED:
        return _("%(name)s has no place: a letter for a visa is for those who have one.") % name
    if meeting.status not in Meeting.TO_COME:
        return _("The meeting is over or cancelled: no letter for a visa is written any more.")
    if meeting.start_date is None or meeting.end_date is None:
        return _("The days of the meeting are not known yet: the letter for a visa names them.")
    if not (answer_for(registration, Purpose.PASSPORT_NAME) and answer_for(registration, Purpose.NATIONALITY)):
        return _("%(name)s has not given the name as in the passport and the nationality yet.") % name
    return ""


def visa_letters(
    registrations: Iterable[Registration], *, language: str = "", on: datetime.date | None = None
) -> bytes:
    """Letters for a visa as one Word file, a page each, in a language or else in that of each person.

    Raises RegistrationRefused for who gets none, and without anybody.
    """
    texts = []
    for registration in registrations:
        if why := why_no_letter(registration):
            raise RegistrationRefused(why)
        with translation.override(language or registration.language):
            texts.append(_letter(registration, on or today()))
    if not texts:
        raise RegistrationRefused(gettext_lazy("Nobody here gets a letter for a visa."))
    return as_letters(texts)


def _letter(registration: Registration, day: datetime.date) -> str:
    meeting = registration.meeting
    country = meeting.country.name if meeting.country else ""
    hosts = meeting.host_names
    context = {
        "registration": registration,
        "meeting": meeting,
        "day": in_words(day),
        "passport_name": _one_line(answer_for(registration, Purpose.PASSPORT_NAME)),
        "nationality": _one_line(answer_for(registration, Purpose.NATIONALITY)),
        "organization": _one_line(registration.organization),
        "where": ", ".join(part for part in (_one_line(meeting.venue), hosts, country) if part),
    }
    return render_to_string("meetings/visa_letter.txt", context)


def _one_line(text: Any) -> str:
    return " ".join(str(text or "").split())
