import os
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from playwright.sync_api import ConsoleMessage, Page

from tests.conftest import BROWSER

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    args += ["--disable-component-update", "--disable-sync"]
    if os.geteuid() == 0:
        args.append("--no-sandbox")
    return {**browser_type_launch_args, "args": args, "executable_path": BROWSER}


@pytest.fixture
def site(transactional_db: None, live_server) -> str:
    """The address of a running site with the real network."""
    call_command("import_network", verbosity=0)
    return live_server.url


@pytest.fixture
def quiet(page: Page, site: str) -> Iterator[Page]:
    """A page whose console must stay empty and that must ask no other host: the test of the security policy."""
    said: list[str] = []
    asked: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A page that is meant to be missing is reported by the browser too.
        if "404 (Not Found)" not in message.text:
            said.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.said = said  # what a test does to the page itself may take back what it caused
    page.emulate_media(reduced_motion="reduce")
    yield page
    assert said == []
    assert [url for url in asked if not url.startswith((site, "data:"))] == []
