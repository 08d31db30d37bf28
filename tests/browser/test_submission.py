"""The pages by which an application leaves its team: accessible in both languages, on a phone too, and two clicks are
one."""

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect

from cities.models import Application, Photo, Snapshot
from cities.services.invitation import invite
from cities.services.submission import submit
from rvcu.models import User
from tests.conftest import person, sign_in
from tests.factories import hostile
from tests.factories.applications import complete_application
from tests.factories.calls import add_applicant, make_call

from .conftest import DESK, PHONE
from .test_pages import findings


@pytest.fixture
def owner(site: str) -> User:
    return person("owner@example.org", name="Owner of the Tests")


@pytest.fixture
def at_work(quiet: Page, site: str, owner: User) -> Page:
    value = sign_in(owner).cookies["sessionid"].value
    quiet.context.add_cookies([{"name": "sessionid", "value": value, "url": site}])
    return quiet


@pytest.fixture
def application(owner: User) -> Application:
    application = complete_application(make_call(), owner)
    add_applicant(application, person("colleague@example.org"), "editor")
    for photo in Photo.objects.filter(application=application):
        for size in ("large", "small"):
            getattr(photo, size).save(f"{size}.jpg", ContentFile(hostile.jpeg((900, 700))))
    invite(kind="applicant", application=application, by=owner, email="new@example.org", language="en", role="reader")
    return application


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_pages_of_a_submission(at_work, site, application, owner, language):
    pages = ["check", "submit", "withdraw", "documents", "photos", "team"]
    addresses = [f"my/applications/{application.pk}/{page}/" for page in pages]
    look(at_work, site, language, addresses)
    application.answers.filter(question__key="presentation").delete()
    look(at_work, site, language, addresses[:2])
    application.answers.create(question=application.call.sections.get(key="presentation").questions.first(), value="x")
    snapshot = submit(application=application, by=owner)
    receipts = [f"my/applications/{application.pk}/receipts/1/", f"calls/receipt/?code={snapshot.receipt}"]
    look(at_work, site, language, [*receipts, "calls/receipt/?code=unknown", addresses[3]])


def look(page: Page, site: str, language: str, addresses: list[str]) -> None:
    for address in addresses:
        page.set_viewport_size(DESK)
        page.goto(f"{site}/{language}/{address}")
        assert findings(page) == [], address
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.set_viewport_size(PHONE)
        assert findings(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        page.emulate_media(color_scheme="light", reduced_motion="reduce")


def test_two_clicks_submit_once_and_lead_to_the_receipt(at_work, site, application):
    at_work.goto(f"{site}/en/my/applications/{application.pk}/submit/")
    at_work.get_by_role("button", name="Submit the application").dblclick()
    expect(at_work.locator("h1")).to_have_text("Receipt")
    expect(at_work.locator(".receipt-code")).to_have_text(Snapshot.objects.get().receipt)


def test_a_refused_form_leads_to_its_fields(at_work, site, application):
    at_work.goto(f"{site}/en/my/applications/{application.pk}/documents/")
    at_work.get_by_role("button", name="Add the document").click()
    expect(at_work.locator(".error-summary")).to_be_focused()
    at_work.get_by_role("link", name="File: Choose a file first.").click()
    expect(at_work.locator("#id_file")).to_be_focused()
    # The browser reports the answer, and nothing else.
    (reported,) = at_work.said
    assert "422 (Unprocessable Content)" in reported
    at_work.said.clear()
