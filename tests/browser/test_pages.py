"""What a browser finds on every public page: accessible, quiet, complete without JavaScript, light."""

import pytest
from playwright.sync_api import Page
from pytest_playwright_axe.axe import MIN_AXE_PATH

from .conftest import DESK, PHONE

AXE = MIN_AXE_PATH.read_text()
PAGES = [
    "",
    "cities/",
    "cities/?field=film&as_of=2016-04-28",
    "cities/?as_of=2016-13-45",
    "cities/?q=nowhere",
    "cities/table/",
    "cities/map/?region=africa",
    "cities/lyon/",
    "cities/lyon/report/",
    "fields/",
    "fields/film/",
    "countries/",
    "countries/FR/",
    "cooperation/",
    "cooperation/?as_of=2016-13-45",
    "network/",
    "network/statistics/",
    "data/",
    "meetings/",
    "meetings/12/",
    "legal/",
    "privacy/",
    "accessibility/",
    "contact/",
    "nowhere/",
]


def findings(page: Page) -> list[str]:
    """What axe objects to on the page as it stands, all rules and target-size switched on."""
    heard = len(page.said)
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE)
    # All rules run; what passed is not described node by node, which takes most of the time on a long page.
    violations = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
        ".then((results) => results.violations)"
    )
    del page.said[heard:]  # axe tries styles that the policy refuses
    return [f"{violation['id']}: {node['html'][:120]}" for violation in violations for node in violation["nodes"]]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing_on_any_page(quiet, site, address, language):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/{language}/{address}")
    assert findings(quiet) == []
    quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert findings(quiet) == []
    quiet.set_viewport_size(PHONE)
    assert findings(quiet) == []
    assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_the_sign_in_page(quiet, site, language):
    quiet.set_extra_http_headers({"Accept-Language": language})
    quiet.goto(f"{site}/admin/login/")
    assert quiet.locator("html").get_attribute("lang") == language
    assert findings(quiet) == []
    quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
    quiet.set_viewport_size(PHONE)
    assert findings(quiet) == []
