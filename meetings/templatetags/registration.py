"""What other pages show of the registration for a meeting."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils import timezone

from ..models import Meeting, Registration
from ..services.registration import Places, places_of, stage_of

register = template.Library()


@dataclass
class Shown:
    """How the registration for a meeting stands for a reader."""

    stage: str
    places: Places | None = None
    own: Registration | None = None
    may_see_participants: bool = False
    now: Any = None


@register.simple_tag(takes_context=True)
def registration_for(context: dict[str, Any], meeting: Meeting) -> Shown | None:
    """What to say about registration on a meeting's page; None before there is anything to say."""
    now = timezone.now()
    stage = stage_of(meeting, now)
    user = context["request"].user
    if stage in ("early", "cancelled") or (stage == "over" and not user.is_authenticated):
        return None
    found = Shown(stage, now=now)
    if stage == "open":
        found.places = places_of(meeting)
    if user.is_authenticated:
        found.own = Registration.objects.filter(meeting=meeting, user=user).standing().first()
        found.may_see_participants = meeting.personal_data_removed_at is None and user.has_perm(
            "meetings.read_participants", meeting
        )
    # Of a meeting that is over there is a list only where persons registered here.
    if stage == "over" and meeting.registration_closes_at is None:
        return None
    return found if stage != "over" or found.own or found.may_see_participants else None
