"""The demonstration call: open whenever it is loaded, with the form and the criteria of domain knowledge."""

import datetime
import json
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..days import PARIS
from ..models import Call, CreativeField, Criterion, OfferedField, Question, Section
from ..text import slug_of
from .call import publish_call

SHIPPED = Path(__file__).parents[1] / "data" / "demonstration_call.json"
SLUG_LENGTH = 40


@transaction.atomic
def load_demonstration_call(now: datetime.datetime | None = None) -> Call:
    """The demonstration call that is open at an instant (now by default); a new one when there is none."""
    now = now or timezone.now()
    demonstrations = Call.objects.filter(is_demonstration=True)
    # The order in which calls close, so that the one with most time left is found.
    if found := demonstrations.open(now).order_by("-closes_at").first():
        return found
    data = json.loads(SHIPPED.read_text())
    call = Call.objects.create(
        slug=free_slug(data["slug"]),
        is_demonstration=True,
        priority_regions=data["priority_regions"],
        **{name: data[name] for name in ("title_en", "title_fr", "introduction_en", "introduction_fr")},
        **instants(data["instants"], now),
        **data["rules"],
    )
    announced_on = call.announce_at.astimezone(PARIS).date()
    OfferedField.objects.bulk_create(
        OfferedField(call=call, field=field) for field in CreativeField.objects.valid(announced_on)
    )
    call.priority_fields.set(CreativeField.objects.filter(slug__in=data["priority_fields"]))
    write_form(call, data)
    return publish_call(call=call, by=None)


def free_slug(slug: str) -> str:
    """The address, with a number behind it when earlier demonstrations have had it."""
    taken = set(Call.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    number, free = 1, slug
    while free in taken:
        number += 1
        free = slug_of(f"{slug} {number}", SLUG_LENGTH)
    return free


def instants(described: dict[str, Any], now: datetime.datetime) -> dict[str, Any]:
    """The dates, given in days from today and times of the clock in Paris; and the year of the announcement."""
    today = now.astimezone(PARIS).date()
    found: dict[str, Any] = {}
    for name, when in described.items():
        day = today + datetime.timedelta(days=when["days"])
        found[name] = datetime.datetime.combine(day, datetime.time.fromisoformat(when["time"]), tzinfo=PARIS)
    return found | {"year": found["announce_at"].year}


def write_form(call: Call, data: dict[str, Any]) -> None:
    for place, entry in enumerate(data["sections"], 1):
        words = {name: value for name, value in entry.items() if name != "questions"}
        section = Section.objects.create(call=call, position=place, **words)
        Question.objects.bulk_create(
            Question(section=section, position=nth, **question) for nth, question in enumerate(entry["questions"], 1)
        )
    Criterion.objects.bulk_create(
        Criterion(call=call, position=nth, **criterion) for nth, criterion in enumerate(data["criteria"], 1)
    )
