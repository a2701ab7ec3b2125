"""How far a member's books have come, as one value to compare: whoever kept what was made of a
member's entries and orders asks whether it still holds.

Every posting moves the head of the chain, and whatever changes an order tells a fact under the
member's lock, in the same transaction (docs/decisions/0043-facts-are-rows.md).
"""

from typing import NamedTuple

from django.db import connection

from mall.core import clock, rows
from points.models import PointAccount


class AccountState(NamedTuple):
    """The chain's head, and how many facts were told."""

    head: str
    told: int


def read(user_id: int) -> AccountState | None:
    """Return a member's state as last committed; None without an account, and while facts wait to
    be heard by now: what follows from them will change it.
    """
    now = connection.ops.adapt_datetimefield_value(clock.now())
    sql = f"SELECT head, told, hear_at <= %s FROM {rows.table(PointAccount)} WHERE user_id = %s"
    for head, told, is_waiting in rows.fetch(sql, [now, user_id]):
        return None if is_waiting else AccountState(head, told)
    return None
