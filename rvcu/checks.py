from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def staff_need_a_second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ADMIN_NEEDS_SECOND_FACTOR:
        return []
    return [
        Warning(
            "Staff reach the admin with a password alone: ADMIN_NEEDS_SECOND_FACTOR is off.",
            hint="Leave the setting out of the environment; only a demo may do without.",
            id="rvcu.W001",
        )
    ]
