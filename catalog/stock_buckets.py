"""Pieces set aside for a sale of their own: from the shelf into a pool, out of its buckets, and
back.

The only writer of the buckets. A hot pool is many rows: who takes locks one of them only, so
sixteen can take at once (docs/ledger.md). Two rules keep it free of deadlocks: one bucket
attempt per transaction — InnoDB keeps a lock it waited for even when the UPDATE matched nothing —
or else all buckets in one ascending pass. Buckets are locked before the shelf's row, never after
it.

Shelf movements tell what went in and came back, under the pool's reference (at most 40 characters).
"""

from django.db import connection
from django.db.models import Q

from catalog import stock
from catalog.errors import OutOfStock
from catalog.models.bucket import BUCKETS_PER_POOL, StockBucket
from mall.core.transactions import transactional


@transactional
def set_aside(
    pool: int, *, sku_id: int, quantity: int, buckets: int, reference: str, actor: str = ""
) -> None:
    """Move pieces from the shelf into a new pool, spread evenly over its buckets.

    Idempotent per (reference, SKU). Raises: OutOfStock (sku, wanted, left).
    """
    if not StockBucket.objects.filter(pk__range=_range(pool)).exists():
        StockBucket.objects.bulk_create(
            StockBucket(
                pk=pool * BUCKETS_PER_POOL + place, pool=pool, sku_id=sku_id, quantity=share
            )
            for place, share in enumerate(_spread(quantity, buckets))
        )
    stock.take([(sku_id, quantity)], reference=f"{reference}:open", actor=actor)


def levels(pools) -> dict[int, list[int]]:
    """Return the pieces in each bucket of these pools as last committed, in order; without a lock,
    so a hint.
    """
    found = {pool: [] for pool in pools}
    for pool, quantity in (
        StockBucket.objects.filter(_within(found)).order_by("pk").values_list("pool", "quantity")
    ):
        found[pool].append(quantity)
    return found


def take_one(pool: int, place: int, quantity: int) -> bool:
    """Take pieces out of one bucket; False when it has too few. The rowcount is the referee.

    The last statement of its transaction, and the only attempt in it: after False the transaction
    must end.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_stockbucket SET quantity = quantity - %s WHERE id = %s AND quantity "
            ">= %s",
            [quantity, pool * BUCKETS_PER_POOL + place, quantity],
        )
        return cursor.rowcount == 1


def take_any(pool: int, quantity: int) -> None:
    """Take pieces from wherever they lie, after locking every bucket in ascending order.

    Raises: OutOfStock (sku, wanted, left): this one is the truth.
    """
    rows = _locked(pool)
    left = sum(row.quantity for row in rows)
    if left < quantity:
        raise OutOfStock(sku=rows[0].sku_id if rows else 0, wanted=quantity, left=left)
    wanted = quantity
    for row in rows:
        part = min(row.quantity, wanted)
        if part:
            take_one(pool, row.pk % BUCKETS_PER_POOL, part)
            wanted -= part


@transactional
def count(pool: int) -> int:
    """Return the pieces left, counted under lock: what others are taking right now is taken or not
    when this returns.

    Shared locks: many may count at once when everything is gone, and only wait for those who take.
    """
    shared = "" if connection.vendor == "sqlite" else " LOCK IN SHARE MODE"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT quantity FROM catalog_stockbucket WHERE id BETWEEN %s AND %s ORDER BY "
            f"id{shared}",
            _range(pool),
        )
        return sum(quantity for (quantity,) in cursor.fetchall())


@transactional
def put_back(
    pool: int, place: int, quantity: int, *, sku_id: int, reference: str, actor: str = ""
) -> bool:
    """Put pieces back into a bucket, or on the shelf once the pool is closed; says whether the pool
    got them.

    The caller makes sure that it happens once; on the shelf the reference does.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_stockbucket SET quantity = quantity + %s WHERE id = %s AND is_open = "
            "%s",
            [quantity, pool * BUCKETS_PER_POOL + place, True],
        )
        if cursor.rowcount == 1:
            return True
    stock.put_back([(sku_id, quantity)], reference=reference, actor=actor)
    return False


@transactional
def close(pool: int, *, reference: str, actor: str = "") -> int:
    """Empty a pool and put what is left on the shelf again; return how many pieces. A closed one
    gives 0.
    """
    rows = _locked(pool)
    left = sum(row.quantity for row in rows)
    StockBucket.objects.filter(pk__range=_range(pool)).update(is_open=False, quantity=0)
    if left:
        stock.put_back([(rows[0].sku_id, left)], reference=f"{reference}:close", actor=actor)
    return left


def _within(pools):
    """Return the condition that finds the buckets of these pools by their primary keys."""
    found = Q(pk__in=[])
    for pool in pools:
        found |= Q(pk__range=_range(pool))
    return found


def _range(pool):
    return pool * BUCKETS_PER_POOL, pool * BUCKETS_PER_POOL + BUCKETS_PER_POOL - 1


def _locked(pool) -> list[StockBucket]:
    return list(
        StockBucket.objects.select_for_update().filter(pk__range=_range(pool)).order_by("pk")
    )


def _spread(quantity, buckets):
    each, more = divmod(quantity, buckets)
    return [each + (place < more) for place in range(buckets)]
