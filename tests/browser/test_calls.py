"""The public pages of a call and the secretariat's, in a browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from cities.models import Call
from cities.services.call import INSTANTS, copy_call
from cities.services.demo_call import load_demonstration_call
from tests.conftest import person, sign_in
from tests.factories.calls import make_application, make_call

from .conftest import DESK, PHONE
from .test_pages import findings


@pytest.fixture
def calls(site: str) -> None:
    """An open one, and one that is announced."""
    load_demonstration_call()
    past = make_call("decision", slug="2025", form=False)
    for name, country, field in (("Besançon", "FR", "literature"), ("Coimbra", "PT", "music")):
        make_application(past, name, country, field=field, status="not-designated")
    Call.objects.filter(pk=past.pk).update(status="announced", announced_at=past.closes_at)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_pages_of_calls(quiet: Page, site: str, calls: None, language: str) -> None:
    for address in ("", "demonstration/", "demonstration/questions/", "2025/statistics/"):
        quiet.set_viewport_size(DESK)
        quiet.emulate_media(color_scheme="light", reduced_motion="reduce")
        quiet.goto(f"{site}/{language}/calls/{address}")
        assert findings(quiet) == [], address
        quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
        quiet.set_viewport_size(PHONE)
        assert findings(quiet) == [], address
        assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


@pytest.mark.parametrize(("zone", "shown"), [("America/Sao_Paulo", True), ("Europe/Paris", False)])
def test_the_reader_s_own_zone_stands_beside_paris(
    browser: Browser, site: str, calls: None, zone: str, shown: bool
) -> None:
    context = browser.new_context(timezone_id=zone, locale="pt-BR")
    page = context.new_page()
    page.goto(f"{site}/fr/calls/demonstration/")
    expect(page.locator("[data-countdown]")).to_have_text(re.compile(r"\d+\sjours"))
    notes = page.locator(".call-dates .own-zone")
    assert notes.count() == (len(INSTANTS) if shown else 0)
    if shown:
        expect(notes.first).to_contain_text(re.compile(r"^dans votre fuseau horaire"))
    context.close()


def test_a_call_is_prepared_in_the_admin(quiet: Page, site: str, calls: None) -> None:
    """What is typed into a draft arrives; axe finds nothing on any of the pages."""
    officer = person("officer@example.org", "officer")
    client = sign_in(officer)
    quiet.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
    draft = copy_call(call=Call.objects.get(slug="demonstration"), slug="2029", year=2029, by=officer)
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/admin/cities/call/{draft.pk}/change/")
    quiet.locator("#criteria-group summary").click()
    for group in ("sections", "criteria"):
        quiet.locator(f"#{group}-group .add-row a").click()
    assert findings(quiet) == []
    quiet.reload()
    quiet.locator("#id_title_en").fill("Call for applications 2029")
    quiet.get_by_role("button", name="Save and continue editing").click()
    assert Call.objects.get(pk=draft.pk).title_en == "Call for applications 2029"
    for address in (f"call/{draft.pk}/publish/", "call/"):
        quiet.goto(f"{site}/admin/cities/{address}")
        assert findings(quiet) == [], address
    quiet.goto(f"{site}/admin/cities/section/{draft.sections.first().pk}/change/")
    assert findings(quiet) == []
    published = Call.objects.get(slug="demonstration")
    for address in ("change", "extend", "reschedule", "cancel"):
        quiet.goto(f"{site}/admin/cities/call/{published.pk}/{address}/")
        assert findings(quiet) == [], address
    for section in published.sections.all():
        quiet.goto(f"{site}/fr/calls/demonstration/form/{section.key}/")
        assert findings(quiet) == [], section.key
