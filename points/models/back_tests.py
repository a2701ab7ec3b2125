"""Back-tests: what a rule would have cost on the facts of the last days."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core.models.clock_job import ClockJob
from points.models.rules import Rule


class BackTest(ClockJob):
    """One draft of a rule, replayed over the facts of some days; the clock carries it out. What it
    found is kept as it was then.
    """

    class Days(models.IntegerChoices):
        MONTH = 30, _("30 days")
        QUARTER = 90, _("90 days")

    rule = models.ForeignKey(
        Rule, models.PROTECT, related_name="back_tests", verbose_name=_("Rule")
    )
    # the numbers that were tried, by the names of a version's fields; budget_points among them
    numbers = models.JSONField(editable=False)
    days = models.PositiveSmallIntegerField(_("Days"), choices=Days, default=Days.MONTH)
    until = models.DateField(_("Until"))
    made_at = models.DateTimeField(_("Asked for"))
    facts = models.PositiveIntegerField(_("Facts replayed"), default=0)
    result = models.JSONField(null=True, editable=False)

    class Meta(ClockJob.Meta):
        abstract = False
        verbose_name = _("Back-test")
        verbose_name_plural = _("Back-tests")

    def __str__(self):
        return _("%(rule)s, %(days)s days until %(day)s") % {
            "rule": self.rule.name,
            "days": self.days,
            "day": self.until,
        }

    def get_absolute_url(self):
        """Return where an operator reads it."""
        return reverse("admin:points_backtest_change", args=[self.pk])
