"""Many members who order from one network or on one device, and members most of whose orders were
refunded: cases for a person to look at (points/sightings.py).
"""

from datetime import datetime, timedelta

from django.db.models import Count, Q

from mall.core import clock, keyset
from orders.models import Order, RefundRequest
from points import sightings
from points.models import PointAccount, RiskCase, RiskRule

LOOKBACK = timedelta(days=1)
REFUNDS_LOOKED_BACK = timedelta(days=3)  # a night that was missed is made up
BATCH = 200
ORDERS = (
    (RiskRule.Code.ORDERS_NETWORK, "network_mark", RiskCase.Kind.NETWORK),
    (RiskRule.Code.ORDERS_DEVICE, "device_mark", RiskCase.Kind.DEVICE),
)


def watch_orders(as_of: datetime | None = None) -> int:
    """Note bursts of orders by different members up to ``as_of`` (default: now); returns how many
    are new.
    """
    as_of, new = as_of or clock.now(), 0
    for code, column, kind in ORDERS:
        rule = sightings.rule(code)
        if rule is None:
            continue
        since = as_of - LOOKBACK - timedelta(minutes=rule.window_minutes)
        placed = Order.objects.filter(created_at__gt=since, created_at__lte=as_of)
        placed = placed.filter(**{f"{column}__isnull": False}).order_by()
        members = Count("user_id", distinct=True)
        busy = placed.values(column).annotate(number=members).filter(number__gte=rule.bound)
        marks = list(busy.values_list(column, flat=True))
        seen = placed.filter(**{f"{column}__in": marks})
        for found in sightings.bursts(rule, seen.values_list(column, "user_id", "created_at")):
            new += sightings.note_burst(rule, found, kind=kind)
    return new


def watch_refunds(as_of: datetime | None = None) -> int:
    """Note members of whose orders in the rule's time as many, and as large a share, were refunded
    as its bounds say; once a member and month. Returns how many are new.
    """
    rule = sightings.rule(RiskRule.Code.REFUND_RATIO)
    if rule is None:
        return 0
    as_of, new = as_of or clock.now(), 0
    lately = RefundRequest.objects.filter(decided_at__gt=as_of - REFUNDS_LOOKED_BACK)
    members = PointAccount.objects.filter(pk__in=lately.values("order__user_id"))
    for batch in keyset.batches(members.values_list("pk", flat=True), BATCH):
        for member, refunded, paid in _refunded(rule, batch, as_of):
            new += _note_refunds(rule, member, refunded, paid, as_of)
    return new


def _refunded(rule, members, as_of) -> list[tuple[int, int, int]]:
    """Return members past the bounds, how many orders they had refunded and how many paid."""
    since = as_of - timedelta(minutes=rule.window_minutes)
    paid = Order.objects.filter(user_id__in=members, paid_at__gt=since, paid_at__lte=as_of)
    refunded = Count("pk", filter=Q(refunded_pieces__gt=0))
    counted = paid.order_by().values_list("user_id").annotate(refunded=refunded, paid=Count("pk"))
    enough = counted.filter(refunded__gte=rule.bound)
    return [one for one in enough if one[1] * 100 >= one[2] * rule.percent]


def _note_refunds(rule, member, refunded, paid, as_of) -> bool:
    days = rule.window_minutes // (24 * 60)
    seen = {"code": rule.code, "count": refunded, "of": paid, "days": days}
    seen |= {"bound": rule.bound, "percent": rule.percent}
    key = f"{member}:{as_of:%Y-%m}"
    is_new = sightings.note(rule, member, key, count=refunded, seen=seen)
    if is_new and rule.mode == RiskRule.Mode.ON:
        kind, case = RiskCase.Kind.REFUNDS, f"refunds:{as_of:%Y-%m}"
        sightings.open_case(rule, member, kind=kind, key=case, seen=seen)
    return is_new
