"""Orders behind the counter: looked at here, changed only by the verbs a shopper's door calls
too.
"""

from django.contrib import admin, messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action, display

from accounts.privacy import mask_name, mask_phone
from mall.core import actors, audit
from mall.core.admin.action_forms import ask, sent
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestBooleanFilter, NewestChoicesFilter
from mall.core.admin.one_row import OneRow
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from orders import lifecycle, shipping
from orders.coupons import admin as coupon_admin  # noqa: F401 - the rooms register what is theirs
from orders.flash import admin as flash_admin  # noqa: F401
from orders.forms import CancelForm, ConfirmForm, RefundAskForm, ShipForm
from orders.models import (
    CheckoutPolicy,
    Order,
    OrderLine,
    Payment,
    PaymentNotice,
    PaymentRefund,
    Shipment,
)
from orders.payments import cash_out
from orders.refunds import admin as refund_admin  # noqa: F401
from orders.refunds import requests as refund_requests

STATUS_COLOURS = {
    Order.Status.PENDING: "warning",
    Order.Status.PAID: "info",
    Order.Status.SHIPPED: "info",
    Order.Status.COMPLETED: "success",
    Order.Status.CANCELLED: "danger",
}
# Which buttons an order shows in which state; the verbs ask again.
BUTTONS = {
    Order.Status.PENDING: {"cancel_order"},
    Order.Status.PAID: {"ship_order", "cancel_order", "ask_refund"},
    Order.Status.SHIPPED: {"complete_order", "ask_refund"},
    Order.Status.COMPLETED: {"ask_refund"},
    Order.Status.CANCELLED: {"refund_order"},
}


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
    fields = ["number", "carrier", "tracking_number", "contents", "at", "by"]
    readonly_fields = fields
    by = actors.column("actor", _("by"))

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("lines__line")

    @admin.display(description=_("contents"))
    def contents(self, parcel):
        return ", ".join(str(part) for part in parcel.lines.all())


class PaymentInline(ReadOnly, TabularInline):
    model = Payment
    extra = 0
    hide_title = True
    show_change_link = True
    fields = ["no", "provider", "amount", "status", "created_at", "paid_at"]
    readonly_fields = fields


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
    ]
    readonly_fields = fields


class NoticeInline(ReadOnly, TabularInline):
    model = PaymentNotice
    extra = 0
    hide_title = True
    fields = ["received_at", "event_id", "outcome", "amount", "provider_ref"]
    readonly_fields = fields


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin):
    """Ship, complete, cancel and repay orders; everything else of them is read."""

    view_on_site = False  # a shopper's page is a shopper's own
    list_display = ["no", "member", "shown_status", "points", "cash", "is_physical", "created_at"]
    list_filter = [("created_at", DayRangeFilter), "status", ("is_physical", NewestBooleanFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["=no", *members("user"), "=shipments__tracking_number", "tracking_number"]
    search_help_text = _(
        "A whole order number or tracking number, a member's whole name or e-mail, or how the name "
        "begins; a part of a tracking number among the newest orders."
    )
    inlines = [LineInline, ShipmentInline, PaymentInline]
    actions_detail = [
        "reveal_address",
        "ship_order",
        "complete_order",
        "ask_refund",
        "cancel_order",
        "refund_order",
    ]
    fieldsets = [
        (
            _("Amounts"),
            {
                "fields": [
                    ("points", "points_for_discount"),
                    ("goods_cash", "discount"),
                    ("coupon_used", "coupon_discount"),
                    ("freight", "cash"),
                    ("refunded_points", "refunded_cash", "refunded_at"),
                    "rate",
                ]
            },
        ),
        (
            _("Times"),
            {
                "fields": [
                    ("created_at", "pay_by"),
                    ("paid_at", "shipped_at"),
                    ("completed_at", "cancelled_at"),
                    "history",
                ]
            },
        ),
    ]
    readonly_fields = [
        "no", "member", "status", "deliver_to_masked", "carrier", "tracking_number", "points",
        "points_for_discount",
        "rate", "goods_cash", "discount", "coupon_used", "coupon_discount", "freight", "cash",
        "created_at", "pay_by", "paid_at",
        "shipped_at",
        "completed_at", "cancelled_at", "refunded_points", "refunded_cash", "refunded_at",
        "history",
    ]  # fmt: skip

    @admin.display(description=_("member"), ordering="user_id")
    def member(self, order):
        return order.user.get_username()

    @admin.display(description=_("coupon"))
    def coupon_used(self, order):
        return order.coupon_name or "–"

    @admin.display(description=_("order events"))
    def history(self, order):
        rows = (
            (
                date_format(localtime(event.at), "SHORT_DATETIME_FORMAT"),
                event.label,
                str(Order.Status(event.to_status).label) if event.is_move else "",
                actors.in_words(event.actor),
                event.note,
            )
            for event in order.events
        )
        cells = '<td class="py-1 pr-6">{}</td>' * 5
        return format_html("<table>{}</table>", format_html_join("", f"<tr>{cells}</tr>", rows))

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def shown_status(self, order):
        return order.status, order.get_status_display()

    def get_fieldsets(self, request, obj=None):
        """Show a mask of the address; the whole one takes a button, a permission and a row of the
        audit log.
        """
        first = (
            None,
            {
                "fields": [
                    ("no", "member"),
                    "status",
                    "deliver_to_masked",
                    ("carrier", "tracking_number"),
                ]
            },
        )
        return [first, *self.fieldsets]

    @admin.display(description=_("deliver to"))
    def deliver_to_masked(self, order):
        to = order.address
        return (
            f"{mask_name(to['recipient'])} · {mask_phone(to['phone'])} · {to['region']}"
            if to
            else "–"
        )

    # --- what may be done ------------------------------------------------------
    def get_actions_detail(self, request, object_id):
        order = self.get_object(request, object_id)
        shown = BUTTONS[order.status] if order else set()
        if order and order.refunded_at:
            shown = {"refund_order"}
        if order and not self._owed(order):
            shown = shown - {"refund_order"}
        if order and order.address:
            shown = shown | {"reveal_address"}
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.method.original_function_name in shown
        ]

    def has_ship_permission(self, request, object_id=None):
        return request.user.has_perm("orders.ship_order")

    def has_reveal_permission(self, request, object_id=None):
        return request.user.has_perm("orders.ship_order") or request.user.has_perm(
            "accounts.reveal_personal"
        )

    @action(description=_("Show the address"), url_path="reveal-address", permissions=["reveal"])
    def reveal_address(self, request, object_id):
        """Uncover one address; that it was looked at stays in the audit log."""
        order = self.get_object(request, object_id)
        if order is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        audit.note(request.user, "orders.reveal_address", target=order.reference)
        to = order.address
        messages.info(
            request,
            f"{to['recipient']} · {to['phone']} · {to['region']} {to['detail']}"
            if to
            else _("No address."),
        )
        return redirect("admin:orders_order_change", order.pk)

    def has_complete_permission(self, request, object_id=None):
        return request.user.has_perm("orders.complete_order")

    def has_cancel_permission(self, request, object_id=None):
        return request.user.has_perm("orders.cancel_order")

    @action(description=_("Ship"), url_path="ship", permissions=["ship"])
    def ship_order(self, request, object_id):
        """Note carrier and tracking number and send the order off."""
        return self._ask(
            request,
            object_id,
            lambda order: ShipForm(
                sent(request), is_physical=order.is_physical, waiting=shipping.waiting(order)
            ),
            lambda order, said: lifecycle.ship(order, actor=f"staff:{request.user.pk}", **said),
            question=_(
                "Who carries it, and under which number? Virtual goods need neither. Fewer pieces "
                "make a first parcel."
            ),
            button=_("Ship"),
        )

    @action(description=_("Complete"), url_path="complete", permissions=["complete"])
    def complete_order(self, request, object_id):
        """Note that the goods arrived."""
        return self._ask(
            request,
            object_id,
            lambda order: ConfirmForm(sent(request)),
            lambda order, said: lifecycle.complete(order, actor=f"staff:{request.user.pk}"),
            question=_("Have the goods arrived?"),
            button=_("Complete"),
        )

    @action(description=_("Cancel"), url_path="cancel", permissions=["cancel"])
    def cancel_order(self, request, object_id):
        """Cancel, with a reason: points, cash and goods go back."""
        return self._ask(
            request,
            object_id,
            lambda order: CancelForm(sent(request)),
            lambda order, said: lifecycle.cancel(
                order, actor=f"staff:{request.user.pk}", note=said["reason"]
            ),
            question=_(
                "Points, money and goods go back to where they came from. The member sees the "
                "reason."
            ),
            button=_("Cancel the order"),
        )

    @action(description=_("Refund"), url_path="ask-refund", permissions=["decide"])
    def ask_refund(self, request, object_id):
        """Ask for a refund in the member's place; the page of the request then shows what approving
        it does.
        """

        def verb(order, said):
            asked = refund_requests.request(
                order,
                lines=list((said["pieces"] or {}).items()),
                key=f"staff-{said['key'].hex}",
                actor=f"staff:{request.user.pk}",
                reason=said["reason"],
            )
            return redirect("admin:orders_refundrequest_approve_refund", asked.pk)

        return self._ask(
            request,
            object_id,
            lambda order: RefundAskForm(
                sent(request), lines=order.lines.all(), left=refund_requests.left_of(order)
            ),
            verb,
            question=_(
                "Which pieces go back? The next page shows points and money before anything "
                "happens."
            ),
            button=_("Go on"),
        )

    def has_decide_permission(self, request, object_id=None):
        return request.user.has_perm("orders.decide_refundrequest")

    @action(description=_("Return the money now"), url_path="refund", permissions=["cancel"])
    def refund_order(self, request, object_id):
        """Ask the provider again for what a cancelled order is still owed."""
        return self._ask(
            request,
            object_id,
            lambda order: ConfirmForm(sent(request)),
            lambda order, said: [cash_out.settle(refund) for refund in self._owed(order)],
            question=_("Some cash of this order is still on its way back. Ask the provider again?"),
            button=_("Return the money now"),
        )

    def _owed(self, order):
        owed = PaymentRefund.objects.filter(
            payment__order=order, status=PaymentRefund.Status.REQUESTED
        )
        return list(owed.select_related("payment__order"))

    def _ask(self, request, object_id, form_of, verb, *, question, button):
        """Show a form about one order until the verb takes what it says; ``verb`` may return an
        answer of its own.
        """
        order = self.get_object(request, object_id)
        if order is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        about = f"{order.no} · {order.user} · {order.get_status_display()}"

        def answer(order, said):
            done = verb(order, said)
            return done if isinstance(done, HttpResponseBase) else _("Done.")

        return ask(
            self,
            request,
            order,
            form_of(order),
            answer,
            title=button,
            about=about,
            question=question,
        )


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
        "provider_ref",
        "amount",
        "currency",
        "status",
        "created_at",
        "paid_at",
    ]
    readonly_fields = fields


@admin.register(PaymentRefund)
class PaymentRefundAdmin(ReadOnly, ModelAdmin):
    """Cash on its way back, and cash that arrived."""

    list_display = ["no", "payment", "reason", "amount", "status", "requested_at", "done_at"]
    list_filter = ["status", ("reason", NewestChoicesFilter)]
    list_select_related = ["payment"]
    search_fields = ["=no", "=payment__no", "=payment__order__no"]
    search_help_text = _("A whole refund number, payment number or order number.")
    fields = ["no", "payment", "key", "reason", "amount", "paid_ref", "status", "provider_ref"]
    fields += ["requested_at", "done_at"]
    readonly_fields = fields


@admin.register(CheckoutPolicy)
class CheckoutPolicyAdmin(OneRow, ModelAdmin):
    """The one row of numbers checkout goes by."""

    list_display = [
        "__str__",
        "payment_window_minutes",
        "discount_min_points",
        "discount_step_points",
        "discount_max_percent",
        "freight",
    ]
