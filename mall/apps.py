"""The project as an app of its own: templates, commands and the record of periodic jobs."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class MallConfig(AppConfig):
    name = "mall"
    verbose_name = _("System")

    def ready(self):
        from mall import collations, database_rights  # noqa: F401 - the second registers a check

        collations.let_people_search()
        pre_migrate.connect(collations.set_default_before_migrate, sender=self, dispatch_uid="mall.collations")
        post_migrate.connect(collations.mend_after_migrate, sender=self, dispatch_uid="mall.collations")
