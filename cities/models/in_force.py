import datetime

from django.db.models import Q


def in_force(day: datetime.date, prefix: str = "") -> Q:
    """The designations in force on a day: both their first and their last day count. `prefix` leads to them."""
    ends_on = f"{prefix}ends_on"
    return Q(**{f"{prefix}starts_on__lte": day}) & (Q(**{f"{ends_on}__gte": day}) | Q(**{ends_on: None}))
