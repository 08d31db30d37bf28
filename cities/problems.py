"""Errors for programs: problem details (RFC 9457), in the language asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language, gettext

from .writers.plain import dumped

CONTENT_TYPE = "application/problem+json"


def problem(
    status: int, title: str, detail: str = "", errors: Mapping[str, Sequence[Any]] | None = None
) -> HttpResponse:
    """An answer that says what is wrong: `errors` names parameters and, for each, sentences about its value."""
    content: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        content["detail"] = detail
    if errors:
        content["errors"] = [{"parameter": name, "messages": list(map(str, of))} for name, of in errors.items()]
    response = HttpResponse(dumped(content), content_type=CONTENT_TYPE, status=status)
    response["Content-Language"] = get_language() or "en"
    return response


def bad_parameters(errors: Mapping[str, Sequence[Any]]) -> HttpResponse:
    """400: a parameter has a value that it cannot have. Nothing is answered as if it had not been given."""
    return problem(
        400,
        gettext("A parameter cannot be read"),
        gettext("Nothing was selected. What is wrong stands in “errors”."),
        errors,
    )
