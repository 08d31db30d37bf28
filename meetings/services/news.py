"""What happened to the annual meetings, for whoever follows them by a feed."""

import datetime
from collections.abc import Iterator

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cities.days import PARIS, until_in_words
from cities.models import HistoryEntry
from cities.services.news import News

from ..models import Meeting, MeetingChange

Verb = HistoryEntry.Verb
Kind = MeetingChange.Kind
LENGTH = 40

TITLES = {
    Verb.HOST_CHOSEN: gettext_noop("The hosts are named: %(meeting)s"),
    Verb.REGISTRATION_OPENED: gettext_noop("Registration is open: %(meeting)s"),
    Verb.REGISTRATION_RESCHEDULED: gettext_noop("Registration closes at another time: %(meeting)s"),
    Verb.REGISTRATION_CLOSED: gettext_noop("Registration is closed: %(meeting)s"),
    Verb.MEETING_HELD: gettext_noop("It took place: %(meeting)s"),
    Verb.OUTCOME_PUBLISHED: gettext_noop("The outcome is published: %(meeting)s"),
}
"""Of the acts that everybody may know of, besides the changes with their reasons."""
CHANGE_TITLES = {
    Kind.POSTPONED: gettext_noop("Other days: %(meeting)s"),
    Kind.RELOCATED: gettext_noop("Another host: %(meeting)s"),
    Kind.CANCELLED: gettext_noop("Cancelled: %(meeting)s"),
}


def news() -> list[News]:
    """The newest first, in the reader's language; five queries. What is only shown for a demonstration is no news."""
    meetings = {meeting.pk: meeting for meeting in Meeting.objects.with_hosts().filter(is_demonstration=False)}
    found = [*_editions(meetings), *_acts(meetings), *_changes(meetings)]
    return sorted(found, key=lambda one: (one.at, one.key), reverse=True)[:LENGTH]


def name_of(meeting: Meeting) -> str:
    return f"{meeting}, {meeting.title}"


def state_of(meeting: Meeting) -> str:
    """In a sentence or two: where, when, whether one can register."""
    place = ", ".join(filter(None, [meeting.title, meeting.country.name if meeting.country else ""]))
    when = meeting.period or _("%(year)s, date not known") % {"year": meeting.year}
    said = [f"{place}: {when}."]
    if meeting.is_cancelled:
        said.append(_("The meeting is cancelled."))
    elif meeting.takes_registrations() and meeting.registration_closes_at:
        said.append(_("Registration closes: %(at)s.") % {"at": until_in_words(meeting.registration_closes_at)})
    return " ".join(said)


def _editions(meetings: dict[int, Meeting]) -> Iterator[News]:
    """That there is, or was, such a meeting: on its first day, or when the portal learnt of it."""
    imported = HistoryEntry.objects.filter(verb=Verb.IMPORTED).aggregate(first=models.Min("at"))["first"]
    for meeting in meetings.values():
        day = meeting.start_date or datetime.date(meeting.year, 1, 1)
        known = datetime.datetime.combine(day, datetime.time(12), PARIS)
        at = min(known, imported or timezone.now().replace(microsecond=0, second=0, minute=0, hour=0))
        yield News(f"edition/{meeting.edition}", at, name_of(meeting), state_of(meeting), meeting.get_absolute_url())


def _acts(meetings: dict[int, Meeting]) -> Iterator[News]:
    label = Meeting._meta.label_lower
    acts = HistoryEntry.objects.filter(object_type=label, verb__in=TITLES, object_id__in=[str(pk) for pk in meetings])
    for act in acts.order_by("-number")[:LENGTH]:
        meeting = meetings[int(act.object_id)]
        title = _(TITLES[Verb(act.verb)]) % {"meeting": name_of(meeting)}
        yield News(f"act/{act.number}", act.at, title, state_of(meeting), meeting.get_absolute_url())


def _changes(meetings: dict[int, Meeting]) -> Iterator[News]:
    changes = MeetingChange.objects.filter(meeting__in=meetings).exclude(by=None).order_by("-pk")[:LENGTH]
    for change in changes:
        meeting = meetings[change.meeting_id]
        title = _(CHANGE_TITLES[Kind(change.kind)]) % {"meeting": name_of(meeting)}
        text = " ".join([change.in_words, _("The reason: %(reason)s") % {"reason": change.reason}, state_of(meeting)])
        yield News(f"change/{change.pk}", change.at, title, text, meeting.get_absolute_url())
