import datetime
from urllib.parse import quote

from django import template
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cities.days import today
from cities.models import CreativeField, Precision
from cities.models.bilingual import in_language

register = template.Library()

PARAMETERS = ("q", "field", "region", "country", "year", "as_of", "from", "to", "show", "sort", "page")
"""All that an address of a public page may ask for, in the order of its canonical form."""


class RememberNode(template.Node):
    def __init__(self, name: str, nodelist: template.NodeList) -> None:
        self.name, self.nodelist = name, nodelist

    def render(self, context: template.Context) -> str:
        text = context[self.name] = self.nodelist.render(context)
        return text


@register.tag
def remember(parser: template.base.Parser, token: template.base.Token) -> RememberNode:
    """Prints what it encloses and keeps it as a variable: `{% remember title %}…{% endremember %}`.

    A block can stand in a page only once, and a page's title is needed twice.
    """
    _tag, name = token.split_contents()
    nodelist = parser.parse(["endremember"])
    parser.delete_first_token()
    return RememberNode(name, nodelist)


@register.simple_tag
def pictogram(field: CreativeField) -> str:
    """The field's pictogram in its colour; the field's name must stand beside it."""
    return format_html(
        '<svg class="pictogram field-{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        field.slug,
        reverse("fields_svg"),
        field.slug,
    )


@register.simple_tag
def texts(obj: object, name: str) -> str:
    """A bilingual text; one that is only there in the other language says so and is marked for screen readers."""
    text, language = in_language(obj, name)
    if not text or language == get_language():
        return text
    mark = _("in English") if language == "en" else _("in French")
    return format_html('<span lang="{}">{}</span> <small class="fallback">({})</small>', language, text, mark)


@register.filter
def is_past(day: datetime.date | None) -> bool:
    """Whether a page is asked about an earlier day than today; a page that knows no day is about today."""
    return day is not None and day < today()


@register.filter
def known_day(day: datetime.date, precision: str) -> str:
    return Precision(precision).in_words(day)


@register.filter
def as_words(slug: str) -> str:
    """What an address was made from, as far as a search needs it: "san-cristobal" → "san cristobal"."""
    return slug.replace("-", " ").replace("_", " ").strip()


def in_language_of(request: HttpRequest, language: str, query: str) -> str:
    """This page's path in a language, with a query. Public pages have the same path below each language's prefix."""
    prefix = f"/{get_language()}/"
    path = request.path.removeprefix(prefix).lstrip("/") if request.path.startswith(prefix) else ""
    prefix = f"/{language}/" if language else "/"
    return f"{prefix}{quote(path)}?{query}" if query else f"{prefix}{quote(path)}"


@register.simple_tag(takes_context=True)
def in_other_language(context: dict, language: str) -> str:
    """This page's address in another language, with its query."""
    request: HttpRequest = context["request"]
    return in_language_of(request, language, request.META.get("QUERY_STRING", ""))


@register.simple_tag(takes_context=True)
def address(context: dict, language: str | None = None) -> str:
    """This page's whole address, with the parameters that choose what it shows and no others.

    In a language, or with an empty one: the address that leads to the reader's own.
    """
    request: HttpRequest = context["request"]
    query = QueryDict(mutable=True)
    for name in PARAMETERS:
        if values := request.GET.getlist(name):
            query.setlist(name, values)
    language = get_language() if language is None else language
    return request.build_absolute_uri(in_language_of(request, language, query.urlencode()))


@register.simple_tag(takes_context=True)
def current(context: dict, name: str, *within: str) -> str:
    """Marks a menu entry as the page itself (its view's name) or as the part of the site that the page is in."""
    match = context["request"].resolver_match
    here = match.view_name if match else None
    if here == name:
        return mark_safe(' aria-current="page"')
    return mark_safe(' aria-current="true"') if here in within else ""


@register.simple_tag(takes_context=True)
def link(context: dict, name: str, *args: object, **query: object) -> str:
    """An address that keeps the day the page is asked about; further parameters follow. Empty ones are left out."""
    request: HttpRequest = context["request"]
    parameters = QueryDict(mutable=True)
    for key, value in query.items():
        if value:
            parameters[key] = str(value)
    day = context.get("day") or getattr(context.get("directory"), "day", None)
    if day and request.GET.get("as_of") and "as_of" not in parameters:
        parameters["as_of"] = day.isoformat()
    url = reverse(name, args=args)
    return f"{url}?{parameters.urlencode()}" if parameters else url


BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")


@register.filter
def browser(user_agent: str) -> str:
    """What a browser calls itself, in the words of who uses it: "Firefox · Windows"; else its first word."""
    name = next((name for mark, name in BROWSERS if f"{mark}/" in user_agent), user_agent.partition("/")[0] or "–")
    system = next((system for system in SYSTEMS if system in user_agent), "")
    return f"{name} · {system}" if system else name
