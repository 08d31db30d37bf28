"""My page, the workplace of a city and its photos in a browser: accessible, quiet, and all of it without JavaScript."""

import datetime

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from cities.models import City, Coordinator, Initiative, InitiativeRevision, Partnership, Photo, ProfileRevision
from tests.conftest import person
from tests.factories import hostile

from .conftest import DESK, PHONE
from .test_pages import findings

PAGES = ["my/", "my/cities/lyon/", "my/cities/lyon/profile/photos/"]


@pytest.fixture
def city_at_work(site, monkeypatch, tmp_path) -> Client:
    """Lyon with something of all that can wait, its focal point signed in."""
    for name in ("large", "small"):
        monkeypatch.setattr(Photo._meta.get_field(name), "storage", FileSystemStorage(tmp_path))
    focal_point = person("coordinator.lyon@example.org")
    lyon, ostersund = City.objects.get(slug="lyon"), City.objects.get(slug="ostersund")
    year = timezone.now() - datetime.timedelta(days=400)
    Coordinator.objects.create(user=focal_point, city=lyon, role="focal-point", begins_at=year)
    texts = {"presentation_en": "Lyon works with light.", "decided_at": year}
    ProfileRevision.objects.create(city=lyon, number=1, status="published", **texts)
    ProfileRevision.objects.create(
        city=lyon, number=2, status="changes-requested", reason="Name the festival.", **texts
    )
    led = Initiative.objects.create(slug="letters", lead=lyon)
    InitiativeRevision.objects.create(initiative=led, number=1, title_en="Letters", updated_by=focal_point)
    Partnership.objects.create(initiative=led, city=ostersund)
    asked = Initiative.objects.create(slug="tables", lead=ostersund)
    InitiativeRevision.objects.create(initiative=asked, number=1, title_en="Tables")
    Partnership.objects.create(initiative=asked, city=lyon)
    client = Client()
    client.force_login(focal_point)
    return client


def sign_in(page: Page, site: str, client: Client) -> None:
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": site}])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_a_coordinators_pages(quiet, site, city_at_work, language):
    sign_in(quiet, site, city_at_work)
    picture = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": hostile.jpeg()}
    quiet.goto(f"{site}/{language}/{PAGES[-1]}")
    quiet.set_input_files("input[type=file]", files=[picture])
    quiet.click("button[name=add]")
    for address in PAGES:
        quiet.emulate_media(color_scheme="light", reduced_motion="reduce")
        quiet.set_viewport_size(DESK)
        quiet.goto(f"{site}/{language}/{address}")
        assert findings(quiet) == []
        quiet.emulate_media(color_scheme="dark", reduced_motion="reduce")
        quiet.set_viewport_size(PHONE)
        assert findings(quiet) == []
        assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_photo_is_sent_described_and_refused_without_a_script(browser: Browser, site, city_at_work):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site, city_at_work)
    page.goto(f"{site}/en/my/cities/lyon/profile/photos/")
    page.set_input_files(
        "input[type=file]", files=[{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": hostile.SCRIPT}]
    )
    page.click("button[name=add]")
    assert page.locator(".error-summary a").inner_text().startswith("This is not a JPEG, PNG or WebP picture")
    page.set_input_files(
        "input[type=file]", files=[{"name": "a.html", "mimeType": "text/html", "buffer": hostile.with_exif()}]
    )
    page.click("button[name=add]")
    page.get_by_label("What it shows, in English").fill("A wall of light")
    page.get_by_label("What it shows, in French").fill("Un mur de lumière")
    page.get_by_label("Credit").fill("City of Lyon")
    page.get_by_label("Holder of the rights", exact=True).fill("City of Lyon")
    page.get_by_label("The holder of the rights allows").check()
    page.get_by_role("button", name="Save the photos").last.click()
    assert page.locator(".state-good").inner_text() == "Ready to be shown."
    page.get_by_role("button", name="Take photo 1 out").click()
    expect(page.locator(".my-photo")).to_have_count(0)
    page.get_by_role("button", name="Use this photo").click()
    expect(page.get_by_label("What it shows, in French")).to_have_count(1)
    context.close()
