"""What pieces of an order give back when they are refunded: arithmetic on the order's own prices,
never on today's.

Each line is refunded cumulatively: after k of n pieces the sum is ⌊amount · k / n⌋, so shares add
up (20 % and 20 % are 40 %), no sum ever exceeds what the line cost, and the last piece takes the
exact remainder. Freight goes back only with the last piece of an order of which nothing was sent.
Points are whole, cash is yuan.

Where the policy takes a coupon's discount back from what no longer reaches its total, all refunds
of the order together give back that much less; a later one that leaves nothing makes up for it, in
a part of no pieces where it was kept back.

Source: docs/product.md traps 6 and 7.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from mall.core.money import ZERO
from orders.models import Order, OrderLine
from orders.refunds import coupon_share
from orders.refunds.errors import InvalidRefund, NothingLeft

# All the money is back but some goods are not: every point earned by the yuan goes, and no fixed
# bonus does.
ALL_BUT_THE_BONUS = 1 - Fraction(1, 10**15)


@dataclass(frozen=True, slots=True)
class LineTerms:
    """Pieces of one line and what they give back; ``unsent`` of them never left the shop."""

    line: OrderLine
    quantity: int
    points: int
    cash: Decimal
    unsent: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What a refund gives back; ``cash`` has the freight in it, ``share`` is the share of the
    order's value undone by then, ``kept`` what share of each line's cash stays, by the line's id.
    """

    lines: tuple[LineTerms, ...]
    points: int
    cash: Decimal
    freight: Decimal
    is_whole: bool
    share: Fraction
    kept: dict[str, Fraction]
    coupon: coupon_share.FallsShort | None = None


def work_out(
    order: Order,
    wanted: Iterable[tuple[int, int]] | None = None,
    *,
    reserved: dict[int, int] | None = None,
) -> Terms:
    """Return what refunding ``wanted`` — (line id, pieces), None for all that is left — gives back
    now.

    ``reserved`` are pieces per line that other requests ask for. Only reads.
    Raises: InvalidRefund (left), NothingLeft.
    """
    lines = list(order.lines.all())
    left = {
        line.pk: line.quantity - line.refunded_quantity - (reserved or {}).get(line.pk, 0)
        for line in lines
    }
    if wanted is None:
        wanted = [(pk, pieces) for pk, pieces in left.items() if pieces]
        if not wanted:
            raise NothingLeft
    pieces = _checked(list(wanted), left)
    parts = tuple(_part(line, pieces[line.pk]) for line in lines if line.pk in pieces)
    is_whole = all(
        line.refunded_quantity + pieces.get(line.pk, 0) == line.quantity for line in lines
    )
    is_sent = any(line.shipped_quantity for line in lines if not line.product.is_delivered_at_once)
    freight = order.freight if is_whole and not is_sent else ZERO
    coupon = coupon_share.after(
        order, {line.pk: line.kept_quantity - pieces.get(line.pk, 0) for line in lines}
    )
    cash = _cash(lines, pieces, coupon)
    spread = _spread(parts, lines, cash)
    return Terms(
        lines=spread,
        points=sum(part.points for part in parts),
        cash=cash + freight,
        freight=freight,
        is_whole=is_whole,
        share=_share(lines, cash, is_whole),
        kept=kept_of(lines, {part.line.pk: part.cash for part in spread}),
        coupon=coupon,
    )


def _cash(lines, pieces, coupon) -> Decimal:
    """Return the goods' cash that is to come back now: what all that is back by then gives, less
    what the coupon loses, less what came back before.
    """
    fen = sum(
        due(int(line.cash * 100), line.refunded_quantity + pieces.get(line.pk, 0), line.quantity)
        for line in lines
    )
    lost = coupon.discount if coupon and coupon.is_taken_back else ZERO
    before = sum((line.refunded_cash for line in lines), ZERO)
    return max(ZERO, (Decimal(fen) / 100 - lost - before).quantize(ZERO))


def _spread(parts, lines, cash) -> tuple[LineTerms, ...]:
    """Let the parts add up to ``cash``: the last ones give less, and lines of which more was kept
    back before make up for it.
    """
    missing = cash - sum((part.cash for part in parts), ZERO)
    spread = []
    for part in reversed(parts):
        cut = min(part.cash, max(ZERO, -missing))
        missing += cut
        spread.insert(0, replace(part, cash=part.cash - cut))
    for line in lines:
        fen = due(int(line.cash * 100), line.refunded_quantity, line.quantity)
        more = min(missing, Decimal(fen) / 100 - line.refunded_cash)
        if more > 0:
            missing -= more
            spread = _with(spread, line, more)
    return tuple(spread)


def _with(parts, line, more) -> list[LineTerms]:
    if not any(part.line.pk == line.pk for part in parts):
        return [*parts, LineTerms(line, quantity=0, points=0, cash=more, unsent=0)]
    return [
        replace(part, cash=part.cash + more) if part.line.pk == line.pk else part for part in parts
    ]


def due(amount: int, pieces: int, quantity: int) -> int:
    """Return what ``pieces`` of ``quantity`` give back in all, in whole points or fen."""
    return amount * pieces // quantity


def _checked(wanted, left) -> dict[int, int]:
    pieces = dict(wanted)
    if not pieces or len(pieces) < len(wanted):
        raise InvalidRefund
    for line, quantity in pieces.items():
        if (
            not isinstance(quantity, int)
            or isinstance(quantity, bool)
            or not 1 <= quantity <= left.get(line, 0)
        ):
            raise InvalidRefund(left=left.get(line, 0))
    return pieces


def _part(line, quantity) -> LineTerms:
    before, after = line.refunded_quantity, line.refunded_quantity + quantity
    fen = int(line.cash * 100)
    return LineTerms(
        line=line,
        quantity=quantity,
        points=due(line.points, after, line.quantity) - due(line.points, before, line.quantity),
        cash=(
            Decimal(due(fen, after, line.quantity) - due(fen, before, line.quantity)) / 100
        ).quantize(ZERO),
        unsent=min(quantity, line.waiting_quantity),
    )


def _share(lines, cash, is_whole) -> Fraction:
    """Return the share of the goods' cash that is back by then; of the pieces' points where there
    was no cash.
    """
    if is_whole:
        return Fraction(1)
    paid = sum((line.cash for line in lines), ZERO)
    if not paid:
        return Fraction(0)
    back = sum((line.refunded_cash for line in lines), ZERO) + cash
    return min(Fraction(back) / Fraction(paid), ALL_BUT_THE_BONUS)


def kept_of(lines: Iterable[OrderLine], back: dict[int, Decimal]) -> dict[str, Fraction]:
    """Return what share of each line's cash stays with the shop, by the line's id, once ``back``
    comes back ({line id: yuan}) beside what did before.
    """
    return {
        str(line.pk): 1
        - Fraction(line.refunded_cash + back.get(line.pk, ZERO)) / Fraction(line.cash)
        for line in lines
        if line.cash
    }


def is_any_undone(order: Order) -> bool:
    """Say whether anything of an order is undone by now, without asking for its lines."""
    return _is_all_undone(order) or order.refunded_pieces > 0


def share_undone(order: Order) -> Fraction:
    """Return the share of an order's value that is undone by now: cancelled, or refunded."""
    if _is_all_undone(order):
        return Fraction(1)
    if not order.refunded_pieces:
        return Fraction(0)
    return _share(list(order.lines.all()), ZERO, is_whole=False)


def _is_all_undone(order) -> bool:
    return order.status == Order.Status.CANCELLED or order.refunded_at is not None
