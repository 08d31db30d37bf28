"""The API's document: valid, complete, true."""

import datetime
import json
import re
from io import StringIO
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver
from drf_spectacular.validation import validate_schema

from rvcu.api import deprecation
from rvcu.api.changelog import CHANGELOG, VERSION
from rvcu.api.deprecation import Deprecation
from rvcu.api.resources import RESOURCES
from rvcu.api.schema import document
from rvcu.api.urls import urlpatterns

ADDRESS = "/api/v1/openapi.json"


@pytest.fixture
def served(client, network) -> dict[str, Any]:
    return client.get(ADDRESS).json()


def resolved(content: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = content
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def check(content: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Fails when a value is not what a schema of the document says."""
    validator = jsonschema.Draft202012Validator(
        {**schema, "components": content["components"]}, format_checker=jsonschema.FormatChecker()
    )
    assert [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(value)] == []


def parameters(content: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    found = (resolved(content, node) for node in content["paths"][path]["get"]["parameters"])
    return {node["name"]: node for node in found}


def test_document_is_valid_openapi_3_1_in_both_languages(client, network):
    for language in ("en", "fr"):
        answer = client.get(ADDRESS, headers={"Accept-Language": language})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        assert answer["Content-Language"] == language
        assert answer.json()["openapi"] == "3.1.1"
        validate_schema(answer.json())
    assert "Villes" in answer.content.decode()


def test_document_is_the_same_bytes_for_the_same_data_and_asked_for_again_a_304(client, network):
    first, second = client.get(ADDRESS), client.get(ADDRESS)
    assert first.content == second.content
    with CaptureQueriesContext(
        connection,
    ) as queries:
        again = client.get(ADDRESS, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert len(queries) <= 2


def test_command_prints_what_is_served_without_a_warning(served):
    printed = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", format="openapi-json", stdout=printed)
    assert json.loads(printed.getvalue()) == served


def test_every_address_of_the_api_is_described(served):
    assert all(isinstance(pattern, URLPattern) for pattern in urlpatterns)
    routes = [re.sub(r"<\w+:(\w+)>", r"{\1}", f"/api/v1/{pattern.pattern}") for pattern in urlpatterns]
    assert sorted(served["paths"]) == sorted(routes)
    assert {method for methods in served["paths"].values() for method in methods} == {"get"}
    names = [methods["get"]["operationId"] for methods in served["paths"].values()]
    assert len(set(names)) == len(names)
    assert {"list_cities", "get_city", "get_statistics"} <= set(names)


def test_nothing_else_answers_under_api():
    prefixes = [str(pattern.pattern) for pattern in get_resolver().url_patterns if "api" in str(pattern.pattern)]
    assert prefixes == ["api/v1/"]


def test_root_names_every_resource_of_the_document(client, served):
    named = client.get("/api/v1/").json()["resources"]
    assert {tag["name"] for tag in served["tags"]} == {*named, "api"}


@pytest.mark.parametrize("name", RESOURCES)
def test_every_column_and_every_parameter_of_a_resource_is_described(served, name):
    resource, path = RESOURCES[name], f"/api/v1/{name}/"
    page = resolved(served, served["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"])
    row = resolved(served, page["properties"]["results"]["items"])
    assert list(row["properties"]) == resource.dataset.names
    for column in resource.dataset.columns:
        schema = row["properties"][column.name]
        assert schema["description"] == str(column.description)
        assert set(column.choices) <= set(schema.get("enum", ()))
    known = parameters(served, path)
    assert {*(one.name for one in resource.parameters), "page", "page_size", "fields"} <= set(known)
    assert all(node["description"] for node in known.values())
    assert known["fields"]["schema"]["items"]["enum"] == resource.dataset.names


def test_parameters_say_what_they_take(served):
    known = parameters(served, "/api/v1/cities/")
    assert known["field"]["schema"]["type"] == "array"
    assert (known["field"]["style"], known["field"]["explode"]) == ("form", True)
    assert "africa" in known["region"]["schema"]["items"]["enum"]
    assert known["as_of"]["schema"]["format"] == "date"
    assert known["sort"]["schema"]["enum"] == ["name", "-name", "country", "-since", "since"]
    assert known["q"]["schema"]["maxLength"] == 100
    assert known["page_size"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}


def test_what_is_said_of_the_api_itself(served, settings):
    assert served["info"]["version"] == VERSION == CHANGELOG[0].version
    assert served["info"]["license"]["name"] == "CC BY 4.0"
    assert served["info"]["contact"] == {"name": settings.PUBLISHER, "email": settings.CONTACT_EMAIL}
    assert served["servers"] == [{"url": settings.SITE_ADDRESS}]


def test_examples_are_the_live_answers_and_these_are_as_described(client, served):
    shown = 0
    for path, methods in served["paths"].items():
        node = methods["get"]
        content = node["responses"]["200"]["content"]["application/json"]
        if request := node.get("x-example-request"):
            answer = client.get(request)
            assert answer.status_code == 200, path
            check(served, content["schema"], answer.json())
            if "example" in content:
                assert answer.json() == content["example"]
                shown += 1
    assert shown >= 10


def test_lists_are_as_described_row_by_row(client, served):
    for name in RESOURCES:
        schema = served["paths"][f"/api/v1/{name}/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = client.get(f"/api/v1/{name}/?page_size=500").json()
        check(served, schema, answer)
        for row in answer["results"]:
            assert list(row) == RESOURCES[name].dataset.names


def test_errors_are_as_described(client, served):
    schema = {"$ref": "#/components/schemas/Problem"}
    for address, status in (
        ("/api/v1/cities/?as_of=2016-13-45", "400"),
        ("/api/v1/cities/nowhere/", "404"),
        ("/api/v1/cities/?page=999", "404"),
    ):
        answer = client.get(address)
        assert str(answer.status_code) == status
        check(served, schema, answer.json())
    answer = client.get("/api/v1/cities/", headers={"Accept": "text/html"})
    assert answer.status_code == 406
    check(served, schema, answer.json())


def test_without_any_data_the_document_is_still_valid_and_shows_no_row(db):
    content = document("en")
    validate_schema(content)
    assert "/api/v1/cities/{slug}/" in content["paths"]
    assert "x-example-request" not in content["paths"]["/api/v1/cities/{slug}/"]["get"]


# Deprecation, with invented lines


@pytest.fixture
def announced(monkeypatch) -> None:
    days = {"since": datetime.date(2026, 12, 1), "sunset": datetime.date(2028, 1, 1), "version": "1.1"}
    monkeypatch.setattr(
        deprecation,
        "DEPRECATIONS",
        (
            Deprecation("cities", column="population_source", **days),
            Deprecation("cities", parameter="year", **days),
            Deprecation("fields", **days),
        ),
    )


def test_what_will_go_is_marked_in_the_document(announced, served):
    known = parameters(served, "/api/v1/cities/")
    assert [name for name, node in known.items() if node.get("deprecated")] == ["year"]
    row = served["components"]["schemas"]["City"]["properties"]
    assert [name for name, node in row.items() if node.get("deprecated")] == ["population_source"]
    gone = [path for path, methods in served["paths"].items() if methods["get"].get("deprecated")]
    assert gone == ["/api/v1/fields/", "/api/v1/fields/{slug}/"]
    validate_schema(served)


def test_answers_that_hold_a_column_that_will_go_say_so(announced, client, network, settings):
    answer = client.get("/api/v1/cities/lyon/")
    assert answer["Deprecation"] == "@1796079600"  # 1 December 2026 in Paris
    assert answer["Sunset"] == "Fri, 31 Dec 2027 23:00:00 GMT"
    link = f'<{settings.SITE_ADDRESS}/en/data/api/#version-1.1>; rel="deprecation"; type="text/html"'
    assert answer["Link"] == link
    assert "Deprecation" not in client.get("/api/v1/cities/lyon/?fields=slug")
    assert "Sunset" not in client.get("/api/v1/countries/")


def test_answers_to_a_parameter_or_of_a_resource_that_will_go_say_so(announced, client, network):
    assert "Deprecation" in client.get("/api/v1/cities/?fields=slug&year=2014")
    assert "Deprecation" not in client.get("/api/v1/cities/?fields=slug&field=film")
    assert "Deprecation" in client.get("/api/v1/fields/")
    assert "Deprecation" in client.get("/api/v1/fields/film/?fields=slug")


def test_nothing_goes_without_a_year_of_notice():
    with pytest.raises(ValueError, match="365 days"):
        Deprecation("cities", datetime.date(2026, 12, 1), datetime.date(2027, 3, 1), "1.1")
    with pytest.raises(ValueError, match="not of both"):
        Deprecation(
            "cities", datetime.date(2026, 12, 1), datetime.date(2028, 3, 1), "1.1", parameter="q", column="slug"
        )


def test_every_announcement_leads_to_an_entry_of_the_changelog():
    versions = {entry.version for entry in CHANGELOG}
    assert all(one.version in versions for one in deprecation.DEPRECATIONS)
    assert [entry.day for entry in CHANGELOG] == sorted((entry.day for entry in CHANGELOG), reverse=True)
