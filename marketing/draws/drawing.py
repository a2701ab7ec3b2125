"""Drawing a ticket: once per one-time key, the number given and the prize taken under the draw's
lock, everything in one transaction.

Lock order (docs/ledger.md): the member's account, then the draw, then coupon, budget and
stock. The account makes limits per person exact, the draw the numbers and what is left.
"""

import json

from django.utils import timezone
from django.utils.formats import date_format

from mall.core import clock, repeats, rows
from mall.core.events import tell
from mall.core.transactions import transactional
from marketing.draws import events, prizes, table, tickets
from marketing.draws.errors import (
    DrawLimitReached,
    DrawNotStarted,
    DrawOver,
    NoSuchDraw,
    NoTicket,
)
from marketing.models import Draw, DrawTicket
from orders.errors import IdempotencyConflict, InvalidKey
from points import event_delivery, ledger
from points.errors import AccountFrozen
from points.machine_state import EARNING


def find(code: str) -> Draw:
    """Return an announced draw. Raises: NoSuchDraw."""
    draw = Draw.objects.announced().filter(code=code).first()
    if draw is None:
        raise NoSuchDraw
    return draw


@transactional
def draw(user, code: str, *, key: str, points: int = 0) -> DrawTicket:
    """Draw one ticket and return it with its prize: a free one, else one that was given, else one
    bought for at most ``points``.

    Idempotent by (user, ``key``), with ``replayed`` True on a repeat, also after the draw is over.
    Raises: InvalidKey, IdempotencyConflict, NoSuchDraw, DrawNotStarted, DrawOver, DrawLimitReached,
    NoTicket, points.errors.InsufficientPoints and AccountFrozen.
    """
    if not repeats.is_key(key):
        raise InvalidKey
    same = rows.Wanted(DrawTicket, {"user_id": user.pk, "once": key})
    # Two taps may come at once; the second must see the first's ticket.
    account = ledger.open(user.pk, seen=same)
    if account.seen is not None:
        return _repeated(account.seen, code)
    found, now = find(code), clock.now()
    ticket = _next(account, found, key=key, points=points, now=now)
    # From here on nobody else draws here: what is left, and whose number comes next, is exact.
    locked = Draw.objects.select_for_update().get(pk=found.pk)
    check_open(locked, now)
    ticket.draw, ticket.once, ticket.on = locked, key, clock.day_of(now)
    ticket.number, ticket.drawn_at = locked.drawn + 1, now
    if ticket.price_points:
        _pay(account, ticket)
    Draw.objects.filter(pk=locked.pk).update(drawn=ticket.number)
    _win(account, ticket)
    ticket.save()
    if prizes.is_sent_at_once(ticket.prize):
        prizes.order(account, user, ticket)
    tell(events.drawn(ticket))
    return ticket


def check_open(draw, now) -> None:
    """Refuse a draw that is not open at an instant, or whose seed was revealed since. Raises:
    DrawNotStarted, DrawOver.
    """
    status = draw.status_at(now)
    if status == Draw.Status.ANNOUNCED:
        starts_at = date_format(timezone.localtime(draw.starts_at), "SHORT_DATETIME_FORMAT")
        raise DrawNotStarted(starts_at=starts_at)
    if status != Draw.Status.OPEN or draw.settled_at is not None:
        raise DrawOver


def _repeated(ticket, code) -> DrawTicket:
    found = DrawTicket.objects.select_related("draw", "prize__sku__product", "order")
    ticket = found.get(pk=ticket.pk)
    if ticket.draw.code != code:
        raise IdempotencyConflict
    ticket.replayed = True
    return ticket


def _next(account, draw, *, key, points, now) -> DrawTicket:
    """Return the ticket to be drawn, unwritten, with how often its member had no luck."""
    check_open(draw, now)
    if account.row.status not in EARNING:
        raise AccountFrozen
    on = clock.day_of(now)
    standing = tickets.standing_of(account.user_id, [draw], on)[draw.pk]
    if not standing.left_today:
        raise DrawLimitReached(limit=draw.draws_per_day)
    ticket = tickets.next_of(account.user_id, draw, standing, once=key, on=on)
    if ticket.source == tickets.Source.BOUGHT:
        if not 0 < draw.price_points <= points:
            raise NoTicket(price=draw.price_points)
        ticket.price_points = draw.price_points
        event_delivery.hear_if_short(account, draw.price_points)
    ticket.misses = tickets.misses_of(account.user_id, draw)
    return ticket


def _pay(account, ticket) -> None:
    account.spend(
        points=ticket.price_points,
        key=f"{ticket.reference}:spend",
        reference=ticket.reference,
        fresh=True,  # the number was given a moment ago
    )


def _win(account, ticket) -> None:
    """Find what the ticket wins and take it; what cannot be given any more is gone."""
    promised, seed = json.loads(ticket.draw.table), ticket.draw.seed
    choice = {
        one.position: one for one in ticket.draw.prizes.select_related("sku__product", "coupon")
    }
    gone = [no for no, prize in choice.items() if prize.left == 0]
    while True:
        ticket.gone = sorted(gone)
        no = table.outcome(seed, promised, ticket.number, misses=ticket.misses, gone=ticket.gone)
        ticket.prize = choice[no]
        if prizes.take(account, ticket, choice[no]):
            return
        gone.append(no)  # the coupon or the budget ended: its weight is thanks' from here on
