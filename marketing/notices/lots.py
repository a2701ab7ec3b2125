"""Notices of what was drawn: lots that had no luck, and prizes that wait to be told where they go.
What a winner's order does is told as of every order.
"""

from django.urls import reverse

from mall.core.languages import names_of
from marketing.models import DrawTicket, Notification
from marketing.notices.inbox import Kind, notify_many
from orders.models import FlashItem, Registration


def of_lots(events) -> None:
    """Tell members whose lot had no luck that their points are back, and why where the session was
    called off.
    """
    told = [event for event in events if event.data["state"] != Registration.State.WON]
    items = FlashItem.objects.select_related("sku__product", "session").in_bulk(
        {event.data["item"] for event in told}
    )
    notify_many([_lost(event, items[event.data["item"]]) for event in told])


def of_prizes(events) -> None:
    """Tell members whose goods wait for an address, and until when."""
    tickets = DrawTicket.objects.select_related("draw", "prize__sku__product").in_bulk(
        {event.data["ticket"] for event in events if event.data["kind"] in ("goods", "key")}
    )
    notify_many([_waiting(one) for one in tickets.values() if one.waits_for_address])


def _lost(event, item) -> Notification:
    words = {"product": names_of(item.sku.product), "points": event.data["points"]}
    if item.session.cancelled_at:
        words["because"] = names_of(item.session, "cancellation_reason")
    return Notification(
        user_id=event.member,
        kind=Kind.LOT_LOST,
        key=event.reference,
        url=item.get_absolute_url(),
        params=words,
    )


def _waiting(ticket) -> Notification:
    return Notification(
        user_id=ticket.user_id,
        kind=Kind.PRIZE_WAITING,
        key=ticket.reference,
        url=reverse("marketing:draw_claim", args=[ticket.draw.code, ticket.number]),
        params={
            "prize": names_of(ticket.prize),
            "on": ticket.draw.claimable_until.date().isoformat(),
        },
    )
