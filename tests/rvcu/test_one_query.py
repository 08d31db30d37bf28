"""Bar 4: whatever is asked, the page, the API and each file find the same rows in the same order."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import urlencode
from xml.etree import ElementTree

import openpyxl
import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils.html import strip_tags
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cities.models import CreativeField, Region, Theme
from cities.writers import FORMATS
from rvcu.api.resources import RESOURCES, Resource
from tests.cities.test_initiatives import partner, published

pytestmark = pytest.mark.usefixtures("network")

Query = list[tuple[str, str]]

words = st.sampled_from(
    ["lyon", "san", "s", "saint", "é", "İstanbul", "korea", "books", "river", "b", "zz", "...", "\x00"]
)
years = st.sampled_from(["2004", "2014", "2015", "2021", "2023", "2026", "1999", "x"])
countries = st.sampled_from(["FR", "fr", "CN", "JP", "BR", "XX", ""])
days = st.one_of(
    st.sampled_from(["2016-04-28", "2023-10-30", "2023-10-31", "2004-10-01", "1990-01-01", "2999-01-01", "x", ""]),
    st.dates().map(str),
)


def of(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(st.just(name), values)


def some(of_name: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*of_name, "none-of-these"])


def queries(*parameters: st.SearchStrategy[tuple[str, str]]) -> st.SearchStrategy[Query]:
    """Up to four parameters, the same one several times as well."""
    return st.lists(st.one_of(*parameters), max_size=4)


# How many rows a form has, and which: the keys in their order


def whole(response) -> bytes:
    return b"".join(response.streaming_content)


def of_csv(content: bytes, resource: Resource) -> Iterator[str]:
    for row in csv.DictReader(io.StringIO(content.decode())):
        yield row[resource.key]


def of_xlsx(content: bytes, resource: Resource) -> Iterator[str]:
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    rows = sheet.iter_rows(values_only=True)
    place = next(rows).index(resource.key)
    for row in rows:
        yield row[place]


def of_json(content: bytes, resource: Resource) -> Iterator[str]:
    for row in json.loads(content)[resource.name]:
        yield row[resource.key]


def of_geojson(content: bytes, resource: Resource) -> Iterator[str]:
    for feature in json.loads(content)["features"]:
        yield feature["properties"][resource.key]


def of_kml(content: bytes, resource: Resource) -> Iterator[str]:
    kml = "{http://www.opengis.net/kml/2.2}"
    for place in ElementTree.fromstring(content).iter(f"{kml}Placemark"):  # noqa: S314  our own
        yield next(
            text
            for data in place.iter()
            if data.tag in (f"{kml}Data", f"{kml}SimpleData") and data.get("name") == resource.key
            for text in [data.text if data.tag == f"{kml}SimpleData" else data.findtext(f"{kml}value")]
        )


def of_jsonld(content: bytes, resource: Resource) -> Iterator[str]:
    for node in json.loads(content)["mainEntity"]["itemListElement"]:
        yield node["identifier"]


KEYS: dict[str, Callable[[bytes, Resource], Iterator[str]]] = {
    "csv": of_csv,
    "xlsx": of_xlsx,
    "json": of_json,
    "geojson": of_geojson,
    "kml": of_kml,
    "jsonld": of_jsonld,
}


Named = list[tuple[str, str]]
"""Rows by their key and what they are called in the reader's language."""


def on_the_pages(client: Client, address: str, query: Query, link: str) -> Named | None:
    """The rows that all pages of a list show, one page after the other; None where it refuses the query."""
    found: Named = []
    number = pages = 1
    while number <= pages:
        response = client.get(f"{address}?{urlencode([*query, ('page', str(number))])}", follow=True)
        assert response.status_code == 200
        if response.context["form"].errors:
            return None
        # Each heads its row of the table, or its entry in the list.
        shown = re.findall(rf'<(?:th scope="row"|h2)><a href="/[a-z]+/{link}/([^/"?]+)/">(.*?)</a>', response.text)
        found += [(key, unescape(strip_tags(name))) for key, name in shown]
        pages = response.context["page"].paginator.num_pages
        number += 1
    assert response.context["page"].paginator.count == len(found)
    return found


def in_the_api(client: Client, address: str, resource: Resource, name: str) -> Named | None:
    found: Named = []
    count = 0
    following: str | None = address
    while following:
        response = client.get(following)
        if response.status_code == 400:
            return None
        content = response.json()
        count = content["count"]
        found += [(row[resource.key], row[name]) for row in content["results"]]
        following = content["next"] and content["next"].removeprefix(configured.SITE_ADDRESS)
    assert count == len(found)
    return found


def in_a_file(client: Client, address: str, extension: str, resource: Resource) -> list[str] | None:
    response = client.get(address)
    if response.status_code == 400:
        return None
    assert response.status_code == 200
    return list(KEYS[extension](whole(response), resource))


def holds_everywhere(client: Client, resource: Resource, page: str, language: str, query: Query) -> None:
    """All pages, the API and every file of one query have the same rows in the same order, or all refuse it."""
    asked = urlencode(query)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    name = resource.dataset.name_columns[language == "fr"]
    wanted = urlencode([*query, ("page_size", "500"), ("fields", f"{resource.key},{name}")])
    found = in_the_api(client, f"/api/v1/{resource.name}/?{wanted}", resource, name)
    assert on_the_pages(client, f"/{language}/{page}", query, resource.name) == found
    keys = None if found is None else [key for key, _name in found]
    for extension, form in FORMATS.items():
        if form.takes(resource.dataset):
            address = f"/{language}/{resource.name}.{extension}?{asked}"
            assert in_a_file(client, address, extension, resource) == keys, extension


QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def without_limits(settings):
    settings.API_RATE = "1000000/min"
    settings.PAGE_CACHE = False


@pytest.mark.usefixtures("without_limits")
def test_cities_are_the_same_everywhere(client):
    fields = list(CreativeField.objects.values_list("slug", flat=True))
    asked = queries(
        of("q", words),
        of("field", some(fields)),
        of("region", some(list(Region.values))),
        of("country", countries),
        of("year", years),
        of("as_of", days),
        of("sort", some(["name", "-name", "since", "-since", "country", ""])),
    )

    @QUICK
    @given(query=asked, language=st.sampled_from(["en", "fr"]))
    def ask(query: Query, language: str) -> None:
        holds_everywhere(client, RESOURCES["cities"], "cities/table/", language, query)

    ask()


@pytest.mark.usefixtures("without_limits")
def test_initiatives_are_the_same_everywhere(client, officer):
    for number in range(30):
        lead = ("lyon", "ostersund", "seoul", "dakar")[number % 4]
        chosen = ("sharing",) if number % 3 else ("sharing", "research")
        one = published(officer, lead=lead, title=f"Books {number}", chosen=chosen, first_year=2014 + number % 8)
        if number % 5 == 0:
            partner(one, "enghien-les-bains")
    themes = list(Theme.objects.values_list("slug", flat=True))
    asked = queries(
        of("q", words),
        of("area", some(themes)),
        of("sdg", some(themes)),
        of("field", some(["literature", "gastronomy", "media-arts", "music"])),
        of("country", countries),
        of("city", some(["lyon", "seoul", "enghien-les-bains", "paris"])),
        of("year", years),
        of("sort", some(["title", "year", "-year", "-published", ""])),
    )

    @QUICK
    @given(query=asked, language=st.sampled_from(["en", "fr"]))
    def ask(query: Query, language: str) -> None:
        holds_everywhere(client, RESOURCES["initiatives"], "initiatives/", language, query)

    ask()
