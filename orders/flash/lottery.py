"""Lots of a flash session: promised when it is announced, drawn when it is over, then settled one
by one, winners with an order and everybody else with their points.

Ranks follow from the seed and the numbers that were not withdrawn alone (mall/core/lots.py), and
stand in one transaction; settling starts anew wherever it was cut off and comes to the same end.
"""

from datetime import datetime

import structlog
from django.db import transaction

from mall.core import clock, keyset, lots
from mall.core.errors import DomainError
from mall.core.events import tell
from mall.core.transactions import transactional
from orders import events
from orders.flash import redemption, registration
from orders.models import FlashItem, FlashSession, Lottery, Order, Registration
from points import ledger

State = Registration.State
BATCH = 200
log = structlog.get_logger(__name__)


# --- the promise --------------------------------------------------------------------
def promise(session: FlashSession, items: list[FlashItem]) -> Lottery:
    """Make a session's seed and publish the hash of the table in which the seed's hash stands;
    once.
    """
    standing = Lottery.objects.filter(pk=session.pk).first()
    if standing is not None:
        return standing
    seed = lots.new_seed()
    table = lots.canonical(
        {
            "name": f"lots:{session.pk}",
            "starts_at": _written(session.starts_at),
            "ends_at": _written(session.ends_at),
            "seed_sha256": lots.seed_hash(seed),
            "items": [
                {"item": one.pk, "sku": one.sku_id, "pieces": one.stock}
                for one in sorted(items, key=lambda one: one.pk)
            ],
        }
    )
    return Lottery.objects.create(
        session=session, seed=seed, table=table, commitment=lots.hash_of(table.encode())
    )


def _written(at) -> str:
    return at.astimezone(clock.SHOP_ZONE).isoformat(timespec="seconds")


# --- the lots -----------------------------------------------------------------------
def carry_on(as_of: datetime) -> int:
    """Draw the lots of sessions that are over or called off, and settle what waits; return how many
    registrations were settled. Harmless when run twice, or twice at once.
    """
    due = Lottery.objects.filter(finished_at__isnull=True).select_related("session")
    settled = 0
    for one in due.order_by("pk"):
        if one.session.ends_at <= as_of or one.session.cancelled_at is not None:
            draw(one.pk, as_of)
            settled += _settle_all(one.pk, as_of)
    return settled


@transactional
def draw(session_id: int, as_of: datetime) -> None:
    """Rank the registrations of each item by their lots, once; nobody registers after it."""
    lottery = Lottery.objects.select_for_update().select_related("session").get(pk=session_id)
    if lottery.drawn_at is not None:
        return
    if lottery.session.cancelled_at is None:
        for item in lottery.session.items.order_by("pk"):
            for rank, number in enumerate(ranking(lottery, item), 1):
                one = Registration.objects.filter(session=session_id, number=number)
                one.update(rank=rank)
    lottery.drawn_at = as_of
    lottery.save(update_fields=["drawn_at"])


def ranking(lottery: Lottery, item: FlashItem) -> list[int]:
    """Return the numbers registered for an item in the order in which their lots come up."""
    live = Registration.objects.filter(item=item, withdrawn=0)
    numbers = live.order_by("number").values_list("number", flat=True)
    return lots.ranked(lottery.seed, f"lots:{lottery.pk}", numbers)


def _settle_all(session_id, as_of) -> int:
    waiting = Registration.objects.filter(session=session_id, state=State.WAITING)
    settled = 0
    for batch in keyset.batches(waiting.select_related("user"), BATCH):
        settled += sum(_settle(one, as_of) for one in batch)
    if not waiting.exists():
        Lottery.objects.filter(pk=session_id, finished_at=None).update(finished_at=as_of)
    return settled


@transactional
def _settle(one, as_of) -> bool:
    """Settle one registration, once: with an order where it won, else with its points. A winner who
    cannot be sent anything any more has the points back; the piece goes back on the shelf.
    """
    account = ledger.open(one.user_id)
    # Two sweeps may meet: under the member's lock the second finds what the first left.
    mine = Registration.objects.filter(pk=one.pk, state=State.WAITING)
    if not mine.exists():
        return False
    # Whoever waited for the lots over the last day of their points can pay with them, or has them.
    registration.give_points_back(account, one, at_fault=True)
    state, placed = State.LOST, None
    if _has_won(one):
        state, placed = _place(one)
    mine.update(state=state, order=placed, settled_at=as_of)
    one.state = state
    tell(events.lot_settled(one))
    return True


def _has_won(one) -> bool:
    return one.rank is not None and one.rank <= one.item.stock


def _place(one) -> tuple[str, Order | None]:
    try:
        with transaction.atomic():  # what a refused order had begun goes, the lot is settled
            words = {"key": one.reference, "address": one.address}
            return State.WON, redemption.place_won(one.user, one.item, **words)
    except DomainError as refusal:
        log.warning("won_lot_not_placed", lot=one.reference, code=refusal.code)
        return State.LAPSED, None
