"""News as Atom (RFC 4287): the one writer of all feeds.

The same news give the same bytes: addresses come from the settings, instants from the data.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import get_language

from .datasets.base import LICENCE, LICENCE_ADDRESS, credit
from .days import FIRST_DAY, PARIS
from .filters import Selection
from .services.news import News
from .text import plain

NOTHING_YET = datetime.datetime.combine(FIRST_DAY, datetime.time(), PARIS)
"""When a feed without news last changed: an instant that the clock does not tell."""


@dataclass(frozen=True)
class Feed:
    """News of one kind, in the reader's language. Paths go from the host on; those of a query have it."""

    kind: str
    """In the ids of all news of this kind, for ever: "meetings"."""
    title: str
    subtitle: str
    path: str
    page: str
    """Where a reader finds the same as a page."""
    news: Iterable[News]


class Atom(Atom1Feed):
    def latest_post_date(self) -> datetime.datetime:
        return max((item["updateddate"] for item in self.items), default=NOTHING_YET)

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        handler.addQuickElement("link", "", {"rel": "license", "href": LICENCE_ADDRESS})


def as_feed(feed: Feed) -> HttpResponse:
    language = get_language() or settings.LANGUAGE_CODE
    host = urlsplit(settings.SITE_ADDRESS).hostname
    address = settings.SITE_ADDRESS + feed.path
    written = Atom(
        title=plain(feed.title),
        subtitle=feed.subtitle,
        link=settings.SITE_ADDRESS + feed.page,
        description="",
        language=language,
        feed_url=address,
        feed_guid=address,
        author_name=settings.PUBLISHER,
        feed_copyright=f"{LICENCE}. {credit()}",
    )
    for one in feed.news:
        written.add_item(
            title=plain(one.title),
            link=settings.SITE_ADDRESS + one.path,
            # Readers take it for HTML.
            description=escape(plain(one.text)),
            unique_id=f"tag:{host},2026:{language}/{feed.kind}/{one.key}",
            pubdate=one.at,
            updateddate=one.updated_at,
        )
    response = HttpResponse(written.writeString("utf-8"), content_type=Atom.content_type)
    response["Content-Language"] = language
    response["X-Content-Type-Options"] = "nosniff"
    return response


def with_choices(title: str, selection: Selection) -> str:
    """A title with what is chosen: "RVCU, the members · Film"."""
    return " · ".join([title, *(str(chip.label) for chip in selection.chips)])
