"""Lots of flash sessions: the ranks follow from the promise, and everybody has goods or points."""

from mall.core import lots
from mall.core.transactions import transactional
from mall.verification import turns
from mall.verification.finding import Finding
from orders.flash import lottery
from orders.models import Lottery, Registration
from points.models import LedgerEntry

State = Registration.State


def verify_lots(*, full: bool = False) -> list[Finding]:
    """Compare the sessions whose lots were drawn and that are due, and the points that their
    registrations hold.
    """
    found, lotteries = [], Lottery.objects.select_related("session")
    for one in turns.due(lotteries, "session__settled_at", full=full).order_by("pk"):
        if _compare(one):
            found += _compare_locked(one.pk)
    return found


@transactional
def _compare_locked(session_id) -> list[Finding]:
    return _compare(
        Lottery.objects.select_for_update().select_related("session").get(pk=session_id)
    )


def _compare(one) -> list[Finding]:
    found = []
    if lots.hash_of(one.table.encode()) != one.commitment:
        found.append(Finding(None, f"promise of flash session {one.pk}", one.commitment, "another"))
    for item in one.session.items.order_by("pk"):
        rows = Registration.objects.filter(item=item).order_by("number")
        if one.drawn_at is not None and one.session.cancelled_at is None:
            found += _of_ranks(one, item, rows)
        found += _of_points(one, rows)
    return found


def _of_ranks(one, item, rows):
    expected = {number: rank for rank, number in enumerate(lottery.ranking(one, item), 1)}
    for row in rows:
        if row.rank != expected.get(row.number):
            what = f"rank of lot {row.number} of flash session {one.pk}"
            yield Finding(row.user_id, what, str(expected.get(row.number)), str(row.rank))
        is_winner = row.rank is not None and row.rank <= item.stock
        if row.state == State.LOST and is_winner or row.state == State.WON and not is_winner:
            what = f"lot {row.number} of flash session {one.pk}"
            yield Finding(row.user_id, what, str(row.rank), row.state)


def _of_points(one, rows):
    """Points are held while a lot waits, and were released once it does not."""
    keys = LedgerEntry.objects.filter(
        account_id__in=rows.order_by().values("user_id"), key__startswith=f"lot:{one.pk}:"
    )
    posted = set(keys.values_list("account_id", "key"))
    for row in rows:
        parts = [(row.user_id, f"{row.reference}:{part}") in posted for part in ("hold", "release")]
        if parts != [True, row.state != State.WAITING]:
            what = f"points of lot {row.number} of flash session {one.pk}"
            yield Finding(row.user_id, what, row.state, str(parts))
        if (row.order_id is not None) != (row.state == State.WON):
            what = f"order of lot {row.number} of flash session {one.pk}"
            yield Finding(row.user_id, what, row.state, str(row.order_id))
