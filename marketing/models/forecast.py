"""What was said about the next days, kept as it was said, and what became of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock


class RepurchaseForecast(models.Model):
    """As of the end of a shop day: how many of those who ever redeemed are expected to redeem again
    within the horizon, and between which numbers.

    Said once and never changed; ``became`` is filled in when the days are over.
    """

    as_of = models.DateField(_("as of"), primary_key=True)
    horizon_days = models.PositiveSmallIntegerField(_("days ahead"))
    buyers = models.PositiveIntegerField(_("members who ever redeemed"))
    expected = models.PositiveIntegerField(_("expected to redeem again"))
    lowest = models.PositiveIntegerField(_("at least"))
    highest = models.PositiveIntegerField(_("at most"))
    became = models.PositiveIntegerField(_("it became"), null=True)
    figures = models.JSONField(default=dict)
    made_at = models.DateTimeField(_("counted at"), default=clock.now)

    class Meta:
        verbose_name = _("forecast of redemptions")
        verbose_name_plural = _("forecasts of redemptions")
        ordering = ["-as_of"]

    def __str__(self):
        return str(self.as_of)
