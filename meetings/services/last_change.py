"""When what is shown of the annual meetings last changed: told by the data (see `cities.services.last_change`)."""

import datetime

from django.db.models import Max

from cities.days import PARIS
from cities.models import City, Country, HistoryEntry
from cities.services.last_change import DAY, acted, edited, latest

from ..models import Meeting, MeetingChange, MeetingHost


def meetings_changed_on(now: datetime.datetime) -> datetime.date | None:
    """The last day on which the meetings changed: by one that took place or was moved, an act, or a correction.

    None while none of that is known. Eight queries.
    """
    meetings = Meeting.objects.order_by()
    hosts = MeetingHost.objects.order_by()
    day = now.astimezone(PARIS).date()
    over = meetings.filter(status__in=Meeting.HELD, end_date__lt=day).aggregate(last=Max("end_date"))["last"]
    open_ones = meetings.filter(status=Meeting.Status.REGISTRATION_OPEN, registration_closes_at__lte=now)
    closed = open_ones.aggregate(last=Max("registration_closes_at"))["last"]
    # When an earlier change was put down by the import tells nothing of the meeting.
    changes = MeetingChange.objects.order_by()
    moved = changes.filter(decided_on__lte=day).aggregate(last=Max("decided_on"))["last"]
    written = changes.exclude(by=None).aggregate(last=Max("at"))["last"]
    return latest(
        [
            over and over + DAY,
            closed,
            moved,
            written,
            edited(Meeting, meetings),
            edited(MeetingHost, hosts),
            edited(City, hosts, "city"),
            edited(Country, meetings, "country"),
            *acted({City: City.objects.filter(hosted__isnull=False)}, HistoryEntry.Verb.READDRESSED),
        ]
    )
