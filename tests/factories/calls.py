"""Calls and applications at any stage, written directly: the verbs that lead there have tests of their own."""

import datetime
from typing import Any

from django.utils import timezone

from cities.models import (
    Answer,
    Applicant,
    Application,
    Assignment,
    Call,
    CommissionOfficer,
    Country,
    CreativeField,
    Criterion,
    Designation,
    Endorsement,
    Evaluation,
    Evaluator,
    OfferedField,
    Question,
    Score,
    Section,
)
from rvcu.models import User

DAY = datetime.timedelta(days=1)

# What a call of the tests asks: every kind of question once, text twice.
FORM = {
    "city": [("city", Question.Kind.CITY), ("field", Question.Kind.FIELD)],
    "contacts": [("contacts", Question.Kind.CONTACTS)],
    "presentation": [
        ("presentation", Question.Kind.TEXT),
        ("assets", Question.Kind.TEXT),
        ("sdgs", Question.Kind.SDGS),
    ],
    "facts": [("facts", Question.Kind.FACTS), ("events", Question.Kind.ROWS)],
    "plan": [
        ("local", Question.Kind.LOCAL),
        ("international", Question.Kind.INTERNATIONAL),
        ("budget", Question.Kind.BUDGET),
    ],
    "annexes": [
        ("photos", Question.Kind.PHOTOS),
        ("documents", Question.Kind.DOCUMENTS),
        ("links", Question.Kind.LINKS),
    ],
    "commitments": [("reports", Question.Kind.COMMITMENT)],
}
CRITERIA = {"development": 3, "heritage": 2, "feasibility": 1}

PHASES = {
    # days from now to: opening, national deadline, closing, end of screening, of evaluation, decision, announcement
    "scheduled": (10, 30, 40, 50, 70, 80, 90),
    "open": (-10, 20, 30, 40, 60, 70, 80),
    "screening": (-50, -20, -10, 10, 30, 40, 50),
    "evaluation": (-60, -40, -30, -10, 20, 30, 40),
    "decision": (-90, -70, -60, -40, -10, -5, 10),
}


def make_call(phase: str = "open", *, publish: bool = True, form: bool = True, **fields: Any) -> Call:
    """A call that stands at a phase now, with a form of every kind of question and three criteria."""
    now = timezone.now().replace(microsecond=0)
    names = ("opens_at", "national_deadline_at", "closes_at", "screening_until", "evaluation_until", "decision_at")
    instants = dict(zip((*names, "announce_at"), (now + days * DAY for days in PHASES[phase]), strict=True))
    known: dict[str, Any] = {
        "slug": "2027",
        "year": 2027,
        "title_en": "Call of the tests",
        "title_fr": "Appel des tests",
        "introduction_en": "For the tests.",
        "introduction_fr": "Pour les tests.",
    }
    call = Call.objects.create(**known | instants | fields)
    OfferedField.objects.bulk_create(
        OfferedField(call=call, field=field) for field in CreativeField.objects.order_by("position")
    )
    if form:
        add_form(call)
    if publish:
        call.status, call.published_at = Call.Status.PUBLISHED, now
        call.save(update_fields=["status", "published_at"])
    return call


def add_form(call: Call) -> None:
    for number, (key, questions) in enumerate(FORM.items(), 1):
        section = Section.objects.create(
            call=call, position=number, key=key, title_en=f"Section {key}", title_fr=f"Partie {key}"
        )
        for place, (name, kind) in enumerate(questions, 1):
            Question.objects.create(
                section=section,
                position=place,
                key=name,
                number=f"{number}.{place}",
                kind=kind,
                text_en=f"Question {name}",
                text_fr=f"Question {name} (fr)",
                words=100 if kind == Question.Kind.TEXT else None,
            )
    for number, (key, weight) in enumerate(CRITERIA.items(), 1):
        Criterion.objects.create(
            call=call, position=number, key=key, name_en=f"On {key}", name_fr=f"Sur {key}", weight=weight
        )


def make_application(call: Call, name: str = "Besançon", country: str = "FR", **fields: Any) -> Application:
    """An application; `owner` is a person of its team, `field` a slug. Submitted ones get their instant.

    Names are of real cities that are not members of the network; what is said of them is for the tests.
    """
    owner, field = fields.pop("owner", None), fields.pop("field", "literature")
    known: dict[str, Any] = {
        "number": Application.objects.filter(call=call).count() + 1,
        "name_en": name,
        "name_fr": name,
        "latitude": 47.24,
        "longitude": 6.02,
        "language": "en",
        "field": CreativeField.objects.get(slug=field) if field else None,
        "country": Country.objects.get(pk=country),
    }
    status = fields.get("status", Application.Status.DRAFT)
    if status not in (Application.Status.DRAFT, Application.Status.WITHDRAWN):
        known["shared_at"] = known["submitted_at"] = min(timezone.now(), call.closes_at) - DAY
    if status == Application.Status.DESIGNATED:
        known["designation"] = a_designation()
    application = Application.objects.create(call=call, **known | fields)
    if owner:
        add_applicant(application, owner)
    return application


def a_designation() -> Designation:
    """Some member's, for an application that is to have one."""
    return Designation.objects.filter(application=None).earliest("starts_on", "pk")


def add_applicant(application: Application, user: User, role: str = Applicant.Role.OWNER) -> Applicant:
    return Applicant.objects.create(
        application=application, user=user, role=role, begins_at=timezone.now() - 5 * DAY, appointed_by=user
    )


def answer(application: Application, key: str, value: Any, **fields: Any) -> Answer:
    question = Question.objects.get(section__call=application.call, key=key)
    return Answer.objects.create(application=application, question=question, value=value, version=1, **fields)


def make_endorsement(
    application: Application, status: str = Endorsement.Status.REQUESTED, place: int | None = None
) -> Endorsement:
    """An endorsement of an application; one in force takes the place given, or the first."""
    in_force = status == Endorsement.Status.ENDORSED
    return Endorsement.objects.create(
        application=application,
        call=application.call,
        country=application.country,
        field=application.field,
        status=status,
        place=(place or 1) if in_force else None,
        cap=application.call.max_endorsed,
        fields_differ=application.call.endorsed_fields_differ,
        decided_at=timezone.now() if in_force else None,
    )


def make_commission_officer(user: User, country: str = "FR") -> CommissionOfficer:
    return CommissionOfficer.objects.create(user=user, country_id=country)


def make_evaluator(user: User, field: str = "literature", **fields: Any) -> Evaluator:
    known: dict[str, Any] = {"panel": Evaluator.Panel.EXPERTS, "field": CreativeField.objects.get(slug=field)}
    return Evaluator.objects.create(user=user, **known | fields)


def make_assignment(
    application: Application, evaluator: Evaluator, status: str = Assignment.Status.INVITED, **fields: Any
) -> Assignment:
    now = timezone.now()
    known: dict[str, Any] = {"due_at": application.call.evaluation_until, "invited_at": now}
    if status in (*Assignment.OPENED, Assignment.Status.ABSTAINED):
        known["declared_at"] = now
    if status in Assignment.DONE:
        known["submitted_at"] = now
    return Assignment.objects.create(
        application=application, evaluator=evaluator, user=evaluator.user, status=status, **known | fields
    )


def make_evaluation(assignment: Assignment, *values: int, recommendation: str = "recommend") -> Evaluation:
    """An evaluation with one score a criterion, in their order."""
    evaluation = Evaluation.objects.create(assignment=assignment, recommendation=recommendation)
    criteria = list(assignment.application.call.criteria.all())
    Score.objects.bulk_create(
        Score(evaluation=evaluation, criterion=criterion, value=value)
        for criterion, value in zip(criteria, values, strict=True)
    )
    return evaluation
