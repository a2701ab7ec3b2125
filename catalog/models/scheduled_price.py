"""Prices that a SKU has from an instant on, or between two: written by catalog/price_schedule.py
only.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.sku import PRICE_MAX_POINTS, Sku
from catalog.models.window import is_within
from mall.core import clock


class ScheduledPriceQuerySet(models.QuerySet):
    def open(self, as_of):
        """Those that are the price at an instant, or will be."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=as_of))


class ScheduledPrice(models.Model):
    """What a SKU costs from ``starts_at`` until before ``ends_at``; of one SKU no two overlap.

    Without an end it becomes the SKU's own price as soon as it begins, and ends there. Those that
    are over stay: they say what something cost.
    """

    sku = models.ForeignKey(
        Sku, on_delete=models.CASCADE, related_name="scheduled_prices", verbose_name=_("SKU")
    )
    points_price = models.PositiveIntegerField(
        _("price in points"), default=0, validators=[MaxValueValidator(PRICE_MAX_POINTS)]
    )
    cash_price = models.DecimalField(
        _("price in yuan"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: it stays the price.")
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    created_by = models.CharField(_("created by"), max_length=80, blank=True, editable=False)

    objects = ScheduledPriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled price")
        verbose_name_plural = _("scheduled prices")
        ordering = ["-starts_at", "-id"]
        indexes = [
            models.Index(fields=["sku", "starts_at"], name="scheduled_price_of_sku"),
            models.Index(fields=["starts_at"], name="scheduled_price_starts"),
            models.Index(fields=["ends_at"], name="scheduled_price_ends"),
        ]
        constraints = [
            models.CheckConstraint(
                name="scheduled_price_costs_something",
                condition=Q(points_price__gt=0) | Q(cash_price__gt=0),
            ),
            models.CheckConstraint(
                name="scheduled_price_bounded",
                condition=Q(points_price__gte=0)
                & Q(points_price__lte=PRICE_MAX_POINTS)
                & Q(cash_price__gte=0),
            ),
            models.CheckConstraint(
                name="scheduled_price_forward",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")),
            ),
        ]

    def __str__(self):
        return f"{self.sku} {self.starts_at:%Y-%m-%d %H:%M}"

    def is_running(self, as_of=None) -> bool:
        """Whether it is the price at an instant (default: now)."""
        return is_within(self.starts_at, self.ends_at, as_of or clock.now())
