"""Orders to take along as a table: the columns there are, who may have them, and which an operator
chose last time.

A column of a person needs the right to see it, and that it was taken is written down. The file
comes back as a file of tracking numbers (orders/dispatch/files.py reads the same headings).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from mall.core import audit, keyset, phones
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from orders.dispatch import carriers
from orders.models import ExportChoice, Order

ORDERS_MAX = 20_000
BATCH = 500
ADDRESS = ("orders.ship_order", "accounts.reveal_personal")
EMAIL = ("accounts.reveal_personal",)


class TooManyOrders(DomainError):
    """More orders than a file may have."""

    code = "too_many_orders"
    message = _(
        "A file may have at most %(most)s orders, and these are more. Please narrow the list by "
        "days or status."
    )


@dataclass(frozen=True)
class OrderColumn:
    """One column: heading, value of an order, and the permissions of which one is needed."""

    title: str
    value: Callable[[Order], object]
    needs: tuple[str, ...] = ()


def _field(name):
    return OrderColumn(Order._meta.get_field(name).verbose_name, lambda order: getattr(order, name))


def _address(title, part):
    return OrderColumn(title, lambda order: part(order.address) if order.address else "", ADDRESS)


def _goods(order):
    lines = order.lines.all()
    return "; ".join(str(line) for line in lines)


COLUMNS = {
    "no": _field("no"),
    "created_at": _field("created_at"),
    "status": OrderColumn(_("status"), lambda order: order.get_status_display()),
    "member": OrderColumn(_("member"), lambda order: order.user.get_username()),
    "nickname": OrderColumn(_("nickname"), lambda order: order.user.nickname),
    "email": OrderColumn(_("e-mail"), lambda order: order.user.mailbox, EMAIL),
    "goods": OrderColumn(_("goods"), _goods),
    "pieces": OrderColumn(
        _("pieces"), lambda order: sum(line.quantity for line in order.lines.all())
    ),
    "recipient": _address(_("recipient"), lambda to: to["recipient"]),
    "phone": _address(_("phone"), lambda to: phones.shown(to["phone"])),
    "region": _address(_("region"), lambda to: to["region"]),
    "detail": _address(_("street and number"), lambda to: to["detail"]),
    "carrier": OrderColumn(_("carrier"), lambda order: carriers.called(order.carrier)),
    "tracking_number": _field("tracking_number"),
    **{
        name: _field(name)
        for name in (
            "points",
            "goods_cash",
            "coupon_discount",
            "discount",
            "freight",
            "cash",
            "paid_at",
            "shipped_at",
            "completed_at",
            "cancelled_at",
            "refunded_points",
            "refunded_cash",
        )
    },
}
FIRST_CHOICE = ["no", "created_at", "status", "member", "goods", "pieces", "points", "cash"]
FIRST_CHOICE += ["carrier", "tracking_number"]


def columns_for(user) -> dict[str, OrderColumn]:
    """Return the columns an operator may take along."""
    return {
        name: column
        for name, column in COLUMNS.items()
        if not column.needs or any(map(user.has_perm, column.needs))
    }


def chosen_by(user) -> list[str]:
    """Return the columns an operator took along last time, of those there are and may be had."""
    offered = columns_for(user)
    last = ExportChoice.objects.filter(user=user).values_list("columns", flat=True).first()
    return [name for name in last or FIRST_CHOICE if name in offered]


@transactional
def begin(orders, names: list[str], *, operator) -> int:
    """Note which columns of which orders are taken along, and remember the choice; return how many
    orders.

    Raises: TooManyOrders.
    """
    count = orders.order_by()[: ORDERS_MAX + 1].count()
    if count > ORDERS_MAX:
        raise TooManyOrders(most=f"{ORDERS_MAX:,}")
    ExportChoice.objects.update_or_create(user=operator, defaults={"columns": names})
    told = {"orders": count, "columns": names}
    audit.note(operator, "orders.export", target="orders", after=told)
    return count


def header(names: list[str]) -> list[str]:
    """Return the headings in the reader's language."""
    return [str(COLUMNS[name].title) for name in names]


def rows(orders, names: list[str]) -> Iterator[list]:
    """Yield the cells of every order, the oldest first."""
    wanted = orders.select_related("user").prefetch_related("lines")
    for batch in keyset.batches(wanted, BATCH):
        for order in batch:
            yield [COLUMNS[name].value(order) for name in names]
