"""What the reader has to spend, for pages of apps that may not look at points themselves.

``mall.middleware.PurseMiddleware`` hangs one on every request. It asks nothing until a page does,
and then once. Display only: what may be spent is decided by points/ledger.py.
"""

from functools import cached_property

from marketing.checkin import streak
from points import balance, tiers

CHECKINS_WORTH_NAMING = 31  # a longer way discourages


class Purse:
    """The purse of whoever sent a request; for an app client that is known only inside the view."""

    def __init__(self, request):
        self._request = request

    @cached_property
    def balance(self):
        """The reader's Balance; None for a visitor."""
        user = getattr(self._request, "user", None)
        return balance.of(user) if user is not None and user.is_authenticated else None

    @property
    def available(self) -> int | None:
        """Points the reader can spend now; None for a visitor."""
        return self.balance.available if self.balance is not None else None

    @cached_property
    def member_tier(self):
        """Where the reader stands, as a row; None for a visitor and who stands nowhere yet."""
        user = getattr(self._request, "user", None)
        is_member = user is not None and user.is_authenticated
        return tiers.row_of(user.pk) if is_member else None

    @property
    def tier(self) -> int:
        """The reader's tier, 1 to 5; 0 for a visitor."""
        user = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return 0
        return self.member_tier.level if self.member_tier else 1

    def checkins_for(self, points: int) -> int | None:
        """Return how many check-ins earn so many points from the reader's streak of today on; None
        when they earn nothing now or it takes longer than a month.
        """
        user = getattr(self._request, "user", None)
        member = user if user is not None and user.is_authenticated else None
        return streak.days_to(points, user=member, most=CHECKINS_WORTH_NAMING)
