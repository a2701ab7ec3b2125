"""The demo shop's leaderboards of the last weeks and months, and the badges its members earned."""

from datetime import timedelta

from mall.core import clock
from marketing.badges import awarding as badges
from marketing.leaderboard import counting
from marketing.models import Board, Contestant

DAYS = 90
A_WEEK = timedelta(days=7)


def lay_out() -> int:
    """Count the boards of the last months, so that those which are over are frozen; return how many
    members stand on them. A second call counts who earned since.
    """
    if not Contestant.objects.exists():
        today = clock.today()
        for weeks in range(DAYS // 7 + 1):
            for period in Board.Period.values:
                counting.board_of(period, today - weeks * A_WEEK)
    count = counting.count_due()
    badges.give_due()
    return count
