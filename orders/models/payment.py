"""Cash: attempts to pay, what providers said about them, and what goes back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core.blind_index import MarkField
from orders.models.order import Order
from orders.numbers import NUMBER_LENGTH, new_number


class Payment(models.Model):
    """One attempt to pay an order's cash with one provider."""

    class Status(models.TextChoices):
        OPEN = "open", _("Waiting for the provider")
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Failed")

    no = models.CharField(
        _("payment number"),
        max_length=NUMBER_LENGTH,
        unique=True,
        default=new_number,
        editable=False,
    )
    order = models.ForeignKey(
        Order, models.PROTECT, related_name="payments", verbose_name=_("order")
    )
    provider = models.CharField(_("provider"), max_length=20)
    # Until the provider names the money that came in, our own number stands here (NOT NULL, plain
    # unique).
    provider_ref = models.CharField(_("provider's number"), max_length=64)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField(_("started"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    way = models.CharField(
        _("way to pay"),
        max_length=8,
        blank=True,
        default="",
        db_default="",
        help_text=_("How the provider is paid: page, app, QR code; empty of earlier payments."),
    )
    ticket = models.CharField(
        _("what the provider gave to pay with"),
        max_length=512,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    ticket_until = models.DateTimeField(null=True, blank=True, editable=False)
    asked_at = models.DateTimeField(_("provider last asked"), null=True, blank=True)
    billed_on = models.DateField(
        _("in the bill of"), null=True, blank=True, help_text=_("The provider's bill it stood in.")
    )
    # Who paid, as far as the provider tells; a mark, and NULL where it does not tell.
    payer_mark = MarkField(editable=False)
    is_first = False  # set on an instance just started: its order had no payment before

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["created_at"], name="payment_by_day"),
            models.Index(fields=["provider_ref"], name="payment_provider_ref"),
            models.Index(fields=["status", "id"], name="payment_open"),
            models.Index(fields=["paid_at"], name="payment_by_day_paid"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_ref"], name="payment_provider_ref_once"
            ),
            models.CheckConstraint(
                name="payment_status_known", condition=Q(status__in=["open", "paid", "failed"])
            ),
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self):
        return self.no

    @property
    def known_refunds(self):
        """What went back of it; asked of the database where there may be any."""
        return () if self.is_first else self.refunds.all()


class PaymentNotice(models.Model):
    """One message of a provider that changed or confirmed something, kept so that it counts
    once.
    """

    class Outcome(models.TextChoices):
        SETTLED = "settled", _("The order is paid")
        FAILED = "failed", _("The payment failed")
        REPEATED = "repeated", _("Already known")
        REFUNDED_LATE = "refunded_late", _("Too late, money goes back")
        REFUNDED_SECOND = "refunded_second", _("Paid twice, money goes back")

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("event"), max_length=64)
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="notices", verbose_name=_("payment")
    )
    is_paid = models.BooleanField(
        _("says that it is paid"),
        null=True,
        help_text=_("Unknown of a few notices from before this was kept."),
    )
    provider_ref = models.CharField(_("provider's number"), max_length=64, blank=True, default="")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("payment notice")
        verbose_name_plural = _("payment notices")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="notice_event_once")
        ]

    def __str__(self):
        return f"{self.provider} {self.event_id}"


class PaymentRefund(models.Model):
    """Cash on its way back. Written in the transaction that decides it, carried out by the provider
    afterwards.
    """

    class Reason(models.TextChoices):
        LATE = "late", _("Paid after the order was cancelled")
        SECOND = "second", _("Paid twice")
        CANCELLED = "cancelled", _("Order cancelled")
        REFUND = "refund", _("Goods refunded")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("On its way")
        DONE = "done", _("Returned")

    no = models.CharField(
        _("refund number"),
        max_length=NUMBER_LENGTH,
        unique=True,
        default=new_number,
        editable=False,
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment")
    )
    key = models.CharField(
        _("key"), max_length=80, help_text=_("Names the fact, so that it is refunded once.")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    paid_ref = models.CharField(_("provider's number of the money returned"), max_length=64)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    provider_ref = models.CharField(
        _("provider's number of the refund"), max_length=64, blank=True, default=""
    )
    requested_at = models.DateTimeField(_("requested"))
    done_at = models.DateTimeField(_("returned"), null=True, blank=True)
    accepted_at = models.DateTimeField(
        _("taken in by the provider"), null=True, blank=True, editable=False
    )
    trouble = models.CharField(
        _("what the provider said"),
        max_length=120,
        blank=True,
        default="",
        db_default="",
        help_text=_("Why the money is not back yet; empty when nothing is wrong."),
    )
    billed_on = models.DateField(
        _("in the bill of"), null=True, blank=True, help_text=_("The provider's bill it stood in.")
    )

    class Meta:
        verbose_name = _("payment refund")
        verbose_name_plural = _("payment refunds")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "key"], name="payment_refund_once"),
            models.CheckConstraint(
                name="payment_refund_status_known", condition=Q(status__in=["requested", "done"])
            ),
            models.CheckConstraint(name="payment_refund_positive", condition=Q(amount__gt=0)),
        ]
        indexes = [
            models.Index(fields=["status", "id"], name="payment_refund_open"),
            models.Index(fields=["done_at"], name="payment_refund_by_day"),
        ]

    def __str__(self):
        return self.no
