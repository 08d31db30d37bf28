"""Applications that wait for a decision, and decisions on them."""

import datetime
from typing import Any

from django.utils import timezone

from cities.days import today
from cities.models import Answer, Application, Call, Decision, Question, Snapshot
from cities.services.decision import decide
from cities.services.dossier import content
from rvcu.models import User

from .calls import make_application

ACT = {"reference": "DG/2026/17", "decider": "Director-General"}


def contact(role: str, name: str) -> dict[str, str]:
    town = name.lower().replace(" ", ".").replace("ç", "c")
    return {"title": "", "name": f"{role.title()} of {name}", "function": role, "email": f"{role}.{town}@example.org"}


def make_snapshot(application: Application, **contacts: dict[str, str]) -> Snapshot:
    """What was submitted, as far as the announcement reads it: the contacts."""
    known = {role: contact(role, application.name_en) for role in ("mayor", "main", "alternate")} | contacts
    question = Question.objects.get(section__call=application.call, kind=Question.Kind.CONTACTS)
    Answer.objects.create(application=application, question=question, value=known)
    by = application.applicants.first()
    snapshot = Snapshot(
        application=application,
        number=1,
        at=application.submitted_at or timezone.now(),
        by=by.user if by else User.objects.order_by("pk").first(),
        content=content(application),
        receipt=f"receipt-{application.pk}",
    )
    snapshot.sha256 = snapshot.computed_sha256()
    snapshot.save()
    return snapshot


def make_eligible(call: Call, name: str = "Besançon", country: str = "FR", **fields: Any) -> Application:
    """An application that a decision can be taken on, with its snapshot."""
    contacts = fields.pop("contacts", {})
    application = make_application(call, name, country, **{"status": Application.Status.ELIGIBLE} | fields)
    make_snapshot(application, **contacts)
    return application


def make_decision(application: Application, by: User, outcome: str = "designated", **fields: Any) -> Decision:
    known: dict[str, Any] = {**ACT, "decided_on": today(), "file": None}
    return decide(application=application, outcome=outcome, by=by, **known | fields)


def days(number: float) -> datetime.timedelta:
    return datetime.timedelta(days=number)
