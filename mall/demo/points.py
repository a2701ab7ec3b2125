"""The demo shop's back room of points: an adjustment that waits for a second person, one turned
down, a case with an appeal.
"""

from django.conf import settings
from django.contrib.auth.models import Group

from accounts import registration
from accounts.models import User
from mall.core.transactions import transactional
from mall.demo.members import ADMIN
from points import adjustments, risk, rules
from points.models import Adjustment, RiskCase

CLERK = ("xiaoyu", "小雨（财务）")
WAITING = ("laochen", 8_000, "周年茶会赞助", "Contract of November, signed")
TURNED_DOWN = ("taozi", 6_000, "直播抽奖", "Told on the phone")
BUSY_DAY = (
    "zhouzhou",
    (640, 380),
    "那天把攒了一个月的任务一口气做完了，辛苦看一下～ I did a month of missions in one go!",
)


@transactional
def lay_out() -> int:
    """Ask, turn down and pause; returns how many rows are new. A second call adds nothing."""
    cast = {
        user.username: user
        for user in User.objects.filter(
            username__in=(WAITING[0], TURNED_DOWN[0], BUSY_DAY[0], ADMIN[0])
        )
    }
    if (
        not settings.DEMO_SIGN_INS
        or len(cast) < 4
        or Adjustment.objects.exists()
        or RiskCase.objects.exists()
    ):
        return 0
    clerk = _make_clerk()
    _ask(cast, clerk, *WAITING)
    turned_down = _ask(cast, clerk, *TURNED_DOWN)
    adjustments.reject(
        turned_down, operator=cast[ADMIN[0]], note="No draw of that day is on record"
    )
    busy, parts, words = BUSY_DAY
    for number, points in enumerate(parts, 1):
        rules.award(
            cast[busy].pk,
            "mission",
            key=f"mission:demo:{number}",
            amount=points,
            reference=f"mission:demo-{number}",
            is_told=False,
        )
    for case in RiskCase.objects.filter(account_id=cast[busy].pk):
        risk.appeal(case, text=words)
    return 3


def _ask(cast, clerk, username, points, description, note):
    words = {"description": description, "note": note, "operator": clerk}
    return adjustments.ask(cast[username].pk, points=points, ticket=f"demo:{username}", **words)


def _make_clerk() -> User:
    """Make the colleague who asks; nobody signs in as them, the administrator is the second
    person.
    """
    username, nickname = CLERK
    known = User.objects.filter(username=username).first()
    clerk = known or registration.register(
        username, f"{username}@example.com", None, nickname=nickname, email_verified=True
    )
    clerk.is_staff = True
    clerk.save(update_fields=["is_staff"])
    clerk.groups.add(Group.objects.get(name="finance"))
    return clerk
