"""The API against its document, with requests made up by schemathesis: `make fuzz-api` runs 5,000, the suite fewer.

Half of the requests keep to the document, half break it. None may end in a 5xx, in an answer that the document does not
know, or in one that is not as it says.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from rvcu.wsgi import application

CASES = int(os.environ.get("FUZZ_CASES", "300"))
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
METHODS = ("POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "NONSENSE")


@pytest.fixture
def described(network, settings) -> Iterator[Any]:
    """The document as schemathesis reads it, and no limit on how many requests it makes."""
    settings.API_RATE = "1000000/min"
    # As Django's own client does: the end of a request would close the connection of the test's transaction.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    for signal in signals:
        signal.connect(close_old_connections)


def cases(operation: Any, mode: GenerationMode) -> st.SearchStrategy[Case]:
    """Requests of a kind to one address: made up wholly, or about what the document's examples are about."""
    known: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    for parameter in operation.iter_parameters():
        if "example" in parameter.definition and parameter.location in known:
            known[parameter.location][parameter.name] = st.just(parameter.definition["example"])
    about = st.tuples(st.fixed_dictionaries(known["path"]), st.fixed_dictionaries({}, optional=known["query"])).flatmap(
        lambda given: operation.as_strategy(mode, path_parameters=given[0] or None, query=given[1] or None)
    )
    return st.one_of(operation.as_strategy(mode), about)


def test_no_request_ends_in_what_the_document_does_not_say(described):
    operations = [found.ok() for found in described.get_all_operations()]
    answers: Counter[int] = Counter()

    def ask(operation: Any, mode: GenerationMode, number: int) -> None:
        @given(case=cases(operation, mode))
        @settings(
            max_examples=number,
            deadline=None,
            database=None,
            derandomize=CASES < 5000,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def run(case: Case) -> None:
            answer = case.call(headers={"Accept-Encoding": "identity"})
            answers[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        # There is nothing to break in a request without parameters.
        with suppress(Unsatisfiable):
            run()

    while answers.total() < CASES:
        each = -(-(CASES - answers.total()) // (2 * len(operations)))
        for operation in operations:
            for mode in GenerationMode:
                ask(operation, mode, each)
    print(f"{answers.total()} requests to {len(operations)} addresses: {dict(sorted(answers.items()))}")
    assert {200, 400, 404} <= set(answers)


def test_no_address_takes_another_method(client, network):
    for methods in client.get("/api/v1/openapi.json").json()["paths"].values():
        request = methods["get"].get("x-example-request")
        for method in METHODS if request else ():
            answer = client.generic(method, request)
            assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json"), request
            assert answer["Allow"] == "GET, HEAD, OPTIONS"


def test_head_is_get_without_content_and_options_names_the_methods(client, network):
    for methods in client.get("/api/v1/openapi.json").json()["paths"].values():
        if request := methods["get"].get("x-example-request"):
            whole, head, options = client.get(request), client.head(request), client.options(request)
            assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
            assert (options.status_code, options["Allow"]) == (204, "GET, HEAD, OPTIONS")
