"""The API's reference in a browser: accessible, quiet, on a phone as on a desk, and its JavaScript sample runs."""

import pytest

from .conftest import DESK, PHONE
from .test_pages import findings


@pytest.mark.parametrize("language", ["en", "fr"])
def test_reference_is_accessible_and_fits_every_width(quiet, site, language):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/{language}/data/api/")
    assert findings(quiet) == []
    quiet.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
    assert findings(quiet) == []
    quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert findings(quiet) == []
    for size in (PHONE, DESK):
        quiet.set_viewport_size(size)
        assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    quiet.set_viewport_size(PHONE)
    assert findings(quiet) == []


def test_contents_lead_to_every_part(quiet, site):
    quiet.goto(f"{site}/en/data/api/")
    links = quiet.locator(".reference-list a").evaluate_all("(links) => links.map((link) => link.hash)")
    assert len(links) == len(set(links)) > 10
    for link in links:
        assert quiet.locator(link).count() == 1


def test_example_opens_what_it_shows(quiet, site):
    quiet.goto(f"{site}/en/data/api/")
    operation = quiet.locator(".operation", has=quiet.locator("#list_cities"))
    operation.locator(".example summary").click()
    shown = operation.locator(".example pre").inner_text()
    quiet.goto(site + operation.locator(".example a").get_attribute("href"))
    assert '"lyon"' in shown
    assert quiet.evaluate("JSON.parse(document.body.innerText).results[0].slug") == "lyon"


def test_javascript_on_the_page_finds_116_cities(quiet, site, settings):
    settings.SITE_ADDRESS = site
    quiet.goto(f"{site}/en/data/api/")
    sample = quiet.locator('[data-language="javascript"]').inner_text()
    code = sample.replace("console.log(", "return (")
    found = quiet.evaluate(f"(async () => {{ {code}\n }})()")
    assert found == 116
