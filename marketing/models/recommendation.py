"""What the shelves of recommendations are made of, counted each night, and how they fare."""

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


class Affinity(models.Model):
    """What having a product says about others: their weights, and which new goods are called alike.

    Packed as marketing/recommendations/weights.py writes them, so that the goods somebody had are
    read in one statement of as many rows. Counted anew each night; nothing in it decides anything.
    """

    product = models.OneToOneField(
        "catalog.Product",
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("product"),
    )
    buyers = models.PositiveIntegerField(_("people who had it"), default=0)
    # what one recent buyer of some other product adds to that one's score
    per_buyer = models.FloatField(default=0.0)
    weights = models.BinaryField(default=bytes)
    alike = models.BinaryField(default=bytes)
    counted_at = models.DateTimeField(_("counted at"), default=clock.now)

    class Meta:
        verbose_name = _("what a product says of others")
        verbose_name_plural = _("what products say of others")

    def __str__(self):
        return str(self.product_id)


class ShelfDay(models.Model):
    """How often suggestions of one shelf and reason were shown, opened and redeemed on a shop day;
    no line says by whom.
    """

    on = models.DateField(_("shop day"))
    shelf = models.CharField(_("shelf"), max_length=16)
    reason = models.CharField(_("reason"), max_length=16)
    shown = models.PositiveBigIntegerField(_("shown"), default=0)
    opened = models.PositiveIntegerField(_("opened"), default=0)
    redeemed = models.PositiveIntegerField(_("redeemed"), default=0)

    class Meta:
        verbose_name = _("figures of a shelf")
        verbose_name_plural = _("figures of shelves")
        ordering = ["-on", "shelf", "reason"]
        constraints = [
            models.UniqueConstraint(fields=["on", "shelf", "reason"], name="one_shelf_reason_a_day")
        ]

    def __str__(self):
        return f"{self.on} {self.shelf} {self.reason}"
