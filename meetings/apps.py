from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MeetingsConfig(AppConfig):
    name = "meetings"
    verbose_name = _("Annual meetings")

    def ready(self) -> None:
        # Services read models, which are loaded by now and no earlier.
        from cities.services.clock import hand_over  # noqa: PLC0415
        from cities.services.privacy import hand_over as hand_over_part  # noqa: PLC0415
        from cities.services.sending import SECRETS  # noqa: PLC0415

        from .services import clock, privacy  # noqa: PLC0415

        hand_over(*clock.DUTIES)
        SECRETS.update(clock.SECRETS)
        hand_over_part(privacy.PART)
