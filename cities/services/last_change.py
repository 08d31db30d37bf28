"""When what is shown last changed: told by the data, so that the same data tell the same day whenever they are read."""

import datetime
from typing import Any

from django.db.models import Max

from ..days import FIRST_DAY, PARIS
from ..models import City, Country, CreativeField, Designation, HistoryEntry

DAY = datetime.timedelta(days=1)


def network_changed_on(day: datetime.date) -> datetime.date | None:
    """The last day on which the members as of a day changed: by who joined, moved or left until then, or a correction.

    None before the first member. Corrections are edits of facts about those members, their countries and fields, and
    acts that changed a first day or an address; their days are Paris's. Seven queries.
    """
    began = Designation.objects.filter(starts_on__lte=day).aggregate(last=Max("starts_on"))["last"]
    if began is None:
        return None
    ended = Designation.objects.filter(ends_on__lt=day).aggregate(last=Max("ends_on"))["last"] or FIRST_DAY
    members = City.objects.members(on=day).order_by()
    shown: list[tuple[Any, str]] = [(City, "pk"), (Country, "country"), (CreativeField, "current__field")]
    instants = [
        # What an edit made of a row; the state before the first edit has the instant of that edit.
        model.history.filter(history_type="~", **{f"{model._meta.pk.attname}__in": members.values(through)})
        .order_by()
        .aggregate(last=Max("history_date"))["last"]
        for model, through in shown
    ]
    instants += _corrections(day)
    corrected = [instant.astimezone(PARIS).date() for instant in instants if instant]
    return max(began, ended + DAY, *corrected)


def _corrections(day: datetime.date) -> list[datetime.datetime]:
    """The instants of the acts that corrected what is known of the members as of a day."""
    verbs = (HistoryEntry.Verb.CORRECTED, HistoryEntry.Verb.READDRESSED)
    acts = list(HistoryEntry.objects.filter(verb__in=verbs).values_list("object_type", "object_id", "at"))
    known = {
        Designation._meta.label_lower: Designation.objects.filter(starts_on__lte=day),
        City._meta.label_lower: City.objects.members(on=day),
    }
    found = []
    for label, rows in known.items():
        at = {int(pk): instant for of, pk, instant in sorted(acts, key=lambda act: act[2]) if of == label}
        if at:
            found += [at[pk] for pk in rows.filter(pk__in=at).order_by().values_list("pk", flat=True)]
    return found
