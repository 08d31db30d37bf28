from django import template

from cities.models import City
from meetings.models import Meeting, MeetingQuerySet

register = template.Library()


@register.simple_tag
def meetings_so_far() -> MeetingQuerySet:
    """The meetings held, the newest first."""
    return Meeting.objects.with_hosts().held()


@register.simple_tag
def next_meeting() -> Meeting | None:
    return Meeting.objects.with_hosts().next()


@register.simple_tag
def meetings_hosted(city: City) -> MeetingQuerySet:
    """The meetings that a city hosted or is to host, the newest first."""
    return Meeting.objects.with_hosts().hosted_by(city)
