"""Budgets: how many points something that gives may cost."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

WARN_PERCENT = 80
BUDGET_MAX = 1_000_000_000_000


class Budget(models.Model):
    """How many points one thing that gives may cost, and how many of them it has taken, in all or
    in the month ``month``. Written by points/budgets.py alone.
    """

    class Per(models.TextChoices):
        TOTAL = "total", _("In all")
        MONTH = "month", _("Per month")

    code = models.CharField(_("What gives"), max_length=60, unique=True)
    per = models.CharField(_("Counted"), max_length=5, choices=Per, default=Per.TOTAL)
    points_max = models.BigIntegerField(_("Budget in points"))
    taken = models.BigIntegerField(_("Taken of it"), default=0)
    # 2026-11; empty where all is counted, so that one condition finds the row of either kind
    month = models.CharField(_("Month"), max_length=7, default="", blank=True)
    warned_at = models.DateTimeField(_("Warned"), null=True, blank=True)
    paused_at = models.DateTimeField(_("Paused"), null=True, blank=True)
    made_at = models.DateTimeField(_("Made"))

    class Meta:
        verbose_name = _("Budget")
        verbose_name_plural = _("Budgets")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="points_budget_never_passed",
                condition=Q(taken__gte=0, taken__lte=F("points_max")),
            )
        ]

    def __str__(self):
        return self.code

    def get_absolute_url(self):
        """Return where an operator reads it."""
        return reverse("admin:points_budget_change", args=[self.pk])

    @property
    def left(self) -> int:
        """Return the points that can still be taken in the month it counts."""
        return self.points_max - self.taken

    @property
    def percent(self) -> int:
        """Return how much of it is taken, in whole percent."""
        return self.taken * 100 // self.points_max if self.points_max else 100

    @property
    def is_nearly_out(self) -> bool:
        """Whether as much is taken as operators are warned of."""
        return self.taken * 100 >= self.points_max * WARN_PERCENT
