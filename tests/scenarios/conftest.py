"""Two members who live through the same evening; the facts of one are heard as they happen."""

from datetime import timedelta

import pytest
import time_machine

from marketing.missions import programme
from marketing.models import Mission
from points import rules, tiers
from points.models import Rule
from tests.factories.marketing import MissionFactory
from tests.factories.orders import give_points
from tests.listening import withheld
from tests.scenarios.evening import EVENING, an_evening, standing


@pytest.fixture
def at():
    """Stand at so many minutes after the evening began; nothing moves by itself."""
    with time_machine.travel(EVENING, tick=False) as traveller:
        yield lambda minutes: traveller.move_to(EVENING + timedelta(minutes=minutes))


@pytest.fixture
def after_midnight(at):
    """Go to the next morning, after the operators have changed what they could."""

    def go():
        at(9 * 60)
        for code in ("purchase", "first_order", "repurchase", "mission", "review"):
            rule = Rule.objects.get(code=code)
            numbers = rules.numbers_of(rule.versions.first())
            tighter = {"points": numbers["points"] * 7, "per_day": 1, "per_week": 1}
            rules.publish(rule, actor="staff:1", **{**numbers, **tighter})
            rule.status = Rule.Status.PAUSED
            rule.save()
        for mission in Mission.objects.all():
            mission.target, mission.points = mission.target + 3, mission.points * 2
            mission.save()
            programme.change_status(mission, Mission.Status.PAUSED, actor=None)

    return go


@pytest.fixture
def evenings(member, other_member, at, after_midnight):
    """One member whose facts are heard as they happen, and one whose facts wait for the day after;
    (the oracle, the other member, what the other one told).
    """
    for user in (member, other_member):
        give_points(user, 300)
        tiers.reassess(user.pk)  # these points came by no rule's verb
    MissionFactory(code="daily", kind="daily", event="order_paid", target=2, points=5)
    MissionFactory(code="spend", event="spend_cash", target=55, points=30)
    MissionFactory(code="swap", kind="weekly", event="redeem", points=15)
    done = MissionFactory(code="done", event="order_completed", points=20, is_automatic=False)
    MissionFactory(code="login", kind="weekly", event="login", target=2, points=8)
    MissionFactory(code="next", kind="chain", event="review", prerequisite=done, points=9)
    an_evening(member, at)
    at(0)
    with withheld() as told:
        an_evening(other_member, at)
    after_midnight()
    return standing(member), other_member, list(told)
