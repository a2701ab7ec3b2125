"""Goods that consist of a coupon: which one each piece gives."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.coupon_template import CouponTemplate


class CouponGoods(models.Model):
    """Which coupon a piece of a product of the kind ``coupon`` gives whoever paid for it."""

    product = models.OneToOneField(
        "catalog.Product",
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="coupon_goods",
        verbose_name=_("product"),
    )
    template = models.ForeignKey(
        CouponTemplate,
        models.PROTECT,
        related_name="goods",
        verbose_name=_("coupon template"),
        help_text=_("One without a limit of its own: the stock says how many there are."),
    )

    class Meta:
        verbose_name = _("coupon that goods consist of")
        verbose_name_plural = _("coupons that goods consist of")

    def __str__(self):
        return f"{self.product_id} → {self.template}"
