"""What a member who leaves does to the orders: open ones stand in the way, old ones forget where
they went.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.closing import Consequence
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from orders import traces
from orders.contact_marks import MARKS
from orders.models import (
    BasketLine,
    Coupon,
    Order,
    OrderNote,
    RefundRequest,
    Registration,
    SeenGoods,
    StockAlert,
    Wish,
)
from points import ledger

OPEN = (Order.Status.PENDING, Order.Status.PAID, Order.Status.SHIPPED)
UNDECIDED = (RefundRequest.Status.REQUESTED, RefundRequest.Status.APPROVED)


class OrdersOpen(DomainError):
    """Goods or money are still on their way to the member."""

    code = "orders_open"
    message = _(
        "Something of your orders is still open (%(count)s). Please finish or cancel it first; "
        "then you can delete the account."
    )


def open_count(user_id) -> int:
    """Return how many orders, refunds, returns of money and lots are still open."""
    orders = Order.objects.filter(
        user_id=user_id, status__in=OPEN, refunded_at__isnull=True
    ).count()
    asked = RefundRequest.objects.filter(order__user_id=user_id, status__in=UNDECIDED).count()
    waiting = Registration.objects.filter(user_id=user_id, state=Registration.State.WAITING)
    return orders + asked + waiting.count()


def consequences(user) -> list[Consequence]:
    """Return what stands in the way, and what becomes of orders and coupons."""
    told, count = [], open_count(user.pk)
    if count:
        told.append(Consequence(str(OrdersOpen(count=count)), blocks=True))
    coupons = Coupon.objects.of(user).filter(state=Coupon.State.GRANTED).count()
    if coupons:
        told.append(
            Consequence(
                ngettext("You lose %(count)s coupon.", "You lose %(count)s coupons.", coupons)
                % {"count": coupons}
            )
        )
    told.append(
        Consequence(
            str(_("Your orders stay in our books without your name, address and phone number."))
        )
    )
    return told


@transactional
def forget(user) -> None:
    """Forget the addresses of a member's orders, what colleagues noted about them, the basket and
    what stands around it.

    Raises: OrdersOpen.
    """
    ledger.open(user.pk)  # no order is placed meanwhile
    count = open_count(user.pk)
    if count:
        raise OrdersOpen(count=count)
    OrderNote.objects.filter(order__user_id=user.pk).delete()
    Order.objects.filter(user_id=user.pk).update(address_sealed="", **dict.fromkeys(MARKS, ""))
    traces.forget(user)
    for model in (BasketLine, Wish, StockAlert, SeenGoods):
        model.objects.filter(user_id=user.pk).delete()
