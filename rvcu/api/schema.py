"""The API described for programs: an OpenAPI document, derived from the resources, their parameters and their columns.

Nothing about one resource is written here a second time; what all of them have in common is: pages, headers, errors.
The examples are the answers that the database gives as the document is made.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from cities.datasets import BadQuery, Column, Kind
from cities.datasets.base import LICENCE, LICENCE_ADDRESS
from cities.models import Region
from cities.problems import CONTENT_TYPE as PROBLEM
from cities.writers.plain import dumped

from .changelog import VERSION
from .deprecation import deprecation_of
from .pagination import LARGEST, PAGE_SIZE
from .resources import RESOURCES, Parameter
from .statistics import STATISTICS
from .views import TITLE, DataView, ListView, RootView, RowView, StatisticsView

Node = dict[str, Any]
"""A part of the document."""

JSON = "application/json"
SCHEMA_OF: dict[Kind, Node] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.INSTANT: {"type": "string", "format": "date-time"},
    Kind.ADDRESS: {"type": "string", "format": "uri"},
    Kind.LIST: {"type": "array", "items": {"type": "string"}},
}
TEXTS = {Kind.TEXT, Kind.ADDRESS, Kind.LIST}
"""What is not known of these is empty; of all other kinds it is null."""

EXAMPLES = {
    "q": "lyon",
    "field": "film",
    "region": "africa",
    "country": "FR",
    "year": "2015",
    "city": "lyon",
    "as_of": "2016-04-28",
    "page": 1,
    "page_size": 10,
}
"""Values of parameters that find something."""

NAMES = {
    "cities": gettext_lazy("Cities"),
    "designations": gettext_lazy("Designations"),
    "fields": gettext_lazy("Fields"),
    "countries": gettext_lazy("Countries"),
    "initiatives": gettext_lazy("Initiatives"),
    "meetings": gettext_lazy("Meetings"),
    "statistics": gettext_lazy("Statistics"),
}
"""What the resources are called in a list of them."""

ASKED_FOR = {
    "cities": "as_of=2016-04-28&q=lyon",
    "designations": "city=lyon",
    "fields": "as_of=2016-04-28",
    "countries": "as_of=2016-04-28",
    "statistics": "as_of=2016-04-28",
}
"""What the example of a list asks for."""


# What stands in an answer


def column_schema(column: Column, resource: str) -> Node:
    schema = dict(SCHEMA_OF[column.kind])
    if not column.is_always_known:
        if column.kind == Kind.ADDRESS:
            schema["format"] = "uri-reference"  # as an empty text is, too
        elif column.kind not in TEXTS:
            schema["type"] = [schema["type"], "null"]
    if column.choices:
        schema["enum"] = list(column.choices) if column.is_always_known else [*column.choices, ""]
    schema["description"] = str(column.description)
    if deprecation_of(resource, column=column.name):
        schema["deprecated"] = True
    return schema


def row_schema(columns: tuple[Column, ...], resource: str, example: Node) -> Node:
    """A row. No column is required, since `fields` may leave it out; examples are those of a row that was found."""
    properties = {column.name: column_schema(column, resource) for column in columns}
    for name, schema in properties.items():
        if example.get(name) not in (None, "", []):
            schema["examples"] = [example[name]]
    return {"type": "object", "properties": properties}


def reference(*steps: str) -> Node:
    return {"$ref": "/".join(["#/components", *steps])}


def text(description: str | Promise, **more: Any) -> Node:
    return {"type": "string", "description": str(description), **more}


def day(description: str | Promise) -> Node:
    return {"type": ["string", "null"], "format": "date", "description": str(description)}


def whole(properties: Node) -> Node:
    """An object with all of its properties."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def about() -> Node:
    """What an answer says of itself, as every file does."""
    return {
        "title": text(_("What this is")),
        "publisher": text(_("Who publishes it")),
        "licence": text(_("Under which licence it may be used"), examples=[LICENCE]),
        "licence_url": text(_("The licence"), format="uri", examples=[LICENCE_ADDRESS]),
        "credit": text(_("Whom to name")),
        "source": text(_("Where it was asked for"), format="uri"),
        "language": text(_("The language of title, credit and order"), enum=["en", "fr"]),
        "query": text(_("What was asked for")),
        "as_of": day(_("The day whose state it shows; null where rows are no state of a day")),
        "last_change": day(_("The day on which what it shows last changed")),
    }


def page_schema(rows: Node) -> Node:
    neighbour = {"type": ["string", "null"], "format": "uri"}
    return whole(
        {
            **about(),
            "count": {"type": "integer", "minimum": 0, "description": _("How many rows there are in all")},
            "next": {**neighbour, "description": _("The next page; null on the last one")},
            "previous": {**neighbour, "description": _("The page before; null on the first one")},
            "results": {"type": "array", "items": rows, "description": _("The rows of this page")},
        }
    )


def problem_schema() -> Node:
    error = whole(
        {
            "parameter": text(_("The parameter that cannot be read")),
            "messages": {"type": "array", "items": {"type": "string"}, "description": _("What is wrong with it")},
        }
    )
    schema = whole(
        {
            "type": text(_("The kind of problem; about:blank: the status says it all"), format="uri"),
            "title": text(_("What went wrong")),
            "status": {"type": "integer", "description": _("The status of the answer")},
            "detail": text(_("What can be done")),
            "errors": {"type": "array", "items": error, "description": _("For each parameter what is wrong with it")},
        }
    )
    return {**schema, "required": ["type", "title", "status"]}


# What an operation can be asked with


def parameter_node(parameter: Parameter, resource: str, columns: Sequence[str]) -> Node:
    """A parameter of a resource that has these columns."""
    schema = dict(SCHEMA_OF[parameter.kind])
    example: object = EXAMPLES.get(parameter.name, parameter.choices[0] if parameter.choices else None)
    node: Node = {"name": parameter.name, "in": "query", "description": str(parameter.description)}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.longest:
        schema["maxLength"] = parameter.longest
    if parameter.kind == Kind.INTEGER:
        schema["minimum"] = 1
    if parameter.name == "page_size":
        schema |= {"maximum": LARGEST, "default": PAGE_SIZE}
    if parameter.name == "page":
        schema["default"] = 1
    if parameter.is_repeatable:
        schema = {"type": "array", "items": schema}
        node |= {"style": "form", "explode": True}
        example = None if example is None else [example]
    if parameter.name == "fields":
        schema = {"type": "array", "items": {**schema, "enum": list(columns)}}
        node |= {"style": "form", "explode": False}
        example = list(columns[:2])
    node["schema"] = schema
    if example is not None:
        node["example"] = example
    if deprecation_of(resource, parameter=parameter.name):
        node["deprecated"] = True
    return node


def common_parameters() -> Node:
    """What every address can be asked with, in headers."""

    def header(name: str, description: str, example: str) -> Node:
        schema = {"type": "string"}
        return {"name": name, "in": "header", "description": description, "schema": schema, "example": example}

    return {
        "AcceptLanguage": header(
            "Accept-Language", _("The language of titles, credits, order and errors: en or fr"), "fr"
        ),
        "IfNoneMatch": header("If-None-Match", _("The ETag of the answer that you have"), '"0123456789abcdef"'),
        "IfModifiedSince": header(
            "If-Modified-Since", _("Last-Modified of the answer that you have"), "Thu, 28 Apr 2016 00:00:00 GMT"
        ),
    }


# What an operation can answer


def headers() -> Node:
    def header(description: str, **more: Any) -> Node:
        return {"description": description, "schema": {"type": "string"}, **more}

    return {
        "ETag": header(_("What this answer is known by; to be sent back in If-None-Match")),
        "Last-Modified": header(_("When what it shows last changed")),
        "Content-Language": header(_("The language of titles, credits, order and errors")),
        "Retry-After": {
            "description": _("In how many seconds to ask again"),
            "schema": {"type": "integer", "minimum": 0},
        },
        "Allow": header(_("The methods that there are")),
        "Location": header(_("Where it is now")),
        "Deprecation": header(_("Since when something in it should no longer be used (RFC 9745)")),
        "Sunset": header(_("From when on that may be gone (RFC 8594)")),
        "Link": header(_("Where it is said what to use instead")),
    }


def errors() -> Node:
    """The answers that are not what was asked for, by their names among the components."""

    def answer(description: str, *names: str, is_empty: bool = False) -> Node:
        node: Node = {
            "description": description,
            "headers": {name: reference("headers", name) for name in ("Content-Language", *names)},
        }
        if not is_empty:
            node["content"] = {PROBLEM: {"schema": reference("schemas", "Problem")}}
        return node

    return {
        "Moved": answer(_("It has another address now."), "Location", is_empty=True),
        "NotModified": answer(_("What you have still holds."), "ETag", is_empty=True),
        "BadRequest": answer(_("A parameter has a value that it cannot have, or there is no such parameter.")),
        "NotFound": answer(_("There is nothing at this address, or no such page of the list.")),
        "NotAcceptable": answer(_("The request accepts nothing that the API can answer with, which is JSON.")),
        "PreconditionFailed": answer(_("The condition of If-Match or If-Unmodified-Since does not hold.")),
        "TooManyRequests": answer(_("Too many requests in a short time."), "Retry-After"),
    }


ERRORS = {
    "301": "Moved",
    "304": "NotModified",
    "400": "BadRequest",
    "404": "NotFound",
    "406": "NotAcceptable",
    "412": "PreconditionFailed",
    "429": "TooManyRequests",
}


def found(description: str, schema: str, example: object) -> Node:
    """The answer that was asked for, by the name of its schema."""
    content: Node = {"schema": reference("schemas", schema)}
    if example is not None:
        content["example"] = example
    names = ("ETag", "Last-Modified", "Content-Language", "Deprecation", "Sunset", "Link")
    return {
        "description": description,
        "headers": {name: reference("headers", name) for name in names},
        "content": {JSON: content},
    }


# The figures


def figures_schema() -> Node:
    """The answer of statistics, which is no list of rows."""

    def number(description: str) -> Node:
        return {"type": "integer", "minimum": 0, "description": description}

    def named(name: str, description: str) -> Node:
        return {
            name: text(description),
            f"{name}_en": text(_("Name in English")),
            f"{name}_fr": text(_("Name in French")),
        }

    def rows(properties: Node, description: str) -> Node:
        return {"type": "array", "items": whole(properties), "description": description}

    members = number(_("Member cities"))
    region = named("region", _("Region of UNESCO, its key"))
    region["region"]["enum"] = list(Region.values)
    official = whole(
        {
            "day": text(_("The day of the count"), format="date"),
            "cities": members,
            "countries": {"type": ["integer", "null"], "description": _("Countries with a member city")},
            "fields": {"type": ["integer", "null"], "description": _("Creative fields with a member city")},
            "missing": number(_("Members that no source at hand names")),
            "source": text(_("Where UNESCO said so")),
        }
    )
    return whole(
        {
            **about(),
            "cities": members,
            "countries": number(_("Countries with a member city")),
            "fields": number(_("Creative fields with a member city")),
            "official": {
                **official,
                "type": ["object", "null"],
                "description": _("What UNESCO counted last by the day; null where nothing is known of that"),
            },
            "by_field": rows(
                {**named("field", _("Creative field, its key")), "cities": members}, _("Members by creative field")
            ),
            "by_region": rows({**region, "cities": members}, _("Members by region")),
            "by_country": rows(
                {**named("country", _("Country, two letters of ISO 3166")), **region, "cities": members},
                _("Members by country"),
            ),
            "growth": rows(
                {
                    "year": number(_("Year")),
                    "members": number(_("Members at the end of the year, or on the day in its own year")),
                    "joined": number(_("Cities that joined in the year")),
                },
                _("Members from year to year"),
            ),
        }
    )


# The operations


class Document(SchemaGenerator):
    """The whole document, in the active language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schemas: dict[str, Node] = {}
        self.titles: dict[str, str] = {}
        """What each resource is called."""
        self.rows: dict[str, Node] = {}
        """Of each resource the row that its examples show."""

    def parse(self, input_request: Any, public: bool) -> Node:
        """Every address and what the document says of it, told by its view; drf-spectacular would have to guess."""
        self._initialise_endpoints()
        # Sorted by path, so that a list comes before its rows, which take their example from it.
        return {
            path: {method.lower(): self.described(view, path)}
            for path, _regex, method, view in self._get_paths_and_endpoints()
        }

    def get_schema(self, request: Any = None, public: bool = False) -> Node:
        content = super().get_schema(request, public)
        return {
            "openapi": content["openapi"],
            "info": {
                "title": str(TITLE),
                "version": VERSION,
                "summary": _("Members, fields, countries, initiatives, meetings and figures, as of any day since 2004"),
                "description": _(
                    "Read-only, for everyone, without a key. How to begin, and what is promised to stay: %s"
                )
                % f"{settings.SITE_ADDRESS}{reverse('data_api')}",
                "contact": {"name": settings.PUBLISHER, "email": settings.CONTACT_EMAIL},
                "license": {"name": LICENCE, "url": LICENCE_ADDRESS},
            },
            "servers": [{"url": settings.SITE_ADDRESS}],
            "externalDocs": {
                "url": f"{settings.SITE_ADDRESS}{reverse('data_api')}",
                "description": _("The reference, as a page"),
            },
            "tags": [
                *(
                    {"name": name, "x-displayName": str(NAMES[name]), "description": self.titles[name]}
                    for name in (*RESOURCES, "statistics")
                ),
                {
                    "name": "api",
                    "x-displayName": _("The API itself"),
                    "description": _("Where a program finds its way around"),
                },
            ],
            "paths": content["paths"],
            "components": {
                "schemas": {**dict(sorted(self.schemas.items())), "Problem": problem_schema()},
                "parameters": common_parameters(),
                "headers": headers(),
                "responses": errors(),
            },
        }

    def described(self, view: Any, path: str) -> Node:
        match view:
            case ListView():
                return self.of_list(view, path)
            case RowView():
                return self.of_row(view, path)
            case StatisticsView():
                return self.of_statistics(view, path)
            case RootView():
                return self.of_root(view, path)
        return self.of_document(view, path)

    def of_list(self, view: ListView, path: str) -> Node:
        resource = view.resource
        query = "&".join(filter(None, [ASKED_FOR.get(resource.name), "page_size=1"]))
        example = self.answer(view, path, query)
        rows = example["results"] if example else []
        self.rows[resource.name] = rows[0] if rows else {}
        self.titles[resource.name] = title = str(resource.dataset.title)
        row, page = component(singular(resource.name), ""), component(resource.name, "Page")
        self.schemas[row] = row_schema(resource.dataset.columns, resource.name, self.rows[resource.name])
        self.schemas[page] = page_schema(reference("schemas", row))
        return operation(
            view,
            name=f"list_{resource.name}",
            tag=resource.name,
            summary=_("%(title)s, in pages") % {"title": title},
            found=found(_("A page of the rows"), page, example),
            columns=resource.dataset.names,
            request=f"{path}?{query}",
        )

    def of_row(self, view: RowView, path: str) -> Node:
        resource = view.resource
        key = self.rows[resource.name].get(resource.key)
        address = path.replace(f"{{{resource.key}}}", "" if key is None else str(key))
        example = None if key is None else self.answer(view, address, "", **{resource.key: key})
        item = component(singular(resource.name), "Answer")
        row = reference("schemas", component(singular(resource.name), ""))
        self.schemas[item] = whole({**about(), "result": row})
        column = resource.dataset[resource.key]
        node: Node = {
            "name": resource.key,
            "in": "path",
            "required": True,
            "description": str(column.description),
            "schema": SCHEMA_OF[column.kind],
        }
        if key is not None:
            node["example"] = key
        return operation(
            view,
            node,
            name=f"get_{singular(resource.name)}",
            tag=resource.name,
            summary=_("%(title)s: one of them") % {"title": str(resource.dataset.title)},
            found=found(_("The row"), item, example),
            columns=resource.dataset.names,
            may_have_moved=True,
            request="" if key is None else address,
        )

    def of_statistics(self, view: StatisticsView, path: str) -> Node:
        self.schemas["Statistics"] = figures_schema()
        self.titles["statistics"] = str(STATISTICS.title)
        query = ASKED_FOR["statistics"]
        return operation(
            view,
            name="get_statistics",
            tag="statistics",
            summary=str(STATISTICS.title),
            found=found(_("The figures of a day"), "Statistics", self.answer(view, path, query)),
            request=f"{path}?{query}",
        )

    def of_root(self, view: RootView, path: str) -> Node:
        addresses = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}
        self.schemas["Root"] = whole(
            {
                "title": text(_("What this is")),
                "version": text(_("The version of the API")),
                "licence": text(_("Under which licence it may be used")),
                "licence_url": text(_("The licence"), format="uri"),
                "credit": text(_("Whom to name")),
                "resources": {**addresses, "description": _("The address of each resource, by its name")},
                "openapi": text(_("The address of this document"), format="uri"),
                "documentation": text(_("The reference, as a page"), format="uri"),
            }
        )
        return operation(
            view,
            name="get_root",
            tag="api",
            summary=_("What there is"),
            found=found(_("The resources"), "Root", self.answer(view, path, "")),
            request=path,
        )

    def of_document(self, view: DataView, path: str) -> Node:
        self.schemas["Document"] = {"type": "object", "description": _("See the OpenAPI Specification, version 3.1")}
        return operation(
            view,
            name="get_document",
            tag="api",
            summary=_("This document"),
            found=found(_("The document"), "Document", None),
            request=path,
        )

    def answer(self, view: DataView, path: str, query: str, **named: Any) -> Any:
        """What a view answers to a query, as JSON; None where there is nothing, as before the first city."""
        request = HttpRequest()
        request.method, request.path = "GET", path
        request.META["QUERY_STRING"] = query
        request.GET = QueryDict(query)
        view.request = view.initialize_request(request)
        view.query = request.GET
        try:
            response = view.get(view.request, **named)
        except (Http404, NotFound, BadQuery):
            return None
        return json.loads(dumped(response.data))


def component(resource: str, suffix: str) -> str:
    """The name of a schema: "CitiesPage"."""
    return resource.title() + suffix


def singular(resource: str) -> str:
    """One of "cities": "city"."""
    return re.sub("ies$", "y", resource).removesuffix("s")


def operation(
    view: DataView,
    *in_path: Node,
    name: str,
    tag: str,
    summary: str,
    found: Node,
    columns: Sequence[str] = (),
    may_have_moved: bool = False,
    request: str,
) -> Node:
    known = [status for status in ERRORS if status != "301" or may_have_moved]
    node: Node = {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "parameters": [
            *in_path,
            *(parameter_node(parameter, tag, columns) for parameter in view.parameters),
            *(reference("parameters", header) for header in common_parameters()),
        ],
        "responses": {"200": found, **{status: reference("responses", ERRORS[status]) for status in known}},
    }
    if deprecation_of(tag):
        node["deprecated"] = True
    if request:
        node["x-example-request"] = request
    return node


def document(language: str) -> Node:
    """The document in a language. Costs the queries of its examples, which are answered anew."""
    with override(language):
        return Document().get_schema(public=True)


class DocumentView(DataView):
    """The document itself."""

    def get(self, request: Request) -> Response:
        return Response(document(get_language() or "en"))
