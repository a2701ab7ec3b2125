"""Lucky draws: every ticket follows from the promise, every prize from its tickets.

A draw that is over is worked out again from its seed, ticket by ticket; of every announced draw the
commitment, the numbers, the counts of prizes, the points that were credited, and the pieces set
aside are compared. A draw that moves meanwhile is compared under its lock; one that is over for
long has its turn (``turns``).
"""

import json
from collections import Counter

from django.db.models import Sum

from catalog import stock_buckets
from catalog.models import StockMovement
from mall.core import keyset, lots
from mall.core.transactions import transactional
from mall.verification import turns
from mall.verification.finding import Finding
from marketing.draws import goods, table
from marketing.models import Draw, DrawPrize, DrawTicket
from orders.models import Order, OrderLine
from points.models import LedgerEntry

BATCH = 1000


def verify_draws(*, full: bool = False) -> list[Finding]:
    """Compare the draws that were announced and are due, and the tickets that goods gave."""
    found = []
    for draw in turns.due(Draw.objects.announced(), "closed_at", full=full).order_by("pk"):
        if _compare(draw):
            found += _compare_locked(draw.pk)
    return found + _goods_without_tickets()


@transactional
def _compare_locked(draw_id) -> list[Finding]:
    return _compare(Draw.objects.select_for_update().get(pk=draw_id))


def _compare(draw) -> list[Finding]:
    prizes = list(draw.prizes.all())
    found = list(_of_promise(draw, prizes))
    counted, claimed, numbers = Counter(), Counter(), 0
    drawn = DrawTicket.objects.filter(draw=draw, number__isnull=False)
    rows = drawn.values_list("number", "user_id", "misses", "gone", "prize_id", "order_id")
    for batch in keyset.batches(rows, BATCH, by=("number",)):
        numbers += len(batch)
        counted += Counter(row[4] for row in batch)
        claimed += Counter(row[4] for row in batch if row[5] is not None)
        if draw.settled_at:
            found += _of_tickets(draw, prizes, batch)
        found += _of_points(draw, prizes, batch)
    if numbers != draw.drawn:
        found.append(_finding(draw, "tickets drawn", draw.drawn, numbers))
    for prize in prizes:
        if counted[prize.pk] != prize.drawn:
            what = f"prize {prize.position} drawn"
            found.append(_finding(draw, what, prize.drawn, counted[prize.pk]))
        if prize.is_goods:
            found += _of_pieces(draw, prize, claimed[prize.pk])
    return found


def _of_promise(draw, prizes):
    """The table is the one that was promised, and it is the one that stands in the rows."""
    if lots.hash_of(draw.table.encode()) != draw.commitment:
        yield _finding(draw, "commitment", draw.commitment, lots.hash_of(draw.table.encode()))
    frozen = table.freeze(draw, prizes, draw.seed)
    if frozen != draw.table:
        yield _finding(draw, "table", draw.table, frozen)


def _of_tickets(draw, prizes, batch):
    promised, numbered = json.loads(draw.table), {prize.pk: prize.position for prize in prizes}
    for number, _user, misses, gone, prize, _order in batch:
        expected = table.outcome(draw.seed, promised, number, misses=misses, gone=gone)
        if numbered.get(prize) != expected:
            yield _finding(draw, f"prize of ticket {number}", expected, numbered.get(prize))


def _of_pieces(draw, prize, claimed):
    """What was set aside and not returned lies in the pool or went to an order."""
    moved = StockMovement.objects.filter(
        sku=prize.sku_id, reference__startswith=f"{prize.reference}:"
    )
    outside = -(moved.order_by().aggregate(total=Sum("delta"))["total"] or 0)
    inside = sum(stock_buckets.levels([prize.pool])[prize.pool])
    waiting = prize.drawn - claimed
    expected = waiting + (0 if draw.settled_at else prize.left)
    if draw.closed_at:
        expected = 0
    if not outside == inside == expected:
        yield _finding(draw, f"pieces of prize {prize.position}", expected, f"{outside}, {inside}")


def _of_points(draw, prizes, batch):
    """Whoever won points was credited them, once, and nobody was for another ticket."""
    worth = {prize.pk: prize.points for prize in prizes if prize.kind == DrawPrize.Kind.POINTS}
    keys = {f"{draw.reference}:{number}": (user, won) for number, user, _m, _g, won, _o in batch}
    owed = {key: (user, worth[won]) for key, (user, won) in keys.items() if won in worth}
    users = {user for user, _won in keys.values()}
    entries = LedgerEntry.objects.filter(
        account_id__in=users, key__in=keys, kind=LedgerEntry.Kind.ACCRUE
    )
    columns = entries.values_list("key", "account_id", "delta", "debt_delta")
    paid = {key: (user, delta - debt) for key, user, delta, debt in columns}
    return [
        _finding(draw, f"points of {key}", owed.get(key), paid.get(key))
        for key in sorted({*owed, *paid})
        if owed.get(key) != paid.get(key)
    ]


def _goods_without_tickets() -> list[Finding]:
    """A paid order has one ticket for every piece of ticket goods it kept, any other has none."""
    given = Counter()
    kept = DrawTicket.objects.filter(source=DrawTicket.Source.GOODS, revoked_at__isnull=True)
    for key in kept.order_by().values_list("key", flat=True):
        given[goods.line_of(key)] += 1
    found = []
    lines = OrderLine.objects.filter(product__kind="ticket").select_related("order")
    for line in lines.order_by("pk"):
        is_served = line.order.status not in (Order.Status.PENDING, Order.Status.CANCELLED)
        expected = line.kept_quantity if is_served else 0
        if given[line.pk] != expected:
            what = f"draw tickets of line {line.pk} of order {line.order.no}"
            found.append(Finding(line.order.user_id, what, str(expected), str(given[line.pk])))
    return found


def _finding(draw, what, expected, found) -> Finding:
    return Finding(None, f"draw {draw.code}: {what}", str(expected), str(found))
