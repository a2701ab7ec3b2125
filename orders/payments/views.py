"""The pages of paying: choosing a provider, waiting for its word, and the sandbox's own page."""

import io

import qrcode
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from qrcode.image.svg import SvgPathFillImage

from mall.core import unsent
from mall.core.errors import DomainError
from orders.models import Order, Payment
from orders.payments import cash_in, enquiries, gateways
from orders.payments.gateways import sandbox
from orders.payments.payers import payer_of


@require_http_methods(["GET", "HEAD", "POST"])
def pay(request, no):
    """Let the member choose a provider; a POST leads there, in the way that fits their browser or
    the one it names.
    """
    order = _own(request, no)
    if not order.is_payable:
        if order.status == Order.Status.PENDING:
            messages.info(
                request, _("The time to pay is over. Points and goods are on their way back.")
            )
        return redirect(order)
    if request.method != "POST":
        offered = [
            {"name": name, "label": gateway.LABEL} for name, gateway in gateways.offered().items()
        ]
        return render(request, "orders/pay.html", {"order": order, "providers": offered})
    provider = request.POST.get("provider", "")
    way = request.POST.get("way") or gateways.get(provider).way_for(payer_of(request))
    payment = cash_in.start(order, provider, way)
    enquiries.leave_others(payment)
    return redirect(gateways.get(provider).pay_url(payment))


@require_safe
@never_cache
def paying(request, no, payment_no):
    """Show how a payment is paid and wait for the provider's word; the provider is asked when it
    does not come. htmx asks for the same page every few seconds, a link does without scripts.
    """
    payment = _payment(request, no, payment_no)
    enquiries.ask_soon(payment)
    payment = _payment(request, no, payment_no)
    if payment.order.status != Order.Status.PENDING:
        _tell_how_it_went(request, payment)
        return _lead(request, payment.order.get_absolute_url())
    is_open = payment.order.is_payable and payment.status == Payment.Status.OPEN
    if request.headers.get("HX-Request") and not is_open:
        return _lead(request, request.path)  # the whole page, with what is left to do
    shown = {"order": payment.order, "payment": payment, "label": _label(payment)}
    shown["has_failed"] = payment.status == Payment.Status.FAILED
    if is_open:
        try:
            known = cash_in.payable_with(payment)
            shown["pay_with"] = known or cash_in.begin(payment, payer_of(request))
        except DomainError as refusal:
            shown["refusal"] = str(refusal)
    return render(request, "orders/paying.html", shown)


@require_safe
@never_cache
def code(request, no, payment_no):
    """Draw the QR code of a payment that has begun, dark on white whatever the theme."""
    payment = _payment(request, no, payment_no)
    pay_with = cash_in.payable_with(payment) or {}
    if "code_url" not in pay_with:
        raise Http404
    drawn = io.BytesIO()
    qrcode.make(pay_with["code_url"], image_factory=SvgPathFillImage, border=4).save(drawn)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


def _own(request, no) -> Order:
    """Somebody else's order does not exist."""
    return get_object_or_404(Order.objects.of(request.user), no=no)


def _payment(request, no, payment_no) -> Payment:
    found = Payment.objects.select_related("order").filter(order__user=request.user, order__no=no)
    return get_object_or_404(found, no=payment_no, provider__in=gateways.offered())


def _label(payment):
    return gateways.get(payment.provider).LABEL


def _lead(request, url):
    return unsent.led(request, redirect(url))


# --- the sandbox's own page ------------------------------------------------------
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def sandbox_pay(request, no):
    """Play the payment provider: its page knows a payment's number and amount, and nobody's
    session.

    Pressing a button sends the same signed notice a real provider would send.
    """
    if "sandbox" not in gateways.offered():
        raise Http404
    payment = get_object_or_404(Payment.objects.select_related("order"), no=no, provider="sandbox")
    if request.method != "POST":
        return render(
            request,
            "orders/sandbox_pay.html",
            {"payment": payment, "is_paid": payment.status == Payment.Status.PAID},
        )
    event = request.POST.get("event")
    if event in ("paid", "failed"):
        cash_in.receive_notice("sandbox", *sandbox.write_notice(payment, event))
        _tell_how_it_went(request, payment)
    return redirect(payment.order)


def _tell_how_it_went(request, payment):
    """Say what became of the payment: the words a shopper waits for after pressing the button."""
    payment.refresh_from_db()  # the order with it
    if payment.status == Payment.Status.FAILED:
        messages.warning(request, _("The payment did not go through. You can try again."))
    elif payment.status == Payment.Status.PAID and payment.order.status == Order.Status.PAID:
        messages.success(
            request, _("Thank you, your payment has arrived. We are getting it ready for you.")
        )
