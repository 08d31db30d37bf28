"""The directory's query as files: real clients find what the pages show, in the same order, in both languages."""

import datetime
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pandas
import pyogrio
import pytest
import rdflib
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date
from rdflib.collection import Collection

from cities import caching
from cities.datasets.city import CITIES
from cities.filters import Directory
from cities.models import City, Edition
from cities.writers import FORMATS
from cities.writers.table import ABOUT
from rvcu.models import User

pytestmark = [
    pytest.mark.usefixtures("network"),
    # Of the readers themselves, at their present releases.
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'generic' unit for NumPy:DeprecationWarning"),
]
SDO = rdflib.Namespace("https://schema.org/")
DAY = "as_of=2016-04-28"
LANGUAGES = ("en", "fr")


def got(client: Client, extension: str, query: str = "", language: str = "en") -> bytes:
    response = client.get(f"/{language}/cities.{extension}?{query}")
    assert response.status_code == 200
    return response.getvalue()


# The keys of the cities that a client finds, in its order


def by_csv(content: bytes) -> list[str]:
    return list(pandas.read_csv(io.BytesIO(content), keep_default_na=False)["slug"])


def by_xlsx(content: bytes) -> list[str]:
    return list(pandas.read_excel(io.BytesIO(content), keep_default_na=False)["slug"])


def by_json(content: bytes) -> list[str]:
    return [row["slug"] for row in json.loads(content)["cities"]]


def by_ogr(content: bytes) -> list[str]:
    about, _keys, places, columns = pyogrio.raw.read(content)
    if not len(places):
        return []  # of no rows, this reader tells no columns
    slugs = list(columns[list(about["fields"]).index("slug")])
    assert len(places) == len(slugs)
    return slugs


def by_rdf(content: bytes) -> list[str]:
    graph = rdflib.Graph().parse(data=content, format="json-ld")
    cities = Collection(graph, next(graph.objects(predicate=SDO.itemListElement)))
    assert set(cities) == set(graph.subjects(rdflib.RDF.type, SDO.City))
    return [str(graph.value(city, SDO.identifier)) for city in cities]


READERS: dict[str, Callable[[bytes], list[str]]] = {
    "csv": by_csv,
    "xlsx": by_xlsx,
    "json": by_json,
    "geojson": by_ogr,
    "kml": by_ogr,
    "jsonld": by_rdf,
}


def shown(client: Client, query: str, language: str) -> list[str]:
    """The keys of the cities in the table's pages, in their order."""
    found: list[str] = []
    page = 1
    while True:
        response = client.get(f"/{language}/cities/table/?{query}&page={page}")
        if response.status_code == 404:
            return found
        table = re.search("<tbody.*?</tbody>", response.content.decode(), re.DOTALL)
        assert table
        found += dict.fromkeys(re.findall(rf'href="/{language}/cities/([a-z0-9-]+)/', table[0]))
        page += 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("query", [DAY, f"{DAY}&sort=country", f"{DAY}&field=music&field=film&sort=-since"])
def test_every_format_has_the_cities_of_the_pages_in_their_order(client, language, query):
    pages = shown(client, query, language)
    assert len(pages) == (116 if "field" not in query else 27)
    for extension, read in READERS.items():
        assert read(got(client, extension, query, language)) == pages, extension


def test_all_formats_are_tried():
    assert list(READERS) == list(FORMATS)


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize(("day", "field"), [("2023-10-30", "media-arts"), ("2023-10-31", "literature")])
def test_lyon_is_in_the_field_of_the_day(client, extension, day, field):
    content = got(client, extension, f"as_of={day}&country=FR&q=lyon")
    assert READERS[extension](content) == ["lyon"]
    if extension == "xlsx":
        assert list(pandas.read_excel(io.BytesIO(content))["field"]) == [field]
    else:
        others = {"media-arts", "literature"} - {field}
        assert field in content.decode()
        assert not any(other in content.decode() for other in others)


@pytest.mark.parametrize("extension", FORMATS)
def test_a_query_that_selects_nothing_gives_a_file_of_nothing(client, extension):
    assert READERS[extension](got(client, extension, "as_of=2004-01-01")) == []
    assert READERS[extension](got(client, extension, "q=nowhere")) == []


def test_a_spreadsheet_has_numbers_and_dates(client):
    csv = pandas.read_csv(
        io.BytesIO(got(client, "csv", DAY)),
        keep_default_na=False,
        na_values=[""],
        parse_dates=["member_since", "designated_on", "as_of", "last_change"],
    )
    xlsx = pandas.read_excel(io.BytesIO(got(client, "xlsx", DAY)), keep_default_na=False, na_values=[""])
    assert list(csv.columns) == [*CITIES.names, *ABOUT]
    assert list(xlsx.columns) == CITIES.names
    for table in (csv, xlsx):
        for name in ("latitude", "longitude", "population", "geonames_id"):
            assert table[name].dtype.kind in "if", name
        for name in ("member_since", "designated_on"):
            assert table[name].dtype.kind == "M", name
        assert table["member_since"].max() == datetime.datetime(2015, 12, 11)  # noqa: DTZ001  a day
    assert set(csv["as_of"]) == {pandas.Timestamp("2016-04-28")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_are_in_every_file(client, language):
    query = f"{DAY}&country=IT"
    for extension in ("csv", "json", "geojson", "kml", "jsonld"):
        content = got(client, extension, query, language).decode()
        assert "Italy" in content
        assert "Italie" in content
    table = pandas.read_excel(io.BytesIO(got(client, "xlsx", query, language)))
    assert {*table["country_en"], *table["country_fr"]} == {"Italy", "Italie"}


@pytest.mark.parametrize("extension", ["json", "geojson", "kml", "jsonld", "csv"])
def test_a_file_says_what_it_is(client, extension):
    content = got(client, extension, DAY, "fr").decode()
    for said in ("2016-04-28", "2015-12-11", "CC BY 4.0", "GeoNames", f"/fr/cities.{extension}?{DAY}"):
        assert said in content, said


def test_what_somebody_typed_is_no_formula_in_any_spreadsheet(client):
    City.objects.filter(slug="lyon").update(name_en='=HYPERLINK("https://example.org")', local_name="@SUM(1)")
    for table in (
        pandas.read_csv(io.BytesIO(got(client, "csv", "country=FR"))),
        pandas.read_excel(io.BytesIO(got(client, "xlsx", "country=FR"))),
    ):
        lyon = table[table["slug"] == "lyon"].iloc[0]
        assert lyon["name_en"] == '\'=HYPERLINK("https://example.org")'
        assert lyon["local_name"] == "'@SUM(1)"


# Answers


@pytest.mark.parametrize("extension", FORMATS)
def test_a_file_is_saved_under_its_name_and_day(client, extension):
    response = client.get(f"/en/cities.{extension}?{DAY}")
    assert response.streaming
    assert response.headers["Content-Disposition"] == f'attachment; filename="cities-2016-04-28.{extension}"'
    assert response.headers["Content-Type"] == FORMATS[extension].content_type
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Language"] == "en"
    assert not response.cookies


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("query", ["as_of=yesterday", "as_of=2999-01-01", "field=cooking", "sort=luck", "year=1066"])
def test_a_bad_value_is_a_problem(client, language, query):
    response = client.get(f"/{language}/cities.geojson?{query}")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Content-Language"] == language
    said = response.json()
    (error,) = said["errors"]
    assert error["parameter"] == query.partition("=")[0]
    assert error["messages"][0]


def test_a_problem_is_told_in_the_language_of_the_address(client):
    titles = {client.get(f"/{language}/cities.csv?field=cooking").json()["title"] for language in LANGUAGES}
    assert len(titles) == 2


KNOWN = {
    "cities.csv": "q, field, region, country, year, as_of, sort",
    "designations.json": "city, field, region, country, as_of, sort",
    "fields.jsonld": "as_of",
    "countries.xlsx": "as_of",
    "initiatives.geojson": "q, area, objective, sdg, field, country, year, city, sort",
    "cooperation.csv": "as_of, field, region, show, sort",
    "changes.csv": "from, to",
}


@pytest.mark.parametrize(("language", "sentence"), [("en", "There is no such parameter here. Known: {}."), ("fr", "")])
@pytest.mark.parametrize("file", KNOWN)
@pytest.mark.parametrize("unknown", ["feild=film", "page=2", "feild=", "field=&format=csv&utm_source=x"])
def test_a_parameter_that_the_file_does_not_know_is_a_problem(client, language, sentence, file, unknown):
    folder = "data/" if file == "changes.csv" else ""
    response = client.get(f"/{language}/{folder}{file}?{unknown.replace('field=&', '')}")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Content-Language"] == language
    errors = {error["parameter"]: error["messages"] for error in response.json()["errors"]}
    assert list(errors) == [name for name in ("feild", "page", "format", "utm_source") if name in unknown]
    sentence = sentence or "Ce paramètre n’existe pas ici. Paramètres connus\u202f: {}."
    assert list(errors.values()) == [[sentence.format(KNOWN[file])]] * len(errors)


@pytest.mark.parametrize("file", ["meetings.json", "calls.csv"])
def test_a_file_of_which_nothing_can_be_asked_says_so(client, file):
    response = client.get(f"/en/{file}?as_of=2016-04-28")
    assert response.status_code == 400
    assert response.json()["errors"] == [{"parameter": "as_of", "messages": ["No parameter is known here."]}]
    assert client.get(f"/en/{file}").status_code == 200


def test_files_and_the_api_refuse_in_the_same_words(client):
    of_file, of_api = (client.get(f"/{path}?feild=film").json() for path in ("en/fields.csv", "api/v1/fields/"))
    own = of_api["errors"][0].pop("messages"), of_file["errors"][0].pop("messages")
    assert of_file == of_api
    assert own[0][0].partition("Known")[0] == own[1][0].partition("Known")[0]


@pytest.mark.parametrize("extension", ["pdf", "txt", "csvx", "html"])
def test_an_unknown_extension_is_not_found(client, extension):
    assert client.get(f"/en/cities.{extension}").status_code == 404


def test_empty_values_are_as_if_not_given(client):
    assert by_json(got(client, "json", f"{DAY}&q=&field=&sort=")) == by_json(got(client, "json", DAY))


@pytest.mark.parametrize("extension", FORMATS)
def test_head_answers_with_the_headers_alone(client, extension):
    whole = client.get(f"/en/cities.{extension}?{DAY}")
    head = client.head(f"/en/cities.{extension}?{DAY}")
    assert head.status_code == 200
    assert head.getvalue() == b""
    for name in ("ETag", "Content-Type", "Content-Disposition", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]


def test_nothing_depends_on_who_asks(client, officer: User, signed_in):
    asked = {"as_of": "2016-04-28"}
    assert signed_in(officer).get("/en/cities.csv", asked).getvalue() == client.get("/en/cities.csv", asked).getvalue()


# Validators


@pytest.fixture
def settled(monkeypatch) -> datetime.datetime:
    """When the data last changed: some days ago, and nothing else that makes a file did so later."""
    changed = timezone.now().replace(microsecond=0)
    monkeypatch.setattr(caching, "RELEASED_AT", changed - datetime.timedelta(days=9))
    monkeypatch.setattr(caching, "today", lambda: changed.date() - datetime.timedelta(days=9))
    Edition.objects.update(changed_at=changed - datetime.timedelta(days=5))
    return changed - datetime.timedelta(days=5)


def test_an_unchanged_file_is_not_sent_again(client, settled, django_assert_num_queries):
    first = client.get(f"/en/cities.csv?{DAY}")
    assert first.headers["Last-Modified"] == http_date(settled.timestamp())
    for asked, queries in (
        ({"If-None-Match": first.headers["ETag"]}, 1),
        ({"If-None-Match": f'"other", {first.headers["ETag"]}'}, 1),
        # Whether there is such a file at all has to be asked first; no row of it is read.
        ({"If-Modified-Since": first.headers["Last-Modified"]}, 3),
    ):
        with django_assert_num_queries(queries):
            response = client.get(f"/en/cities.csv?{DAY}", headers=asked)
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == first.headers["ETag"]


def test_a_file_that_changed_since_is_sent(client, settled):
    before = http_date(settled.timestamp() - 1)
    for asked in ({"If-None-Match": '"other"'}, {"If-Modified-Since": before}):
        assert client.get(f"/en/cities.csv?{DAY}", headers=asked).status_code == 200


def test_what_is_no_file_is_never_unchanged(client, settled):
    asked = {"If-Modified-Since": http_date(timezone.now().timestamp())}
    assert client.get(f"/en/cities.csv?{DAY}", headers=asked).status_code == 304
    assert client.get("/en/cities.csv?as_of=yesterday", headers=asked).status_code == 400
    assert client.get("/en/cities.txt", headers=asked).status_code == 404
    refused = {"If-Unmodified-Since": http_date(settled.timestamp() - 1)}
    assert client.get("/en/cities.csv", headers=refused).status_code == 412
    assert client.get("/en/cities.txt", headers=refused).status_code == 404


def test_an_edit_changes_both_validators(client, settled):
    first = client.get("/en/cities.csv")
    City.objects.filter(slug="lyon").update(name_en="Lugdunum")
    now = client.get("/en/cities.csv", headers={"If-None-Match": first.headers["ETag"]})
    assert now.status_code == 200
    assert now.headers["ETag"] != first.headers["ETag"]
    # Another edit in the same second could not be told from this one.
    assert "Last-Modified" not in now.headers
    assert "Lugdunum" in now.getvalue().decode()
    changed = timezone.now() - datetime.timedelta(seconds=90)
    Edition.objects.update(changed_at=changed)
    assert client.get("/en/cities.csv").headers["Last-Modified"] == http_date(int(changed.timestamp()))


def test_queries_formats_and_languages_have_validators_of_their_own(client):
    addresses = ["/en/cities.csv", "/fr/cities.csv", "/en/cities.json", f"/en/cities.csv?{DAY}"]
    assert len({client.get(address).headers["ETag"] for address in addresses}) == len(addresses)


# Cost


@pytest.mark.parametrize("extension", FORMATS)
def test_a_file_costs_as_many_queries_for_all_cities_as_for_one(client, extension, django_assert_num_queries):
    assert Directory(QueryDict(f"{DAY}&country=IS")).count == 1
    for query in (f"{DAY}&country=IS", DAY):
        # Fields and countries are known since the count above.
        with django_assert_num_queries(5):
            got(client, extension, query)


def test_head_reads_no_city(client, django_assert_num_queries):
    with django_assert_num_queries(5):
        client.head(f"/en/cities.csv?{DAY}").getvalue()


@pytest.mark.parametrize("extension", [extension for extension in FORMATS if extension != "xlsx"])
def test_what_a_file_is_arrives_before_a_city_is_read(client, extension, django_assert_num_queries):
    response: Any = client.get(f"/en/cities.{extension}?{DAY}")
    pieces = iter(response.streaming_content)
    with django_assert_num_queries(0):
        assert next(pieces)
    with django_assert_num_queries(2):
        assert len(list(pieces)) >= 1
