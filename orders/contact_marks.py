"""Orders whose marks nobody made yet: those of before, and those a release without marks places."""

from mall.core.encryption import unreadable
from mall.core.transactions import transactional
from orders import contacts
from orders.models import Order

BATCH = 200
AT_ONCE = 50_000
MARKS = ("phone_mark", "phone_tail_mark", "recipient_mark", "address_mark")


def mark_unmarked(at_most: int = AT_ONCE) -> int:
    """Mark orders until none is left or ``at_most`` are done; return how many.

    Harmless when run twice or by several at once.
    """
    done, seen, last = 0, 0, 0
    while seen < at_most and (keys := _unmarked_after(last)):
        done, seen, last = done + _mark(keys), seen + len(keys), keys[-1]
    return done


def _unmarked_after(last) -> list[int]:
    waiting = Order.objects.filter(recipient_mark__isnull=True, pk__gt=last).order_by("pk")
    return list(waiting.values_list("pk", flat=True)[:BATCH])


@transactional
def _mark(keys) -> int:
    unmarked = Order.objects.filter(pk__in=keys, recipient_mark__isnull=True).order_by("pk")
    # An address that no key opens waits for its key, and keeps no other from being found.
    lost = unreadable(unmarked, "address_sealed")
    # Locked: a member who leaves meanwhile is forgotten, and stays so.
    readable = unmarked.exclude(pk__in=lost).only("address_sealed")
    orders = list(readable.select_for_update())
    without = [order.pk for order in orders if not order.address_sealed]
    addressed = [order for order in orders if order.address_sealed]
    Order.objects.filter(pk__in=without).update(**dict.fromkeys(MARKS, ""))
    for order in addressed:
        for name, mark in contacts.marks_of_sealed(Order, order.address_sealed).items():
            setattr(order, name, mark)
    Order.objects.bulk_update(addressed, MARKS)
    return len(orders)
