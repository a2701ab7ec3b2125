"""Which arm a member is in: drawn by a keyed hash, so that nobody chooses and everybody gets the
same answer, today and after a restart.

The key is the campaign's own (a random secret of its row), not the shop's: two campaigns draw
independently, and a change of the shop's keys moves nobody.
"""

import hashlib
import hmac

PARTS = 2**64


def is_held_out(secret: str, user_id: int, percent: int) -> bool:
    """Return whether a member belongs to the share that gets nothing."""
    return _place(secret, user_id) * 100 < percent * PARTS


def _place(secret, user_id) -> int:
    """Return a member's place among 2⁶⁴: whole numbers, nothing rounded."""
    digest = hmac.new(secret.encode(), str(user_id).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big")
