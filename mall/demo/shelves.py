"""A week in which members of the demo shop looked at what is suggested to them, so that the report
of the shelves has something to tell.
"""

from datetime import timedelta

from accounts.models import User
from catalog.models import HIGHEST_TIER
from mall.core import clock
from marketing.models import ShelfDay
from marketing.recommendations import impressions, shelves
from points import balance

DAYS, LOOKERS = 7, 8
SHOWN = {shelves.NEW: 8, shelves.AGAIN: 4}
OPENS_EVERY = 3  # looks


def lay_out() -> None:
    """Let the first members look at their shelves on each of the last days, once."""
    if ShelfDay.objects.exists():
        return
    lookers = list(User.objects.filter(is_staff=False).order_by("pk")[:LOOKERS])
    for ago in range(DAYS, 0, -1):
        with clock.at(clock.now() - timedelta(days=ago)):
            for number, member in enumerate(lookers):
                _look(member, opens=(number + ago) % OPENS_EVERY == 0)
    impressions.write_down()


def _look(member, *, opens: bool) -> None:
    available = balance.of(member).available
    found = shelves.of_member(member, available=available, limits=SHOWN, tier=HIGHEST_TIER)
    for shelf, shown in found.items():
        impressions.note_shown(shown)
        if opens and shown:
            impressions.open_from(member, shown[0]["product"]["id"], shelf, shown[0]["code"])
