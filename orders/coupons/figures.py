"""What became of coupons, for operators."""

from django.core.cache import cache
from django.db.models import Case, Count, IntegerField, Sum, Value, When

from mall.core.money import ZERO
from orders.models import Coupon, CouponTemplate, Order

KEPT_SECONDS = 60  # what is counted over the coupons of all templates


def with_used(found):
    """Return templates with how many of their coupons were used (``used``), up to KEPT_SECONDS
    old.
    """
    kept = cache.get_or_set("coupons_used", _count_used, KEPT_SECONDS)
    told = [When(pk=pk, then=Value(number)) for pk, number in kept]
    return found.annotate(used=Case(*told, default=Value(0), output_field=IntegerField()))


def states_of(owner) -> dict:
    """Return how many coupons of a template, or of a hand-out, stand in each state."""
    return dict(owner.coupons.order_by().values_list("state").annotate(number=Count("pk")))


def worth_of(template: CouponTemplate):
    """Return the yuan a template's coupons take off orders that stand."""
    uses = (Coupon.State.LOCKED, Coupon.State.USED)
    standing = Order.objects.filter(coupon__template=template, coupon__state__in=uses)
    return standing.aggregate(off=Sum("coupon_discount"))["off"] or ZERO


def _count_used() -> list:
    """Count along the index ``coupon_of_template``."""
    used = Coupon.objects.filter(state=Coupon.State.USED).order_by().values_list("template_id")
    return list(used.annotate(number=Count("pk")))


def in_words(states) -> str:
    told = (f"{Coupon.State(state).label} {number:,}" for state, number in sorted(states.items()))
    return " · ".join(told) or "–"
