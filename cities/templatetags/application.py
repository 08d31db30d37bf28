import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def of_form(mapping: dict[Any, Any], key: Any) -> Any:
    """What stands in a mapping under a key that a template knows by name only."""
    return mapping.get(key, [])


@register.filter
def time_left(instant: datetime.datetime) -> str:
    """How long it is to an instant, in days as long as there are two, then in hours, at last in minutes."""
    seconds = max((instant - timezone.now()).total_seconds(), 0)
    days, hours, minutes = int(seconds // 86400), int(seconds // 3600), int(seconds // 60)
    if days >= 2:
        return ngettext("%(count)d day left", "%(count)d days left", days) % {"count": days}
    if hours >= 2:
        return ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}
    return ngettext("%(count)d minute left", "%(count)d minutes left", minutes) % {"count": minutes}
