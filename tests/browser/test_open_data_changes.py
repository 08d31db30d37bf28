"""What changed between two days and the list of snapshots, in a browser."""

import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cities.models import City
from rvcu.snapshots.publishing import publish_snapshot

from .conftest import DESK, PHONE
from .test_pages import findings

DAYS = "from=2016-04-28&to=2023-12-31"


@pytest.fixture
def snapshots(site: str, settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"
    for day in (datetime.date(2016, 4, 28), datetime.date(2023, 12, 31)):
        publish_snapshot(day=day)
    City.objects.update(population=1)
    publish_snapshot(day=datetime.date(2016, 4, 28), reason="All populations")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing(quiet: Page, site: str, snapshots: None, language: str) -> None:
    corrected = "data/snapshots/2016-04-28/"
    for address in (f"data/changes/?{DAYS}", "data/changes/?from=x", "data/", f"{corrected}1/", f"{corrected}2/"):
        quiet.set_viewport_size(DESK)
        quiet.emulate_media(color_scheme="light", reduced_motion="reduce")
        quiet.goto(f"{site}/{language}/{address}")
        quiet.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert findings(quiet) == [], address
        quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
        quiet.set_viewport_size(PHONE)
        assert findings(quiet) == [], address
        assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_two_days_are_compared_by_the_form(quiet: Page, site: str, snapshots: None) -> None:
    quiet.goto(f"{site}/en/data/changes/")
    quiet.get_by_label("From", exact=True).fill("2023-10-30")
    quiet.get_by_label("To", exact=True).fill("2023-10-31")
    quiet.get_by_role("button", name="Compare").click()
    expect(quiet.get_by_role("status")).to_contain_text("From 30 October 2023 to 31 October 2023")
    moved = quiet.get_by_role("region", name="Table of the cities that moved")
    expect(moved.get_by_role("row", name="Lyon")).to_contain_text("Literature")
    quiet.get_by_role("link", name="28 April 2016 to 31 December 2023").click()
    expect(quiet.get_by_role("status")).to_contain_text("From 28 April 2016")
