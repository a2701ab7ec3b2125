"""What happened to an order: facts of its member, as the order's history shows them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from points.models import Event
from points.models.events import EventQuerySet


class OrderEventQuerySet(EventQuerySet):
    """Facts of orders that their history shows."""

    def about(self, order):
        """The history of one order, the oldest first."""
        return self.filter(reference=order.reference).order_by("pk")


class FactsOfOrders(models.Manager.from_queryset(OrderEventQuerySet)):
    """Of all facts of members, those that an order's history shows."""

    def get_queryset(self):
        return super().get_queryset().filter(kind__in=OrderEvent.Kind.values)


class OrderEvent(Event):
    """One change of an order's state, or something worth telling about its money: a fact of its
    member (points.models.Event), told by orders/events.py.

    ``kind`` is worded in the reader's language; ``note`` is what needs no translation (a tracking
    number, an amount) or what an operator wrote.
    """

    class Kind(models.TextChoices):
        PLACED = "order_placed", _("Order placed")
        PAID = "order_paid", _("Paid")
        SHIPPED = "order_shipped", _("On its way to you")
        # all that was left is refunded: nothing more is sent
        SENT = "order_sent", _("On its way to you")
        COMPLETED = "order_completed", _("Received")
        CANCELLED = "order_cancelled", _("Cancelled")
        TIMED_OUT = "order_timed_out", _("Cancelled: not paid in time")
        PAYMENT_FAILED = "order_payment_failed", _("The payment did not go through")
        LATE_MONEY = (
            "order_late_money",
            _("Money came after the order was cancelled; it goes back"),
        )
        SECOND_MONEY = "order_second_money", _("Paid a second time; that money goes back")
        MONEY_RETURNED = "order_money_returned", _("Money returned")
        PART_SHIPPED = "order_part_shipped", _("Part of it is on its way to you")
        NOTE = "order_note", _("A note from the shop")
        KEYS_ISSUED = "order_keys_issued", _("Your codes are ready")
        AUTO_COMPLETED = "order_auto_completed", _("Complete: nobody said it did not arrive")
        REFUND_REQUESTED = "refund_requested", _("Refund asked for")
        REFUND_APPROVED = "refund_approved", _("Refund approved")
        REFUND_REJECTED = "refund_rejected", _("Refund rejected")
        REFUND_WITHDRAWN = "refund_withdrawn", _("Refund withdrawn")

    objects = FactsOfOrders()

    class Meta:
        proxy = True
        verbose_name = _("order event")
        verbose_name_plural = _("order events")

    def __str__(self):
        return f"{self.from_status or '·'} → {self.to_status}"

    @property
    def what(self) -> str:
        """The kind as the API has always named it."""
        return "shipped" if self.kind == self.Kind.SENT else self.kind.removeprefix("order_")

    @property
    def label(self) -> str:
        """The kind in the reader's language."""
        return self.Kind(self.kind).label

    @property
    def is_move(self) -> bool:
        """Whether the order's status changed."""
        return self.from_status != self.to_status

    @property
    def from_status(self) -> str:
        """The order's status before; empty when it was placed."""
        return self.data.get("from", "")

    @property
    def to_status(self) -> str:
        """The order's status after; the same where none changed."""
        return self.data.get("to", "")
