"""What operators and the clock do with draws: announced with everything promised, called off, over
and revealed, closed.

Each step locks the draw's row, so two operators, or a sweep and an operator, do it once.
"""

from datetime import datetime

from catalog import stock, stock_buckets, storefront
from catalog.errors import OutOfStock
from mall.core import audit, clock, lots
from mall.core.languages import set_names, together
from mall.core.transactions import transactional
from marketing.draws import complaints, table
from marketing.draws.errors import DrawNotReady, DrawOver
from marketing.models import Draw, DrawTicket

BATCH = 200


@transactional
def announce(draw: Draw, *, actor: str, seed: str = "") -> Draw:
    """Promise a draw: number its prizes, set its goods aside, make the seed and publish the hash of
    the table in which the seed's hash stands. One that was announced stays as it is.

    ``seed`` is taken where history is written (the demo shop, the same each time) and nowhere else.

    Raises: DrawNotReady, whose message says what is missing.
    """
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    if draw.announced_at:
        return draw
    prizes = list(draw.prizes.select_related("sku__product", "coupon"))
    refusals = complaints.of(draw, prizes)
    if refusals:
        raise DrawNotReady(" ".join(str(refusal) for refusal in refusals).replace("%", "%%"))
    for position, prize in enumerate(prizes, 1):
        prize.position = position
        prize.save(update_fields=["position"])
    for prize in sorted((one for one in prizes if one.is_goods), key=lambda one: one.sku_id):
        _set_aside(prize, actor)
    draw.seed = seed if seed and clock.is_set_back() else lots.new_seed()
    draw.table = table.freeze(draw, prizes, draw.seed)
    draw.commitment = lots.hash_of(draw.table.encode())
    draw.announced_at = clock.now()
    draw.save(update_fields=["seed", "table", "commitment", "announced_at"])
    storefront.forget()
    audit.note(actor, "marketing.announce_draw", target=draw, after={"commitment": draw.commitment})
    return draw


def _set_aside(prize, actor):
    words = {"reference": prize.reference, "actor": actor}
    try:
        stock_buckets.set_aside(
            prize.pool, sku_id=prize.sku_id, quantity=prize.stock, buckets=1, **words
        )
    except OutOfStock as refusal:
        left = refusal.numbers["left"]
        words = complaints.too_few(prize.sku, left, prize.stock)
        raise DrawNotReady(words.replace("%", "%%")) from refusal


@transactional
def call_off(draw: Draw, *, actor: str, reason: dict[str, str]) -> Draw:
    """End a draw at once: what was won stays won, what is left goes back on the shelf, the seed is
    revealed. Members read the reason, {language: words}.

    Raises: DrawOver (it was over, or called off, before).
    """
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    now = clock.now()
    if draw.status_at(now) in (Draw.Status.CANCELLED, Draw.Status.OVER):
        raise DrawOver
    draw.cancelled_at = draw.settled_at = now
    told = set_names(draw, "cancellation_reason", reason)
    draw.save(update_fields=["cancelled_at", "settled_at", *told])
    storefront.forget()
    after, why = {"returned": _return_left(draw, actor=actor)}, together(reason)
    audit.note(actor, "marketing.call_off_draw", target=draw, reason=why, after=after)
    return draw


def settle_due(as_of: datetime) -> int:
    """Reveal the seeds of draws that are over and return what nobody won; return prizes that nobody
    asked for in time. Says how many draws; harmless when run twice or twice at once.
    """
    over = list(Draw.objects.to_settle(as_of).order_by("pk")[:BATCH])
    for draw in over:
        _settle(draw, as_of)
    closing = list(Draw.objects.to_close(as_of).order_by("pk")[:BATCH])
    for draw in closing:
        _close(draw, as_of)
    return len(over) + len(closing)


@transactional
def _settle(draw, as_of):
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    if draw.settled_at is None:
        draw.settled_at = as_of
        draw.save(update_fields=["settled_at"])
        _return_left(draw, actor="system")


@transactional
def _close(draw, as_of):
    draw = Draw.objects.select_for_update().get(pk=draw.pk)
    if draw.closed_at is None:
        draw.closed_at = as_of
        draw.save(update_fields=["closed_at"])
        for prize in _goods_of(draw):
            stock_buckets.close(prize.pool, reference=prize.reference, actor="system")


def _return_left(draw, *, actor) -> int:
    """Put pieces nobody has won back on the shelf; those that were won wait for their members."""
    returned = 0
    for prize in _goods_of(draw):
        if prize.left and stock_buckets.take_one(prize.pool, 0, prize.left):
            reference = f"{prize.reference}:left"
            stock.put_back([(prize.sku_id, prize.left)], reference=reference, actor=actor)
            returned += prize.left
    return returned


def _goods_of(draw):
    """Return a draw's prizes that are goods, in the order in which shelves are locked."""
    found = [prize for prize in draw.prizes.all() if prize.is_goods]
    return sorted(found, key=lambda prize: prize.sku_id)


def figures(draw: Draw) -> dict:
    """Return what an operator wants to see: tickets by source, points taken, members, and of each
    prize how many were drawn, are left, and wait for an address.
    """
    drawn = DrawTicket.objects.filter(draw=draw, number__isnull=False)
    tickets = list(drawn.values_list("source", "user_id", "price_points", "prize_id", "order_id"))
    waiting = [prize for *_rest, prize, order in tickets if order is None]
    total = sum(prize.weight for prize in draw.prizes.all())
    return {
        "tickets": len(tickets),
        "members": len({user for _source, user, *_rest in tickets}),
        "points_taken": sum(price for _source, _user, price, *_rest in tickets),
        "sources": [
            (label, sum(source == one for one, *_rest in tickets))
            for source, label in DrawTicket.Source.choices
        ],
        "prizes": [
            {
                "prize": prize,
                "expected": round(len(tickets) * prize.weight / total, 1),
                "waiting": waiting.count(prize.pk) if prize.is_goods else 0,
            }
            for prize in draw.prizes.all()
        ],
    }
