"""The reference of the API for people: the document that programs read, as a page."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from cities.caching import public_page

from .changelog import CHANGELOG
from .deprecation import NOTICE
from .resources import RESOURCES
from .schema import document
from .throttling import PerClient

Node = dict[str, Any]
"""A part of the document."""


@dataclass(frozen=True)
class Value:
    """A parameter, a column or a header: what it is called, what it can be and what it says."""

    name: str
    kind: str
    description: str
    choices: tuple[str, ...]
    default: str
    example: str
    is_required: bool
    is_repeatable: bool
    is_deprecated: bool


@dataclass(frozen=True)
class Answer:
    """A status that an operation can answer with."""

    status: str
    description: str


@dataclass(frozen=True)
class Operation:
    anchor: str
    path: str
    summary: str
    parameters: list[Value]
    columns: list[Value]
    answers: list[Answer]
    request: str
    """The address of the example, from the host on."""
    example: str
    """What it answers, as JSON to be read; nothing where this installation has no such data."""
    is_deprecated: bool


@dataclass(frozen=True)
class Group:
    """What the document says of one tag."""

    anchor: str
    name: str
    description: str
    operations: list[Operation]


class Reference:
    """The document, as a page shows it."""

    def __init__(self, content: Node) -> None:
        self.content = content

    @property
    def groups(self) -> list[Group]:
        operations = list(self._operations())
        return [
            Group(
                f"resource-{tag['name']}",
                tag.get("x-displayName", tag["name"]),
                tag.get("description", ""),
                [operation for name, operation in operations if name == tag["name"]],
            )
            for tag in self.content["tags"]
        ]

    def _operations(self) -> Iterator[tuple[str, Operation]]:
        for path, methods in self.content["paths"].items():
            node = methods["get"]
            ok = self.resolved(node["responses"]["200"])
            schema = next(iter(ok["content"].values()))["schema"]
            example = next(iter(ok["content"].values())).get("example")
            yield (
                node["tags"][0],
                Operation(
                    anchor=node["operationId"],
                    path=path,
                    summary=node["summary"],
                    parameters=list(self._parameters(node)),
                    columns=list(self._columns(self.row(schema))),
                    answers=[
                        Answer(status, self.resolved(one)["description"]) for status, one in node["responses"].items()
                    ],
                    request=node.get("x-example-request", ""),
                    example=json.dumps(example, ensure_ascii=False, indent=2) if example is not None else "",
                    is_deprecated=node.get("deprecated", False),
                ),
            )

    def resolved(self, node: Node) -> Node:
        """A part of the document itself, where there is a reference to it."""
        while "$ref" in node:
            found = self.content
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def row(self, schema: Node) -> Node:
        """What one row looks like: of a list and of one of its rows that, of anything else the whole."""
        whole = self.resolved(schema)
        properties = whole.get("properties", {})
        if "results" in properties:
            return self.resolved(properties["results"]["items"])
        return self.resolved(properties.get("result", whole))

    def _parameters(self, operation: Node) -> Iterator[Value]:
        """Those of an address; the headers are the same everywhere, and told once."""
        for node in map(self.resolved, operation.get("parameters", ())):
            if node["in"] != "header":
                yield self._value(node["name"], node["schema"], node, is_required=node.get("required", False))

    def _columns(self, row: Node) -> Iterator[Value]:
        for name, node in row.get("properties", {}).items():
            yield self._value(name, node, self.resolved(node))

    def _value(self, name: str, schema: Node, about: Node, *, is_required: bool = False) -> Value:
        schema = self.resolved(schema)
        one = self.resolved(schema.get("items", schema))
        example = about.get("example", schema.get("examples", [""])[0])
        is_repeatable = about.get("explode", False) and schema.get("type") == "array"
        return Value(
            name=name,
            kind=in_words(one if is_repeatable else schema),
            description=about.get("description", ""),
            choices=tuple(str(choice) for choice in one.get("enum", ()) if choice is not None),
            default=str(schema.get("default", "")),
            example=", ".join(example) if isinstance(example, list) else str(example),
            is_required=is_required,
            is_repeatable=is_repeatable,
            is_deprecated=bool(about.get("deprecated") or schema.get("deprecated")),
        )


def in_words(schema: Node) -> str:
    """What a value is, for a reader: "day", "whole number"."""
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else next(one for one in kinds if one != "null")
    words = {
        ("string", "date"): _("day, YYYY-MM-DD"),
        ("string", "date-time"): _("instant, with its offset"),
        ("string", "uri"): _("address"),
        ("integer", ""): _("whole number"),
        ("number", ""): pgettext("kind of value", "number"),
        ("boolean", ""): _("true or false"),
        ("array", ""): _("list"),
        ("object", ""): _("object"),
    }.get((kind, schema.get("format", "")), _("text"))
    if kind != kinds:
        return _("%(kind)s, or null") % {"kind": words}
    return words


def _reference(request: HttpRequest) -> HttpResponse:
    """How to begin, every resource with its parameters and columns, errors, limits, and what is promised."""
    content = document(get_language() or "en")
    limit = PerClient()
    return render(
        request,
        "data/api.html",
        {
            "document": content,
            "groups": Reference(content).groups,
            "root": f"{settings.SITE_ADDRESS}/api/v1/",
            "changelog": CHANGELOG,
            "notice_days": NOTICE.days,
            "answers": limit.num_requests,
            "seconds": limit.duration,
        },
    )


# Its examples show a meeting as well.
reference = public_page(_reference, RESOURCES["meetings"].moving)
