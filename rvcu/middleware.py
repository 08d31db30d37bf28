from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_path

EMBEDS = "/embed/"


def language_of_embed(path: str) -> str | None:
    """The language of an address below /embed/, its next part; None for other addresses and other languages."""
    if not path.startswith(EMBEDS):
        return None
    language = path.removeprefix(EMBEDS).partition("/")[0]
    return language if language in dict(settings.LANGUAGES) else None


class LanguageMiddleware(LocaleMiddleware):
    """Django's, but for what other sites embed: its address alone decides, and neither cookie nor header is asked."""

    def process_request(self, request: HttpRequest) -> None:
        if language := language_of_embed(request.path_info):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if language := language_of_embed(request.path_info):
            response.headers.setdefault("Content-Language", language)
            return response
        if response.status_code == 404 and request.resolver_match and not get_language_from_path(request.path_info):
            # An address of no language that names nothing, not one that its language is missing from: Django would
            # lead to a page of the same path that names nothing either.
            patch_vary_headers(response, ["Accept-Language"])
            response.headers.setdefault("Content-Language", translation.get_language())
            return response
        return super().process_response(request, response)
