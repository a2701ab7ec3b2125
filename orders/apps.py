from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self):
        """Open the page of what follows."""
        from mall.core import events
        from orders import listeners

        events.open_page(listeners)
