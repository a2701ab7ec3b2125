"""Lots of a flash session: promised when it is announced, drawn when it is over, then settled one
by one, winners with an order and everybody else with their points.

Ranks follow from the seed and the numbers that were not withdrawn alone (mall/core/lots.py), and
stand in one transaction; settling starts anew wherever it was cut off and comes to the same end.
"""

from datetime import datetime

from catalog.errors import OutOfStock
from mall.core import clock, keyset, lots
from mall.core.errors import Busy, DomainError
from mall.core.transactions import transactional
from orders.flash import redemption, registration
from orders.models import FlashItem, FlashSession, Lottery, Registration
from points import ledger

State = Registration.State
BATCH = 200


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


def _settle(one, as_of) -> bool:
    """Settle one registration, once: with an order where it won, else with its points. A winner who
    cannot be sent anything any more gets the points back; the piece goes back on the shelf.
    """
    try:
        return _settle_as(one, as_of, has_won=_has_won(one))
    except Busy:
        raise
    except (DomainError, OutOfStock):
        return _settle_as(one, as_of, has_won=False, otherwise=State.LAPSED)


def _has_won(one) -> bool:
    return one.rank is not None and one.rank <= one.item.stock


@transactional
def _settle_as(one, as_of, *, has_won, otherwise=State.LOST) -> bool:
    account = ledger.open(one.user_id)
    state = State.WON if has_won else otherwise
    # Two sweeps may meet: the old state in the filter says who was faster.
    mine = Registration.objects.filter(pk=one.pk, state=State.WAITING)
    if not mine.update(state=state, settled_at=as_of):
        return False
    registration.give_points_back(account, one)
    if has_won:
        placed = redemption.place_won(one.user, one.item, key=one.reference, address=one.address)
        Registration.objects.filter(pk=one.pk).update(order=placed)
    return True
