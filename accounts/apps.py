from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Members")

    def ready(self):
        from accounts import receivers
        from accounts.roles import ensure_roles_after_migrate

        receivers.connect()
        post_migrate.connect(ensure_roles_after_migrate, dispatch_uid="accounts.roles")
