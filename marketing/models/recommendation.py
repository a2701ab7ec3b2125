"""What goes with what, precomputed each night for the pages."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core import clock


class CoPurchase(models.Model):
    """The same people had ``product`` and ``other``; both directions are kept, the closest of each
    product.
    """

    product = models.ForeignKey(
        "catalog.Product",
        models.CASCADE,
        db_constraint=False,
        related_name="+",
        verbose_name=_("product"),
    )
    other = models.ForeignKey(
        "catalog.Product",
        models.CASCADE,
        db_constraint=False,
        related_name="+",
        verbose_name=_("goes with"),
    )
    score = models.FloatField(_("closeness"))
    people = models.PositiveIntegerField(_("people who had both"))
    counted_at = models.DateTimeField(_("counted at"), default=clock.now)

    class Meta:
        verbose_name = _("often redeemed together")
        verbose_name_plural = _("often redeemed together")
        ordering = ["product_id", "-score", "other_id"]
        constraints = [models.UniqueConstraint(fields=["product", "other"], name="one_row_a_pair")]

    def __str__(self):
        return f"{self.product_id} + {self.other_id}"
