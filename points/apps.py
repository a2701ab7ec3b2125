"""The points app: its page of listeners and its system checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PointsConfig(AppConfig):
    """Points: the ledger and its policies."""

    name = "points"
    verbose_name = _("Points")

    def ready(self):
        """Open the page of what follows and register the isolation check."""
        from mall.core import events
        from points import checks, listeners  # noqa: F401

        events.open_page(listeners)
