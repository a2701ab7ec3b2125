"""The points app: wires receivers and system checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PointsConfig(AppConfig):
    """Points: the ledger and its policies."""

    name = "points"
    verbose_name = _("Points")

    def ready(self):
        """Connect receivers and register the isolation check."""
        from points import checks, receivers  # noqa: F401
