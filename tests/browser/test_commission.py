"""The desk of a National Commission and the officers' checklist in a browser: accessible, quiet, without JavaScript."""

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from cities.models import Endorsement, HistoryEntry, Screening
from tests.conftest import person, sign_in
from tests.factories.calls import make_application, make_call, make_commission_officer, make_endorsement

from .conftest import DESK, PHONE
from .test_pages import findings

PDF = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}


@pytest.fixture
def desk(site) -> Client:
    """A desk with an application in every state, and a past call; its officer signed in."""
    user = person("commission.fr@example.org")
    make_commission_officer(user)
    call, past = make_call(), make_call("screening", slug="2025", year=2025)
    states = ("requested", "endorsed", "declined", "withdrawn")
    for name, field, state in zip(
        ("Besançon", "Tours", "Nantes", "Rennes"), ("film", "music", None, "design"), states, strict=True
    ):
        endorsement = make_endorsement(make_application(call, name, field=field, shared_at=timezone.now()), state)
        Endorsement.objects.filter(pk=endorsement.pk).update(
            decided_at=timezone.now() if state != "requested" else None,
            reason="Not this year." if state in ("declined", "withdrawn") else "",
        )
    make_endorsement(make_application(past, "Nancy", status="submitted"), "endorsed")
    return sign_in(user)


def enter(page: Page, site: str, client: Client) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def look(page: Page) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(DESK)
    assert findings(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(PHONE)
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_pages_of_a_commission(quiet, site, desk, language):
    enter(quiet, site, desk)
    rows = Endorsement.objects.order_by("pk").values_list("pk", flat=True)
    for address in ("my/", "my/commission/FR/", *(f"my/endorsements/{pk}/" for pk in rows)):
        quiet.goto(f"{site}/{language}/{address}")
        for closed in quiet.locator(
            "details.decline:not([open]) > summary, details.desk-past:not([open]) > summary"
        ).all():
            closed.click()
        look(quiet)
    # A refusal is read first, and leads to its field.
    waiting = Endorsement.objects.get(status="requested")
    quiet.goto(f"{site}/{language}/my/endorsements/{waiting.pk}/")
    quiet.locator("form[action$='endorse/'] button").click()
    expect(quiet.locator(".error-summary a")).to_have_count(1)
    look(quiet)


def test_a_commission_endorses_orders_and_withdraws_without_a_script(browser: Browser, site, desk):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, site, desk)
    page.goto(f"{site}/en/my/commission/FR/")
    page.get_by_label("Wish for Besançon").fill("1")
    page.get_by_role("button", name="Save the order").click()
    assert "The order of your wishes is saved." in page.locator(".my-messages").inner_text()
    page.get_by_role("link", name="Besançon").click()
    page.set_input_files("input[name=letter]", files=[PDF])
    page.get_by_role("button", name="Endorse", exact=True).click()
    assert "Besançon is endorsed." in page.locator(".my-messages").inner_text()
    assert "2 of 2 used" in page.locator(".desk-quota").inner_text()
    page.get_by_text("Withdraw the endorsement").click()
    page.get_by_label("Why").fill("The council said no.")
    page.get_by_role("button", name="Withdraw it now").click()
    assert "its place is free" in page.locator(".my-messages").inner_text()
    context.close()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_pages_of_an_officer_who_examines(quiet, site, language):
    officer = person("officer@example.org", "officer", language=language)
    application = make_application(make_call("screening", return_days=5), status="submitted")
    endorsement = make_endorsement(application, "endorsed")
    enter(quiet, site, sign_in(officer))
    base = f"{site}/admin/cities"
    for address in (
        *("endorsement/", "endorsement/record/", f"endorsement/{endorsement.pk}/change/"),
        *(f"application/{application.pk}/{name}/" for name in ("examine", "propose-ineligible", "return")),
    ):
        quiet.set_viewport_size(DESK)
        quiet.goto(f"{base}/{address}")
        assert findings(quiet) == [], address
    quiet.goto(f"{base}/application/{application.pk}/examine/")
    quiet.locator("input[name=result-links][value=fail]").check()
    quiet.locator("input[type=submit]").last.click()
    expect(quiet.locator(".checklist-item.errors")).to_have_count(1)
    assert findings(quiet) == []
    assert not Screening.objects.filter(status="concluded").exists()
    assert not HistoryEntry.objects.about(application).exists()
