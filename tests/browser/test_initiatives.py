"""Initiatives as a browser meets them: accessible, saved by themselves, complete without JavaScript."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cities.models import City, Coordinator, Initiative, InitiativeRevision, Partnership, Theme
from cities.services.initiative import start_initiative
from cities.services.moderation import publish, request_changes, save_draft, submit
from tests.conftest import mandate, person

from .conftest import DESK, PHONE
from .test_pages import findings

PUBLIC = ["initiatives/", "initiatives/?sdg=sdg-4&q=river", "initiatives/?area=x", "initiatives/books/", "cities/lyon/"]


@pytest.fixture
def lyon(site, signed_in):
    """The focal point of Lyon, which has a published initiative, and one that staff sent back."""
    user = person("coordinator.lyon@example.org")
    mandate(user, "lyon", Coordinator.Role.FOCAL_POINT)
    city = City.objects.get(slug="lyon")
    themes = set(Theme.objects.filter(slug__in=["sharing", "objective-access", "sdg-4"]).values_list("pk", flat=True))
    for title in ("Books", "Sent back"):
        initiative = start_initiative(lead=city, title_en=title, title_fr=f"{title} (fr)", by=user)
        others = [{"name": "A school", "sector": "academia", "url": "https://example.org/"}]
        values = {"text_en": "By the river.\n\nEvery year.", "first_year": 2022, "themes": themes, "others": others}
        save_draft(initiative.last_revision, values=values, seen=0, by=user)
        waiting = submit(initiative.last_revision, by=user)
        if title == "Books":
            publish(waiting, by=user)
            partner = City.objects.get(slug="ostersund")
            Partnership.objects.create(initiative=initiative, city=partner, status="confirmed")
        else:
            request_changes(waiting, reason="Say who comes.", by=user)
    led = start_initiative(lead=City.objects.get(slug="ostersund"), title_en="Food", title_fr="", by=user)
    Partnership.objects.create(initiative=led, city=city)
    return signed_in(user).cookies["sessionid"].value


def sign_in(context: BrowserContext, site: str, session: str) -> None:
    context.add_cookies([{"name": "sessionid", "value": session, "url": site}])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing(quiet: Page, site, lyon, language):
    own = [f"my/initiatives/{initiative.pk}/" for initiative in Initiative.objects.filter(lead__slug="lyon")]
    asked = Partnership.objects.get(status="asked")
    own += ["my/cities/lyon/initiatives/new/", f"my/partnerships/{asked.pk}/"]
    for pages in (PUBLIC, own):
        if pages is own:
            sign_in(quiet.context, site, lyon)
        for address in pages:
            quiet.set_viewport_size(DESK)
            quiet.emulate_media(color_scheme="light", reduced_motion="reduce")
            quiet.goto(f"{site}/{language}/{address}")
            assert findings(quiet) == [], address
            quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
            quiet.set_viewport_size(PHONE)
            assert findings(quiet) == [], address
            assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_what_is_typed_and_ticked_saves_itself(quiet: Page, site, lyon):
    sign_in(quiet.context, site, lyon)
    revision = InitiativeRevision.objects.get(title_en="Sent back")
    quiet.goto(f"{site}/en/my/initiatives/{revision.initiative_id}/")
    quiet.get_by_label("Text in French").fill("Au bord du fleuve.")
    quiet.get_by_label("11 Sustainable cities and communities").check()
    quiet.get_by_text("Saved at").wait_for(timeout=10_000)
    revision.refresh_from_db()
    assert revision.text_fr == "Au bord du fleuve."
    assert revision.themes.filter(slug="sdg-11").exists()


def test_the_list_follows_its_filters(quiet: Page, site, lyon):
    quiet.set_viewport_size(DESK)
    quiet.goto(f"{site}/en/initiatives/")
    quiet.get_by_label("Quality education").check()
    quiet.wait_for_url("**/initiatives/?*sdg=sdg-4*")
    expect(quiet.get_by_role("link", name="Books")).to_have_count(1)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_all_works_without_javascript(browser, site, lyon, language):
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, site, lyon)
    page = context.new_page()
    page.goto(f"{site}/{language}/my/cities/lyon/initiatives/new/")
    page.locator("#id_title_en").fill("Without a script")
    page.locator("#id_title_fr").fill("Sans script")
    page.locator("main form button").last.click()
    page.locator("#id_text_en").fill("It works.")
    page.locator("#id_first_year").fill("2024")
    page.locator("[name=theme-sharing]").check()
    page.locator("button[name=submit]").click()
    initiative = Initiative.objects.get(slug="without-a-script")
    assert initiative.last_revision.is_waiting
    page.locator("#id_city").select_option("sapporo")
    page.locator("form[action$='/partners/'] button").click()
    assert Partnership.objects.get(initiative=initiative).city.slug == "sapporo"
    asked = Partnership.objects.get(city__slug="lyon")
    page.goto(f"{site}/{language}/my/partnerships/{asked.pk}/")
    page.locator("form[action$='/confirm/'] button").click()
    asked.refresh_from_db()
    assert asked.is_confirmed
    context.close()
