"""The refunds page of an order, and the page that shows its codes."""

from uuid import uuid4

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mall.core import unsent
from mall.core.errors import Busy, DomainError
from mall.core.limits import ACTIONS_PER_MEMBER, guard, limit
from orders import delivery
from orders.forms import CodesForm, RefundForm, read_pieces
from orders.models import CheckoutPolicy, Order, RefundRequest
from orders.refunds import preview as refund_preview
from orders.refunds import requests

CODES_PER_MEMBER = "5/15m"  # guesses of the password, as at sign-in


@require_http_methods(["GET", "HEAD", "POST"])
def refunds(request, no):
    """Choose pieces, see what comes back, ask for it; below, what was asked before. A POST asks
    once per one-time key.
    """
    order = _own(request, no)
    if request.method != "POST":
        return _page(request, order, unsent.take(request) or request.GET)
    form = RefundForm(request.POST)
    try:
        form.check()
        limit(request, "refund", ACTIONS_PER_MEMBER, once=form.cleaned_data["key"])
        asked = requests.request(
            order,
            lines=read_pieces(request.POST),
            key=form.cleaned_data["key"],
            actor=f"member:{request.user.pk}",
            reason=form.cleaned_data["reason"],
        )
    except Busy:
        raise
    except DomainError as refusal:
        return _page(request, order, request.POST, refusal=refusal)
    if asked.replayed and asked.status != RefundRequest.Status.REQUESTED:
        words = _("You sent this request once before. Below you see what became of it.")
        messages.info(request, words)
    else:
        messages.success(request, _("We have your request and will answer it soon."))
    return redirect("orders:refunds", order.no)


@require_POST
def withdraw(request, no, number):
    """Take an own request back."""
    asked = get_object_or_404(
        RefundRequest.objects.select_related("order"), order=_own(request, no), number=number
    )
    requests.withdraw(asked, actor=f"member:{request.user.pk}")
    messages.success(request, _("Withdrawn. You can ask again whenever you like."))
    return redirect("orders:refunds", no)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request, no):
    """Ask for the password once more, then show the codes of an own order; who looked is noted."""
    order = _own(request, no)
    context = {
        "order": order,
        "keys": [],
        "form": CodesForm(request.POST or None),
        "line_names": {},
    }
    status = 200
    if request.method == "POST":
        try:
            guard(request, "codes", CODES_PER_MEMBER)
            context["keys"] = delivery.reveal(
                order, user=request.user, password=request.POST.get("password", "")
            )
        except Busy:
            raise
        except DomainError as refusal:
            context["refusal"], status = refusal, refusal.status
    names = {line.pk: line for line in order.lines.all()}
    context["codes"] = [
        {"line": names[key.line], "position": key.position, "code": key.secret}
        for key in context.pop("keys")
    ]
    return render(request, "orders/codes.html", context, status=status)


def _own(request, no) -> Order:
    """Somebody else's order does not exist."""
    return get_object_or_404(
        Order.objects.of(request.user).prefetch_related("lines__product"), no=no
    )


def _page(request, order, asked, *, refusal=None):
    """Show what may be refunded, a preview of what is chosen, and the requests so far."""
    preview = closed = None
    left = requests.left_of(order)
    try:
        requests.check_may_ask(order)
    except DomainError as said:
        closed = said
    chosen = {} if closed else {line: quantity for line, quantity in _chosen(asked) if line in left}
    if not closed and "line" not in asked and sum(left.values()) == 1:  # nothing to choose from
        chosen = {line: pieces for line, pieces in left.items() if pieces}
    if chosen and refusal is None:
        try:
            preview = refund_preview.show(order, list(chosen.items()))
        except DomainError as said:
            refusal = said
    rows = [
        {"line": line, "left": left[line.pk], "chosen": chosen.get(line.pk, 0)}
        for line in order.lines.all()
        if left[line.pk]
    ]
    context = {
        "order": order,
        "rows": [] if closed else rows,
        "closed": closed,
        "chosen": chosen,
        "preview": preview,
        "refusal": refusal,
        "reason": asked.get("reason", "")[:200],
        "requests": order.refund_requests.prefetch_related("lines__line").order_by("-number"),
        "days": CheckoutPolicy.current().refund_days,
        "key": uuid4().hex,
    }
    return render(
        request, "orders/refunds.html", context, status=refusal.status if refusal else 200
    )


def _chosen(asked):
    try:
        return read_pieces(asked)
    except DomainError:
        return []
