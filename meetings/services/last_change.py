"""When what is shown of the annual meetings last changed: told by the data (see `cities.services.last_change`)."""

import datetime

from cities.days import PARIS
from cities.models import City, Country, HistoryEntry
from cities.services.last_change import DAY, acted, edited, last, latest, told

from ..models import Meeting, MeetingChange, MeetingHost


def meetings_changed_on(now: datetime.datetime) -> datetime.date | None:
    """The last day on which the meetings changed: by one that took place or was moved, an act, or a correction.

    None while none of that is known. One query.
    """
    meetings = Meeting.objects.order_by()
    hosts = MeetingHost.objects.order_by()
    changes = MeetingChange.objects.order_by()
    day = now.astimezone(PARIS).date()
    over, *others = told(
        last(meetings.filter(status__in=Meeting.HELD, end_date__lt=day), "end_date"),
        last(
            meetings.filter(status=Meeting.Status.REGISTRATION_OPEN, registration_closes_at__lte=now),
            "registration_closes_at",
        ),
        last(changes.filter(decided_on__lte=day), "decided_on"),
        # When an earlier change was put down by the import tells nothing of the meeting.
        last(changes.exclude(by=None), "at"),
        edited(Meeting, meetings),
        edited(MeetingHost, hosts),
        edited(City, hosts, "city"),
        edited(Country, meetings, "country"),
        acted(City.objects.filter(hosted__isnull=False), HistoryEntry.Verb.READDRESSED),
    )
    return latest([over and over + DAY, *others])
