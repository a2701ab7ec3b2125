"""Notes about an order: what its member is told, and what colleagues tell each other."""

from mall.core import audit, clock
from mall.core.events import tell
from mall.core.transactions import transactional
from orders import events
from orders.models import Order, OrderEvent, OrderNote
from points import ledger


@transactional
def tell_member(order: Order, text: str, *, operator) -> bool:
    """Write a note into an order's history, which its member reads there and in the inbox; return
    whether it is new. The same words as the note before it are a second press of the button.
    """
    ledger.open(order.user_id)
    last = OrderEvent.objects.about(order).last()
    actor = f"staff:{operator.pk}"
    if last and (last.kind, last.note, last.actor) == (OrderEvent.Kind.NOTE, text, actor):
        return False
    tell(events.noted(order, OrderEvent.Kind.NOTE, actor=actor, note=text))
    audit.note(operator, "orders.note", target=order, reason=text)
    return True


@transactional
def leave(order: Order, text: str, *, operator) -> OrderNote:
    """Leave colleagues a note about an order; its member never reads it. The same words as the note
    before it are left once.
    """
    ledger.open(order.user_id)
    actor = f"staff:{operator.pk}"
    last = order.notes.last()
    if last and (last.text, last.actor) == (text, actor):
        return last
    return OrderNote.objects.create(order=order, text=text, actor=actor, at=clock.now())
