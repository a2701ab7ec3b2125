"""The pages of an order: history, one order, cancelling, receipt. The checkout is
orders/checkout_views.py, paying orders/payments/views.py.
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mall.core.errors import DomainError
from orders import delivery, earning, lifecycle
from orders.dispatch import carriers
from orders.models import Order
from orders.refunds import requests as refund_requests
from orders.reviews import lines as reviews

ORDERS_PER_PAGE = 10
STEPS = (Order.Status.PENDING, Order.Status.PAID, Order.Status.SHIPPED, Order.Status.COMPLETED)


# --- history and one order -----------------------------------------------------
@require_safe
def order_list(request):
    """Show the member's orders, newest first."""
    status = request.GET.get("status", "")
    found = Order.objects.of(request.user).newest_first().prefetch_related("lines")
    if status in Order.Status.values:
        found = found.filter(status=status)
    page = Paginator(found, ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    chips = [{"status": "", "label": _("All"), "is_here": status not in Order.Status.values}]
    chips += [
        {"status": value, "label": label, "is_here": value == status}
        for value, label in Order.Status.choices
    ]
    has_any = page.paginator.count or status in Order.Status.values
    return render(
        request, "orders/list.html", {"page_obj": page, "chips": chips if has_any else []}
    )


@require_safe
def detail(request, no):
    """Show one order: what, how much, where to, and all that happened to it."""
    order = _own(request, no)
    lines = order.lines.all()
    context = {
        "order": order,
        "lines": lines,
        "review_rows": reviews.rows_of(order, lines),
        "events": list(order.events),
        "steps": _steps(order),
        "refunds": [
            refund
            for payment in order.payments.prefetch_related("refunds")
            for refund in payment.refunds.all()
        ],
        "is_pending": order.status == Order.Status.PENDING,
        "is_cancelled": order.status == Order.Status.CANCELLED,
        "is_refunded_whole": order.refunded_at is not None,
        "requests": order.refund_requests.order_by("-number"),
        "can_ask_refund": _can_ask_refund(order),
        "parcels": _parcels(order),
        "coming": earning.on_the_way(order),
        "codes_count": len(delivery.keys_of(order)),
    }
    return render(request, "orders/detail.html", context)


def _parcels(order):
    """Return (parcel, its carrier in the reader's language, where it is followed)."""
    sent = order.shipments.exclude(carrier="").prefetch_related("lines__line")
    return [
        (
            parcel,
            carriers.called(parcel.carrier, code=parcel.carrier_code),
            carriers.tracking_of(parcel),
        )
        for parcel in sent
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request, no):
    """Ask once more, then cancel."""
    order = _own(request, no)
    if request.method != "POST":
        return (
            render(request, "orders/cancel.html", {"order": order})
            if order.can_be_cancelled
            else redirect(order)
        )
    lifecycle.cancel(order, actor=f"member:{request.user.pk}")
    messages.success(request, _("Cancelled. What you paid is back or on its way back."))
    return redirect(order)


@require_POST
def receipt(request, no):
    """Note that the goods arrived."""
    order = lifecycle.complete(_own(request, no), actor=f"member:{request.user.pk}")
    messages.success(request, _("Thank you. Enjoy it!"))
    return redirect(order)


def _own(request, no) -> Order:
    """Somebody else's order does not exist."""
    return get_object_or_404(Order.objects.of(request.user), no=no)


def _can_ask_refund(order) -> bool:
    try:
        refund_requests.check_may_ask(order)
    except DomainError:
        return False
    return True


def _steps(order) -> list[dict]:
    """Where an order stands on its way, for the component of that name; a cancelled one is on
    none.
    """
    if order.status == Order.Status.CANCELLED:
        return []
    at = {
        Order.Status.PENDING: order.created_at,
        Order.Status.PAID: order.paid_at,
        Order.Status.SHIPPED: order.shipped_at,
        Order.Status.COMPLETED: order.completed_at,
    }
    labels = [_("Placed"), _("Paid")] + (
        [_("Shipped"), _("Received")] if order.is_physical else [_("Handed out"), _("Completed")]
    )
    here = STEPS.index(order.status)
    states = [
        "done"
        if i < here or order.status == Order.Status.COMPLETED
        else "now"
        if i == here
        else "todo"
        for i in range(len(STEPS))
    ]
    return [
        {"label": label, "state": state, "at": at[step]}
        for step, label, state in zip(STEPS, labels, states, strict=True)
    ]
