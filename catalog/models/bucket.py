"""Pieces set aside from the shelf for a sale of their own, kept in buckets so that many can take at
once.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.sku import Sku

BUCKETS_MOST = 32
BUCKETS_PER_POOL = 256  # room for ids: id = pool · 256 + place
POOL_BUCKETS = [MinValueValidator(1), MaxValueValidator(BUCKETS_MOST)]


class StockBucket(models.Model):
    """One of the buckets of a pool; the pool's id comes from whoever sells from it. Written by
    catalog/stock_buckets.py only.

    All buckets of a pool lie side by side in the primary key, so one range scan locks them in
    ascending order.
    """

    id = models.BigIntegerField(primary_key=True)
    pool = models.BigIntegerField(_("pool"))
    sku = models.ForeignKey(
        Sku,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("SKU"),
    )
    quantity = models.IntegerField(_("quantity"), default=0)
    is_open = models.BooleanField(_("open"), default=True)

    class Meta:
        verbose_name = _("stock bucket")
        verbose_name_plural = _("stock buckets")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="bucket_not_negative"),
            models.CheckConstraint(
                condition=Q(is_open=True) | Q(quantity=0), name="bucket_empty_when_closed"
            ),
        ]

    def __str__(self):
        return f"{self.pool}/{self.id % BUCKETS_PER_POOL}: {self.quantity}"
