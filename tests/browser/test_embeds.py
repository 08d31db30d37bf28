"""A page of another site that frames a card and the map, and what it cannot frame."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from .conftest import DESK, PHONE
from .test_pages import findings

CARD, MAP = "/embed/{}/cities/lyon/", "/embed/{}/map/?as_of=2016-04-28"


@pytest.fixture
def elsewhere(site: str) -> Iterator[str]:
    """Another site, on a port of its own: `?` and an address of ours answer a page that frames it."""

    class Framing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = self.path.partition("?")[2]
            frame = f'<iframe src="{site}{address}" title="framed" width="640" height="560"></iframe>'
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            if not self.path.startswith("/favicon"):
                self.wfile.write(f'<!doctype html><html lang="en"><title>Elsewhere</title>{frame}'.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Framing)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def framing(page: Page, site: str, elsewhere: str) -> Iterator[Page]:
    """A page whose console must stay empty, and that asks its own site and ours alone."""
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size(DESK)
    yield page
    assert said == []
    assert [url for url in asked if not url.startswith((site, elsewhere))] == []
    assert page.context.cookies() == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_another_site_shows_a_card(framing: Page, elsewhere: str, site: str, language: str) -> None:
    framing.goto(f"{elsewhere}?{CARD.format(language)}")
    card = framing.frame_locator("iframe")
    expect(card.locator("h1")).to_have_text("Lyon")
    expect(card.locator(".field")).to_have_text("Literature" if language == "en" else "Littérature")
    # The colour of the field arrived, so the stylesheets did.
    assert card.locator("body").evaluate("(body) => getComputedStyle(body).borderTopColor") == "rgb(65, 72, 197)"
    card.locator("h1 a").click()
    expect(framing).to_have_url(f"{site}/{language}/cities/lyon/")


def test_another_site_shows_the_map(framing: Page, elsewhere: str, site: str) -> None:
    framing.goto(f"{elsewhere}?{MAP.format('en')}")
    shown = framing.frame_locator("iframe")
    expect(shown.locator("h1")).to_contain_text("116 cities in 54 countries, as of 28 April 2016")
    expect(shown.locator(".map-point")).to_have_count(116)
    land = shown.locator(".map-land").evaluate("(land) => land.getBBox().width")
    assert land > 900  # the outlines are drawn
    shown.get_by_role("link", name="Adelaide, Australia, Music").focus()
    framing.keyboard.press("Enter")
    expect(framing).to_have_url(f"{site}/en/cities/adelaide/")


@pytest.mark.parametrize(
    "address", ["/en/", "/en/cities/lyon/", "/fr/cities/map/", "/en/account/login/", "/admin/login/"]
)
def test_another_site_cannot_show_any_other_page(page: Page, elsewhere: str, address: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{elsewhere}?{address}")
    page.wait_for_timeout(300)
    assert any("frame-ancestors 'none'" in text or "X-Frame-Options" in text for text in said)
    assert page.frames[1].url == "chrome-error://chromewebdata/"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("address", [CARD, MAP, "/embed/{}/map/?field=cinema"])
def test_axe_finds_nothing(quiet: Page, site: str, language: str, address: str) -> None:
    quiet.set_viewport_size(DESK)
    quiet.goto(site + address.format(language))
    assert quiet.evaluate("document.documentElement.lang") == language
    for scheme in ("light", "dark"):
        quiet.emulate_media(color_scheme=scheme)
        for size in (DESK, PHONE, {"width": 220, "height": 320}):
            quiet.set_viewport_size(size)
            assert findings(quiet) == []
            assert quiet.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(
    ("address", "width", "height"),
    [
        ("/embed/en/cities/al-madinah-al-munawwarah/", 360, 280),
        ("/embed/fr/map/", 1240, 640),
        ("/embed/fr/map/", 358, 640),
    ],
)
def test_the_size_that_the_code_gives_shows_all(quiet: Page, site: str, address: str, width: int, height: int) -> None:
    code = quiet.request.get(f"{site}/en/cities/lyon/" if width == 360 else f"{site}/en/cities/map/").text()
    assert f"height=&quot;{height}&quot;" in code
    quiet.set_viewport_size({"width": width, "height": height})
    quiet.goto(site + address)
    assert quiet.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_it_needs_no_script(framing: Page, elsewhere: str) -> None:
    framing.goto(f"{elsewhere}?{MAP.format('fr')}")
    expect(framing.frame_locator("iframe").locator("h1")).to_contain_text("116 villes dans 54 pays")
