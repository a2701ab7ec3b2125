"""Distrust between rooms: every order against the points and the goods it moved. Nothing is corrected here.

Read without a lock while the shop runs; what does not fit is read again under the member's lock, and only
what still does not fit then is a finding.

Source: ledger.md section 8.
"""

from collections import defaultdict

from catalog import stock
from catalog.models import StockMovement
from mall.transactions import transactional
from orders.models import Order, OrderLine
from points.models import LedgerEntry
from points.mutex import lock_member
from points.postings import asked
from points.reconciliation import Finding

BATCH = 200
PARTS = ("hold", "capture", "release", "spend", "refund")
TAKE, PUT_BACK = StockMovement.Direction.TAKE, StockMovement.Direction.PUT_BACK


def verify_orders(accounts: list[int] | None = None) -> list[Finding]:
    """Compare the orders of these members (None: all) with ledger and stock, and all stock with its movements."""
    found = []
    for members in _batches(accounts):
        for suspect in sorted({finding.account for finding in _compare(members)}):
            found += _compare_locked(suspect)
    if accounts is None:
        found += [
            Finding(None, f"stock of SKU {sku} is not the sum of its movements", str(moved), str(quantity))
            for sku, moved, quantity in stock.drifted()
        ]
    return found


def _batches(accounts):
    if accounts is not None:
        yield accounts
        return
    last = 0
    members = Order.objects.order_by("user_id").values_list("user_id", flat=True).distinct()
    while batch := list(members.filter(user_id__gt=last)[:BATCH]):
        yield batch
        last = batch[-1]


@transactional
def _compare_locked(member) -> list[Finding]:
    lock_member(member)
    return _compare([member])


def _compare(members) -> list[Finding]:
    orders = {order.no: order for order in Order.objects.filter(user_id__in=members).order_by("pk")}
    posted = _posted(members)
    moved = _moved(orders.values())
    goods = _goods(orders.values())
    found = [
        Finding(account, f"order {no} has entries but does not exist", "", ", ".join(parts))
        for (account, no), parts in posted.items()
        if no not in orders or orders[no].user_id != account
    ]
    for no, order in orders.items():
        found += _points_of(order, posted.get((order.user_id, no), {}))
        found += _goods_of(order, goods[order.pk], moved[no])
    return found


def _points_of(order, parts):
    """A live order took its points once; a cancelled one gave back what it took."""
    took = ["hold", "capture"] if order.cash else ["spend"]
    if order.status == Order.Status.PENDING:
        allowed = [["hold"]]
    elif order.status == Order.Status.CANCELLED:
        allowed = [["hold", "release"], [*took, "refund"]] if order.cash else [["spend", "refund"]]
    else:
        allowed = [took]
    expected = [dict.fromkeys(names, order.points) for names in allowed] if order.points else [{}]
    if parts not in expected:
        yield Finding(order.user_id, f"points of order {order.no} ({order.status})", " or ".join(map(str, expected)), str(parts))


def _goods_of(order, lines, moved):
    """A live order took its pieces once; a cancelled one put them back."""
    returned = lines if order.status == Order.Status.CANCELLED else {}
    for direction, expected in ((TAKE, lines), (PUT_BACK, returned)):
        if moved[direction] != expected:
            yield Finding(order.user_id, f"goods of order {order.no}: {direction}", str(expected), str(moved[direction]))


def _posted(members):
    """Return {(account, order number): {part: points}} of the postings that orders make."""
    posted = defaultdict(dict)
    for entry in LedgerEntry.objects.filter(account_id__in=members, key__startswith="order:").order_by("pk"):
        no, _colon, rest = entry.key.removeprefix("order:").partition(":")
        part = rest.partition(":")[0]
        if part in PARTS:
            parts = posted[entry.account_id, no]
            parts[part] = parts.get(part, 0) + asked(entry)
    return posted


def _moved(orders):
    """Return {order number: {direction: {sku: pieces}}} of the stock movements that orders make."""
    moved = defaultdict(lambda: {TAKE: {}, PUT_BACK: {}})
    by_reference = {order.reference: order.no for order in orders}
    movements = StockMovement.objects.filter(reference__in=by_reference).exclude(direction=StockMovement.Direction.RECEIVE)
    for reference, direction, sku, delta in movements.order_by("pk").values_list("reference", "direction", "sku_id", "delta"):
        moved[by_reference[reference]][direction][sku] = abs(delta)
    return moved


def _goods(orders):
    """Return {order: {sku: pieces}} of the order lines."""
    goods = defaultdict(dict)
    # Flash orders took theirs out of a pool: orders/flash_books.py compares those.
    lines = OrderLine.objects.filter(order__in=[order.pk for order in orders], order__flash_claim__isnull=True)
    for order, sku, quantity in lines.values_list("order_id", "sku_id", "quantity"):
        goods[order][sku] = quantity
    return goods
