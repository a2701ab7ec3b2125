"""Streaks of the demo shop: a day on which it was away, and two days that ``demo`` made up in time
for a milestone. The days missed since are left to whoever looks.
"""

from accounts.models import User
from mall.demo.lives import days_ago, moment
from marketing.checkin import make_up, outages

# Days ago; none of them is a day of demo's own visits.
AWAY, MADE_UP = 19, (12, 11)
REASON = "机房停电检修"


def plan(story, demo, clerk) -> None:
    """Plan the outage, declared the morning after, and what demo makes up."""
    story.then(moment(days_ago(AWAY - 1), "09:30"), _declare, days_ago(AWAY), clerk)
    for minute, days in enumerate(MADE_UP):
        at = moment(days_ago(MADE_UP[-1] - 1), "08:0{}", minute)
        story.then(at, _make_up, demo, days_ago(days))


def _declare(on, clerk):
    outages.declare(on, reason=REASON, operator=User.objects.get(pk=clerk.removeprefix("staff:")))
    outages.draw_due()


def _make_up(demo, on):
    make_up.make_up(demo.user, on)
