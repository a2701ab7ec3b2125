"""Rules: what an action is worth, how often, until when; versions that never change."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from mall.core import clock
from mall.core.append_only import AppendOnlyError
from points import ledger, rates, rules
from points.models import ExchangeRate, LedgerEntry, PointAccount, Rule, RuleVersion
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield


@pytest.fixture
def member():
    return member_with()


def rule_for(action, **numbers):
    status = numbers.pop("status", Rule.Status.ACTIVE)
    window = {
        name: numbers.pop(name) for name in ("starts_at", "ends_at", "priority") if name in numbers
    }
    code = numbers.pop("code", action)
    # The shop starts with a rule for each action; these tests bring their own.
    Rule.objects.filter(code=code).update(code=f"default-{code}", status=Rule.Status.PAUSED)
    rule = Rule.objects.create(code=code, action=action, name=code, status=status, **window)
    rules.publish(rule, actor="test", **{"points": 5, **numbers})
    return rule


def test_award_when_default_rules_then_what_the_issue_says(member):
    register = rules.award(member.pk, "register", key="register")
    login = rules.award(member.pk, "login", key="login:2026-11-20")
    checkin = rules.award(member.pk, "checkin", key="checkin:2026-11-20", step=1)

    assert [
        (entry.rule, entry.rule_version, entry.delta) for entry in (register, login, checkin)
    ] == [
        ("register", 1, 100),
        ("login", 1, 10),
        ("checkin", 1, 20),
    ]


@pytest.mark.parametrize(
    ("step", "points"),
    [(1, 20), (2, 25), (3, 30), (4, 35), (5, 40), (6, 45), (7, 50), (8, 50), (365, 50)],
)
def test_preview_when_check_ins_go_on_then_the_table_and_then_its_last(step, points):
    assert rules.preview("checkin", step=step) == points


@pytest.mark.parametrize(
    ("amount", "rate", "points"),
    [
        ("0.99", 1, 0),
        ("1.00", 1, 1),
        ("19.99", 1, 19),
        ("19.99", 2, 39),
        ("0.01", 100, 1),
        ("0.1", 3, 0),
        ("1234567.89", 1, 1234567),
    ],
)
def test_award_when_by_the_yuan_then_parts_of_a_point_are_dropped(member, amount, rate, points):
    """Trap 10: no floats."""
    rule_for("purchase", value="per_yuan", points=rate)

    entry = rules.award(member.pk, "purchase", key="order:A:earn", amount=Decimal(amount))

    assert (
        (entry.delta if entry else 0) == points == rules.preview("purchase", amount=Decimal(amount))
    )


def test_award_when_nobody_made_a_rule_then_nothing(member):
    assert rules.award(member.pk, "flattery", key="flattery:1") is None
    assert rules.preview("flattery") == 0


def test_award_when_key_repeats_after_the_rule_changed_then_the_first_entry_comes_back(member):
    """A changed rule never pays backwards, and a repeated sign-in is no conflict."""
    first = rules.award(member.pk, "login", key="login:2026-11-20")
    rules.publish(Rule.objects.get(code="login"), actor="test", points=99)

    again = rules.award(member.pk, "login", key="login:2026-11-20")

    assert (again.pk, again.delta, PointAccount.objects.get(pk=member.pk).available) == (
        first.pk,
        10,
        10,
    )


def test_award_when_the_days_slots_are_taken_then_none_and_tomorrow_again(member):
    rule_for("share", per_day=3, per_week=100, per_month=100, per_life=100)

    today = [rules.award(member.pk, "share", key=f"share:{n}") for n in range(5)]
    with time_machine.travel(FRIDAY + timedelta(days=1), tick=False):
        tomorrow = rules.award(member.pk, "share", key="share:tomorrow")

    assert [entry and entry.delta for entry in today] == [5, 5, 5, None, None]
    assert tomorrow.delta == 5


@pytest.mark.parametrize(
    ("span", "last_inside", "first_outside"),
    [
        ("per_week", datetime(2026, 11, 22, 4, tzinfo=UTC), datetime(2026, 11, 23, 4, tzinfo=UTC)),
        ("per_month", datetime(2026, 11, 30, 4, tzinfo=UTC), datetime(2026, 12, 1, 4, tzinfo=UTC)),
    ],
)
def test_award_when_a_week_or_month_is_used_up_then_it_pays_again_in_the_next(
    member, span, last_inside, first_outside
):
    limits = {"per_day": 9, "per_week": 99, "per_month": 99, "per_life": 99, span: 2}
    rule_for("share", **limits)
    paid = []
    for number, instant in enumerate((FRIDAY, last_inside, last_inside, first_outside)):
        with time_machine.travel(instant, tick=False):
            paid.append(rules.award(member.pk, "share", key=f"share:{number}") is not None)

    assert paid == [True, True, False, True]


def test_award_when_the_lifetime_is_used_up_then_never_again(member):
    rule_for("first", per_life=1)
    assert rules.award(member.pk, "first", key="first:1") is not None

    with time_machine.travel(FRIDAY + timedelta(days=4000), tick=False):
        assert rules.award(member.pk, "first", key="first:2") is None


def test_award_when_a_week_spans_new_year_then_it_is_one_week(member):
    rule_for("share", per_day=9, per_week=1, per_month=99, per_life=99)
    paid = []
    for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 4)):
        with time_machine.travel(clock.start_of(day), tick=False):
            paid.append(rules.award(member.pk, "share", key=f"share:{day}") is not None)

    assert paid == [True, False, True]


def test_award_when_a_limit_refuses_then_no_trace_is_left(member):
    rule_for("share", per_day=1)
    rules.award(member.pk, "share", key="share:1")
    before = PointAccount.objects.filter(pk=member.pk).values().get()

    rules.award(member.pk, "share", key="share:2")

    assert PointAccount.objects.filter(pk=member.pk).values().get() == before


def test_award_when_account_is_frozen_then_none(member):
    ledger.freeze(member.pk, note="risk")

    assert rules.award(member.pk, "login", key="login:2026-11-20") is None


@pytest.mark.parametrize("status", ["draft", "paused", "ended"])
def test_award_when_rule_is_not_active_then_none(member, status):
    rule_for("share", status=status)

    assert rules.award(member.pk, "share", key="share:1") is None


@pytest.mark.parametrize("status", ["active", "scheduled"])
def test_award_when_rule_has_a_window_then_only_inside_it(member, status):
    rule_for(
        "share", status=status, starts_at=FRIDAY, ends_at=FRIDAY + timedelta(hours=1), per_day=9
    )
    paid = []
    for seconds in (-1, 0, 3599, 3600):
        with time_machine.travel(FRIDAY + timedelta(seconds=seconds), tick=False):
            paid.append(rules.award(member.pk, "share", key=f"share:{seconds}") is not None)

    assert paid == [False, True, True, False]


def test_award_when_scheduled_without_a_beginning_then_it_waits(member):
    rule_for("share", status="scheduled")

    assert rules.award(member.pk, "share", key="share:1") is None


def test_award_when_two_rules_fit_then_the_smaller_priority_wins(member):
    rule_for("share", code="usual", points=5)
    rule_for("share", code="festival", points=50, priority=1)

    assert rules.award(member.pk, "share", key="share:1").rule == "festival"


@pytest.mark.parametrize(
    ("validity", "days", "good_until"),
    [
        ("standard", 0, "2027-11-30"),
        ("month_end", 0, "2026-11-30"),
        ("year_end", 0, "2026-12-31"),
        ("days", 10, "2026-11-30"),
        ("never", 0, None),
    ],
)
def test_award_when_rule_says_how_long_then_so_long(member, validity, days, good_until):
    rule_for("share", validity=validity, validity_days=days)

    entry = rules.award(member.pk, "share", key="share:1")

    assert entry.alloc["lots"] == [[good_until, 5]]


def test_publish_when_numbers_change_then_a_new_version_and_old_entries_keep_theirs(member):
    rule = rule_for("share", points=5, per_day=9)
    old = rules.award(member.pk, "share", key="share:1")

    version = rules.publish(rule, actor="staff:1", points=8, per_day=9)
    new = rules.award(member.pk, "share", key="share:2")

    assert (version.number, version.created_by, old.rule_version, new.rule_version, new.delta) == (
        2,
        "staff:1",
        1,
        2,
        8,
    )
    assert LedgerEntry.objects.get(pk=old.pk).delta == 5


def test_publish_when_numbers_are_the_same_then_no_new_version():
    rule = rule_for("share", points=5)

    rules.publish(rule, actor="test", points=5)

    assert rule.versions.count() == 1


@pytest.mark.parametrize(
    "attack",
    [
        lambda version: version.save(),
        lambda version: version.delete(),
        lambda version: RuleVersion.objects.filter(pk=version.pk).update(points=1),
        lambda version: RuleVersion.objects.filter(pk=version.pk).delete(),
    ],
)
def test_version_when_somebody_changes_it_then_refused(attack):
    with pytest.raises(AppendOnlyError):
        attack(RuleVersion.objects.first())


def test_current_when_rates_follow_each_other_then_the_one_in_force():
    ExchangeRate.objects.create(points_per_yuan=120, effective_from=FRIDAY + timedelta(days=1))

    assert rates.current().points_per_yuan == 100
    assert rates.current(FRIDAY + timedelta(days=1)).points_per_yuan == 120
    assert rates.current(FRIDAY + timedelta(days=1, seconds=-1)).points_per_yuan == 100
