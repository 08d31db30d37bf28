"""The admin's main pages for applications in a browser: nothing for axe to find, in either language, nothing wider."""

import json

import pytest
from django.utils import timezone

from cities.models import Application, Assignment, Screening, Snapshot
from cities.services.dossier import content
from tests.conftest import person
from tests.conftest import sign_in as signed_in
from tests.factories.calls import (
    answer,
    make_application,
    make_assignment,
    make_call,
    make_endorsement,
    make_evaluation,
    make_evaluator,
)

from .conftest import DESK, PHONE
from .test_my import sign_in
from .test_pages import findings

LIST = "/admin/cities/application/"


@pytest.fixture
def pages(site) -> list[str]:
    """The start page, the list, a file with everything, a draft and its page of an act."""
    team = person("team@example.org")
    call, open_call = make_call("evaluation"), make_call("open", slug="2029")
    file = make_application(call, owner=team, status=Application.Status.ELIGIBLE)
    answer(file, "presentation", "A town of readers.")
    make_endorsement(file, "endorsed", 1)
    Screening.objects.create(application=file, status="concluded", concluded_by=team, concluded_at=timezone.now())
    for number, scores in enumerate([(5, 5, 5), (1, 1, 1)]):
        evaluator = make_evaluator(person(f"expert{number}@example.org"))
        make_evaluation(make_assignment(file, evaluator, Assignment.Status.SUBMITTED), *scores)
    submitted = make_application(call, "Tours", status=Application.Status.SUBMITTED)
    for application in (file, submitted):
        snapshot = Snapshot(
            application=application,
            number=1,
            at=timezone.now(),
            by=team,
            content=json.loads(json.dumps(content(application))),
            receipt=f"R-{application.pk}",
        )
        snapshot.sha256 = snapshot.computed_sha256()
        snapshot.save()
    draft = make_application(open_call, "Quimper", owner=team)
    return [
        "/admin/",
        "/admin/help/",
        LIST,
        f"{LIST}?status=submitted",
        *(f"{LIST}{row.pk}/change/" for row in (file, submitted, draft)),
        f"{LIST}{file.pk}/print/",
        f"{LIST}{draft.pk}/remind/",
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_pages_of_an_officer(quiet, site, pages, language):
    officer = person("officer@example.org", "officer", language=language)
    sign_in(quiet, site, signed_in(officer))
    for address in pages:
        quiet.emulate_media(color_scheme="light", reduced_motion="reduce")
        quiet.set_viewport_size(DESK)
        quiet.goto(f"{site}{address}")
        assert findings(quiet) == [], address
        quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
        quiet.set_viewport_size(PHONE)
        assert findings(quiet) == [], address
        assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
