import datetime

from django import template
from django.http import HttpRequest, QueryDict
from django.urls import reverse, translate_url
from django.utils import formats
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cities.models import CreativeField, Precision
from cities.models.bilingual import in_language

register = template.Library()


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
def known_day(day: datetime.date, precision: str) -> str:
    """A date as exactly as it is known: "11 December 2015", "June 2008", "2010"."""
    if precision == Precision.YEAR:
        return str(day.year)
    return formats.date_format(day, "YEAR_MONTH_FORMAT" if precision == Precision.MONTH else "DATE_FORMAT")


@register.simple_tag(takes_context=True)
def in_other_language(context: dict, language: str) -> str:
    """This page's address in another language, with its query."""
    request: HttpRequest = context["request"]
    return translate_url(request.get_full_path(), language)


@register.simple_tag(takes_context=True)
def address(context: dict) -> str:
    """This page's whole address, for link previews; with the parameters that choose what it shows."""
    request: HttpRequest = context["request"]
    return request.build_absolute_uri()


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
