"""Views of the API: read-only, for everyone, the same for whoever asks."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, QueryDict
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cities.access import View, for_everyone
from cities.caching import Moving, public_data
from cities.datasets import BadQuery, Dataset
from cities.datasets.base import LICENCE, LICENCE_ADDRESS, credit
from cities.downloads import asked
from cities.filters import with_query

from .changelog import VERSION
from .deprecation import warn
from .errors import precondition_failed
from .language import language_of
from .pagination import PAGE_PARAMETERS, page_of
from .resources import DAY, RESOURCES, Parameter, Resource
from .statistics import statistics

FIELDS = Parameter("fields", gettext_lazy("Columns to be given, by name, separated by commas; all if nothing is said"))

TITLE = gettext_lazy("The UNESCO Creative Cities Network as data")


def published(view: View, moving: Moving | None = None) -> View:
    """Make an address of the API of a view: with validators, in the language that Accept-Language says."""
    answer = public_data(view, moving)

    @wraps(view)
    def translated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = language_of(request)
        with override(language):
            response = answer(request, *args, **kwargs)
            if hasattr(response, "render"):
                response.render()
            if response.status_code == 412:
                response = precondition_failed()
        response.headers["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return for_everyone(translated)


class DataView(APIView):
    """What all of the API has in common: what it is asked with has to be known."""

    parameters: tuple[Parameter, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.query = asked(request.query_params, [parameter.name for parameter in self.parameters])

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are, in Allow."""
        return Response(status=204)


class ResourceView(DataView):
    resource: Resource = RESOURCES["cities"]

    @property
    def dataset(self) -> Dataset:
        return self.resource.dataset

    @property
    def columns(self) -> list[str]:
        """The columns to be given. Raises BadQuery for one that there is not."""
        wanted = [name.strip() for value in self.query.getlist("fields") for name in value.split(",") if name.strip()]
        if unknown := [name for name in dict.fromkeys(wanted) if name not in self.dataset.names]:
            raise BadQuery(
                {
                    "fields": [
                        _("There is no column “%(name)s”. There are: %(names)s.")
                        % {"name": name, "names": ", ".join(self.dataset.names)}
                        for name in unknown
                    ]
                }
            )
        return [name for name in self.dataset.names if not wanted or name in wanted]

    def selection(self) -> QueryDict:
        """Of the query, what selects rows."""
        own = {FIELDS.name, *(parameter.name for parameter in PAGE_PARAMETERS)}
        selection = self.query.copy()
        for name in own:
            selection.pop(name, None)
        return selection

    def answer(self, content: dict[str, Any], columns: list[str]) -> Response:
        response = Response(content)
        warn(response, self.resource.name, parameters=list(self.query), columns=columns)
        return response


class ListView(ResourceView):
    """The rows that a query selects, in pages."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:  # type: ignore[override]  # told by the resource
        return (*self.resource.parameters, *PAGE_PARAMETERS, FIELDS)

    def get(self, request: Request) -> Response:
        columns = self.columns
        extract = self.resource.extract(
            self.selection(), language=get_language() or "en", address=request.get_full_path()
        )
        content = page_of(extract, self.query, request.path)
        content["results"] = [{name: row[name] for name in columns} for row in content["results"]]
        return self.answer(content, columns)


class RowView(ResourceView):
    """One row, by its key; what it once was called leads to what it is called now."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:  # type: ignore[override]  # told by the resource
        return (*self.resource.day_parameters, FIELDS)

    def get(self, request: Request, **named: Any) -> HttpResponse | Response:
        value, columns = named[self.resource.key], self.columns
        extract = self.resource.extract(
            self.selection(), language=get_language() or "en", address=request.get_full_path()
        )
        row = extract.rows.one(self.resource.key, value)
        if row is None:
            return self.moved(value)
        content = {**extract.about, "result": {name: row[name] for name in columns}}
        return self.answer(content, columns)

    def moved(self, value: Any) -> HttpResponse:
        """The way to the row that once had a value as its key. Raises NotFound."""
        present = self.resource.present(str(value))
        if present is None or present == value:
            if self.resource.day_parameters:
                raise NotFound(_("Nothing is known under this key on the day; “as_of” asks for another day."))
            raise NotFound(_("Nothing is known under this key."))
        address = reverse(f"api:{self.resource.name}_row", args=[present])
        return HttpResponsePermanentRedirect(with_query(address, self.request.META["QUERY_STRING"]))


class StatisticsView(DataView):
    """The figures of the network on a day."""

    parameters = (DAY,)

    def get(self, request: Request) -> Response:
        content = statistics(self.query, language=get_language() or "en", address=request.get_full_path())
        response = Response(content)
        warn(response, "statistics", parameters=list(self.query), columns=list(content))
        return response


class RootView(DataView):
    """What there is, with the address of each."""

    def get(self, request: Request) -> Response:
        def absolute(name: str) -> str:
            return f"{settings.SITE_ADDRESS}{reverse(name)}"

        return Response(
            {
                "title": str(TITLE),
                "version": VERSION,
                "licence": LICENCE,
                "licence_url": LICENCE_ADDRESS,
                "credit": credit(),
                "resources": {name: absolute(f"api:{name}") for name in (*RESOURCES, "statistics")},
                "openapi": absolute("api:openapi"),
                "documentation": absolute("data_api"),
            }
        )
