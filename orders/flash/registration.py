"""Registering for a piece that is drawn by lot, with the points held, and thinking better of it.

Lock order: the member's account, then the lots' row, under which numbers are given: who registers
in the last second is either numbered before the lots are drawn, or refused.
"""

from django.utils.translation import gettext as _

from catalog.models import Product
from mall.core import clock
from mall.core.transactions import transactional
from orders import pricing
from orders.errors import FlashOver
from orders.flash import quotes, redemption
from orders.flash.lottery_errors import NotDrawnByLot, NotRegistered
from orders.freight import Destination
from orders.models import FlashItem, FlashSession, Lottery, Registration
from points import event_delivery, ledger

WAITING, WITHDRAWN = Registration.State.WAITING, Registration.State.WITHDRAWN


@transactional
def register(user, *, item: int, address: int | None = None) -> Registration:
    """Register a member for one piece and hold its points; the one that stands, with ``replayed``
    True, where they are registered already.

    Goods that are sent go to ``address`` (an id of the member's own) or the default one.
    Raises: NoSuchFlashItem, NotDrawnByLot, FlashNotStarted, FlashOver, TierNeeded, AddressNeeded,
    NotDelivered, AddressUnclear, points.errors.InsufficientPoints and AccountFrozen.
    """
    found = find(item)
    # Two tabs may register at once; the second must see the first's.
    account = ledger.open(user.pk)
    standing = of(user, found)
    if standing is not None:
        standing.replayed = True
        return standing
    now = clock.now()
    redemption.check_open(found.session, user, now)
    redemption.check_tier(user, found.sku.product)
    to = Destination(user, address)
    quote = quotes.quote(user, found, to=to, as_of=now)
    quote.check_delivery()
    pricing.check_payable(quote)
    is_sent = found.sku.product.kind == Product.Kind.PHYSICAL
    event_delivery.hear_if_short(account, found.points_price)
    lots = Lottery.objects.select_for_update().get(pk=found.session_id)
    if lots.drawn_at is not None:
        raise FlashOver
    made = Registration(
        item=found,
        session=found.session,
        user=user,
        number=lots.registered + 1,
        points=found.points_price,
        address=to.required().pk if is_sent else None,
        registered_at=now,
    )
    account.hold(
        points=made.points,
        key=made.hold_key,
        reference=made.reference,
        expires_at=found.session.ends_at,
        fresh=True,  # the number was given a moment ago
    )
    Lottery.objects.filter(pk=lots.pk).update(registered=made.number)
    made.save()
    return made


@transactional
def withdraw(user, *, item: int) -> Registration:
    """Take a registration back while lots are not drawn; the points are free at once.

    Raises: NoSuchFlashItem, NotDrawnByLot, NotRegistered, FlashOver.
    """
    found = find(item)
    account = ledger.open(user.pk)
    standing = of(user, found)
    if standing is None:
        raise NotRegistered
    redemption.check_open(found.session, user, clock.now())
    lots = Lottery.objects.select_for_update().get(pk=found.session_id)
    if lots.drawn_at is not None:
        raise FlashOver
    standing.state, standing.withdrawn = WITHDRAWN, standing.number
    standing.settled_at = clock.now()
    standing.save(update_fields=["state", "withdrawn", "settled_at"])
    give_points_back(account, standing)
    return standing


def find(item_id: int) -> FlashItem:
    """Return an item that is drawn by lot. Raises: NoSuchFlashItem, NotDrawnByLot."""
    found = redemption.find(item_id)
    if not found.session.by_lot:
        raise NotDrawnByLot
    return found


def of(user, item) -> Registration | None:
    """Return a member's registration for an item that was not withdrawn."""
    return Registration.objects.filter(user=user, item=item, withdrawn=0).first()


def names(kind: str) -> dict[str, str]:
    """Return what the lots of each session are called in a statement, by the reference of its
    registrations; nothing where things of another kind are asked for.
    """
    if kind != "lot":
        return {}
    said = _("lots of “%(session)s”")
    sessions = FlashSession.objects.filter(by_lot=True).values_list("pk", "name")
    return {f"lot:{pk}": said % {"session": name} for pk, name in sessions}


def give_points_back(account, one: Registration, *, at_fault: bool = False) -> None:
    """Release the points of a registration; ``at_fault`` as for the ledger's refund."""
    words = {"key": f"{one.reference}:release", "reference": one.reference}
    account.release(hold_key=one.hold_key, at_fault=at_fault, **words)
