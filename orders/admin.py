"""Orders behind the counter: looked at here, changed only by the verbs a shopper's door calls
too.
"""

from django.contrib import admin
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.privacy import mask_name, mask_phone
from mall.core import actors
from mall.core.admin.day_range import DayRangeFilter
from mall.core.admin.model_admin import ModelAdmin
from mall.core.admin.newest import NewestBooleanFilter
from mall.core.admin.read_only import ReadOnly
from mall.core.admin.search import members
from orders import (
    policy_admin,  # noqa: F401
)
from orders.basket import admin as basket_admin  # noqa: F401
from orders.buttons_admin import OrderButtons
from orders.coupons import admin as coupon_admin  # noqa: F401 - the rooms register what is theirs
from orders.coupons import (
    goods_admin,  # noqa: F401
    handout_admin,  # noqa: F401
)
from orders.dispatch import admin as dispatch_admin  # noqa: F401
from orders.dispatch.order_admin import DispatchButtons
from orders.flash import admin as flash_admin  # noqa: F401
from orders.models import (
    Order,
)
from orders.parts_admin import (
    LineInline,
    NoteInline,
    PaymentInline,
    RefundRequestInline,
    ShipmentInline,
)
from orders.payments import admin as payment_admin  # noqa: F401
from orders.payments import bill_admin  # noqa: F401
from orders.refunds import admin as refund_admin  # noqa: F401

STATUS_COLOURS = {
    Order.Status.PENDING: "warning",
    Order.Status.PAID: "info",
    Order.Status.SHIPPED: "info",
    Order.Status.COMPLETED: "success",
    Order.Status.CANCELLED: "danger",
}


@admin.register(Order)
class OrderAdmin(DispatchButtons, OrderButtons, ReadOnly, ModelAdmin):
    """Ship, complete, cancel and repay orders; everything else of them is read."""

    view_on_site = False  # a shopper's page is a shopper's own
    list_display = ["no", "member", "shown_status", "points", "cash", "is_physical", "created_at"]
    list_filter = [("created_at", DayRangeFilter), "status", ("is_physical", NewestBooleanFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["=no", *members("user")]
    search_fields += ["=phone_mark", "=phone_tail_mark", "=recipient_mark", "=user__nickname"]
    search_fields += ["=shipments__tracking_number", "tracking_number"]
    search_help_text = _(
        "A whole order number or tracking number; the recipient's whole name, phone or its last "
        "four digits; a member's whole name, nickname or e-mail, or how the name begins; a part of "
        "a tracking number among the newest orders."
    )
    inlines = [LineInline, ShipmentInline, NoteInline, PaymentInline, RefundRequestInline]
    actions_list = ["ship_many"]
    actions = ["ship_chosen", "print_slips", "export_orders"]
    actions_detail = [
        "reveal_address",
        "ship_order",
        "complete_order",
        "ask_refund",
        "cancel_order",
        "refund_order",
        "note_member",
        "note_inside",
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
        "no", "member_link", "status", "deliver_to_masked", "carrier", "tracking_number", "points",
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

    @admin.display(description=_("member"))
    def member_link(self, order):
        # By name: the page stands on the roof.
        address = reverse("member_page", args=[order.user_id])
        return format_html('<a class="underline" href="{}">{}</a>', address, order.user)

    @admin.display(description=_("coupon used"))
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
                    ("no", "member_link"),
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
