"""Open data in a browser: accessible, complete without JavaScript, and as many rows in a file as the page says."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import DESK, PHONE
from .test_pages import findings


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def download(page: Page, words: str) -> Path:
    with page.expect_download() as waiting:
        page.locator(".take-away").get_by_role("link", name=words, exact=True).click()
    return Path(waiting.value.path())


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("address", ["data/", "data/?as_of=2016-13-45", "cities/map/?field=film"])
def test_axe_finds_nothing_on_open_data_with_all_of_it_unfolded(quiet, site, address, language):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/{language}/{address}")
    quiet.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true })")
    assert findings(quiet) == []
    # Hundreds of columns take long to look through: both colours with both widths once.
    quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
    quiet.set_viewport_size(PHONE)
    assert findings(quiet) == []
    assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_file_has_as_many_rows_as_the_page_says(quiet, site):
    quiet.goto(f"{site}/en/cities/?as_of=2016-04-28")
    expect(quiet.locator("#downloads-label")).to_have_text("116 cities as a file")
    assert len(rows_of(download(quiet, "CSV"))) == 116


def test_the_buttons_follow_the_filters_as_they_change(quiet, site):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/en/cities/?as_of=2016-04-28")
    quiet.get_by_role("checkbox", name="Film").check()
    expect(quiet.locator("#downloads-label")).to_have_text("8 cities as a file")
    expect(quiet.locator(".cite-line")).to_contain_text("field=film")
    rows = rows_of(download(quiet, "CSV"))
    assert len(rows) == 8
    assert {row["field"] for row in rows} == {"film"}
    quiet.fill("#id_q", "nowhere at all")
    expect(quiet.locator("#downloads-label")).to_have_count(0)
    expect(quiet.locator(".to-downloads")).to_have_count(0)


def test_without_javascript_a_file_is_as_near(browser, site):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/fr/cities/table/?field=literature")
    page.locator(".to-downloads").click()
    said = page.locator("#downloads-label").inner_text()
    rows = rows_of(download(page, "CSV"))
    assert said == f"{len(rows)} villes en fichier"
    page.goto(f"{site}/fr/data/")
    page.locator(".offer summary").first.click()
    assert page.locator("code", has_text="member_since_precision").first.is_visible()
    page.context.close()


def test_on_paper_the_line_to_cite_stays_and_the_buttons_go(quiet, site):
    quiet.goto(f"{site}/en/cities/?as_of=2016-04-28")
    quiet.emulate_media(media="print", reduced_motion="reduce")
    expect(quiet.locator(".cite")).to_be_visible()
    expect(quiet.locator(".take-away")).to_be_hidden()
