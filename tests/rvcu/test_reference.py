"""The API's reference for people: the document as a page, with samples that work."""

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cities.models import City, Designation
from rvcu.api.changelog import CHANGELOG
from rvcu.api.schema import document

DAY = "as_of=2016-04-28"


def page_of(client, language: str) -> str:
    answer = client.get(f"/{language}/data/api/")
    assert answer.status_code == 200
    return answer.content.decode()


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page)))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_everything_in_the_document_stands_on_the_page(client, network, language):
    page, content = page_of(client, language), document(language)
    shown = words(page)
    for path, methods in content["paths"].items():
        node = methods["get"]
        assert f'id="{node["operationId"]}"' in page
        assert f"<b>GET</b> {path}" in page
        assert node["summary"] in shown
        if "x-example-request" in node:
            assert f'href="{node["x-example-request"].replace("&", "&amp;")}"' in page
    for schema in content["components"]["schemas"].values():
        for name, column in schema.get("properties", {}).items():
            if "description" in column and "error" not in name and name not in {"type", "status", "detail"}:
                assert name in shown
    for entry in CHANGELOG:
        assert f'id="{entry.anchor}"' in page
        assert all(str(text) in shown for _sort, text in entry.changes)


def test_french_page_is_in_french(client, network):
    shown = words(page_of(client, "fr"))
    for text in ("Pour commencer", "Ce qui ne change pas", "Paramètres", "peut être répété", "nombre entier"):
        assert text in shown
    for text in ("Parameters", "How to begin", "for example", "whole number"):
        assert text not in shown


def test_page_needs_no_script_and_says_what_is_promised(client, network):
    page = page_of(client, "en")
    assert page.count("<script") == 1  # of every page
    shown = words(page)
    for text in (
        "at least 365 days before",
        "Deprecation",
        "Sunset",
        "Retry-After",
        "ETag",
        "300 answers in 60 seconds",
    ):
        assert text in shown


def test_page_costs_the_same_queries_for_few_cities_and_for_many(client, network, settings):
    settings.PAGE_CACHE = False

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page_of(client, "en")
        return len(seen)

    many = queries()
    Designation.objects.exclude(city__in=City.objects.filter(country="FR")).filter(starts_on__gte="2020-01-01").delete()
    assert queries() == many


def test_command_lines_on_the_page_work(client, network, settings):
    samples = re.findall(r'data-language="shell">(.*?)</code>', page_of(client, "en"), re.S)
    assert len(samples) == 4
    answers = []
    for sample in samples:
        command, *rest = shlex.split(unescape(sample))
        assert command == "curl"
        headers = dict(value.split(": ") for flag, value in pairwise(rest) if flag == "-H")
        answer = client.get(rest[-1].removeprefix(settings.SITE_ADDRESS), headers=headers)
        assert answer.status_code == 200
        answers.append(answer.json())
    of_the_day, city, films, today = answers
    assert of_the_day["count"] == 116
    assert "count" not in city
    assert films["count"] > 1
    assert list(films["results"][0]) == ["slug", "name_fr", "member_since"]
    assert films["language"] == "fr"
    assert today["count"] > of_the_day["count"]


# With a server that answers


@pytest.fixture
def site(transactional_db, live_server, settings) -> str:
    settings.SITE_ADDRESS = live_server.url
    call_command("import_network", verbosity=0)
    return live_server.url


def test_python_on_the_page_finds_116_cities(client, site):
    sample = re.search(r'data-language="python">(.*?)</code>', page_of(client, "en"), re.S)
    assert sample
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(unescape(sample[1]), {})  # noqa: S102  what the page tells readers to run
    assert printed.getvalue().strip() == "116"


CLIENT = """
import sys
sys.path.insert(0, sys.argv[1])
from network_client import Client
from network_client.api.cities import get_city, list_cities
from network_client.models import CitiesPage
import datetime

client = Client(base_url=sys.argv[2])
day, number, found = datetime.date(2016, 4, 28), 1, []
while True:
    page = list_cities.sync(client=client, as_of=day, page=number, page_size=50)
    assert isinstance(page, CitiesPage), page
    found += page.results
    if page.next_ is None:
        break
    number += 1
film = list_cities.sync(client=client, as_of=day, field=["film", "music"], page_size=500)
lyon = get_city.sync("lyon", client=client)
print(len(found), page.count, len({city.slug for city in found}), film.count, lyon.result.name_en)
"""


def test_client_generated_from_the_document_finds_116_cities(client, site, tmp_path):
    described = tmp_path / "openapi.json"
    described.write_text(json.dumps(client.get("/api/v1/openapi.json").json()))
    made = tmp_path / "client"
    (tmp_path / "settings.yaml").write_text("package_name_override: network_client\npost_hooks: []\n")
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", str(described)),
            *("--output-path", str(made), "--config", str(tmp_path / "settings.yaml"), "--meta", "none"),
            "--fail-on-warning",
        ],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    made.rename(tmp_path / "network_client")
    ran = subprocess.run(
        [sys.executable, "-c", CLIENT, str(tmp_path), site], capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    count = client.get(f"/api/v1/cities/?{DAY}&field=film&field=music").json()["count"]
    assert ran.stdout.split() == ["116", "116", "116", str(count), "Lyon"]
