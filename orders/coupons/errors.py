"""Why a coupon cannot be used, bought or taken back: one sentence each."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class CouponNotUsable(DomainError):
    """The coupon does not fit this order now; the message says why, the numbers how much is
    missing.
    """

    code = "coupon_not_usable"
    field = "coupon"
    message = _("This coupon cannot be used here.")


class CouponUnknown(CouponNotUsable):
    """No such coupon, somebody else's, or a code that is switched off: one answer for all, so that
    guessing tells nothing.
    """

    message = _("We do not know this coupon. Please check the code.")


class CouponTaken(CouponNotUsable):
    """Another order of the member's keeps it."""

    message = _("This coupon is kept for another of your orders.")


class CouponUsed(CouponNotUsable):
    """It paid for an order already."""

    message = _("This coupon has been used.")


class CouponOver(CouponNotUsable):
    """Its day has passed."""

    message = _("This coupon has expired.")


class CouponRevoked(CouponNotUsable):
    """The shop took it back."""

    message = _("This coupon was taken back by the shop.")


class CouponTooEarly(CouponNotUsable):
    """Its window opens later; numbers: day."""

    message = _("This coupon can be used from %(day)s.")


class CouponThreshold(CouponNotUsable):
    """The goods it is for cost too little; numbers: missing (yuan)."""

    message = _("Add goods for ¥%(missing)s more to use this coupon.")


class CouponWrongGoods(CouponNotUsable):
    """None of these goods is what it is for."""

    message = _("This coupon is not for these goods.")


class CouponNeedsCash(CouponNotUsable):
    """Nothing here is paid with cash."""

    message = _("These goods are paid with points; coupons are for goods with a price in yuan.")


class CodeUsedUp(CouponNotUsable):
    """A public code reached its uses."""

    message = _("This code has been used up.")


class CodeUsedByYou(CouponNotUsable):
    """A public code was used by this member as often as one person may; numbers: limit."""

    message = _("You have used this code as often as one person may (%(limit)s).")


class CouponNotForSale(DomainError):
    """The template is not sold for points now."""

    code = "not_for_sale"
    message = _("This coupon is not for sale right now.")


class CouponNotGiven(DomainError):
    """Nothing new is given out of this template: draft, paused, ended."""

    code = "coupon_not_given"
    message = _("This coupon is not given out right now.")


class CouponsGone(DomainError):
    """All of the template's coupons are given out; numbers: total."""

    code = "limit_reached"
    message = _("All %(total)s of these coupons are gone.")


class CouponLimitReached(DomainError):
    """The member has as many as one person may have; numbers: limit."""

    code = "limit_reached"
    message = _("This coupon is limited to %(limit)s per person.")


class CouponNotRevocable(DomainError):
    """It is used, kept for an order, or gone already."""

    code = "illegal_transition"
    message = _("Only a coupon that is not used yet can be taken back.")


class CouponOfGoods(DomainError):
    """It was paid for with an order: taken back by itself its price would stay with the shop."""

    code = "illegal_transition"
    message = _("This coupon was bought with an order. Refund the order instead.")


class CouponGoodsOver(DomainError):
    """The coupon these goods consist of could not be used any more; numbers: product."""

    code = "not_for_sale"
    message = _("“%(product)s” is not on sale right now: its coupon is over.")


class CouponGoodsUsed(DomainError):
    """More pieces are to come back than have an unused coupon; numbers: unused."""

    code = "coupon_used"
    message = _("Coupons that were used cannot be returned; %(unused)s are unused.")
