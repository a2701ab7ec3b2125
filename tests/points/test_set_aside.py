"""What a paused account earns: set aside, credited with its own date, or dropped."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from accounts import closing
from mall import verification
from marketing.analytics import rollup
from marketing.checkin import streak
from marketing.facts import congratulate
from marketing.missions import counting
from marketing.models import CheckIn, LateDay, Mission, MissionProgress, Notification
from points import event_delivery, ledger, risk, rules, set_aside
from points.models import LedgerEntry, MemberTier, PointAccount, RiskCase, Rule, SetAside
from tests.factories.marketing import MissionFactory
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield
        assert verification.verify() == []


def on(day):
    return time_machine.travel(FRIDAY + timedelta(days=day), tick=False)


def paused(member=None):
    member, clerk = member or member_with(), member_with()
    ledger.accrue(member.pk, points=100, key="gift")
    case = risk.pause(member.pk, operator=clerk, note="odd", scope="earn")
    return member, clerk, case


def entries_of(member):
    return {
        entry.key: (entry.delta, entry.biz_date.day, entry.alloc["lots"][0][0])
        for entry in LedgerEntry.objects.filter(account=member.pk).exclude(key="gift")
        if entry.kind == "accrue"
    }


def test_decide_when_released_then_every_day_is_credited_under_its_own_date(client):
    member, clerk, case = paused()
    client.force_login(member)
    client.cookies["mall_language"] = "en"

    for day in range(3):
        with on(day):
            row = streak.check_in(member)
            rules.award(member.pk, "login", key=f"login:{row.on}", on=row.on)
            assert (row.points, row.set_aside) == (0, (20, 25, 30)[day])
    with on(3):
        ledger.spend(member.pk, points=10, key="sale", reference="sale")
        waits = client.get("/points/").text
        assert "105 points you earned meanwhile are set aside" in waits
        risk.decide(case, operator=clerk, release=True, note="fine")
        event_delivery.hear(member)
        again = rules.award(member.pk, "login", key="login:2026-11-23")
        page = client.get("/points/").text
        late = sorted(LateDay.objects.values_list("on", flat=True))

    last = "2027-11-30"
    assert entries_of(member) == {
        "checkin:2026-11-20": (20, 20, last),
        "login:2026-11-20": (10, 20, last),
        "checkin:2026-11-21": (25, 21, last),
        "login:2026-11-21": (10, 21, last),
        "checkin:2026-11-22": (30, 22, last),
        "login:2026-11-22": (10, 22, last),
        "login:2026-11-23": (10, 23, last),
    }
    assert again.delta == 10
    assert list(CheckIn.objects.order_by("on").values_list("points", flat=True)) == [20, 25, 30]
    assert PointAccount.objects.get(pk=member.pk).available == 100 - 10 + 105 + 10
    assert MemberTier.objects.get(pk=member.pk).earned == 100 + 115
    assert "Daily check-in, day 2 (of November 21, after a review)" in page
    assert late == [date(2026, 11, day) for day in (20, 21, 22)]
    assert rollup.points_of(date(2026, 11, 21))["points_issued"] == 35
    [notice] = Notification.objects.filter(user=member, kind="earning_resumed")
    assert notice.params["credited"] == 105


def test_decide_when_confirmed_then_dropped_and_told_and_a_later_release_brings_none_of_it():
    member, clerk, case = paused()

    streak.check_in(member)
    risk.decide(case, operator=clerk, release=False, note="many accounts")
    event_delivery.hear(member)
    with on(1):
        after = streak.check_in(member)
        risk.decide(case, operator=clerk, release=True, note="explained")

    assert (after.points, after.set_aside, entries_of(member)) == (0, 0, {})
    assert list(SetAside.objects.values_list("status", "points")) == [("dropped", 20)]
    [notice] = Notification.objects.filter(user=member, kind="earning_paused", key__contains="kept")
    assert notice.params["dropped"] == 20


def test_decide_when_two_cases_stand_then_it_waits_for_both_and_one_confirmed_drops_it():
    member, clerk, first = paused()
    second = risk.pause(member.pk, operator=clerk, note="odder", scope="all")
    streak.check_in(member)

    risk.decide(first, operator=clerk, release=True, note="fine")
    waiting = set_aside.points_of(member.pk)
    risk.decide(second, operator=clerk, release=False, note="not fine")

    assert (waiting, set_aside.points_of(member.pk), entries_of(member)) == (20, 0, {})


def test_award_when_paused_then_a_rules_limits_hold_for_what_is_set_aside_as_well():
    member, clerk, case = paused()
    for number in range(3):
        rules.award(member.pk, "login", key=f"login:{number}")
        rules.award(member.pk, "login", key="login:0")

    risk.release_all(member.pk, operator=clerk, note="fine")

    assert list(entries_of(member)) == ["login:0"]
    assert rules.award(member.pk, "login", key="login:9") is None


def test_settle_when_a_mission_was_completed_meanwhile_then_it_is_rewarded_once():
    member, clerk, case = paused()
    MissionFactory(code="first", event=Mission.Event.CHECKIN, points=20)
    counting.note(member.pk, Mission.Event.CHECKIN, key="checkin:2026-11-20")
    waits = MissionProgress.objects.filter(user=member, completed_at__isnull=False)
    assert [(row.rewarded_at, row.paid) for row in waits] == [(None, 0)]

    with on(1):
        risk.decide(case, operator=clerk, release=True, note="fine")
        event_delivery.hear(member)

    [row] = waits.all()
    [(points, day, _last)] = [
        said for key, said in entries_of(member).items() if key.startswith("mission:")
    ]
    assert (row.paid, row.rewarded_at is not None, points, day) == (
        row.points,
        True,
        row.points,
        20,
    )


def test_award_when_the_door_is_another_then_it_sets_aside_as_well(member):
    before = {"birthday": date(1990, 11, 20), "date_joined": FRIDAY}
    type(member).objects.filter(pk=member.pk).update(**before)
    _member, clerk, case = paused(member)

    rules.award(member.pk, "review", key="review:1", reference="review:1")
    rules.award(member.pk, "profile", key="profile")
    congratulate()
    congratulate()

    waiting = dict(SetAside.objects.values_list("key", "points"))
    assert set(waiting) == {"review:1", "profile", "birthday:2026-11-20"}
    risk.decide(case, operator=clerk, release=True, note="fine")
    given = {key: said[0] for key, said in entries_of(member).items()}
    assert waiting.items() <= given.items()


def test_close_account_when_points_are_set_aside_then_they_are_dropped():
    member, _clerk, _case = paused()
    streak.check_in(member)

    closing.close(member)

    assert list(SetAside.objects.values_list("status", flat=True)) == ["dropped"]


def test_award_when_it_was_paid_for_by_the_yuan_then_it_does_not_pause():
    member = member_with()
    rule = Rule.objects.create(code="till", action="event:till", name="Till", status="active")
    rules.publish(rule, actor="test", value="per_yuan", points=1)

    rules.award(member.pk, "event:till", key="till:1", amount=5_000)

    assert RiskCase.objects.count() == 0
