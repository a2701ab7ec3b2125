"""What members mean to have: their basket, their wishes, and what they wait for."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import MAX_QUANTITY, Product, Sku
from mall.core import clock


def _member():
    """Return a column that names a member, whose row is not locked for it."""
    words = {"db_constraint": False, "related_name": "+", "verbose_name": _("member")}
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, **words)


def _of_the_shelf(model, words):
    """Return a column that names something of the shelf, whose row is not locked for it either."""
    return models.ForeignKey(
        model, models.CASCADE, db_constraint=False, related_name="+", verbose_name=words
    )


class BasketLine(models.Model):
    """So many pieces of one SKU that a member means to order, or has put aside for later.

    Written by orders/basket/baskets.py only, under the lock of the member's account.
    """

    user = _member()
    sku = _of_the_shelf(Sku, _("SKU"))
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    is_saved = models.BooleanField(_("saved for later"), default=False)
    # Of the page that added last, so that the same press twice adds once.
    key = models.CharField(_("key"), max_length=64, blank=True)
    added_at = models.DateTimeField(_("added at"), default=clock.now)

    class Meta:
        verbose_name = _("basket line")
        verbose_name_plural = _("basket lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "sku"], name="basket_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__range=(1, MAX_QUANTITY)), name="basket_line_quantity"
            ),
        ]

    def __str__(self):
        return f"{self.user_id}: {self.sku_id} × {self.quantity}"


class Wish(models.Model):
    """A product that a member would like to have one day; one of them may be the goal."""

    user = _member()
    product = _of_the_shelf(Product, _("product"))
    # The member once more where it is the goal: unique, so there is one goal at most.
    goal_of = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("goal of"),
    )
    added_at = models.DateTimeField(_("added at"), default=clock.now)

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="wish_once")]

    def __str__(self):
        return f"{self.user_id}: {self.product_id}"


class StockAlert(models.Model):
    """A member who wants to be told once when a sold-out SKU is back; gone when it was told."""

    user = _member()
    sku = _of_the_shelf(Sku, _("SKU"))
    asked_at = models.DateTimeField(_("asked at"), default=clock.now)
    # Since when a sweep has found pieces without a break; empty while there are none.
    back_since = models.DateTimeField(_("back since"), null=True, blank=True)

    class Meta:
        verbose_name = _("back-in-stock notice")
        verbose_name_plural = _("back-in-stock notices")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["sku", "user"], name="stock_alert_once")]
        indexes = [models.Index(fields=["back_since"], name="stock_alert_back")]

    def __str__(self):
        return f"{self.sku_id}: {self.user_id}"


class SeenGoods(models.Model):
    """What a member looked at lately, the newest first, or the wish that nothing be noted."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        primary_key=True,
        related_name="+",
        verbose_name=_("member"),
    )
    products = models.JSONField(_("products"), default=list)
    is_off = models.BooleanField(_("nothing is noted"), default=False)

    class Meta:
        verbose_name = _("recently seen goods")
        verbose_name_plural = _("recently seen goods")

    def __str__(self):
        return str(self.user_id)
