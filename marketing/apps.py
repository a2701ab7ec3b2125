"""The marketing app: its page of listeners is opened when Django is ready."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketingConfig(AppConfig):
    name = "marketing"
    verbose_name = _("Marketing")

    def ready(self):
        """Open the page of what follows, and offer segments to hand-outs."""
        from mall.core import events
        from marketing import listeners
        from marketing.campaigns import segments

        events.open_page(listeners)
        segments.offer()
