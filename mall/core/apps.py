"""The ground as an app: the audit log, the record of periodic jobs, and template tags."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "mall.core"
    label = "mall"  # as its tables, rights and migrations are called since they were made
    verbose_name = _("System")
