"""One redemption: what was ordered, at which price, and all that happened to it."""

import json
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.privacy import EncryptedTextField
from mall.core import clock
from mall.core.blind_index import BlindIndexField, MarkField
from mall.core.money import ZERO
from orders import contacts
from orders.models.event import OrderEvent
from orders.models.line import adds_up, in_language
from orders.numbers import NUMBER_LENGTH, new_number, page_of

GIFT = "gift:"  # how keys of orders begin that nobody paid for (orders/gifts.py)


class OrderQuerySet(models.QuerySet):
    def of(self, user):
        """The orders of one member."""
        return self.filter(user=user)

    def purchases(self):
        """Orders that somebody placed: what was won is none."""
        return self.exclude(key__startswith=GIFT)

    def due(self, as_of):
        """Unpaid orders whose payment window has closed."""
        return self.filter(status=Order.Status.PENDING, pay_by__lte=as_of)

    def overdue(self, sent_by):
        """Orders sent by an instant that nobody said arrived, without a refund request that
        waits.
        """
        waiting = models.Q(refund_requests__status="requested")
        return self.filter(
            status=Order.Status.SHIPPED, shipped_at__lte=sent_by, refunded_at__isnull=True
        ).exclude(waiting)

    def newest_first(self):
        return self.order_by("-pk")


class Order(models.Model):
    """One redemption, from placing to receipt."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Awaiting payment")
        PAID = "paid", _("Paid")
        SHIPPED = "shipped", _("Shipped")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    no = models.CharField(
        _("order number"), max_length=NUMBER_LENGTH, unique=True, default=new_number, editable=False
    )
    # No constraint in the database: inserting a child would take a shared lock on the member's row,
    # which a sign-in at the same moment wants for itself (docs/ledger.md).
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="orders",
        verbose_name=_("member"),
    )
    key = models.CharField(_("one-time key"), max_length=64)
    body_hash = models.CharField(_("fingerprint of the request"), max_length=64)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    points = models.PositiveBigIntegerField(
        _("points"), help_text=_("All points this order takes, those used as discount included.")
    )
    cash = models.DecimalField(
        _("cash"),
        max_digits=12,
        decimal_places=2,
        help_text=_("Yuan to pay: goods − coupon − discount + freight."),
    )
    goods_cash = models.DecimalField(_("goods in yuan"), max_digits=12, decimal_places=2)
    discount = models.DecimalField(_("discount"), max_digits=12, decimal_places=2, default=ZERO)
    coupon_discount = models.DecimalField(
        _("taken off by the coupon"), max_digits=12, decimal_places=2, default=ZERO
    )
    coupon_names = models.JSONField(
        _("name of the coupon"),
        default=dict,
        blank=True,
        help_text=_("In every language, as it was; empty without one."),
    )
    freight = models.DecimalField(_("freight"), max_digits=12, decimal_places=2, default=ZERO)
    rate = models.PositiveIntegerField(_("points per yuan"))
    points_for_discount = models.PositiveBigIntegerField(_("points used as discount"), default=0)
    is_physical = models.BooleanField(_("needs delivery"), default=False)
    address_sealed = EncryptedTextField(_("delivery address"), blank=True, default="")
    # What the address is found by (orders/contacts.py); NULL until somebody marked it.
    phone_mark = BlindIndexField(folds=contacts.phone_forms, editable=False)
    phone_tail_mark = BlindIndexField(folds=contacts.tail_forms, editable=False)
    recipient_mark = BlindIndexField(folds=contacts.name_forms, editable=False)
    address_mark = BlindIndexField(editable=False)
    # From where it was placed (accounts/traces.py); NULL: nobody saw it, or its time is over.
    device_mark = MarkField(editable=False)
    network_mark = MarkField(editable=False)
    carrier = models.CharField(_("carrier"), max_length=40, blank=True, default="")
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True, default="")
    created_at = models.DateTimeField(_("placed"))
    pay_by = models.DateTimeField(_("pay by"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    # Sums of the approved refunds (orders/refunds/requests.py); the whole order is back when
    # refunded_at is set.
    refunded_points = models.PositiveBigIntegerField(_("points refunded"), default=0)
    refunded_cash = models.DecimalField(
        _("cash refunded"), max_digits=12, decimal_places=2, default=ZERO
    )
    refunded_pieces = models.PositiveIntegerField(_("pieces refunded"), default=0)
    refunded_at = models.DateTimeField(_("refunded whole at"), null=True, blank=True)

    objects = OrderQuerySet.as_manager()
    written_lines = None  # set on an instance just placed: its lines as they were written
    replayed = False  # set on an instance that answers a repeated request (checkout.place_order)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="order_key_once"),
            models.CheckConstraint(
                name="order_status_known",
                condition=Q(status__in=["pending", "paid", "shipped", "completed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="order_cash_adds_up",
                condition=adds_up(
                    F("goods_cash") - F("coupon_discount") - F("discount") + F("freight")
                ),
            ),
            models.CheckConstraint(
                name="order_amounts_not_negative",
                condition=Q(
                    points__gte=0,
                    cash__gte=0,
                    discount__gte=0,
                    coupon_discount__gte=0,
                    freight__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="order_discount_is_part", condition=Q(points_for_discount__lte=F("points"))
            ),
            models.CheckConstraint(
                name="order_refund_is_part",
                condition=Q(refunded_points__lte=F("points"), refunded_cash__gte=0)
                & Q(refunded_cash__lt=F("cash") + Value(Decimal("0.005"))),  # SQLite's are floats
            ),
        ]
        indexes = [
            models.Index(fields=["status", "pay_by"], name="order_due"),
            models.Index(fields=["status"], name="order_status"),
            models.Index(fields=["user", "status"], name="order_of_member"),
            models.Index(fields=["created_at"], name="order_placed"),
            models.Index(fields=["phone_mark"], name="order_phone"),
            models.Index(fields=["phone_tail_mark"], name="order_phone_tail"),
            models.Index(fields=["recipient_mark"], name="order_recipient"),
        ]
        permissions = [
            ("ship_order", _("Can ship orders")),
            ("cancel_order", _("Can cancel orders")),
            ("complete_order", _("Can complete orders")),
        ]

    def __str__(self):
        return self.no

    def get_absolute_url(self):
        return page_of(self.no)

    @property
    def known_lines(self):
        """Its lines, as they were written or read with it; else they are asked now. For an answer
        made at once, not for what goes on living.
        """
        return self.lines.all() if self.written_lines is None else self.written_lines

    @property
    def events(self):
        """What happened to the order, the oldest first."""
        return OrderEvent.objects.about(self)

    @property
    def reference(self) -> str:
        """The name under which ledger and stock know this order."""
        return f"order:{self.no}"

    @property
    def is_gift(self) -> bool:
        """Whether its member has won it: then it is no purchase."""
        return self.key.startswith(GIFT)

    @property
    def coupon_name(self) -> str:
        """The name of the coupon used, in the reader's language, as it was; empty without one."""
        return in_language(self.coupon_names)

    @property
    def address(self) -> dict:
        """The delivery address as it was when the order was placed; empty for virtual goods."""
        return json.loads(self.address_sealed) if self.address_sealed else {}

    @property
    def is_payable(self) -> bool:
        """Whether a payment may still be started."""
        return (
            self.status == self.Status.PENDING
            and self.pay_by is not None
            and clock.now() < self.pay_by
        )

    @property
    def can_be_cancelled(self) -> bool:
        return self.status in (self.Status.PENDING, self.Status.PAID) and not self.refunded_pieces

    @property
    def can_be_received(self) -> bool:
        return self.status == self.Status.SHIPPED and self.refunded_at is None

    @property
    def refund_state(self) -> str:
        """How much of the order was refunded: none, partial or whole."""
        return self.state_of_refunds(self.refunded_at, self.refunded_pieces)

    @staticmethod
    def state_of_refunds(whole_at, pieces) -> str:
        """Return the same of an order that was refunded whole at an instant (None: not), or by so
        many pieces.
        """
        return "whole" if whole_at else "partial" if pieces else "none"
