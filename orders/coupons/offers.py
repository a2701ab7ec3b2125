"""What members read about coupons: their own by shelf, those for sale, and a template's terms in a
line. Reads only.
"""

from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext as _

from mall.core.money import yuan
from orders.models import Coupon, CouponTemplate

USABLE, USED, EXPIRED = "usable", "used", "expired"


def shelf(user, state: str | None, *, as_of: datetime):
    """Return a member's coupons on one shelf (None: all), with template and order; uses of public
    codes are used ones.
    """
    own = Coupon.objects.of(user).select_related("template", "order")
    if state == USABLE:
        return own.usable(as_of)
    if state == USED:
        return own.filter(state__in=(Coupon.State.LOCKED, Coupon.State.USED))
    if state == EXPIRED:
        return own.over(as_of)
    return own.exclude(state=Coupon.State.REVOKED, source=Coupon.Source.CODE)


def shown(coupon: Coupon) -> Coupon:
    """Return a coupon as it is answered."""
    return Coupon.objects.select_related("template", "order").get(pk=coupon.pk)


def for_sale(user, *, as_of: datetime, available: int) -> list[CouponTemplate]:
    """Return the templates on sale, the cheapest first, each with what a member of ``available``
    points may do.

    ``left`` (None: no limit), ``can_buy`` (points aside), ``missing`` points and ``affordable``
    stand on each.
    """
    found = list(CouponTemplate.objects.for_sale(as_of).order_by("price_points", "pk"))
    own = counted([user.pk]).filter(template__in=[template.pk for template in found])
    had = dict(
        own.order_by()
        .values("template_id")
        .annotate(number=Count("pk"))
        .values_list("template_id", "number")
    )
    for template in found:
        template.left = max(0, template.total - template.issued) if template.total else None
        template.can_buy = template.left != 0 and (
            not template.per_person or had.get(template.pk, 0) < template.per_person
        )
        template.missing = max(0, template.price_points - available)
        template.affordable = not template.missing
    return found


NOT_COUNTED = (Coupon.Source.GIVEN, Coupon.Source.CODE, Coupon.Source.GOODS)


def counted(user_ids):
    """Return the coupons that count towards what one person may buy or be handed."""
    own = Coupon.objects.filter(user_id__in=user_ids).counted()
    return own.exclude(source__in=NOT_COUNTED)


def describe(template: CouponTemplate) -> str:
    """Return a template's terms in one line: what it takes off and from which total."""
    if template.kind == CouponTemplate.Kind.AMOUNT:
        off = _("¥%(amount)s off") % {"amount": plain(template.amount)}
    else:
        off = _("%(percent)s%% off, up to ¥%(cap)s") % {
            "percent": template.percent,
            "cap": plain(template.cap),
        }
    if not template.threshold:
        return off
    return _("%(off)s from ¥%(threshold)s") % {"off": off, "threshold": plain(template.threshold)}


def plain(amount) -> str:
    """Return yuan without zeros that say nothing: 20, 12.50."""
    return str(yuan(amount)).removesuffix(".00")
