"""What the table of creative fields says of their looks, as files that every page loads."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control

from ..models import CreativeField, Edition


def fields_css(request: HttpRequest) -> HttpResponse:
    return _file(request, "cities/fields.css", "text/css; charset=utf-8")


def fields_svg(request: HttpRequest) -> HttpResponse:
    return _file(request, "cities/fields.svg", "image/svg+xml")


def _file(request: HttpRequest, template: str, content_type: str) -> HttpResponse:
    """Kept by browsers for ever when asked for by their mark (`?mark=`), checked each time otherwise."""
    etag = f'"{hashlib.sha256(f"{template}:{Edition.current()}".encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        context = {"fields": CreativeField.objects.all()}
        response = render(request, template, context, content_type=content_type)
    response.headers["ETag"] = etag
    if "mark" in request.GET:
        patch_cache_control(response, public=True, max_age=365 * 24 * 3600, immutable=True)
    else:
        patch_cache_control(response, public=True, no_cache=True)
    return response
