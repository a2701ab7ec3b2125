"""The facts lucky draws tell, inside the transaction that makes them true."""

from mall.core.events import Event
from marketing.models import DrawTicket

TICKET_DRAWN = "ticket_drawn"


def drawn(ticket: DrawTicket) -> Event:
    """A member drew a ticket; ``prize``: what it won, by id and kind."""
    data = {
        "draw": ticket.draw.code,
        "number": ticket.number,
        "ticket": ticket.pk,
        "prize": ticket.prize_id,
        "kind": str(ticket.prize.kind),
    }
    actor = f"member:{ticket.user_id}"
    return Event(TICKET_DRAWN, ticket.user_id, ticket.reference, ticket.drawn_at, actor, data)
