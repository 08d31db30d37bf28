"""The cooperation page with links on it, in a browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from cities.models import City, Initiative, InitiativeRevision, Partnership

from .conftest import DESK, PHONE
from .test_pages import findings


@pytest.fixture
def links(site: str) -> None:
    """A city in each of several regions leads an initiative with the three that follow it."""
    slugs = ["lyon", "sapporo", "santos", "dakar", "casablanca", "linz", "durban"]
    cities = [City.objects.get(slug=slug) for slug in slugs]
    for number, lead in enumerate(cities):
        initiative = Initiative.objects.create(slug=f"trial-{number}", lead=lead)
        initiative.published = InitiativeRevision.objects.create(
            initiative=initiative,
            number=1,
            status="published",
            title_en=f"Trial {number}",
            title_fr=f"Essai {number}",
            first_year=2020,
        )
        initiative.save()
        for partner in cities[number + 1 : number + 4]:
            Partnership.objects.create(initiative=initiative, city=partner, status="confirmed")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("query", ["", "?show=links", "?show=isolated&region=africa", "?field=literature"])
def test_axe_finds_nothing(quiet: Page, site: str, links: None, language: str, query: str) -> None:
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/{language}/cooperation/{query}")
    assert findings(quiet) == []
    quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert findings(quiet) == []
    quiet.set_viewport_size(PHONE)
    assert findings(quiet) == []
    assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


LOOSE_ENDS = """() => {
  const numbers = (text) => text.match(/[-\\d.]+/g).map(Number);
  const at = [...document.querySelectorAll(".map-point")].map((a) => numbers(a.getAttribute("transform")));
  const near = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) < 0.05;
  return [...document.querySelectorAll(".map-arcs .map-arc")].filter((arc) => {
    const [from, to] = arc.dataset.ends.split(" ").map((i) => at[i]);
    const n = numbers(arc.getAttribute("d")), a = n.slice(0, 2), b = n.slice(-2);
    return !((near(a, from) && near(b, to)) || (near(a, to) && near(b, from)));
  }).length;
}"""


def test_arcs_stay_with_their_dots_and_step_forward_with_them(quiet: Page, site: str, links: None) -> None:
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/en/cooperation/")
    arcs = quiet.locator(".map-arcs .map-arc")
    assert arcs.count() == 15
    assert quiet.evaluate(LOOSE_ENDS) == 0
    for _time in range(4):
        quiet.get_by_role("button", name="Zoom in").click()
    assert quiet.evaluate(LOOSE_ENDS) == 0
    quiet.get_by_role("button", name="Show the first view again").click()
    quiet.locator('.map-point[href$="/cities/lyon/"]').focus()
    expect(quiet.locator(".map-arcs .map-lit")).to_have_count(3)


def test_it_sorts_filters_and_asks_for_a_day_without_javascript(browser: Browser, site: str, links: None) -> None:
    page = browser.new_context(java_script_enabled=False, viewport=DESK).new_page()
    page.goto(f"{site}/fr/cooperation/")
    page.get_by_role("columnheader", name="Ville").get_by_role("link").last.click()
    expect(page).to_have_url(re.compile("sort=name"))
    assert page.locator("[aria-sort=ascending]").inner_text().startswith("Ville")
    names = page.locator(".table-cooperation tbody th")
    expect(names).to_have_text(["Casablanca", "Dakar", "Durban", "Linz", "Lyon", "Santos", "Sapporo"])
    page.get_by_role("checkbox", name="Littérature").check()
    page.get_by_role("button", name="Afficher les liens").click()
    expect(page).to_have_url(re.compile("field=literature.*sort=name|sort=name.*field=literature"))
    expect(names).to_have_text(["Durban", "Lyon"])
    page.locator("#id_as_of").fill("2016-04-28")
    page.get_by_role("button", name="Afficher les liens").click()
    assert "Aucune des villes choisies" in page.get_by_role("status").inner_text()
    page.context.close()
