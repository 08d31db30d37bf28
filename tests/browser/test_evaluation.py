"""The evaluator's pages in a browser: accessible, quiet, with a total that follows and a form that saves itself."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from cities.models import Assignment, Evaluation
from tests.conftest import person
from tests.factories.calls import answer, make_application, make_assignment, make_call, make_evaluation, make_evaluator

from .conftest import DESK, PHONE
from .test_my import sign_in
from .test_pages import findings

Status = Assignment.Status


@pytest.fixture
def assignments(site) -> dict[str, Assignment]:
    """An evaluator's files: one asked for, one begun, one submitted."""
    call = make_call("evaluation")
    evaluator = make_evaluator(person("evaluator@example.org", name="Evaluator"))
    found = {}
    for name, status in (("Tours", Status.INVITED), ("Coimbra", Status.ACCEPTED), ("Besançon", Status.SUBMITTED)):
        application = make_application(call, name, status="eligible")
        answer(application, "presentation", "A city of books.\n\nIts plan brings writers to schools.")
        found[name] = make_assignment(application, evaluator, status)
    make_evaluation(found["Besançon"], 5, 4, 3)
    return found


def enter(page: Page, site: str, assignments: dict[str, Assignment]) -> None:
    client = Client()
    client.force_login(assignments["Tours"].user)
    sign_in(page, site, client)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_evaluators_pages(quiet, site, assignments, language):
    enter(quiet, site, assignments)
    for address in ("", *(f"{one.pk}/" for one in assignments.values())):
        quiet.emulate_media(color_scheme="light", reduced_motion="reduce")
        quiet.set_viewport_size(DESK)
        quiet.goto(f"{site}/{language}/my/evaluations/{address}")
        assert findings(quiet) == []
        quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
        quiet.set_viewport_size(PHONE)
        assert findings(quiet) == []
        assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_evaluation_from_the_form_to_the_last_look(quiet, site, assignments):
    enter(quiet, site, assignments)
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/en/my/evaluations/{assignments['Coimbra'].pk}/")
    for name, score in (("development", 5), ("heritage", 4), ("feasibility", 3)):
        quiet.check(f"input[name=score_{name}][value='{score}']")
    expect(quiet.locator("[data-total]")).to_have_text("86.67 of 100 points")
    quiet.fill("textarea[name=comment]", "A sound plan.")
    expect(quiet.locator("[data-draft-status]")).to_contain_text("Saved at", timeout=15_000)
    assert Evaluation.objects.get(assignment=assignments["Coimbra"]).comment == "A sound plan."
    quiet.check("input[name=recommendation][value=recommend]")
    quiet.click("button[name=submit]")
    assert "You give 86.67 of 100 points." in quiet.inner_text(".lead")
    quiet.click("button[name=confirm]")
    assert "is submitted. Thank you." in quiet.inner_text(".my-messages")
