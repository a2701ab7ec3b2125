"""What a refund would do, before anybody decides it: the same sentence for member, app and
operator.

Reads without a lock: a preview and no promise.
"""

from dataclasses import dataclass
from datetime import date

from mall.core import clock
from orders import earning, returns
from orders.models import RefundRequest
from orders.refunds import requests
from orders.refunds import terms as refund_terms
from points import event_delivery, lots
from points.grants import TakenBack
from points.models import LedgerEntry
from points.postings import original_of


@dataclass(frozen=True, slots=True)
class Lot:
    """Points that return to one last day; ``is_over`` when that day has passed, so that they expire
    at once.
    """

    expires_on: date | None
    points: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a refund gives back (``terms``, points by their last day) and what earned points it
    takes.
    """

    terms: refund_terms.Terms
    lots: tuple[Lot, ...]
    taken: TakenBack


def show(order, lines=None, *, by_staff: bool = False) -> Preview:
    """Preview refunding these pieces — (line id, pieces), None: all that may be asked for. Raises:
    as refund_requests.request.
    """
    event_delivery.hear(order.user)
    order = _with_lines(order)
    return _of(order, requests.terms_of(order, lines, by_staff=by_staff))


def show_request(asked: RefundRequest) -> Preview:
    """Preview approving a request that waits."""
    event_delivery.hear(asked.order.user)
    order = _with_lines(asked.order)
    return _of(
        order, refund_terms.work_out(order, list(asked.lines.values_list("line_id", "quantity")))
    )


def lots_back(order, points: int) -> tuple[Lot, ...]:
    """Return the lots to which the next ``points`` of an order return: the latest-expiring first,
    as points/ledger.py refunds.
    """
    if not points:
        return ()
    taken = LedgerEntry.objects.filter(
        account_id=order.user_id, key=returns.points_key(order)
    ).first()
    if taken is None:
        return ()
    back_to = (
        LedgerEntry.objects.filter(
            account_id=order.user_id, id__gt=taken.id, reverses_seq=taken.seq
        )
        .order_by("-id")
        .first()
    )
    back, _rest = lots.take_latest(original_of(taken, back_to).left, points)
    today = clock.today().isoformat()
    return tuple(
        Lot(date.fromisoformat(day) if day else None, n, lots.late(day) < today) for day, n in back
    )


def _of(order, terms) -> Preview:
    taken = earning.preview_take_back(order, share=terms.share, kept=terms.kept)
    return Preview(terms, lots_back(order, terms.points), taken)


def _with_lines(order):
    return type(order).objects.prefetch_related("lines__product").get(pk=order.pk)
