"""The demo as `make demo` serves it: the production server, compressed, light."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

ROOT = Path(__file__).parent.parent.parent
KILOBYTE = 1000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a demo in a folder of its own, and what it printed."""
    var = tmp_path_factory.mktemp("var")
    (var / "secret-key").write_text("of this test alone " * 4)
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    environment |= {"RVCU_MODE": "demo", "VAR_DIR": str(var)}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "collectstatic", "--no-input", "-v0"], cwd=ROOT, env=environment, check=True)
    port = free_port()
    command = [*manage, "demo", "--bind", f"127.0.0.1:{port}"]
    with open(var / "printed", "w") as printed:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT)
    address = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + 180
        while process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{address}/healthz")  # noqa: S310  loopback
                break
            except OSError:
                time.sleep(0.1)
        yield address, (var / "printed").read_text()
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_the_demo_says_where_it_is_and_who_may_sign_in(demo):
    address, printed = demo
    assert f"{address}/" in printed
    for role in ("officer", "administrator", "auditor"):
        assert re.search(rf"{role}@example\.org +\S{{16}} ", printed)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", ["", "cities/"])
def test_first_load_is_light(browser: Browser, demo, path, language):
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    session.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
    page.goto(f"{demo[0]}/{language}/{path}", wait_until="networkidle")
    total = sum(sizes.values())
    scripts = sum(size for request, size in sizes.items() if kinds.get(request) == "Script")
    context.close()
    print(f"/{language}/{path}: {total / KILOBYTE:.1f} kB, of it scripts {scripts / KILOBYTE:.1f} kB")
    assert total <= 100 * KILOBYTE
    assert scripts <= 30 * KILOBYTE


def test_answers_are_compressed_and_strict(demo):
    request = urllib.request.Request(f"{demo[0]}/en/cities/", headers={"Accept-Encoding": "gzip"})  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310  loopback
        assert response.headers["Content-Encoding"] == "gzip"
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in response.headers


def test_static_files_are_kept_for_ever(demo):
    with urllib.request.urlopen(f"{demo[0]}/en/") as response:  # noqa: S310  loopback
        body = response.read().decode()
    style = re.search(r'href="(/static/rvcu/css/site\.[0-9a-f]{12}\.css)"', body)
    with urllib.request.urlopen(demo[0] + style.group(1)) as response:  # noqa: S310  loopback
        assert "immutable" in response.headers["Cache-Control"]
