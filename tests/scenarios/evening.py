"""An evening of one member and the night after it, and all that follows from its facts."""

from datetime import UTC, datetime

from accounts.registration import note_sign_in
from marketing.models import DailyActivity, MissionFact, MissionProgress, Notification
from orders import lifecycle
from orders.models import Coupon, Order
from points.models import Grant, MemberTier, PointAccount, TakeBack
from tests.factories.orders import pay, place, received, refund, virtual_sku

# Friday, 4 December 2026, ten minutes before midnight in the shop.
EVENING = datetime(2026, 12, 4, 15, 50, tzinfo=UTC)


def an_evening(member, at):
    """Live through an evening and the night after it: four orders, one cancelled, one received, one
    refunded in part and one whole, around midnight.
    """
    sku, swap = virtual_sku(cash="20.00", stock=50), virtual_sku(points=50, stock=50)
    note_sign_in(member)
    at(1)
    first = pay(place(member, sku, quantity=2))
    at(2)
    second = pay(place(member, sku))
    at(3)
    lifecycle.cancel(first, actor="staff:1")
    at(9)
    third = pay(place(member, sku, quantity=3))
    at(11)
    note_sign_in(member)
    refund(third, 1)
    at(12)
    received(second)
    at(13)
    swapped = place(member, swap)
    at(14)
    refund(swapped)


def numbered(member):
    """Return a member's orders by their number in the story: two stories have the same names."""
    orders = Order.objects.filter(user=member).order_by("pk")
    return {order.reference: f"order {n}" for n, order in enumerate(orders, 1)}


def standing(member):
    """Return everything that follows from a member's facts, under the names of the story."""
    names = numbered(member)

    def named(text):
        for reference, name in names.items():
            text = text.replace(reference, name)
        return text

    account = PointAccount.objects.get(pk=member.pk)
    grants = Grant.objects.filter(account_id=member.pk).values_list(
        "key", "points", "taken_back", "status", "on", "promised_at", "confirmed_at", "matures_at"
    )
    taken = {}
    for row in TakeBack.objects.filter(account_id=member.pk):
        total = row.pending + row.points + row.debt
        taken[named(row.reference)] = taken.get(named(row.reference), 0) + total
    progress = MissionProgress.objects.filter(user=member).values_list(
        "mission__code", "period", "count", "target", "points", "paid", "completed_at"
    )
    facts = MissionFact.objects.filter(user=member).values_list("event", "key", "amount", "on")
    notices = Notification.objects.filter(user=member).exclude(
        kind__in=[Notification.Kind.MISSION_COMPLETED, Notification.Kind.POINTS_EARNED]
    )
    coupons = Coupon.objects.filter(user=member, order__isnull=False)
    return {
        "points": (account.available, account.debt),
        "earned": MemberTier.objects.get(pk=member.pk).earned,
        "promises": {named(key): tuple(rest) for key, *rest in grants},
        "taken back": taken,
        # a row a fact began and lost again says no more than none
        "missions": {tuple(row[:2]): row[2:] for row in progress if row[2]},
        "facts": {(event, named(key)): tuple(rest) for event, key, *rest in facts},
        "days": set(DailyActivity.objects.filter(user=member).values_list("on", "action")),
        "notices": {named(key) for key in notices.values_list("key", flat=True)},
        "coupons": {named(one.order.reference): one.state for one in coupons},
    }
