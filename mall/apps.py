"""The roof as an app: commands, and what hangs on every `migrate`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class MallConfig(AppConfig):
    name = "mall"
    label = "roof"  # the ground has the tables, and with them the name

    def ready(self):
        from mall.database import collations, rights  # noqa: F401 - the second registers a check

        collations.let_people_search()
        pre_migrate.connect(
            collations.set_default_before_migrate, sender=self, dispatch_uid="mall.collations"
        )
        post_migrate.connect(
            collations.mend_after_migrate, sender=self, dispatch_uid="mall.collations"
        )
