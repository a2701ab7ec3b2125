"""The numbers checkout goes by."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core import rows
from mall.core.kept import KeptRow, kept
from mall.core.money import ZERO


class CheckoutPolicy(KeptRow):
    """What an operator may change about checkout; one row, defaults when it is missing."""

    class Coupon(models.TextChoices):
        KEEP = "keep", _("stays with the member")
        TAKE_BACK = "take_back", _("is taken off what comes back")

    payment_window_minutes = models.PositiveSmallIntegerField(
        _("minutes to pay"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
    )
    discount_min_points = models.PositiveIntegerField(
        _("fewest points as discount"), default=100, validators=[MinValueValidator(1)]
    )
    discount_step_points = models.PositiveIntegerField(
        _("points in steps of"), default=100, validators=[MinValueValidator(1)]
    )
    discount_max_percent = models.PositiveSmallIntegerField(
        _("discount at most, % of goods"), default=50, validators=[MaxValueValidator(100)]
    )
    freight = models.DecimalField(
        _("freight in yuan"),
        max_digits=8,
        decimal_places=2,
        default=ZERO,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Flat, per order with goods to deliver. Never paid with points."),
    )
    refund_days = models.PositiveSmallIntegerField(
        _("days to ask for a refund"),
        default=7,
        validators=[MaxValueValidator(365)],
        help_text=_("Counted from the receipt."),
    )
    refund_coupon = models.CharField(
        _("coupon of what stays"),
        max_length=9,
        choices=Coupon,
        default=Coupon.KEEP,
        db_default=Coupon.KEEP.value,
        help_text=_(
            "When a refund leaves less than a coupon's total: its discount on what stays. The "
            "preview says so."
        ),
    )
    auto_complete_days = models.PositiveSmallIntegerField(
        _("days until receipt is "
            "assumed"), default=10, validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_("Counted from shipping; an open refund request stops it."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("checkout policy")
        verbose_name_plural = _("checkout policy")
        constraints = [
            models.CheckConstraint(
                name="policy_steps_positive",
                condition=Q(discount_min_points__gte=1, discount_step_points__gte=1),
            ),
            models.CheckConstraint(
                name="policy_share_up_to_100", condition=Q(discount_max_percent__lte=100)
            ),
        ]

    def __str__(self):
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls):
        """Return the policy in force, a copy of one's own."""
        return rows.twin(_policy())


@kept
def _policy() -> CheckoutPolicy:
    return CheckoutPolicy.objects.first() or CheckoutPolicy()
