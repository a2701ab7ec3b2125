"""What members see of flash sales: the sessions now and next, each item's price, what is left, what
is theirs. Reads only.
"""

from django.core.cache import cache
from django.db.models import Count, Prefetch

from catalog import audience, kept, stock_buckets
from catalog.audience import VISITOR
from mall.core import clock
from orders import offering
from orders.errors import NoSuchFlashItem
from orders.flash import early, redemption
from orders.models import FlashItem, FlashReminder, FlashSession, Registration

Status = FlashSession.Status
SESSIONS_SHOWN = 5
STANDING_SECONDS = 1  # thousands may ask at the same moment how an item stands
SOON, OPEN, YOURS, SOLD_OUT, OVER = "soon", "open", "yours", "sold_out", "over"
# where lots are drawn
REGISTER, REGISTERED, DRAWING = "register", "registered", "drawing"
WON, LOST = "won", "lost"
CALLED_OFF = "called_off"  # on the page of whoever had to do with it; such sessions are not listed
ENDED = (OVER, DRAWING, WON, LOST, CALLED_OFF)


def sessions(user=None, *, as_of=None) -> list[dict]:
    """Return the sessions that run or come next, with their items as this reader (None: a visitor)
    sees them.
    """
    as_of = as_of or clock.now()
    found = list(FlashSession.objects.current(as_of).prefetch_related(_items())[:SESSIONS_SHOWN])
    items = _shown([item for session in found for item in session.items.all()], user)
    minutes = _minutes_early(found, user, as_of)
    facts = _facts(items, found, user, as_of, minutes)
    reminded = set()
    if user is not None and found:
        reminded = set(
            FlashReminder.objects.filter(user=user, session__in=found).values_list(
                "session_id", flat=True
            )
        )
    return [
        {
            "session": session,
            "status": session.status_at(as_of, minutes),
            "is_running": session.opens_at(minutes) <= as_of,
            "opens_at": session.opens_at(minutes),
            "is_reminded": session.pk in reminded,
            "items": [facts[item.pk] for item in session.items.all() if item.pk in facts],
        }
        for session in found
        if any(item.pk in facts for item in session.items.all())
    ]


def item(item_id: int, user=None, *, as_of=None) -> dict:
    """Return one item as this reader sees it, with its session. Raises: NoSuchFlashItem."""
    as_of = as_of or clock.now()
    found = redemption.find(item_id)
    if not _shown([found], user):
        raise NoSuchFlashItem
    minutes = _minutes_early([found.session], user, as_of)
    facts = _facts([found], [found.session], user, as_of, minutes)[found.pk]
    mine = {"opens_at": found.session.opens_at(minutes), "minutes_early": minutes}
    return facts | mine | {"session": found.session}


def headline(*, as_of=None) -> FlashSession | None:
    """Return the session that runs, or else the next one, with its items; for the shop window.

    Kept with the facts of the goods; a session that is announced or called off ends them.
    """
    as_of = as_of or clock.now()
    found = kept.fact("flash", lambda: [_headline(as_of)])[0]
    return _headline(as_of) if found and found.ends_at <= as_of else found


def _headline(as_of) -> FlashSession | None:
    everybodys = _items(sku__product__tier_to_see=VISITOR)
    found = FlashSession.objects.current(as_of).prefetch_related(everybodys)
    return next((session for session in found[:SESSIONS_SHOWN] if session.items.all()), None)


def standing(item_id: int, user=None) -> dict:
    """Return how an item stands right now for whoever waits on its page: plain values, up to a
    second old; who is let in early (orders/flash/early.py) is asked before the beginning only.

    Raises: NoSuchFlashItem.
    """
    key = f"flash:standing:{item_id}"
    known = cache.get(key)
    if known is None:
        found = redemption.find(item_id)  # for whom it is does not matter: nothing is said of it
        facts = _facts([found], [found.session], None, clock.now())[found.pk]
        known = {"state": facts["state"], "left": facts["left"]}
        cache.set(key, known, STANDING_SECONDS)
    if known["state"] == SOON and user is not None and _is_let_in(item_id, user):
        known = known | {"state": OPEN if known["left"] else SOLD_OUT}
    return known | {"now": clock.now().isoformat()}


def _is_let_in(item_id, user) -> bool:
    minutes = early.minutes_of(user)
    return bool(minutes) and redemption.find(item_id).session.opens_at(minutes) <= clock.now()


def _minutes_early(sessions, user, as_of) -> int:
    """Return how early a reader is let in, where one of these sessions has not begun."""
    is_coming = any(session.starts_at > as_of for session in sessions)
    return early.minutes_of(user) if is_coming else 0


def _items(**shown):
    rows = FlashItem.objects.select_related("sku__product").filter(**shown)
    return Prefetch("items", rows.order_by("position", "pk"))


def _shown(items, user) -> list[FlashItem]:
    """Return those of these items whose goods a reader is shown: they may have been hidden from
    some since the session was announced.
    """
    products = [item.sku.product for item in items]
    tier = offering.tier_of(user and user.pk, products)
    shown = [audience.is_shown(product.tier_to_see, tier) for product in products]
    return [item for item, is_shown in zip(items, shown, strict=True) if is_shown]


def _facts(items, sessions, user, as_of, minutes=0) -> dict[int, dict]:
    """Return {item: its facts}; three statements however many items there are."""
    by_session = {session.pk: session for session in sessions}
    left = stock_buckets.levels([item.pk for item in items]) if items else {}
    had = redemption.had(user, [item.pk for item in items]) if user is not None and items else {}
    by_lot = [item for item in items if by_session[item.session_id].by_lot]
    own, registered = registrations(by_lot, user), counts(by_lot)
    return {
        item.pk: _fact(
            item,
            by_session[item.session_id].status_at(as_of, minutes),
            sum(left[item.pk]),
            had.get(item.pk, 0),
        )
        | _lots(item, by_session[item.session_id], own.get(item.pk), registered, as_of)
        for item in items
    }


def registrations(items, user) -> dict[int, Registration]:
    """Return a member's registrations that stand, by item; nothing asked where no lots are
    drawn.
    """
    if not items or user is None:
        return {}
    own = Registration.objects.filter(user=user, item__in=items, withdrawn=0)
    return {one.item_id: one for one in own.select_related("order")}


def counts(items) -> dict[int, int]:
    """Return how many registrations stand, by item."""
    if not items:
        return {}
    live = Registration.objects.filter(item__in=items, withdrawn=0).order_by()
    return dict(live.values_list("item_id").annotate(number=Count("pk")))


def _lots(item, session, own, registered, as_of) -> dict:
    """Return what an item that is drawn by lot shows besides: who registered, what is mine, and a
    state of its own.
    """
    facts = {"by_lot": session.by_lot, "registered": registered.get(item.pk, 0)}
    facts["registration"] = own
    if not session.by_lot or session.cancelled_at:
        return facts
    status = session.status_at(as_of)
    if own is None:
        states = {Status.SCHEDULED: SOON, Status.RUNNING: REGISTER}
        return facts | {"state": states.get(status, OVER)}
    if own.state == Registration.State.WAITING:
        return facts | {"state": REGISTERED if status == Status.RUNNING else DRAWING}
    return facts | {"state": WON if own.state == Registration.State.WON else LOST}


def _fact(item, status, left, had) -> dict:
    product = item.sku.product
    return {
        "id": item.pk,
        "url": item.get_absolute_url(),
        "sku": item.sku_id,
        "product": product.pk,
        "name": product.name,
        "summary": product.summary,
        "sku_name": item.sku.name,
        "image_url": product.image_url,
        "points_price": item.points_price,
        "cash_price": item.cash_price,
        "usual_points": item.sku.points_price,
        "usual_cash": item.sku.cash_price,
        "stock": item.stock,
        "left": left,
        "taken_percent": 100 - left * 100 // item.stock,
        "limit_per_person": item.limit_per_person,
        "had": had,
        "state": _state(status, left, had >= item.limit_per_person),
    }


def _state(status, left, is_full) -> str:
    if status == FlashSession.Status.SCHEDULED:
        return SOON
    if is_full:
        return YOURS
    if status != FlashSession.Status.RUNNING:
        return CALLED_OFF if status == FlashSession.Status.CANCELLED else OVER
    return OPEN if left else SOLD_OUT
