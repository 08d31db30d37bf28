from collections.abc import Sequence
from typing import Any

from django import template

from cities.models import City
from cities.services.waiting import Desk
from meetings.models import Meeting, MeetingQuerySet, Registration
from meetings.services import waiting
from meetings.services.host_call import Hosting
from meetings.services.host_call import hosting_of as find_hosting

register = template.Library()


@register.simple_tag
def meetings_so_far() -> MeetingQuerySet:
    """The meetings held, the newest first, without those of a demonstration."""
    return Meeting.objects.with_hosts().held().filter(is_demonstration=False)


@register.simple_tag
def next_meeting() -> Meeting | None:
    return Meeting.objects.with_hosts().next()


@register.simple_tag
def meetings_hosted(city: City) -> MeetingQuerySet:
    """The meetings that a city hosted or is to host, the newest first."""
    return Meeting.objects.with_hosts().hosted_by(city)


@register.simple_tag
def hosting_of(meeting: Meeting) -> Hosting | None:
    """How the host of a meeting is, or was, chosen; None where there was no public call for hosts."""
    return find_hosting(meeting)


# What waits for coordinators, on My page and on the pages of their cities


@register.simple_tag
def my_meetings(desks: Sequence[Desk]) -> list[waiting.MeetingDesk]:
    """What of the annual meetings concerns the cities that a person serves."""
    return waiting.meeting_desks(desks)


@register.simple_tag
def with_meeting_tasks(tasks: Sequence[Any], places: Sequence[waiting.MeetingDesk]) -> list[Any]:
    """All that waits, what has a deadline first."""
    return waiting.with_tasks(tasks, places)


@register.simple_tag
def my_registrations(user: Any) -> list[Registration]:
    """A person's own registrations for meetings to come."""
    return waiting.registrations_of(user)
