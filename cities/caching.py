"""Public pages: made once an edition of the data, then served from memory, with an ETag.

The key holds everything a page depends on: the edition (counted by the database itself), the day in Paris, the
release of the code, host, address, query and language. Only pages for visitors without a session are kept.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.translation import get_language

from .access import for_everyone
from .days import today
from .models import Edition

View = Callable[..., HttpResponse]


def _release() -> str:
    """A mark of all that makes a page besides its data: the project's files, its requirements, its settings."""
    root = Path(settings.BASE_DIR)
    folders = (root / name for name in ("cities", "meetings", "rvcu", "templates"))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    mark = hashlib.sha256(f"{settings.PUBLISHER}\x00{settings.CONTACT_EMAIL}".encode())
    for path in sorted([*files, root / "requirements.txt"]):
        mark.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return mark.hexdigest()


RELEASE = _release()


def page_key(request: HttpRequest) -> str:
    """The key and ETag of a page as it is now; one query. To be asked before the page's own queries."""
    parts = (
        RELEASE,
        str(Edition.current()),
        today().isoformat(),
        request.scheme,
        request.get_host(),
        request.path,
        request.META.get("QUERY_STRING", ""),
        get_language(),
    )
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()


def is_for_a_visitor(request: HttpRequest) -> bool:
    """Whether nothing in the page can be about one person: no session, no message waiting."""
    return not {settings.SESSION_COOKIE_NAME, "messages"} & request.COOKIES.keys()


def asked_anew(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Mark a page for everybody that changes at an instant: no copy is shown without asking whether it still holds."""
    patch_cache_control(response, no_cache=True, **{"private" if request.user.is_authenticated else "public": True})
    patch_vary_headers(response, ["Cookie"])
    return response


def made_anew(view: View) -> View:
    """Decorate a view for everybody whose page is made for every request, since it changes within a day."""

    @wraps(view)
    def asked(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return asked_anew(request, view(request, *args, **kwargs))

    return for_everyone(asked)


def public_page(view: View) -> View:
    """Decorate a view whose answer, for visitors, depends on the address and the public data alone."""

    @wraps(view)
    def cached(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or not is_for_a_visitor(request):
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            return response
        key = page_key(request)
        etag = f'"{key[:32]}"'
        # "*" asks whether there is any page here, which only the view can tell.
        is_known = request.headers.get("If-None-Match", "*").strip() != "*"
        response = (is_known and get_conditional_response(request, etag=etag)) or caches["pages"].get(key)
        if response is None:
            response = view(request, *args, **kwargs)
            if hasattr(response, "render"):
                response.render()
            if settings.PAGE_CACHE and response.status_code == 200:
                caches["pages"].set(key, response)
        if response.status_code in {200, 304}:
            response.headers["ETag"] = etag
        patch_cache_control(response, public=True, no_cache=True)
        patch_vary_headers(response, ["Cookie"])
        return response

    return for_everyone(cached)
