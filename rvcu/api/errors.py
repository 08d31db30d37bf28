"""Whatever goes wrong under /api/ is told as problem details, in the language asked for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views import defaults
from rest_framework import exceptions

from cities.access import for_everyone
from cities.datasets import BadQuery
from cities.problems import bad_parameters, problem

from .language import language_of


def as_problem(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The answer to what a view raised; None for what it was not meant to raise."""
    match error:
        case BadQuery():
            return bad_parameters(error.errors)
        case exceptions.NotFound():
            return not_found(str(error.detail))
        case exceptions.MethodNotAllowed():
            return problem(405, _("The method is not allowed"), _("Data can only be read here: GET, HEAD or OPTIONS."))
        case exceptions.NotAcceptable():
            return problem(406, _("There is no such form"), _("The API answers JSON alone: accept application/json."))
        case exceptions.Throttled():
            return too_many(int(error.wait or 0))
    return None


def not_found(why: str) -> HttpResponse:
    return problem(404, _("There is nothing at this address"), why)


def too_many(seconds: int) -> HttpResponse:
    response = problem(
        429,
        _("Too many requests"),
        _("Wait as many seconds as Retry-After says, and ask with If-None-Match: what has not changed costs nothing."),
    )
    response["Retry-After"] = str(seconds)
    return response


def precondition_failed() -> HttpResponse:
    return problem(
        412, _("The condition does not hold"), _("The data is not what If-Match or If-Unmodified-Since say.")
    )


# For the whole site: what no view answers


def is_of_the_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


@for_everyone
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_of_the_api(request):
        return defaults.bad_request(request, exception)
    with override(language_of(request)):
        return problem(400, _("The request cannot be read"))


@for_everyone
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_of_the_api(request):
        return defaults.page_not_found(request, exception)
    with override(language_of(request)):
        return not_found(_("The address /api/v1/ lists what there is."))


@for_everyone
def server_error(request: HttpRequest) -> HttpResponse:
    if not is_of_the_api(request):
        return defaults.server_error(request)
    with override(language_of(request)):
        return problem(500, _("Something went wrong"), _("The fault is on our side. Wait a moment and ask again."))
