"""What the back office shows below an order: lines, parcels, notes, payments, what comes back."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from mall.core import actors
from mall.core.admin.read_only import ReadOnly
from orders.dispatch import carriers
from orders.models import (
    OrderLine,
    OrderNote,
    Payment,
    RefundRequest,
    Shipment,
)


class LineInline(ReadOnly, TabularInline):
    model = OrderLine
    extra = 0
    hide_title = True
    fields = [
        "product_name",
        "sku_name",
        "quantity",
        "unit_points",
        "unit_cash",
        "points",
        "cash",
        "coupon_discount",
        "discount",
    ]
    fields += ["shipped_quantity", "refunded_quantity"]
    readonly_fields = fields

    @admin.display(description=_("product"))
    def product_name(self, line):
        return line.product_name

    @admin.display(description=_("variant"))
    def sku_name(self, line):
        return line.sku_name or "–"


class ShipmentInline(ReadOnly, TabularInline):
    model = Shipment
    extra = 0
    hide_title = True
    fields = ["number", "carried_by", "followed", "contents", "at", "by"]
    readonly_fields = fields
    by = actors.column("actor", _("by"))

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("lines__line")

    @admin.display(description=_("carrier"))
    def carried_by(self, parcel):
        return carriers.called(parcel.carrier, code=parcel.carrier_code) or "–"

    @admin.display(description=_("tracking number"))
    def followed(self, parcel):
        address = carriers.tracking_of(parcel)
        if not address:
            return parcel.tracking_number or "–"
        link = '<a class="underline" href="{}" rel="noopener noreferrer" target="_blank">{}</a>'
        return format_html(link, address, parcel.tracking_number)

    @admin.display(description=_("contents"))
    def contents(self, parcel):
        return ", ".join(str(part) for part in parcel.lines.all())


class NoteInline(ReadOnly, TabularInline):
    model = OrderNote
    extra = 0
    hide_title = True
    fields = ["text", "at", "by"]
    readonly_fields = fields
    by = actors.column("actor", _("by"))


class PaymentInline(ReadOnly, TabularInline):
    model = Payment
    extra = 0
    hide_title = True
    fields = ["linked_no", "provider", "amount", "status", "created_at", "paid_at"]
    readonly_fields = fields

    @admin.display(description=_("payment number"))
    def linked_no(self, payment):
        return _way_to(payment, payment.no)


class RefundRequestInline(ReadOnly, TabularInline):
    model = RefundRequest
    extra = 0
    hide_title = True
    fields = ["linked_number", "status", "reason", "points", "cash", "requested_at", "refunded_at"]
    readonly_fields = fields

    @admin.display(description=_("no."))
    def linked_number(self, request):
        return _way_to(request, request.number)


def _way_to(row, words):
    """Return the link to a row's page: Unfold has one in the title only, which is hidden here."""
    address = reverse(f"admin:orders_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a class="underline" href="{}">{}</a>', address, words)
