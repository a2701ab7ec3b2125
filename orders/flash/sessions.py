"""The life of a flash session: announced with its stock set aside, called off or over, leftovers
returned.

Status follows from the window; what happens is written as a time. Each step locks the session's
row, so two operators or a sweep and an operator do it once.
"""

from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils.translation import gettext as _

from catalog import stock, stock_buckets, storefront
from catalog.errors import OutOfStock
from catalog.models import Product
from mall.core import audit, clock, keyset
from mall.core.events import hand_over
from mall.core.languages import set_names, together
from mall.core.transactions import transactional
from orders import events
from orders.errors import FlashNotReady, FlashOver
from orders.flash import early, lottery
from orders.models import FlashClaim, FlashReminder, FlashSession, Order

REMIND_MINUTES = 5
BATCH = 200


@transactional
def announce(session, *, actor: str) -> FlashSession:
    """Open a session: set its stock aside and show it to members; one that is open stays as it is.

    Raises: FlashNotReady, whose message says what is missing.
    """
    session = FlashSession.objects.select_for_update().get(pk=session.pk)
    if session.opened_at:
        return session
    # the order in which shelves are locked
    items = list(session.items.select_related("sku__product").order_by("sku_id"))
    refusals = complaints(session, items)
    if refusals:
        raise FlashNotReady(" ".join(str(refusal) for refusal in refusals))
    for item in items:
        try:
            stock_buckets.set_aside(
                item.pk,
                sku_id=item.sku_id,
                quantity=item.stock,
                buckets=item.buckets,
                reference=item.reference,
                actor=actor,
            )
        except OutOfStock as refusal:
            raise FlashNotReady(_too_few(item, refusal.numbers["left"])) from refusal
    if session.by_lot:
        lottery.promise(session, items)
    session.opened_at = clock.now()
    session.save(update_fields=["opened_at"])
    storefront.forget()
    audit.note(
        actor,
        "orders.announce_flash",
        target=session,
        after={"pieces": {str(item.sku_id): item.stock for item in items}},
    )
    return session


@transactional
def call_off(session, *, actor: str, reason: dict[str, str]) -> FlashSession:
    """Call a session off: what is left goes back on the shelf at once, orders stay. Members read
    the reason, {language: words}.

    Raises: FlashOver (it was over, or called off, before).
    """
    session = FlashSession.objects.select_for_update().get(pk=session.pk)
    now = clock.now()
    if session.status_at(now) in (FlashSession.Status.CANCELLED, FlashSession.Status.ENDED):
        raise FlashOver
    session.cancelled_at = session.settled_at = now
    told = set_names(session, "cancellation_reason", reason)
    session.save(update_fields=["cancelled_at", "settled_at", *told])
    storefront.forget()
    after, why = {"returned": _return_leftovers(session, actor=actor)}, together(reason)
    audit.note(actor, "orders.call_off_flash", target=session, reason=why, after=after)
    return session


def settle_due(as_of: datetime) -> int:
    """Return the leftovers of every session that is over; say how many sessions. Harmless when run
    twice or twice at once.
    """
    due = list(FlashSession.objects.to_settle(as_of).order_by("pk")[:BATCH])
    for session in due:
        _settle(session, as_of)
    return len(due)


@transactional
def _settle(session, as_of):
    session = FlashSession.objects.select_for_update().get(pk=session.pk)
    if session.settled_at is None:
        session.settled_at = as_of
        session.save(update_fields=["settled_at"])
        _return_leftovers(session, actor="system")


def _return_leftovers(session, *, actor) -> int:
    items = session.items.order_by("sku_id")
    return sum(
        stock_buckets.close(item.pk, reference=item.reference, actor=actor) for item in items
    )


def complaints(session, items) -> list[str]:
    """Return what keeps a session from being opened, each as a sentence."""
    found = []
    if not items:
        found.append(_("Add at least one item."))
    if session.ends_at <= clock.now():
        found.append(_("Its time is already over."))
    left = stock.available([item.sku_id for item in items])
    for item in items:
        if not item.sku.is_active or item.sku.product.status == Product.Status.DRAFT:
            found.append(_("“%(product)s” is not offered in the shop.") % {"product": item.sku})
        elif item.sku.product.tier_to_see:
            found.append(
                _("“%(product)s” is shown to some tiers only, and flash sales to everybody.")
                % {"product": item.sku}
            )
        elif session.by_lot and item.cash_price:
            found.append(
                _("“%(product)s” costs yuan, and what is drawn by lot costs points only.")
                % {"product": item.sku}
            )
        elif left[item.sku_id] < item.stock:
            found.append(_too_few(item, left[item.sku_id]))
    return found


def _too_few(item, left):
    return _("Of “%(product)s” only %(left)s are in stock, and the session wants %(wanted)s.") % {
        "product": item.sku,
        "left": left,
        "wanted": item.stock,
    }


def figures(session) -> list[dict]:
    """Return per item what a clerk wants to see: set aside, left, sold (paid), waiting for
    payment.
    """
    items = list(session.items.select_related("sku__product"))
    left = stock_buckets.levels([item.pk for item in items])
    claims = (
        FlashClaim.objects.filter(item__in=items, is_live=True)
        .order_by()
        .values_list("item_id", "order__status")
    )
    pieces: dict[tuple, int] = {}
    for item_id, status, count in claims.annotate(pieces=Sum("quantity")):
        kind = "waiting" if status == Order.Status.PENDING else "sold"
        pieces[item_id, kind] = pieces.get((item_id, kind), 0) + count
    return [
        {
            "item": item,
            "left": sum(left[item.pk]),
            "sold": pieces.get((item.pk, "sold"), 0),
            "waiting": pieces.get((item.pk, "waiting"), 0),
        }
        for item in items
    ]


@transactional
def remind(user, session) -> bool:
    """Note that a member wants to be told shortly before a session starts; says whether that is
    new.

    Raises: FlashOver when it has started already.
    """
    if session.status_at(clock.now()) != FlashSession.Status.SCHEDULED:
        raise FlashOver
    before = FlashReminder.objects.filter(session=session, user=user).exists()
    if not before:
        FlashReminder.objects.bulk_create(
            [FlashReminder(session=session, user=user)], ignore_conflicts=True
        )
    return not before


@transactional
def forget(user, session) -> None:
    """Take the wish to be reminded back."""
    FlashReminder.objects.filter(session=session, user=user, told_at__isnull=True).delete()


def tell_starting(as_of: datetime) -> int:
    """Tell each member who asked and for whom the session opens within five minutes; return how
    many.
    """
    due = FlashReminder.objects.filter(
        early.opened_by(as_of + timedelta(minutes=REMIND_MINUTES)),
        told_at__isnull=True,
        session__in=FlashSession.objects.announced().filter(ends_at__gt=as_of),
    )
    waiting = keyset.batches(due.values_list("pk", flat=True), BATCH)
    return sum(_tell(batch, as_of) for batch in waiting)


@transactional
def _tell(batch, as_of) -> int:
    # Two sweeps may meet: the second finds the rows of the first told.
    waiting = FlashReminder.objects.select_for_update().filter(pk__in=batch, told_at__isnull=True)
    reminders = list(waiting.order_by("pk"))
    FlashReminder.objects.filter(pk__in=[one.pk for one in reminders]).update(told_at=as_of)
    minutes = early.minutes_of_all([one.user_id for one in reminders])
    hand_over(events.flash_starting(one, minutes.get(one.user_id, 0)) for one in reminders)
    return len(reminders)
