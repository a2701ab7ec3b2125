"""A word in time: members about to lose a streak, or points, hear of it while something can still
be done.
"""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import translation

from catalog import storefront
from mall.core import clock, keyset
from marketing.checkin import outages, runs, shields, streak
from marketing.models import CheckIn, Notification
from marketing.notices.inbox import Kind, notify_many, notify_new
from points import balance
from points.models import MemberTier, PointAccount

BATCH = 500
DISTANCES = (1, 7, 30)  # days before points end
GOODS_NAMED = 3
STEP = 10  # points: members who can buy much the same are shown the same goods


def remind_streaks(*, on=None) -> int:
    """Tell every member whose streak ends tonight; returns how many notices are new.

    Once a member and shop day, under the key ``streak:<day>``: run twice, nobody is told twice.
    Who checked in today, is no longer active, has a streak of one day only, or a shield for the day
    is left in peace; so is everybody while an outage excuses it.
    """
    on = on or clock.today()
    if on in outages.days():
        return 0
    told = 0
    for batch in keyset.batches(_at_risk(on), BATCH):
        left = shields.left_of_all([row.user_id for row in batch], on)
        worried = [row for row in batch if not left[row.user_id]]
        standing = MemberTier.objects.in_bulk([row.user_id for row in worried])
        notify_many([_reminder(row, on, standing.get(row.user_id)) for row in worried])
        told += len(worried)
    return told


def _at_risk(on):
    """The youngest rows of members whose worthwhile streak reaches up to today and no further, over
    days of an outage too, without today's reminder.
    """
    since = runs.begun_by(on, outages.days())
    later = CheckIn.objects.filter(user_id=OuterRef("user_id"), on__gt=OuterRef("on"))
    reminded = Notification.objects.filter(user_id=OuterRef("user_id"), key=streak.reminder_key(on))
    rows = CheckIn.objects.filter(
        on__range=(since, on - runs.ONE_DAY),
        streak__gte=streak.SHORTEST_STREAK_DAYS,
        user__is_active=True,
    )
    return rows.filter(~Exists(later), ~Exists(reminded))


def _reminder(row, on, tier):
    points = streak.rewards(row.user_id, tier=tier)(row.streak + 1)
    return Notification(
        user_id=row.user_id,
        kind=Kind.STREAK_AT_RISK,
        key=streak.reminder_key(on),
        url=reverse("marketing:checkin"),
        params={"streak": row.streak, "points": points},
    )


def remind_expiring(*, on=None) -> int:
    """Tell members whose points end in 30, 7 or 1 days, and what these can buy now; returns how
    many notices are new.

    Once a member, day of expiry and distance, under ``expiring:<day>:<distance>``. A day missed is
    made up for as long as the nearer distance is not reached: the distance is what the member was
    promised, the days are what is left.
    """
    on = on or clock.today()
    goods = _Goods()
    told = 0
    for batch in keyset.batches(_with_points_ending(on), BATCH):
        told += notify_new(
            [notice for account in batch for notice in _expiry_notices(account, on, goods)]
        )
    return told


def _with_points_ending(on):
    last = on + timedelta(days=max(DISTANCES))
    return PointAccount.objects.filter(
        next_expiry__range=(on, last), available__gt=0, user__is_active=True
    )


def _expiry_notices(account, on, goods):
    """Return one notice for each day of expiry that is near: under the nearest distance that is
    reached.
    """
    own = balance.of_account(account, on)
    for day, points in own.expiring:
        left = (day - on).days
        distance = next((distance for distance in DISTANCES if left <= distance), None)
        if distance is None or left < 1:
            continue
        yield Notification(
            user_id=account.pk,
            kind=Kind.POINTS_EXPIRING,
            key=f"expiring:{day}:{distance}",
            url=reverse("points:statement"),
            params={
                "points": points,
                "on": day.isoformat(),
                "days": left,
                "goods": goods.for_points(own.available),
            },
        )


class _Goods:
    """What points can buy now, looked up once for members who can buy much the same."""

    def __init__(self):
        self._kept = {}

    def for_points(self, available) -> list[dict]:
        """Return a few goods in stock that these points buy whole: names by language, and where
        they stand.
        """
        step = available - available % STEP or available
        if step not in self._kept:
            self._kept[step] = self._look_up(step)
        return self._kept[step]

    def _look_up(self, available):
        named = {}
        for language in ("zh-hans", "en"):
            with translation.override(language):
                for pick in storefront.picks(available, GOODS_NAMED):
                    if pick["affordable"]:
                        named.setdefault(pick["id"], {"name": {}, "url": pick["url"]})["name"][
                            language
                        ] = pick["name"]
        return list(named.values())
