"""Payments and cash that went back, in the back office."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestChoicesFilter
from mall.core.admin.read_only import ReadOnly
from orders.models import (
    Payment,
    PaymentNotice,
    PaymentRefund,
)


class RefundInline(ReadOnly, TabularInline):
    model = PaymentRefund
    extra = 0
    hide_title = True
    fields = [
        "no",
        "reason",
        "amount",
        "status",
        "paid_ref",
        "provider_ref",
        "requested_at",
        "done_at",
        "trouble",
    ]
    readonly_fields = fields


class NoticeInline(ReadOnly, TabularInline):
    model = PaymentNotice
    extra = 0
    hide_title = True
    fields = ["received_at", "event_id", "outcome", "amount", "provider_ref"]
    readonly_fields = fields


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    """Every attempt to pay, with what the provider said and what went back."""

    list_display = ["no", "order", "provider", "amount", "status", "created_at", "paid_at"]
    list_filter = [
        ("created_at", DayRangeFilter),
        ("status", NewestChoicesFilter),
        ("provider", NewestChoicesFilter),
    ]
    list_filter_submit = True
    list_select_related = ["order"]
    search_fields = ["=no", "=order__no", "=provider_ref", "provider_ref"]
    search_help_text = _(
        "A whole payment number, order number or provider's number; a part of the provider's "
        "number among the newest payments."
    )
    inlines = [NoticeInline, RefundInline]
    fields = [
        "no",
        "order",
        "provider",
        "way",
        "provider_ref",
        "amount",
        "currency",
        "status",
        "created_at",
        "paid_at",
        "asked_at",
        "billed_on",
    ]
    readonly_fields = fields


@admin.register(PaymentRefund)
class PaymentRefundAdmin(ReadOnly, ModelAdmin):
    """Cash on its way back, and cash that arrived."""

    list_display = ["no", "payment", "reason", "amount", "status", "trouble"]
    list_display += ["requested_at", "done_at"]
    list_filter = ["status", ("reason", NewestChoicesFilter)]
    list_select_related = ["payment"]
    search_fields = ["=no", "=payment__no", "=payment__order__no"]
    search_help_text = _("A whole refund number, payment number or order number.")
    fields = ["no", "payment", "key", "reason", "amount", "paid_ref", "status", "provider_ref"]
    fields += ["requested_at", "accepted_at", "done_at", "trouble", "billed_on"]
    readonly_fields = fields
