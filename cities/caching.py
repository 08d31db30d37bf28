"""Public pages: made once an edition of the data, then served from memory, with an ETag.

The key holds everything a page depends on: the edition (counted by the database itself), the day in Paris, the
release of the code, host, address, query and language. Only pages for visitors without a session are kept.
"""

import datetime
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import http_date
from django.utils.translation import get_language

from .access import View, for_everyone
from .days import PARIS, today
from .models import Edition

SETTINGS_SHOWN = ("PUBLISHER", "CONTACT_EMAIL", "SITE_ADDRESS", "API_RATE")


def _release() -> str:
    """A mark of what makes a page besides its data: files, requirements, and the settings that pages show."""
    root = Path(settings.BASE_DIR)
    folders = (root / name for name in ("cities", "meetings", "rvcu", "templates"))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    files.append(root / "requirements.txt")
    mark = hashlib.sha256("\x00".join(str(getattr(settings, name)) for name in SETTINGS_SHOWN).encode())
    for path in sorted(files):
        mark.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return mark.hexdigest()


RELEASE = _release()
RELEASED_AT = timezone.now()
"""Since when this process answers by it: files can come with any date, and settings have none."""

SETTLED = datetime.timedelta(minutes=1)
"""So long after a change its instant dates an answer: HTTP tells whole seconds, and what was written in the same one by
a transaction that nobody sees yet would otherwise have the same date. Longer than any transaction takes."""

Moving = Callable[[], Iterable[object]]
"""Tells what an answer depends on that no edition counts: an instant that came, a number. A query for each subject.

Of instants the last one dates the answer, None is none; where there is anything else, nothing can date it.
"""


@dataclass(frozen=True)
class Validators:
    """What a client may keep an answer by: the key of all that it depends on, and when any of that last changed."""

    key: str
    last_modified: datetime.datetime | None
    """None where it cannot be told: until a change is `SETTLED`, or where something else moved than instants."""

    @property
    def etag(self) -> str:
        return f'"{self.key[:32]}"'


def validators(request: HttpRequest, moving: Moving | None = None) -> Validators:
    """Those of an answer as it is now; one query, and `moving`'s. To be asked before the answer's own queries."""
    edition = Edition.objects.get()
    moved = [one for one in (moving() if moving else ()) if one is not None]
    instants = [one for one in moved if isinstance(one, datetime.datetime)]
    parts = (
        RELEASE,
        edition.number,
        today().isoformat(),
        request.scheme,
        request.get_host(),
        request.path,
        request.META.get("QUERY_STRING", ""),
        get_language(),
        *moved,
    )
    # A new day may have other members, though nothing was written.
    midnight = datetime.datetime.combine(today(), datetime.time(), PARIS)
    changed_at = max(edition.changed_at, RELEASED_AT, midnight, *instants)
    is_told = len(instants) == len(moved) and changed_at + SETTLED < timezone.now()
    return Validators(
        hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest(), changed_at if is_told else None
    )


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


def kept(response: HttpResponse, key: str) -> HttpResponse:
    """The answer, whole, and in memory from now on where it may be given again."""
    if hasattr(response, "render"):
        response.render()
    if settings.PAGE_CACHE and response.status_code == 200:
        caches["pages"].set(key, response)
    return response


def public_page(view: View, moving: Moving | None = None) -> View:
    """Decorate a view whose answer, for visitors, depends on the address, the public data and what is `moving`."""

    @wraps(view)
    def cached(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or not is_for_a_visitor(request):
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            return response
        known = validators(request, moving)
        key, etag = known.key, known.etag
        # "*" asks whether there is any page here, which only the view can tell.
        is_known = request.headers.get("If-None-Match", "*").strip() != "*"
        response = (is_known and get_conditional_response(request, etag=etag)) or caches["pages"].get(key)
        if response is None:
            response = kept(view(request, *args, **kwargs), key)
        if response.status_code in {200, 304}:
            response.headers["ETag"] = etag
        patch_cache_control(response, public=True, no_cache=True)
        patch_vary_headers(response, ["Cookie"])
        return response

    return for_everyone(cached)


def public_data(view: View, moving: Moving | None = None, *, keeps: bool = False) -> View:
    """Decorate a view that answers programs: whoever has an answer that still holds gets a 304.

    Nothing in the answer may depend on who asks. A 304 by the ETag costs one query, and those of what is `moving`;
    by a date it costs what the view does before it sends anything, since anybody can name a date, but an ETag only who
    got it here. Answers are kept in memory (`keeps`) where they are small, made at some cost and asked for by many.
    """

    @wraps(view)
    def validated(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return view(request, *args, **kwargs)
        known = validators(request, moving)
        seconds = int(known.last_modified.timestamp()) if known.last_modified else None
        # "*" asks whether there is anything here, which only the view can tell.
        is_known = request.headers.get("If-None-Match", "*").strip() != "*"
        response = is_known and get_conditional_response(request, etag=known.etag, last_modified=seconds)
        if not response and keeps:
            response = caches["pages"].get(known.key)
        if not response:
            response = view(request, *args, **kwargs)
            if keeps:
                kept(response, known.key)
        if response.status_code in {200, 304}:
            response.headers["ETag"] = known.etag
            if seconds is not None:
                response.headers["Last-Modified"] = http_date(seconds)
        patch_cache_control(response, public=True, no_cache=True)
        if response.status_code != 200:
            return response
        return get_conditional_response(request, etag=known.etag, last_modified=seconds, response=response) or response

    return for_everyone(validated)
