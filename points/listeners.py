"""What follows in points, verb by verb, and what points answers (mall/core/events.py)."""

from accounts import closing as leaving
from accounts import export, registration
from accounts.events import REGISTERED
from mall.core import events
from points import closing, event_delivery, past_facts, takeaway, welcome

LISTENERS = {
    REGISTERED: [welcome.open_with_gift],
}

ANSWERS = {
    events.KEEPING: [event_delivery.keep],
    past_facts.HAPPENED: [past_facts.happened],
    registration.GREETING: [welcome.greet],
    export.PERSONAL_DATA: [takeaway.chapters],
    leaving.LEAVING: [closing.consequences],
    # The first of all rooms: the member's account is the first lock of who leaves.
    leaving.FORGETTING: [closing.forfeit],
}
