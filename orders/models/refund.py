"""What members ask back: pieces of an order's lines, from the request to the money returned."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core.money import ZERO
from orders.models.line import OrderLine
from orders.models.order import Order
from orders.models.payment import PaymentRefund


class RefundQuerySet(models.QuerySet):
    def waiting(self):
        """Requests nobody has decided yet."""
        return self.filter(status=RefundRequest.Status.REQUESTED)

    def granted(self):
        """Requests that gave something back, or are about to."""
        return self.filter(
            status__in=[RefundRequest.Status.APPROVED, RefundRequest.Status.REFUNDED]
        )


class RefundRequest(models.Model):
    """Pieces of one order that shall go back. Written by orders/refunds/requests.py only.

    What it gives back is noted when it is approved: points and cash at the prices of the order, the
    points taken back by where they were found. The order's lines keep the sums, and their CHECKs
    the caps.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Waiting for an answer")
        APPROVED = "approved", _("Approved, money on its way")
        REFUNDED = "refunded", _("Refunded")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    order = models.ForeignKey(
        Order, models.PROTECT, related_name="refund_requests", verbose_name=_("order")
    )
    number = models.PositiveSmallIntegerField(_("no."))
    key = models.CharField(_("one-time key"), max_length=64)
    body_hash = models.CharField(_("fingerprint of the request"), max_length=64)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    requested_by = models.CharField(_("asked by"), max_length=60)
    requested_at = models.DateTimeField(_("asked at"))
    decided_by = models.CharField(_("decided by"), max_length=60, blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    note = models.CharField(_("answer"), max_length=200, blank=True, default="")
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    restock = models.BooleanField(_("sent goods back on the shelf"), default=False)
    at_fault = models.BooleanField(_("the shop's fault"), default=False)
    points = models.PositiveBigIntegerField(_("points back"), default=0)
    cash = models.DecimalField(
        _("cash back"),
        max_digits=12,
        decimal_places=2,
        default=ZERO,
        help_text=_("Yuan, freight included."),
    )
    freight = models.DecimalField(_("freight back"), max_digits=12, decimal_places=2, default=ZERO)
    taken_pending = models.PositiveBigIntegerField(_("earned points that will not come"), default=0)
    taken_points = models.PositiveBigIntegerField(_("earned points taken back"), default=0)
    taken_debt = models.PositiveBigIntegerField(_("earned points now owed"), default=0)
    payment_refund = models.OneToOneField(
        PaymentRefund,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="request",
        verbose_name=_("payment refund"),
    )

    objects = RefundQuerySet.as_manager()
    replayed = False  # set on an instance that answers a repeated request

    class Meta:
        verbose_name = _("refund request")
        verbose_name_plural = _("refund requests")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="refund_number_once"),
            models.UniqueConstraint(fields=["order", "key"], name="refund_key_once"),
            models.CheckConstraint(
                name="refund_status_known",
                condition=Q(
                    status__in=["requested", "approved", "refunded", "rejected", "withdrawn"]
                ),
            ),
            models.CheckConstraint(
                name="refund_amounts_not_negative", condition=Q(cash__gte=0, freight__gte=0)
            ),
        ]
        indexes = [
            models.Index(fields=["status", "id"], name="refund_waiting"),
            models.Index(fields=["requested_at"], name="refund_by_day"),
        ]
        permissions = [("decide_refundrequest", _("Can approve and reject refunds"))]

    def __str__(self):
        return f"{self.order_id} · {self.number}"

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.REQUESTED

    @property
    def is_granted(self) -> bool:
        return self.status in (self.Status.APPROVED, self.Status.REFUNDED)


class RefundLine(models.Model):
    """So many pieces of one line; points and cash are noted when the request is approved."""

    request = models.ForeignKey(
        RefundRequest, models.PROTECT, related_name="lines", verbose_name=_("refund request")
    )
    line = models.ForeignKey(
        OrderLine, models.PROTECT, related_name="refund_lines", verbose_name=_("order line")
    )
    # none: what an earlier refund kept back of the line's coupon
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    points = models.PositiveBigIntegerField(_("points back"), default=0)
    cash = models.DecimalField(_("cash back"), max_digits=12, decimal_places=2, default=ZERO)
    restocked = models.PositiveSmallIntegerField(_("pieces back on the shelf"), default=0)

    class Meta:
        verbose_name = _("refund line")
        verbose_name_plural = _("refund lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "line"], name="refund_line_once"),
            models.CheckConstraint(
                name="refund_line_quantity",
                condition=Q(quantity__gte=0, restocked__lte=models.F("quantity")),
            ),
        ]

    def __str__(self):
        return f"{self.line.full_name} × {self.quantity}"
