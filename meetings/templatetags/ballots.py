from django import template

from cities.days import period_in_words
from meetings.models import HostBid

register = template.Library()


@register.filter
def days_of(bid: HostBid) -> str:
    """The days that a bid proposes, in the reader's language; empty when it names none."""
    return period_in_words(bid.start_date, bid.end_date) if bid.start_date and bid.end_date else ""
