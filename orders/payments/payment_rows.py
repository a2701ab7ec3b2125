"""Payments with their orders as rows: what every payment in cash asks, written out because the ORM
takes several times as long to ask (docs/decisions/0084).
"""

from mall.core import rows
from orders.models import Order, Payment

_WIDTH = len(Payment._meta.concrete_fields)


def named(provider: str, no: str) -> Payment | None:
    """Return the payment that a provider names by our number, with its order at hand."""
    found = _fetch("p.provider = %s AND p.no = %s", [provider, no])
    return _read(found[0]) if found else None


def with_money(account, pk: int, provider_ref: str) -> tuple[Payment, bool]:
    """Return a payment as it is now, with its order at hand, and whether the provider's number of
    this money stands on another payment. Raises: points.locked_account.NotHeld.
    """
    account.check_held()
    others = (
        f"EXISTS (SELECT 1 FROM {rows.table(Payment)} x "
        f"WHERE x.provider = p.provider AND x.provider_ref = %s AND x.id <> p.id)"
    )
    [row] = _fetch("p.id = %s", [provider_ref, pk], also=others)
    return _read(row), bool(row[-1])


def newest_of(order: Order) -> Payment | None:
    """Return an order's newest attempt to be paid."""
    columns, table = rows.columns("p", Payment), rows.table(Payment)
    sql = f"SELECT {columns} FROM {table} p WHERE p.order_id = %s ORDER BY p.id DESC LIMIT 1"
    found = rows.fetch(sql, [order.pk])
    return rows.read(Payment, found[0]) if found else None


def _fetch(condition, params, *, also=""):
    columns = [rows.columns("p", Payment), rows.columns("o", Order), *([also] if also else [])]
    return rows.fetch(
        f"SELECT {', '.join(columns)} FROM {rows.table(Payment)} p "
        f"JOIN {rows.table(Order)} o ON o.id = p.order_id WHERE {condition}",
        params,
    )


def _read(row) -> Payment:
    payment = rows.read(Payment, row)
    payment.order = rows.read(Order, row[_WIDTH:])
    return payment
