"""The roof as an app: commands, and what hangs on every `migrate`."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate


class MallConfig(AppConfig):
    name = "mall"
    label = "roof"  # the ground has the tables, and with them the name

    def ready(self):
        from mall.database import collations, rights  # noqa: F401 - the second registers a check

        collations.let_people_search()
        # `migrate` (Django 5.2) speaks only of apps that have models, and the roof has none.
        ground = apps.get_app_config("mall")
        pre_migrate.connect(
            collations.set_default_before_migrate, sender=ground, dispatch_uid="mall.collations"
        )
        post_migrate.connect(
            collations.mend_after_migrate, sender=ground, dispatch_uid="mall.collations"
        )
