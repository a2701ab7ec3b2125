"""The life of a coupon: given, bought, kept for an order, used, given back, taken back, over.

The only writer of coupons besides the hand-outs and the goods that consist of one. Lock order: the
member's account, the order, the coupon, then what many want at once (a public code's uses, a
template's count); stock comes after all of it. The old state stands in every UPDATE's filter, so of
two at the same moment one updates no row.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q

from mall.core import audit, clock, keyset, repeats, rows
from mall.core.events import Event, tell
from mall.core.transactions import transactional
from orders import events
from orders.coupons.errors import (
    CodeUsedUp,
    CouponLimitReached,
    CouponNotForSale,
    CouponNotGiven,
    CouponNotRevocable,
    CouponOfGoods,
    CouponsGone,
    CouponUsed,
)
from orders.coupons.offers import counted
from orders.coupons.wallet import expiry_of
from orders.errors import IdempotencyConflict
from orders.models import Coupon, CouponCode, CouponTemplate
from points import event_delivery, ledger

AT_FAULT_DAYS = 7
BATCH = 500
GRANTED, LOCKED, USED, EXPIRED, REVOKED = (
    Coupon.State.GRANTED,
    Coupon.State.LOCKED,
    Coupon.State.USED,
    Coupon.State.EXPIRED,
    Coupon.State.REVOKED,
)


# --- getting one -------------------------------------------------------------
@transactional
def grant(user_id: int, template: CouponTemplate | int, *, key: str) -> Coupon:
    """Give a member a coupon for a fact (a birthday, a mission, a prize); idempotent by (member,
    ``key``).

    The fact is the limit: what one person may buy or be handed does not count here, the template's
    total does. A repeat is recognised by the fact alone: which coupon it gives may have been
    changed meanwhile.
    Raises: CouponNotGiven (the template is no longer open), CouponsGone.
    """
    account = ledger.open(user_id, seen=rows.Wanted(Coupon, {"user_id": user_id, "key": key}))
    if account.seen is not None:
        return account.seen
    template = _open_template(
        template.pk if isinstance(template, CouponTemplate) else template, CouponNotGiven
    )
    made = _make(user_id, template, key=key, source=Coupon.Source.GIVEN)
    count_issued(template)
    return made


@transactional
def purchase(user, template_id: int, *, key: str) -> Coupon:
    """Sell a member a coupon for points; idempotent by (member, ``key``), then with ``replayed``
    True.

    Raises: CouponNotForSale, CouponLimitReached, CouponsGone, IdempotencyConflict (the key bought
    another one), points.errors.InsufficientPoints and AccountFrozen.
    """
    # Two taps may come at once; the second must see the first's coupon.
    same = {"user_id": user.pk, "key": f"bought:{key}"}
    account = ledger.open(user.pk, seen=rows.Wanted(Coupon, same))
    bought = account.seen
    if bought is not None:
        bought.replayed = True
        return repeats.same(bought, otherwise=IdempotencyConflict, template_id=template_id)
    template = _open_template(template_id, CouponNotForSale)
    if not template.price_points:
        raise CouponNotForSale
    # Counting what is issued locks the template's row, so that a hand-out at the same moment is
    # counted below.
    count_issued(template)
    if (
        template.per_person
        and counted([user.pk]).filter(template=template).count() >= template.per_person
    ):
        raise CouponLimitReached(limit=template.per_person)
    coupon = _make(
        user.pk,
        template,
        key=f"bought:{key}",
        source=Coupon.Source.BOUGHT,
        price_points=template.price_points,
    )
    event_delivery.hear_if_short(account, template.price_points)
    account.spend(
        points=coupon.price_points,
        key=f"coupon:{coupon.pk}:spend",
        reference=f"coupon:{coupon.pk}",
        fresh=True,  # the coupon was made a moment ago
    )
    return coupon


def count_issued(template, number: int = 1) -> None:
    """Count coupons given out against the template's total; its row stays locked until the
    transaction ends.

    Raises: CouponsGone.
    """
    room = Q(total=0) | Q(total__gte=F("issued") + number)
    if not CouponTemplate.objects.filter(room, pk=template.pk).update(issued=F("issued") + number):
        raise CouponsGone(total=template.total)


# --- with an order -----------------------------------------------------------
@transactional
def lock(account, order, in_hand) -> Coupon:
    """Keep a coupon for the order just placed; a public code's use becomes the member's coupon
    here.

    Raises: CouponUsed, CodeUsedUp (somebody was faster).
    """
    if in_hand.public_code is None:
        free = Coupon.objects.usable(order.created_at).filter(pk=in_hand.coupon.pk)
        if not free.update(state=LOCKED, order=order):
            raise CouponUsed
        return in_hand.coupon
    left = CouponCode.objects.filter(
        pk=in_hand.public_code.pk, is_active=True, uses__lt=F("max_uses")
    )
    if not left.update(uses=F("uses") + 1):
        raise CodeUsedUp
    used = Coupon(
        user_id=account.user_id,
        template=in_hand.template,
        public_code=in_hand.public_code,
        source=Coupon.Source.CODE,
    )
    used.state, used.order, used.key = LOCKED, order, f"code:{order.no}"
    used.granted_at, used.expires_at = (
        order.created_at,
        expiry_of(in_hand.template, order.created_at),
    )
    used.save(force_insert=True)
    return used


@transactional
def use(event: Event) -> None:
    """Note that the order a coupon is kept for was paid; one that was given back since is not."""
    if event.data["coupon"]:
        kept = Coupon.objects.filter(order__no=event.data["no"], state=LOCKED)
        kept.update(state=USED, used_at=event.at)


@transactional
def give_back(account, order, *, at_fault: bool = False) -> bool:
    """Give back the coupon of an order that was cancelled or refunded whole; False when there was
    none or this is a repeat.

    A member's own coupon keeps its day. When that passed meanwhile it is over, unless the shop was
    at fault: then it is good AT_FAULT_DAYS more. A public code's use is counted back instead.
    Source: docs/decisions/0008-coupons.md.
    """
    if not order.coupon_discount:
        return False
    own = Coupon.objects.filter(user_id=account.user_id, order_id=order.pk)
    coupon = own.filter(state__in=(LOCKED, USED)).first()
    if coupon is None:
        return False
    back = (
        {"state": REVOKED}
        if coupon.public_code_id
        else {"state": GRANTED, "order": None, "used_at": None}
    )
    if at_fault and not coupon.public_code_id:
        back["expires_at"] = max(
            coupon.expires_at, clock.end_of(clock.today() + timedelta(days=AT_FAULT_DAYS))
        )
    if not Coupon.objects.filter(pk=coupon.pk, order_id=order.pk, state=coupon.state).update(
        **back
    ):
        return False
    if coupon.public_code_id:
        CouponCode.objects.filter(pk=coupon.public_code_id, uses__gt=0).update(uses=F("uses") - 1)
    return True


# --- its end -----------------------------------------------------------------
@transactional
def revoke(coupon, *, actor, reason: str) -> Coupon:
    """Take an unused coupon back from a member; one bought with points gives them back. Written to
    the audit log.

    Raises: CouponNotRevocable (used, kept for an order, or gone), CouponOfGoods (it goes back with
    its order, for what was paid).
    """
    account = ledger.open(coupon.user_id)
    if coupon.source == Coupon.Source.GOODS:
        raise CouponOfGoods
    if not Coupon.objects.usable(clock.now()).filter(pk=coupon.pk).update(state=REVOKED):
        raise CouponNotRevocable
    if coupon.price_points:
        spent, name = f"coupon:{coupon.pk}:spend", f"coupon:{coupon.pk}"
        account.refund(
            of_key=spent,
            points=coupon.price_points,
            key=f"{name}:refund",
            reference=name,
            at_fault=True,
        )
    audit.note(
        actor,
        "coupons.revoke",
        target=coupon,
        reason=reason,
        before={"state": GRANTED},
        after={"state": REVOKED},
    )
    uncount_issued(coupon.template_id)
    coupon.state = REVOKED
    return coupon


def uncount_issued(template_id: int, number: int = 1) -> None:
    """Make room again for coupons that were taken back."""
    CouponTemplate.objects.filter(pk=template_id, issued__gte=number).update(
        issued=F("issued") - number
    )


def expire_due(as_of: datetime) -> int:
    """Note every unused coupon whose day has passed by ``as_of``; return how many this call noted.

    Only lists need it: a coupon past its day is refused, and shown as expired, without. Harmless
    when repeated.
    """
    due = Coupon.objects.filter(state=GRANTED, expires_at__lte=as_of).values_list("pk", flat=True)
    return sum(_expire(batch, as_of) for batch in keyset.batches(due, BATCH))


@transactional
def _expire(batch, as_of):
    return Coupon.objects.filter(pk__in=batch, state=GRANTED, expires_at__lte=as_of).update(
        state=EXPIRED
    )


def _open_template(template_id, refusal) -> CouponTemplate:
    template = CouponTemplate.objects.open(clock.now()).filter(pk=template_id).first()
    if template is None:
        raise refusal
    return template


def _make(user_id, template, **words) -> Coupon:
    now = clock.now()
    made = Coupon.objects.create(
        user_id=user_id,
        template=template,
        granted_at=now,
        expires_at=expiry_of(template, now),
        **words,
    )
    tell(events.coupon_granted(made))
    return made
