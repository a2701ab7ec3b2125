"""How the shelves fare: how often suggestions were shown, opened and redeemed, by shelf and reason.

Shown and opened are counted in the process and written down now and then; no line says by whom.
What a member opened is remembered in the cache for a day, so that a redemption of it can be
counted, and by nobody who wants nothing noted of what they look at (orders/basket/seen.py).
"""

import time
from collections import Counter
from threading import Lock

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.db.models import F

from mall.core import clock
from mall.core.errors import Busy
from mall.core.transactions import transactional
from marketing.models import ShelfDay
from marketing.recommendations.shelves import REASONS, SHELVES
from orders.basket import seen
from orders.models import OrderLine

FROM = "from"  # in a product's address: the shelf and the reason one came from
REMEMBERED_SECONDS = 24 * 3600
MOST_REMEMBERED = 20  # goods of one member
SHOWN, OPENED, REDEEMED = "shown", "opened", "redeemed"

log = structlog.get_logger(__name__)
_waiting, _lock, _written_at = Counter(), Lock(), time.monotonic()


def linked(suggestion: dict) -> dict:
    """Return a suggestion's product as a card wants it: its address says where one came from."""
    product, place = suggestion["product"], f"{suggestion['shelf']}-{suggestion['code']}"
    url = f"{product['url']}?{FROM}={place}"
    return {**product, "url": url, "reason": suggestion["reason"]}


def note_shown(suggestions: list[dict]) -> None:
    """Count suggestions that a page or an answer shows."""
    _count(Counter((SHOWN, one["shelf"], one["code"]) for one in suggestions))


def note_opened(request, response, product_id: int) -> None:
    """Count that a member came to a product from a shelf, once a day for each (catalog/looked)."""
    place = _place(request.GET.get(FROM, ""))
    if place and request.user.is_authenticated and not seen.is_off(request):
        open_from(request.user, product_id, *place)


def open_from(user, product_id: int, shelf: str, reason: str) -> bool:
    """Count and remember that a member opened a product from a shelf; return whether it counts."""
    key = _key(user.pk)
    opened = cache.get(key) or {}
    if product_id in opened:
        return False
    latest = dict(list(opened.items())[-MOST_REMEMBERED + 1 :])
    cache.set(key, {**latest, product_id: (shelf, reason)}, REMEMBERED_SECONDS)
    _count(Counter({(OPENED, shelf, reason): 1}))
    return True


def count_redeemed(events) -> None:
    """Count goods of paid orders that their members had opened from a shelf within a day."""
    opened = cache.get_many({_key(event.member) for event in events})
    orders = {event.data["no"]: event for event in events if _key(event.member) in opened}
    if not orders:
        return
    counted: dict = {}
    lines = OrderLine.objects.filter(order__no__in=list(orders)).values_list(
        "order__no", "product_id"
    )
    for no, product_id in lines:
        event = orders[no]
        if place := opened[_key(event.member)].get(product_id):
            counted.setdefault(event.on, Counter())[REDEEMED, *place] += 1
    for day, counts in counted.items():
        _add(day, counts)


def write_down() -> int:
    """Add what waits in this process to the rows of its days; return how many figures that were.

    Should the process die first, or nothing can be written now, a minute of counting is lost.
    """
    global _written_at
    with _lock:
        counted, _written_at = Counter(_waiting), time.monotonic()
        _waiting.clear()
    try:
        for day in sorted({day for day, *_what in counted}):
            _add(day, {tuple(what): n for (on, *what), n in counted.items() if on == day})
    except (DatabaseError, Busy) as error:
        log.warning("shelves_not_counted", figures=len(counted), reason=type(error).__name__)
    return len(counted)


def _count(counts: Counter) -> None:
    today = clock.today()
    with _lock:
        for what, number in counts.items():
            _waiting[today, *what] += number
        is_due = time.monotonic() - _written_at > settings.SHELVES_WRITTEN_AFTER_SECONDS
    if is_due:
        write_down()


@transactional
def _add(day, counts: dict) -> None:
    """Add {(what, shelf, reason): number} to a day, its rows in one order for everybody."""
    places = sorted({(shelf, reason) for _what, shelf, reason in counts})
    rows = [ShelfDay(on=day, shelf=shelf, reason=reason) for shelf, reason in places]
    ShelfDay.objects.bulk_create(rows, ignore_conflicts=True)
    for shelf, reason in places:
        added = {
            what: F(what) + number
            for (what, *place), number in counts.items()
            if place == [shelf, reason]
        }
        ShelfDay.objects.filter(on=day, shelf=shelf, reason=reason).update(**added)


def _place(told: str) -> tuple[str, str] | None:
    shelf, _dash, reason = told.partition("-")
    return (shelf, reason) if shelf in SHELVES and reason in REASONS else None


def _key(user_id) -> str:
    return f"shelf-opened:{user_id}"
