"""Published snapshots: a page for people, and the files.

The files are for ever the same, so that a copy once made need never be asked for again; the page tells of editions
that came later.
"""

import datetime
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response, patch_cache_control

from cities.access import for_everyone
from cities.caching import public_page
from cities.datasets.base import LICENCE, LICENCE_ADDRESS
from cities.writers import FORMATS
from meetings.services.calendar import CONTENT_TYPE as CALENDAR

from .lists import LISTS
from .models import DataSnapshot
from .snapshots.corrections import SIDES
from .snapshots.packing import MANIFEST, PACKAGE, README, SUMS
from .snapshots.reading import CALENDARS, CONTENTS, LANGUAGE
from .snapshots.storage import File, folder_of

FOR_EVER = 365 * 24 * 3600
"""Seconds: as long as caches may be asked to keep anything."""
TEXT = "text/plain; charset=utf-8"
CONTENT_TYPES = {
    **{form.extension: form.content_type for form in FORMATS.values()},
    "ics": CALENDAR,
    "zip": "application/zip",
}
LANGUAGES = {**{name: language for language, name in CALENDARS.items()}, README: "en, fr"}
"""Of files by their name, where it is another than that of all others."""


class DayConverter:
    """A day in an address, as YYYY-MM-DD and in no other way."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> datetime.date:
        return datetime.date.fromisoformat(value)

    def to_url(self, value: datetime.date | str) -> str:
        return str(value)


@public_page
def data_snapshot(request: HttpRequest, day: datetime.date, edition: int) -> HttpResponse:
    """What a snapshot holds, what it corrected, how to check a copy of it, and whether there is a newer edition."""
    editions = list(DataSnapshot.objects.filter(day=day).order_by("edition"))
    found = next((place for place, one in enumerate(editions) if one.edition == edition), None)
    if found is None:
        raise Http404
    shown, newest = editions[found], editions[-1]
    context: dict[str, Any] = {
        "snapshot": shown,
        "before": editions[found - 1] if found else None,
        "after": editions[found + 1] if shown is not newest else None,
        "newest": newest,
        "corrected": corrected(shown),
        "parts": parts(shown),
        "licence": LICENCE,
        "licence_address": LICENCE_ADDRESS,
        "site_address": settings.SITE_ADDRESS,
        "sums": SUMS,
        "package": PACKAGE,
    }
    return render(request, "data/snapshot.html", context)


def corrected(snapshot: DataSnapshot) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """The rows that are not as in the edition before: by the title of their list, and by what happened to them."""
    return [
        (title_of(name), [(side, snapshot.changes[name][side]) for side in SIDES if snapshot.changes[name][side]])
        for name in sorted(snapshot.changes)
    ]


def parts(snapshot: DataSnapshot) -> list[tuple[str, list[File]]]:
    """All files but the archive, by the title of the list that they hold; without one those that describe the rest."""
    found: dict[str, list[File]] = {**{name: [] for name in CONTENTS}, "": []}
    for file in snapshot.files[:-1]:
        # A calendar has its language in its name.
        name = file["name"].partition(".")[0].partition("-")[0]
        found[name if name in found else ""].append(file)
    return [(title_of(name) if name else "", files) for name, files in found.items() if files]


def title_of(name: str) -> str:
    """Of a list; an old snapshot may have one that is no longer made."""
    return LISTS[name].title if name in LISTS else name


@for_everyone
def snapshots_of_day(request: HttpRequest, day: datetime.date) -> HttpResponse:
    """To the newest edition of a day."""
    snapshot = DataSnapshot.objects.filter(day=day).order_by("edition").last()
    if snapshot is None:
        raise Http404
    response = HttpResponseRedirect(snapshot.get_manifest_url())
    patch_cache_control(response, public=True, no_cache=True)
    return response


@for_everyone
def snapshot(request: HttpRequest, day: datetime.date, edition: int) -> HttpResponseBase:
    """The manifest, as the list of the files."""
    return kept(request, day, edition, MANIFEST, to_be_saved=False)


@for_everyone
def snapshot_file(request: HttpRequest, day: datetime.date, edition: int, name: str) -> HttpResponseBase:
    """One of the files. Only names that the row knows are looked for on the disk."""
    return kept(request, day, edition, name)


def kept(
    request: HttpRequest, day: datetime.date, edition: int, name: str, *, to_be_saved: bool = True
) -> HttpResponseBase:
    """A file that never changes, known by its sum; nothing is read for whoever has it already."""
    published = get_object_or_404(DataSnapshot, day=day, edition=edition)
    try:
        file = published.file(name)
    except KeyError:
        raise Http404 from None
    etag = f'"{file["sha256"]}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            content = (folder_of(published) / name).open("rb")
        except FileNotFoundError:
            raise Http404 from None
        kind = CONTENT_TYPES.get(name.rpartition(".")[2], TEXT)
        response = FileResponse(content, as_attachment=to_be_saved, filename=name, content_type=kind)
        response["Content-Language"] = LANGUAGES.get(name, LANGUAGE)
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, public=True, max_age=FOR_EVER, immutable=True)
    return response
