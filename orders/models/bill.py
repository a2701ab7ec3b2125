"""A provider's daily bill, and where it and our books differ."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core.money import ZERO


class PaymentBill(models.Model):
    """One provider's account of one day, as it was last read. Written by orders/payments/billing.py
    only.
    """

    provider = models.CharField(_("provider"), max_length=20)
    day = models.DateField(_("day"))
    payments = models.PositiveIntegerField(_("payments"), default=0)
    refunds = models.PositiveIntegerField(_("refunds"), default=0)
    paid = models.DecimalField(_("paid"), max_digits=14, decimal_places=2, default=ZERO)
    refunded = models.DecimalField(_("refunded"), max_digits=14, decimal_places=2, default=ZERO)
    fees = models.DecimalField(_("fees"), max_digits=14, decimal_places=2, default=ZERO)
    read_at = models.DateTimeField(_("last read"))
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("read by"),
    )

    class Meta:
        verbose_name = _("daily bill")
        verbose_name_plural = _("daily bills")
        ordering = ["-day", "provider"]
        constraints = [models.UniqueConstraint(fields=["provider", "day"], name="bill_once")]

    def __str__(self):
        return f"{self.provider} {self.day}"


class BillDifference(models.Model):
    """A payment or refund that the bill and our books do not tell alike."""

    class Kind(models.TextChoices):
        MISSING_HERE = "missing_here", _("In the bill, not in our books")
        MISSING_THERE = "missing_there", _("In our books, not in the bill")
        AMOUNT = "amount", _("Another amount")

    class Subject(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        REFUND = "refund", _("Refund")

    bill = models.ForeignKey(
        PaymentBill, models.CASCADE, related_name="differences", verbose_name=_("daily bill")
    )
    kind = models.CharField(_("difference"), max_length=13, choices=Kind)
    subject = models.CharField(_("of a"), max_length=7, choices=Subject)
    no = models.CharField(_("number"), max_length=64)
    provider_ref = models.CharField(_("provider's number"), max_length=64, blank=True, default="")
    ours = models.DecimalField(
        _("in our books"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    theirs = models.DecimalField(
        _("in the bill"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    found_at = models.DateTimeField(_("found"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.CharField(_("settled by"), max_length=60, blank=True, default="")
    note = models.CharField(_("note"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["bill", "subject", "no", "provider_ref"], name="bill_difference_once"
            ),
            models.CheckConstraint(
                name="bill_difference_known",
                condition=Q(kind__in=["missing_here", "missing_there", "amount"]),
            ),
        ]
        indexes = [
            models.Index(fields=["settled_at", "id"], name="bill_difference_open"),
            models.Index(fields=["no"], name="bill_difference_no"),
            models.Index(fields=["provider_ref"], name="bill_difference_ref"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.no}"
