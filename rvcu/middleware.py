from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

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
        return super().process_response(request, response)
