"""An earlier shop's orders, as imported: read by reports and recommendations, never by the books.

They are no orders of this shop: nothing was taken from a shelf, nothing is owed, nobody earns by
them.
"""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core import clock

NAME_LENGTH = 120
NUMBER_LENGTH = 64


class HistoryCustomer(models.Model):
    """Somebody the earlier shop knew, by the name its file gives; an operator may say which member
    that is.
    """

    name = models.CharField(_("customer"), max_length=NAME_LENGTH, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="history",
        verbose_name=_("member"),
        help_text=_(
            "With a member named here, the imported orders count as that member's own in every "
            "report."
        ),
    )
    linked_at = models.DateTimeField(_("linked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("customer of the earlier shop")
        verbose_name_plural = _("customers of the earlier shop")
        ordering = ["name"]

    def __str__(self):
        return self.name


class HistoryOrder(models.Model):
    """One order of the earlier shop; ``digest`` tells the same order from another one under its
    number.
    """

    class Status(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")
        REFUNDED = "refunded", _("Refunded")

    no = models.CharField(_("order number"), max_length=NUMBER_LENGTH, unique=True)
    customer = models.ForeignKey(
        HistoryCustomer,
        models.PROTECT,
        db_constraint=False,
        related_name="orders",
        verbose_name=_("customer"),
    )
    ordered_at = models.DateTimeField(_("ordered"))
    on = models.DateField(_("shop day"))
    status = models.CharField(_("status"), max_length=9, choices=Status)
    total = models.DecimalField(_("goods in yuan"), max_digits=14, decimal_places=2)
    digest = models.CharField(max_length=32, editable=False)
    imported_at = models.DateTimeField(_("imported"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("order of the earlier shop")
        verbose_name_plural = _("orders of the earlier shop")
        ordering = ["-on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="history_order_status_known",
                condition=Q(status__in=["completed", "cancelled", "refunded"]),
            ),
        ]
        indexes = [models.Index(fields=["on", "customer"], name="history_order_day")]

    def __str__(self):
        return self.no


class HistoryLine(models.Model):
    """One line of an imported order, in the earlier shop's own words."""

    order = models.ForeignKey(
        HistoryOrder,
        models.CASCADE,
        db_constraint=False,
        related_name="lines",
        verbose_name=_("order"),
    )
    sku = models.CharField(_("SKU"), max_length=64)
    product = models.CharField(_("product"), max_length=NAME_LENGTH)
    category = models.CharField(_("category"), max_length=NAME_LENGTH, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), validators=[MinValueValidator(1)])
    unit_price = models.DecimalField(_("yuan each"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("line of an earlier order")
        verbose_name_plural = _("lines of earlier orders")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.product} × {self.quantity}"
