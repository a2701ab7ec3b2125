"""What an operator may do with an order: the buttons of its page in the back office."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from mall.core import audit, phones
from mall.core.admin.action_forms import ask, sent
from mall.core.versions import mark_of
from orders import lifecycle, shipping
from orders.dispatch import carriers, waiting
from orders.forms import CancelForm, ConfirmForm, RefundAskForm, ShipForm
from orders.models import (
    Order,
    PaymentRefund,
)
from orders.payments import cash_out
from orders.refunds import requests as refund_requests

# Which buttons an order shows in which state; the verbs ask again.
BUTTONS = {
    Order.Status.PENDING: {"cancel_order"},
    Order.Status.PAID: {"ship_order", "cancel_order", "ask_refund"},
    Order.Status.SHIPPED: {"complete_order", "ask_refund"},
    Order.Status.COMPLETED: {"ask_refund"},
    Order.Status.CANCELLED: {"refund_order"},
}


def _mark_of(order):
    """Mark what a colleague may have decided meanwhile: the order, its parcels, its refunds."""
    waiting = [(line.pk, line.waiting_quantity) for line in shipping.waiting(order)]
    refunds = order.refund_requests.order_by("pk").values_list("pk", "status")
    return mark_of(order, waiting, list(refunds))


class OrderButtons:
    """Each button asks for its permission and its words, then calls the verb of the same name."""

    def get_actions_detail(self, request, object_id):
        order = self.get_object(request, object_id)
        shown = BUTTONS[order.status] if order else set()
        if order and order.refunded_at:
            shown = {"refund_order"}
        if order and not self._owed(order):
            shown = shown - {"refund_order"}
        if order and order.address:
            shown = shown | {"reveal_address"}
        shown = shown | {"note_member", "note_inside"}
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
        audit.note(request.user, "orders.reveal_address", target=order.reference)
        to = order.address
        messages.info(
            request,
            f"{to['recipient']} · {phones.shown(to['phone'])} · {to['region']} {to['detail']}"
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
        """Note carrier and tracking number and send the order off; goods and address stand beside
        the form, and that they were opened in the audit log.
        """
        order = self.get_object(request, object_id)
        [row] = waiting.of([order])
        if row.address and request.method != "POST":
            audit.note(request.user, "orders.reveal_address", target=order.reference)
        return self._ask(
            request,
            object_id,
            lambda order: ShipForm(
                sent(request),
                is_physical=order.is_physical,
                waiting=row.lines,
                carriers=map(str, carriers.offered()),
            ),
            lambda order, said: lifecycle.ship(order, actor=f"staff:{request.user.pk}", **said),
            template="orders/admin/ship.html",
            mark=row.version,
            waiting=row,
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

    def _ask(self, request, object_id, form_of, verb, *, question, button, mark="", **page):
        """Show a form about one order until the verb takes what it says; ``verb`` may return an
        answer of its own.
        """
        order = self.get_object(request, object_id)
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
            mark=mark or _mark_of(order),
            about=about,
            question=question,
            **page,
        )
