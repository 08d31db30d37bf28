from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RvcuConfig(AppConfig):
    name = "rvcu"
    verbose_name = _("Accounts")
