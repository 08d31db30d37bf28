"""Published snapshots: for ever the same, so that a copy once made need never be asked for again."""

import datetime

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control

from cities.access import for_everyone
from cities.writers import FORMATS
from meetings.services.calendar import CONTENT_TYPE as CALENDAR

from .models import DataSnapshot
from .snapshots import LANGUAGE, MANIFEST, folder_of

FOR_EVER = 365 * 24 * 3600
"""Seconds: as long as caches may be asked to keep anything."""
TEXT = "text/plain; charset=utf-8"
CONTENT_TYPES = {
    **{form.extension: form.content_type for form in FORMATS.values()},
    "ics": CALENDAR,
    "zip": "application/zip",
}


class DayConverter:
    """A day in an address, as YYYY-MM-DD and in no other way."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> datetime.date:
        return datetime.date.fromisoformat(value)

    def to_url(self, value: datetime.date | str) -> str:
        return str(value)


@for_everyone
def snapshots_of_day(request: HttpRequest, day: datetime.date) -> HttpResponse:
    """To the newest edition of a day."""
    snapshot = DataSnapshot.objects.filter(day=day).order_by("edition").last()
    if snapshot is None:
        raise Http404
    response = HttpResponseRedirect(snapshot.get_absolute_url())
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
        response["Content-Language"] = LANGUAGE
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, public=True, max_age=FOR_EVER, immutable=True)
    return response
