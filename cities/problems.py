"""Errors for programs: problem details (RFC 9457), in the language asked for."""

from collections.abc import Mapping, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import get_language, gettext

from .access import View
from .datasets import BadQuery
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
    """400: a parameter is unknown, or has a value that it cannot have. Nothing is answered as if it were not there."""
    return problem(
        400,
        gettext("A parameter cannot be read"),
        gettext("Nothing was selected. What is wrong stands in “errors”."),
        errors,
    )


def with_problems(view: View) -> View:
    """Decorate a view that raises BadQuery: it is answered with what is wrong."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except BadQuery as refused:
            return bad_parameters(refused.errors)

    return answered
