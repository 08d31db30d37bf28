"""Days of the network: a day is a calendar date in Paris, where the network's secretariat sits."""

import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

PARIS = ZoneInfo("Europe/Paris")
EVER = datetime.date.max


def today() -> datetime.date:
    """The date in Paris now, whatever the reader's own zone."""
    return timezone.now().astimezone(PARIS).date()
