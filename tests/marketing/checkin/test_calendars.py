"""Whole calendars through the real verbs - check-ins, made-up days, shields, outages declared late
- against a model that walks over every day.
"""

import random
from datetime import date, timedelta

import pytest
import time_machine

from accounts.registration import register
from mall.core import clock
from mall.core.errors import DomainError
from marketing.checkin import make_up, outages, streak
from marketing.models import CheckIn
from points import ledger, rules
from points.models import PointAccount, Rule, TierLevel
from tests.marketing.checkin.calendars import ONE_DAY, Model
from tests.scenarios.books import books_close

FIRST = date(2028, 2, 14)
MILESTONES = {3: 30, 5: 50, 9: 90}
TABLE, PRICES, WINDOW, SHIELDS = [20, 25, 30, 35, 40, 45, 50], [20, 40, 80], 7, 2


@pytest.mark.parametrize("seed", [1])
def test_calendars_when_lived_through_then_rows_and_points_are_the_models(db, admin_user, seed):
    _live(admin_user, seed, members=3, days=18)


@pytest.mark.long
@pytest.mark.once(on="sqlite")
@pytest.mark.parametrize("seed", range(100, 200))
def test_calendars_when_many_are_lived_through_then_the_same(db, admin_user, seed):
    _live(admin_user, seed, members=8, days=40)


def _live(operator, seed, *, members, days):
    luck, declared = random.Random(seed), set()
    TierLevel.objects.update(shields_a_month=SHIELDS, earn_percent=100)
    with time_machine.travel(clock.start_of(FIRST) + timedelta(hours=9), tick=False) as now:
        _set_milestones()
        people = [_person(f"person{n}", declared, luck) for n in range(members)]
        for _day in range(days):
            for member, model, share in people:
                _act(member, model, share, luck)
            if luck.random() < 0.15:
                _declare(people, declared, operator, luck)
            for member, model, _share in people:
                _compare(member, model)
            now.shift(ONE_DAY)
    books_close()


def _act(member, model, share, luck):
    today = clock.today()
    acts = [_check_in] if luck.random() < share else []
    acts += [_make_up] * (luck.random() < 0.35) * luck.randint(1, 3)
    luck.shuffle(acts)
    for act in acts:
        act(member, model, today, luck)


def _check_in(member, model, today, _luck):
    streak.check_in(member)
    model.check_in(today)


def _make_up(member, model, today, luck):
    """Make up some day, also one that cannot be; what was offered is what results."""
    day = today - luck.randint(0, WINDOW + 1) * ONE_DAY
    offered = {one.on: one for one in make_up.offer(member).days}
    may = model.make_up(day, today)
    assert (day in offered) == may
    if not may:
        with pytest.raises(DomainError):
            make_up.make_up(member, day)
        return
    before = streak.standing(member).streak
    make_up.make_up(member, day, price=offered[day].price)
    assert streak.standing(member).streak == offered[day].streak
    assert offered[day].joins == (offered[day].streak > before)


def _declare(people, declared, operator, luck):
    """Declare a day of the last weeks, or tomorrow, an outage, and let the clock do its part."""
    day = clock.today() + luck.randint(-12, 1) * ONE_DAY
    outages.declare(day, reason="Storm", operator=operator)
    declared.add(day)
    for _member, model, _share in people:
        model.declare(day)
    outages.draw_due()


def _compare(member, model):
    rows = CheckIn.objects.filter(user=member).values_list("on", "kind", "streak")
    assert {on: (kind, days) for on, kind, days in rows} == model.rows(clock.today())
    assert PointAccount.objects.get(pk=member.pk).available == 1_000 + model.points


def _person(name, declared, luck):
    member = register(username=name, email=f"{name}@example.com", password="a-long-test-password")
    ledger.accrue(member.pk, points=900, key="adjust:start")
    model = Model(
        FIRST,
        declared,
        table=TABLE,
        milestones=MILESTONES,
        prices=PRICES,
        window=WINDOW,
        shields=SHIELDS,
    )
    return member, model, luck.choice([0.5, 0.75, 0.95])


def _set_milestones():
    rule = Rule.objects.get(action="checkin_milestone")
    numbers = rules.numbers_of(rule.versions.first())
    rules.publish(
        rule, actor="test", **{**numbers, "table": [[k, v] for k, v in MILESTONES.items()]}
    )
