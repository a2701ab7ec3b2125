"""The only writer of stock: sell, take, put back, receive.

Rows are locked in ascending order of SKUs, so two orders never wait for each other in a circle. Of
one SKU the rowcount of a conditional UPDATE decides who gets the last piece; of several, what the
locked rows say. The log is written first and the
hot stock row last, so its lock is held for the shortest time. A sale is in no log of the shelf:
the order's line is its movement (catalog/sales.py).
"""

from uuid import uuid4

from django.db import connection, transaction

from catalog import kept, sold_out
from catalog.errors import (
    CountedByKeys,
    DeliveryConflict,
    MovementConflict,
    OutOfStock,
    StockBelowZero,
)
from catalog.models import Product, Sku, Stock, StockMovement
from mall.core import clock, repeats, rows
from mall.core.transactions import transactional

TAKE, PUT_BACK, RECEIVE = (
    StockMovement.Direction.TAKE.value,
    StockMovement.Direction.PUT_BACK.value,
    StockMovement.Direction.RECEIVE.value,
)

KEYS = "keys:"  # how references of catalog/codes.py begin


@transactional
def sell(lines) -> None:
    """Take the pieces of an order off the shelf: the order line is the movement, written in
    this transaction, and its unique key makes this happen once.

    ``lines`` are ``(sku_id, quantity)`` with whole quantities of at least 1; lines of the same SKU
    are added up. Let a refusal end the transaction: what was taken before it must come back.

    Raises: OutOfStock (numbers sku, wanted, left).
    """
    wanted = _added_up(lines)
    if len(wanted) == 1:
        _take(*wanted.popitem())
    elif wanted:
        _take_all(wanted)


@transactional
def take(lines, *, reference: str, actor: str = "") -> None:
    """Take pieces off the shelf for something else than an order (a flash session's pool).

    ``lines`` are ``(sku_id, quantity)`` with whole quantities of at least 1; lines of the same SKU
    are added up. Idempotent per (reference, SKU): a repeat changes nothing. Let a refusal end the
    transaction: the log rows of this call must vanish with it.

    Raises: OutOfStock (numbers sku, wanted, left); MovementConflict when the same reference
    already took another quantity.
    """
    wanted = _added_up(lines)
    for sku_id in _write_log(wanted, TAKE, sign=-1, reference=reference, actor=actor):
        _take(sku_id, wanted[sku_id])


@transactional
def put_back(lines, *, reference: str, actor: str = "") -> None:
    """Put pieces of a cancelled or refunded order back on the shelf.

    ``lines`` as for ``take``. Idempotent per (reference, SKU): cancelling twice puts back once.

    Raises: MovementConflict when the same reference already put back another quantity.
    """
    returned = _added_up(lines)
    for sku_id in _write_log(returned, PUT_BACK, sign=1, reference=reference, actor=actor):
        _change_or_begin(sku_id, returned[sku_id])


@transactional
def receive(sku_id: int, *, quantity: int, actor: str, note: str = "", reference: str = "") -> None:
    """Book a delivery (+) or a correction (−) of whole pieces.

    Idempotent per ``reference`` when one is given (a form's one-time key); without one each call
    counts.

    Raises: StockBelowZero (numbers sku, wanted, left); MovementConflict when the same reference
    already booked another quantity; CountedByKeys for a card key, whose pieces are its free keys.
    """
    if quantity == 0:
        raise ValueError("A delivery of nothing is none.")
    reference = reference or f"receive:{uuid4().hex}"
    if (
        not reference.startswith(KEYS)
        and Sku.objects.filter(pk=sku_id, product__kind=Product.Kind.CARD_KEY).exists()
    ):
        raise CountedByKeys
    # a caller may go on after a refusal (the next row of an import): no log row may stay
    with transaction.atomic():
        for _sku in _write_log(
            {sku_id: quantity}, RECEIVE, sign=1, reference=reference, actor=actor, note=note
        ):
            if not _change_or_begin(sku_id, quantity):
                raise StockBelowZero(sku=sku_id, wanted=-quantity, left=available([sku_id])[sku_id])
            kept.stock_turned()


@transactional
def receive_all(quantities: dict[int, int], *, actor: str, note: str, reference: str) -> None:
    """Book deliveries (+) and corrections (−) of many SKUs in a few statements. Idempotent per
    (reference, SKU). Let a refusal end the transaction.

    Raises: StockBelowZero of the first that is short, and what ``receive`` refuses.
    """
    if Sku.objects.filter(pk__in=quantities, product__kind=Product.Kind.CARD_KEY).exists():
        raise CountedByKeys
    moved = _write_log(quantities, RECEIVE, sign=1, reference=reference, actor=actor, note=note)
    if not moved:
        return
    _begin(moved)
    left = held(moved)
    for sku_id in moved:
        if left[sku_id] + quantities[sku_id] < 0:
            raise StockBelowZero(sku=sku_id, wanted=-quantities[sku_id], left=left[sku_id])
    now = {sku_id: left[sku_id] + quantities[sku_id] for sku_id in moved}
    rows.write_over([Stock(sku_id=sku_id, quantity=now[sku_id]) for sku_id in moved], "quantity")
    kept.stock_turned()
    for sku_id in moved:
        if now[sku_id] > left[sku_id]:
            sold_out.forget(sku_id)


@transactional
def deliver(sku_id: int, *, key: str, quantity: int, actor: str, note: str) -> StockMovement:
    """Book a delivery for a program of the shop and return its movement, ``replayed`` when it was
    there before.

    Idempotent by ``key``: the same SKU, pieces and note again change nothing.
    Raises: DeliveryConflict (the key came with other content), and what ``receive`` refuses.
    """
    booked = StockMovement.objects.filter(reference=f"api:{key}", direction=RECEIVE)
    first = booked.first()
    if first is not None:
        repeats.same(first, otherwise=DeliveryConflict, sku_id=sku_id, delta=quantity, note=note)
    try:
        receive(sku_id, quantity=quantity, actor=actor, note=note, reference=f"api:{key}")
    except MovementConflict as conflict:
        raise DeliveryConflict from conflict
    movement = repeats.same(booked.get(sku=sku_id), otherwise=DeliveryConflict, note=note)
    movement.replayed = first is not None
    return movement


def available(sku_ids) -> dict[int, int]:
    """Return the pieces left of each SKU right now; a SKU never received has 0."""
    left = dict.fromkeys(sku_ids, 0)
    if left:
        places = ", ".join(["%s"] * len(left))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT sku_id, quantity FROM catalog_stock WHERE sku_id IN ({places})", [*left]
            )
            left.update(cursor.fetchall())
    return left


def held(sku_ids) -> dict[int, int]:
    """Lock the stock of these SKUs by ascending id and return the pieces left, 0 without a row."""
    if not (ids := sorted(sku_ids)):
        return {}
    among = f"k.sku_id IN ({rows.marks(ids)})"
    sql = f"SELECT k.sku_id, k.quantity FROM catalog_stock k WHERE {among} ORDER BY k.sku_id"
    return dict.fromkeys(ids, 0) | dict(rows.fetch(f"{sql}{rows.locks('k')}", ids))


def _added_up(lines) -> dict[int, int]:
    totals: dict[int, int] = {}
    for sku_id, quantity in sorted(lines):
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
            raise ValueError(f"Not a quantity: {quantity!r}")
        totals[sku_id] = totals.get(sku_id, 0) + quantity
    return totals


def _write_log(quantities, direction, *, sign, reference, actor, note="") -> list[int]:
    """Insert all log rows in one statement; return the SKUs this reference had not moved yet,
    ascending.

    Two calls with one reference may run at once: the unique key lets one of them insert, and the
    count of inserted rows tells which; an ignored row raises nothing that would have to be caught.
    """
    if not 0 < len(reference) <= 80:
        raise ValueError("A movement needs a reference of at most 80 characters.")
    now, moved = clock.now(), []
    for sku_id in sorted(quantities):
        moved.append(
            (sku_id, direction, sign * quantities[sku_id], reference, actor[:80], note[:200], now)
        )
    if not moved:
        return []
    ignore = "INSERT OR IGNORE" if connection.vendor == "sqlite" else "INSERT IGNORE"
    places = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(moved))
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            f"{ignore} INTO catalog_stockmovement (sku_id, direction, delta, reference, actor, "
            f"note, created_at) VALUES {places}",
            [adapt(value) if value is now else value for row in moved for value in row],
        )
        inserted = cursor.rowcount
    if inserted == len(moved):
        return [row[0] for row in moved]
    return _not_moved_before(moved, direction, reference, inserted)


def _not_moved_before(moved, direction, reference, inserted) -> list[int]:
    """Sort out a repeat: the same quantities are fine, others are a conflict."""
    known = dict(
        StockMovement.objects.filter(reference=reference, direction=direction).values_list(
            "sku_id", "delta"
        )
    )
    for sku_id, _direction, delta, *_rest in moved:
        if known.get(sku_id) != delta:
            raise MovementConflict(sku=sku_id, reference=reference)
    if inserted:
        # A reference names one whole movement: half of it new means another content.
        raise MovementConflict(sku=moved[0][0], reference=reference)
    return []


def _take(sku_id, quantity):
    if not _change(sku_id, -quantity):
        raise OutOfStock(sku=sku_id, wanted=quantity, left=available([sku_id])[sku_id])


def _take_all(wanted) -> None:
    """Take pieces of several SKUs in two statements: lock the rows by ascending id, then write.
    Raises: as ``_take``, of the first that is short.
    """
    ids, left = sorted(wanted), held(wanted)
    for sku_id in ids:
        if left[sku_id] < wanted[sku_id]:
            raise OutOfStock(sku=sku_id, wanted=wanted[sku_id], left=left[sku_id])
    stocks = [Stock(sku_id=sku_id, quantity=left[sku_id] - wanted[sku_id]) for sku_id in ids]
    rows.write_over(stocks, "quantity")
    if any(left[sku_id] == wanted[sku_id] for sku_id in ids):
        kept.stock_turned()


def _change(sku_id, delta) -> bool:
    """Move a quantity unless it would fall below zero; the rowcount is the referee.

    The statement brings the new quantity along, so that a SKU that sells out, or comes back, ends
    the kept answers that say otherwise without being asked once more.
    """
    sum_, returning = "quantity + %s", " RETURNING quantity"
    if connection.vendor != "sqlite":
        sum_, returning = f"LAST_INSERT_ID({sum_})", ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE catalog_stock SET quantity = {sum_} WHERE sku_id = %s AND quantity + "
            f"%s >= 0{returning}",
            [delta, sku_id, delta],
        )
        if returning:
            row = cursor.fetchone()
            left = row and row[0]
        else:
            left = cursor.lastrowid if cursor.rowcount == 1 else None
    if left in (0, delta):
        kept.stock_turned()
    if delta > 0:
        sold_out.forget(sku_id)
    return left is not None


def _change_or_begin(sku_id, delta) -> bool:
    """Move a quantity as ``_change`` does, giving a SKU never received its row first.

    The row is begun only when the UPDATE found none, and by an upsert: an INSERT that meets an
    existing row shares its lock, and two that share it deadlock as soon as both want to write.
    """
    if _change(sku_id, delta):
        return True
    _begin([sku_id])
    return _change(sku_id, delta)


def _begin(sku_ids) -> None:
    is_there = "ON CONFLICT (sku_id) DO NOTHING"
    if connection.vendor != "sqlite":
        is_there = "ON DUPLICATE KEY UPDATE quantity = quantity"
    places = ", ".join(["(%s, 0)"] * len(sku_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO catalog_stock (sku_id, quantity) VALUES {places} {is_there}", sku_ids
        )
