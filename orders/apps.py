from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self):
        """Open the page of what follows, and have a visitor's basket come along at sign-in."""
        from django.contrib.auth.signals import user_logged_in

        from mall.core import events
        from orders import listeners
        from orders.basket import baskets

        events.open_page(listeners)
        user_logged_in.connect(baskets.bring_along)
