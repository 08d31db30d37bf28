from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class RvcuConfig(AppConfig):
    name = "rvcu"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from . import checks  # noqa: F401, PLC0415  registers the system check once the settings are there


class RvcuAdminConfig(admin_apps.AdminConfig):
    """The stock admin with our own site, see `rvcu.admin_site`."""

    default = False
    default_site = "rvcu.admin_site.RvcuAdminSite"
