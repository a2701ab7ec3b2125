"""Orders whose marks nobody made yet: those of before, and those a release without marks places."""

from mall.core.transactions import transactional
from orders import contacts
from orders.models import Order

BATCH = 200
AT_ONCE = 50_000
MARKS = ("phone_mark", "phone_tail_mark", "recipient_mark")


def mark_unmarked(at_most: int = AT_ONCE) -> int:
    """Mark orders until none is left or ``at_most`` are done; return how many.

    Harmless when run twice or by several at once.
    """
    done = 0
    while done < at_most and (marked := _mark_batch()):
        done += marked
    return done


@transactional
def _mark_batch() -> int:
    # Locked: a member who leaves meanwhile is forgotten, and stays so.
    unmarked = Order.objects.filter(recipient_mark__isnull=True).order_by("pk")
    orders = list(unmarked.only("address_sealed").select_for_update()[:BATCH])
    without = [order.pk for order in orders if not order.address_sealed]
    addressed = [order for order in orders if order.address_sealed]
    Order.objects.filter(pk__in=without).update(**dict.fromkeys(MARKS, ""))
    for order in addressed:
        for name, mark in contacts.marks_of_sealed(Order, order.address_sealed).items():
            setattr(order, name, mark)
    Order.objects.bulk_update(addressed, MARKS)
    return len(orders)
