"""The project as an app of its own: templates, commands and the record of periodic jobs."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MallConfig(AppConfig):
    name = "mall"
    verbose_name = _("System")

    def ready(self):
        from mall import database_rights  # noqa: F401 - registers a check
