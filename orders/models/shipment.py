"""Parcels: an order may leave in several."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.line import OrderLine
from orders.models.order import Order


class Shipment(models.Model):
    """One parcel with its carrier and number; virtual goods leave in one without either. Written by
    orders/shipping.py.
    """

    order = models.ForeignKey(
        Order, models.PROTECT, related_name="shipments", verbose_name=_("order")
    )
    number = models.PositiveSmallIntegerField(_("no."))
    carrier = models.CharField(_("carrier"), max_length=40, blank=True, default="")
    # empty: one that the list of carriers did not know, or of a release that had no list
    carrier_code = models.CharField(
        _("code of the carrier"), max_length=20, blank=True, default="", db_default=""
    )
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True, default="")
    actor = models.CharField(_("by"), max_length=60)
    at = models.DateTimeField(_("sent at"))

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="shipment_number_once")
        ]
        indexes = [models.Index(fields=["tracking_number"], name="shipment_tracking")]

    def __str__(self):
        return f"{self.carrier} {self.tracking_number}".strip() or str(self.number)


class ShipmentLine(models.Model):
    """So many pieces of one line in a parcel."""

    shipment = models.ForeignKey(
        Shipment, models.PROTECT, related_name="lines", verbose_name=_("shipment")
    )
    line = models.ForeignKey(
        OrderLine, models.PROTECT, related_name="shipment_lines", verbose_name=_("order line")
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "line"], name="shipment_line_once"),
            models.CheckConstraint(name="shipment_line_quantity", condition=Q(quantity__gte=1)),
        ]

    def __str__(self):
        return f"{self.line.full_name} × {self.quantity}"
