"""The directory as a visitor uses it: with and without JavaScript, with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import DESK, PHONE

SENTENCE = ".sentence"


@pytest.fixture
def plain(browser: Browser, site: str) -> Page:
    """A browser without JavaScript."""
    context = browser.new_context(java_script_enabled=False, viewport=DESK)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    ("language", "button", "found"),
    [("en", "Show the cities", "8 cities in 8 countries"), ("fr", "Afficher les villes", "8 villes dans 8 pays")],
)
def test_without_javascript_the_filters_are_a_form(plain, site, language, button, found):
    plain.goto(f"{site}/{language}/cities/")
    plain.locator("input[name=field][value=film]").check()
    plain.locator("input[name=as_of]").fill("2016-04-28")
    plain.get_by_role("button", name=button).click()
    expect(plain.locator(SENTENCE).first).to_contain_text(found)
    expect(plain).to_have_url(f"{site}/{language}/cities/?as_of=2016-04-28&field=film")
    plain.locator(".chip").first.click()
    expect(plain.locator(SENTENCE).first).to_contain_text("116")


def test_without_javascript_the_map_is_whole(plain, site):
    plain.goto(f"{site}/en/cities/map/?field=film")
    expect(plain.locator(".map-point")).to_have_count(30)
    plain.locator(".map-point[aria-label^='Sydney']").focus()
    plain.keyboard.press("Enter")
    expect(plain).to_have_url(f"{site}/en/cities/sydney/")


def test_choosing_shows_at_once_and_the_address_can_be_shared(quiet, site):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/en/cities/")
    quiet.evaluate("window.stayed = true")
    quiet.locator("input[name=field][value=film]").check()
    expect(quiet.locator(SENTENCE).first).to_contain_text("30 cities")
    expect(quiet).to_have_url(f"{site}/en/cities/?field=film")
    assert quiet.evaluate("window.stayed")
    shared = quiet.context.new_page()
    shared.goto(quiet.url)
    expect(shared.locator(SENTENCE).first).to_contain_text("30 cities")
    quiet.go_back()
    expect(quiet.locator(SENTENCE).first).to_contain_text("405 cities")


def test_typing_searches_and_keeps_the_focus(quiet, site):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/fr/cities/")
    quiet.locator("input[name=q]").press_sequentially("ostersund", delay=30)
    expect(quiet.locator(".entry")).to_have_count(1)
    expect(quiet.locator(".entry h2")).to_have_text("Östersund")
    expect(quiet.locator("input[name=q]")).to_be_focused()
    expect(quiet.locator("input[name=q]")).to_have_value("ostersund")
    assert quiet.locator("a.language").get_attribute("href").endswith("/en/cities/?q=ostersund")


def test_the_language_switch_keeps_the_query(quiet, site):
    quiet.goto(f"{site}/en/cities/table/?field=music&as_of=2016-04-28")
    quiet.locator("a.language").first.click()
    expect(quiet).to_have_url(f"{site}/fr/cities/table/?field=music&as_of=2016-04-28")


def test_views_keep_the_query(quiet, site):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/en/cities/?field=film&page=2")
    quiet.get_by_role("link", name="Map", exact=True).click()
    expect(quiet).to_have_url(f"{site}/en/cities/map/?field=film")
    quiet.get_by_role("link", name="Table", exact=True).click()
    expect(quiet).to_have_url(f"{site}/en/cities/table/?field=film")


def test_on_a_phone_the_filters_are_a_sheet(quiet, site):
    quiet.set_viewport_size(PHONE)
    quiet.goto(f"{site}/en/cities/")
    expect(quiet.locator("input[name=field][value=film]")).to_be_hidden()
    quiet.locator(".sheet > summary").click()
    quiet.locator("input[name=field][value=film]").check()
    expect(quiet.locator(SENTENCE).first).to_contain_text("30 cities")


def test_with_the_keyboard_alone(quiet, site):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/en/cities/?field=film")
    quiet.keyboard.press("Tab")
    expect(quiet.locator(".skip")).to_be_focused()
    quiet.keyboard.press("Enter")
    assert quiet.url.endswith("#main")
    quiet.locator(".entry a").first.focus()
    quiet.keyboard.press("Enter")
    expect(quiet).to_have_url(re.compile(r"/en/cities/[a-z-]+/$"))


def test_an_error_is_beside_its_filter_and_what_was_typed_stays(quiet, site):
    quiet.goto(f"{site}/fr/cities/?as_of=2016-13-45&field=film")
    expect(quiet.locator("#day-error")).to_be_visible()
    expect(quiet.locator("input[name=field][value=film]")).to_be_checked()
    expect(quiet.locator(".entry")).to_have_count(0)


def test_a_report_reaches_staff_and_a_bad_one_loses_nothing(quiet, site):
    quiet.goto(f"{site}/fr/cities/lyon/report/")
    quiet.locator("textarea[name=message]").fill("Faux")
    quiet.locator("input[name=email]").fill("lectrice@example.org")
    quiet.locator("form[method=post] button").click()
    expect(quiet.locator(".error-summary")).to_be_focused()
    expect(quiet.locator("textarea[name=message]")).to_have_value("Faux")
    quiet.locator("textarea[name=message]").fill("La population est celle de la métropole.")
    quiet.locator("form[method=post] button").click()
    expect(quiet).to_have_url(f"{site}/fr/cities/lyon/report/received/")
