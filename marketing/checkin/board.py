"""What a member sees of their check-ins: streak, next big reward, shields, what may be made up, and
a month; and what an act of check-in gave, read back from its rows.
"""

from dataclasses import dataclass
from datetime import date

from mall.core import clock
from marketing.checkin import make_up, milestones, month, shields, streak
from marketing.checkin.month import Calendar
from marketing.missions import rewards
from marketing.models import CheckIn


@dataclass(frozen=True)
class Earned:
    """What a check-in gave in one act: its own points and those of milestones and missions."""

    check_in: CheckIn
    milestones: list[milestones.Milestone]
    missions: list[rewards.Reached]
    shielded: list[date]

    @property
    def points(self) -> int:
        """All points of the act."""
        paid = sum(one.points for one in self.missions if one.is_paid)
        return self.check_in.points + sum(one.points for one in self.milestones) + paid


@dataclass(frozen=True)
class Board:
    """The page of check-ins; ``shields_left`` are those of this month, ``known`` the latest
    rows.
    """

    standing: streak.Standing
    calendar: Calendar
    shields_a_month: int
    shields_left: int
    offer: make_up.Offer
    known: list[CheckIn]

    def earned(self) -> Earned | None:
        """Return what today's check-in gave, or None where there is none; two statements.

        Milestones have the day in their keys, missions were completed in its very instant, and
        shields were spent in it.
        """
        *before, row = self.known or [None]
        if row is None or row.on != clock.today():
            return None
        return Earned(
            row,
            milestones.paid_on(row.user_id, row.on),
            rewards.reached_at(row.user_id, row.created_at),
            [day.on for day in before if day.created_at == row.created_at],
        )


def of(user, asked: date, *, tier=None) -> Board:
    """Return a member's board with the month that a day lies in; as many statements for a full
    month as for an empty one.
    """
    today = clock.today()
    since = min(make_up.since(today), today.replace(day=1))
    known = list(CheckIn.objects.filter(user=user, on__range=(since, today)).order_by("on"))
    own = shields.of(user.pk, today, today, known=known, tier=tier)
    is_read = month.bounds(asked)[0] >= since
    return Board(
        standing=streak.standing(user, latest=known[-1] if known else None, tier=tier),
        calendar=month.calendar(user, asked, known=known if is_read else None),
        shields_a_month=own.a_month,
        shields_left=own.left(today),
        offer=make_up.offer(user, known=known),
        known=known,
    )
