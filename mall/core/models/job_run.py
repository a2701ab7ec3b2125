"""Which periodic job has run for which period."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock


class JobRun(models.Model):
    """One periodic job in one period (a day, a minute); the row lets one of many beats run it."""

    job = models.CharField(_("job"), max_length=64)
    period = models.CharField(_("period"), max_length=32)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("time"), default=clock.now, db_index=True)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["job", "period"], name="one_run_a_period")]

    def __str__(self):
        return f"{self.job} {self.period}"
