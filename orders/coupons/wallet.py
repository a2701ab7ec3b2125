"""What coupons a member has and which of them fit these goods. Reads, never writes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.timezone import localtime

from mall.core import clock, pasted
from mall.core.money import ZERO
from orders.coupons.discounts import InHand, terms_of
from orders.coupons.errors import (
    CodeUsedByYou,
    CodeUsedUp,
    CouponNotUsable,
    CouponOver,
    CouponRevoked,
    CouponTaken,
    CouponTooEarly,
    CouponUnknown,
    CouponUsed,
)
from orders.models import Coupon, CouponCode, CouponTemplate
from orders.models.coupon import CODE_LENGTH

SHOWN_AT_CHECKOUT = 50
LONGEST_TYPED = 40  # spaces and dashes included
WHY_NOT = {
    Coupon.State.LOCKED: CouponTaken,
    Coupon.State.USED: CouponUsed,
    Coupon.State.EXPIRED: CouponOver,
    Coupon.State.REVOKED: CouponRevoked,
}


@dataclass(frozen=True, slots=True)
class Option:
    """One coupon at checkout: what it takes off these goods, or in words why it does not fit."""

    in_hand: InHand
    discount: Decimal = ZERO
    reason: str = ""

    @property
    def fits(self) -> bool:
        return not self.reason


def normalise(coupon: int | str | None) -> int | str | None:
    """Return the id or the code that was meant; digits only are an id, codes may be typed with
    spaces and hyphens, small, in full width.
    """
    if isinstance(coupon, str):
        coupon = pasted.code(coupon)
        if coupon.isascii() and coupon.isdigit():
            coupon = int(coupon)
    return None if coupon == "" else coupon


def find(user, coupon: int | str, *, as_of: datetime | None = None) -> InHand:
    """Return the member's coupon of this id or code, or the public code, if it may be used now;
    goods are not looked at.

    Raises: CouponNotUsable, with the reason in words.
    """
    as_of, wanted = as_of or clock.now(), normalise(coupon)
    if (
        wanted is None
        or (isinstance(wanted, int) and wanted >= 2**63)
        or (isinstance(wanted, str) and len(wanted) > CODE_LENGTH)
    ):
        raise CouponUnknown
    named = {"pk": wanted} if isinstance(wanted, int) else {"code": wanted}
    own = (
        Coupon.objects.of(user)
        .exclude(source=Coupon.Source.CODE)
        .select_related("template")
        .filter(**named)
        .first()
    )
    if own is not None:
        return _own(own, as_of)
    code = (
        CouponCode.objects.select_related("template").filter(code=wanted, is_active=True).first()
        if isinstance(wanted, str)
        else None
    )
    if code is None or code.template.status != CouponTemplate.Status.ACTIVE:
        raise CouponUnknown
    return _public(user, code, as_of)


def options(user, wishes, *, as_of: datetime | None = None) -> list[Option]:
    """Return the member's usable coupons for these goods, the best first: those that fit by what
    they take off, then the others.
    """
    as_of = as_of or clock.now()
    own = list(
        Coupon.objects.of(user)
        .usable(as_of)
        .select_related("template")
        .order_by("expires_at", "pk")[:SHOWN_AT_CHECKOUT]
    )
    terms = terms_of({coupon.template for coupon in own})
    found = [_option(_in_hand(coupon, terms), wishes, as_of) for coupon in own]
    return sorted(found, key=lambda option: (not option.fits, -option.discount))


def propose(options: list[Option]) -> Option | None:
    """Return the one that takes most off, or None when none fits; page and API propose the same."""
    return options[0] if options and options[0].fits else None


def expiry_of(template, at: datetime) -> datetime:
    """Return when a coupon given at an instant ends: after its days, counted from the gift or from
    the beginning of the template's window where that is later, and never after the window.
    """
    since = max(at, template.starts_at or at)
    by_days = (
        clock.end_of(clock.day_of(since + timedelta(days=template.valid_days)))
        if template.valid_days
        else None
    )
    return min(filter(None, (by_days, template.ends_at)))


def last_day(expires_at: datetime | None):
    """Return the last shop day something that ends at an instant is good on; None stays None."""
    return expires_at and clock.day_of(expires_at - timedelta(microseconds=1))


def _option(in_hand, wishes, as_of) -> Option:
    try:
        _check_start(in_hand.template, as_of)
        return Option(in_hand, sum(in_hand.terms.shares(wishes), ZERO))
    except CouponNotUsable as refusal:
        return Option(in_hand, reason=str(refusal))


def _own(coupon, as_of) -> InHand:
    state = (
        Coupon.State.EXPIRED
        if coupon.state == Coupon.State.GRANTED and coupon.expires_at <= as_of
        else coupon.state
    )
    if state in WHY_NOT:
        raise WHY_NOT[state]
    _check_start(coupon.template, as_of)
    return _in_hand(coupon, terms_of([coupon.template]))


def _in_hand(coupon, terms) -> InHand:
    return InHand(
        coupon.template, terms[coupon.template_id], coupon=coupon, expires_at=coupon.expires_at
    )


def _public(user, code, as_of) -> InHand:
    _check_start(code.template, as_of)
    ends_at = code.template.ends_at
    if ends_at and ends_at <= as_of:
        raise CouponOver
    if code.uses >= code.max_uses:
        raise CodeUsedUp
    if Coupon.objects.of(user).counted().filter(public_code=code).count() >= code.per_person:
        raise CodeUsedByYou(limit=code.per_person)
    return InHand(
        code.template,
        terms_of([code.template])[code.template_id],
        public_code=code,
        expires_at=ends_at,
    )


def _check_start(template, as_of):
    if template.starts_at and as_of < template.starts_at:
        raise CouponTooEarly(
            day=date_format(localtime(template.starts_at, clock.SHOP_ZONE), "SHORT_DATETIME_FORMAT")
        )
