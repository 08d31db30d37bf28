from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CitiesConfig(AppConfig):
    name = "cities"
    verbose_name = _("The network")

    def ready(self) -> None:
        from . import checks  # noqa: F401, PLC0415  registers the system checks once the models are loaded
