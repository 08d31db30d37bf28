"""What the table of creative fields says of their looks, as files that every page loads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..caching import public_page
from ..models import CreativeField


@public_page
def fields_css(request: HttpRequest) -> HttpResponse:
    context = {"fields": CreativeField.objects.all()}
    return render(request, "cities/fields.css", context, content_type="text/css; charset=utf-8")


@public_page
def fields_svg(request: HttpRequest) -> HttpResponse:
    context = {"fields": CreativeField.objects.all()}
    return render(request, "cities/fields.svg", context, content_type="image/svg+xml")
