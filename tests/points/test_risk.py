"""Risk: the day's limit, cases, decisions, appeals; a pause holds what it says and no more."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction

from mall import verification
from mall.core.models import AuditRow
from mall.core.versions import ChangedMeanwhile
from points import adjustments, errors, grants, ledger, maturing, risk, rules
from points.events import CASE_DECIDED, CASE_OPENED
from points.models import Grant, LedgerEntry, PointAccount, PointsPolicy, RiskCase, Rule
from tests.factories.points import granted, member_with
from tests.listening import hearing

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield
        assert verification.verify() == []


@pytest.fixture
def member():
    return member_with()


@pytest.fixture
def clerk():
    clerk = member_with()
    clerk.is_staff = True
    clerk.save()
    return clerk


def earn(member, points, number=1, action="mission"):
    return rules.award(
        member.pk, action, key=f"{action}:{number}", amount=points, reference=f"{action}:{number}"
    )


def status_of(member):
    return PointAccount.objects.get(pk=member.pk).status


def test_award_when_exactly_the_limit_then_nothing_happens(member):
    earn(member, 1_000)

    assert (status_of(member), RiskCase.objects.count()) == ("active", 0)


def test_award_when_one_point_above_the_limit_then_paid_and_earning_rests_with_a_case(member):
    earn(member, 1_000)

    crossing = earn(member, 1, number=2)
    after = earn(member, 5, number=3)

    case = RiskCase.objects.get()
    assert (crossing.delta, after, status_of(member)) == (1, None, "review")
    assert (case.kind, case.scope, case.status, case.key) == (
        "earned",
        "earn",
        "open",
        "earned:2026-11-20",
    )
    assert (case.evidence["earned"], case.evidence["limit"]) == (1_001, 1_000)
    assert [
        (entry["seq"], entry["points"], entry["rule"]) for entry in case.evidence["entries"]
    ] == [
        (1, 1_000, "mission"),
        (2, 1, "mission"),
    ]
    assert ledger.spend(member.pk, points=5, key="sale", reference="sale").delta == -5


def test_award_when_no_case_opens_then_six_statements_and_three_for_the_posting(
    member, django_assert_num_queries, heard_later
):
    earn(member, 1, 2)  # somebody who never earned is looked at once

    # lock, insert, update, the tier's count, the fact and its number; the rule with the day's limit
    # is kept
    with django_assert_num_queries(6):
        earn(member, 5)
    with django_assert_num_queries(3):
        ledger.accrue(member.pk, points=5, key="gift")


@pytest.mark.parametrize("gift", ["adjust", "refund", "no rule"])
def test_post_when_no_rule_earned_it_then_it_does_not_count(member, clerk, gift):
    if gift == "adjust":
        adjustments.ask(member.pk, points=4_000, ticket="t", operator=clerk, note="test")
    elif gift == "refund":
        ledger.accrue(member.pk, points=2_000, key="gift")
        ledger.spend(member.pk, points=2_000, key="sale", reference="sale")
        ledger.refund(member.pk, of_key="sale", points=2_000, key="back", reference="sale")
    else:
        ledger.accrue(member.pk, points=2_000, key="gift")

    earn(member, 1_000)

    assert (status_of(member), RiskCase.objects.count()) == ("active", 0)


def test_award_when_the_next_day_begins_then_it_counts_anew(member):
    earn(member, 900)
    with time_machine.travel(FRIDAY + timedelta(days=1), tick=False):
        earn(member, 900, number=2)

    assert status_of(member) == "active"


def test_award_when_an_operator_sets_another_limit_then_that_counts(member):
    PointsPolicy.objects.update(earned_per_day_max=50)

    earn(member, 51)

    assert RiskCase.objects.get().evidence["limit"] == 50


def test_award_when_released_the_same_day_then_earning_goes_on(member, clerk):
    earn(member, 1_001)
    risk.decide(RiskCase.objects.get(), operator=clerk, release=True, note="a generous day")

    assert earn(member, 500, number=2).delta == 500
    assert (status_of(member), RiskCase.objects.count()) == ("active", 1)


def test_award_when_the_case_cannot_be_opened_then_the_posting_vanishes_with_it(member):
    """One transaction: points without their case, or a case without its points, do not exist."""

    def break_off(event):
        raise RuntimeError("down")

    with (
        hearing(CASE_OPENED, listener=break_off),
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        earn(member, 1_001)

    assert not LedgerEntry.objects.filter(account_id=member.pk).exists()
    assert (status_of(member), RiskCase.objects.count()) == ("active", 0)


def test_mature_due_when_big_orders_mature_on_one_day_then_nobody_is_paused_for_what_they_paid(
    member,
):
    for number in range(3):
        granted(member, yuan="900.00", order=f"order:{number}")
        grants.confirm(f"order:{number}", at=FRIDAY - timedelta(days=8))

    arrived = maturing.mature_due()
    small = earn(member, 1_000)

    assert (arrived.grants, small.delta, status_of(member)) == (3, 1_000, "active")
    crossing = earn(member, 1, number=2)
    case = RiskCase.objects.get()
    assert (crossing.delta, case.evidence["earned"], case.evidence["by_rule"]) == (
        1,
        1_001,
        [["mission", 1_001]],
    )


def test_mature_due_when_paused_then_promises_wait_for_the_release(member, clerk):
    granted(member, yuan="900.00", order="order:1")
    grants.confirm("order:1", at=FRIDAY - timedelta(days=8))
    earn(member, 1_001)

    stuck = maturing.mature_due()
    risk.decide(RiskCase.objects.get(), operator=clerk, release=True, note="real orders")
    rest = maturing.mature_due()

    assert (stuck.grants, rest.grants) == (0, 1)
    assert set(Grant.objects.values_list("status", flat=True)) == {"matured"}
    assert PointAccount.objects.get(pk=member.pk).available == 1_901


@pytest.mark.parametrize(
    ("scope", "may_earn", "may_spend"),
    [("earn", False, True), ("spend", True, False), ("all", False, False)],
)
def test_pause_when_graded_then_it_stops_what_it_says(member, clerk, scope, may_earn, may_spend):
    ledger.accrue(member.pk, points=50, key="gift")

    risk.pause(member.pk, operator=clerk, note="odd", scope=scope)

    assert (rules.award(member.pk, "login", key="login") is not None) is may_earn
    if may_spend:
        ledger.spend(member.pk, points=5, key="sale", reference="sale")
    else:
        with pytest.raises(errors.AccountFrozen):
            ledger.spend(member.pk, points=5, key="sale", reference="sale")


def test_award_when_spending_is_paused_and_the_limit_is_crossed_then_both_rest(member, clerk):
    risk.pause(member.pk, operator=clerk, note="odd", scope="spend")

    earn(member, 1_001)

    assert status_of(member) == "frozen"
    assert {case.scope for case in risk.standing(member.pk)} == {"earn", "spend"}


def test_decide_when_another_case_still_stands_then_only_its_own_pause_is_lifted(member, clerk):
    earn(member, 1_001)
    spending = risk.pause(member.pk, operator=clerk, note="odd", scope="spend")
    assert status_of(member) == "frozen"

    risk.decide(spending, operator=clerk, release=True, note="fine")

    assert status_of(member) == "review"


def test_decide_when_upheld_then_it_stays_and_may_be_released_later(member, clerk):
    earn(member, 1_001)
    case = RiskCase.objects.get()

    risk.decide(case, operator=clerk, release=False, note="odd")
    kept = status_of(member)
    risk.decide(case, operator=clerk, release=True, note="explained")

    assert (kept, status_of(member)) == ("review", "active")
    assert [row.action for row in AuditRow.objects.order_by("pk")] == [
        "points.case_open",
        "points.case_decide",
        "points.case_decide",
    ]


def test_decide_when_the_member_wrote_a_moment_ago_then_the_one_who_has_not_read_it_is_refused(
    member, clerk
):
    earn(member, 1_001)
    read = RiskCase.objects.get()
    risk.appeal(read, text="I played all day")

    with pytest.raises(ChangedMeanwhile):
        risk.decide(read, operator=clerk, release=False, note="odd")

    assert RiskCase.objects.get().status == "open"


def test_decide_when_repeated_then_refused(member, clerk):
    earn(member, 1_001)
    case = RiskCase.objects.get()
    risk.decide(case, operator=clerk, release=True, note="fine")

    with pytest.raises(risk.CaseDecided):
        risk.decide(case, operator=clerk, release=True, note="fine")


def test_decide_when_it_is_ones_own_case_then_refused(clerk):
    clerk.is_superuser = True
    clerk.save()
    earn(clerk, 1_001)

    with pytest.raises(risk.OwnCase):
        risk.decide(RiskCase.objects.get(), operator=clerk, release=True, note="it is me")
    with pytest.raises(risk.OwnCase):
        risk.release_all(clerk.pk, operator=clerk, note="it is me")


def test_decide_when_decided_then_others_hear_of_it(member, clerk):
    with hearing(CASE_OPENED, CASE_DECIDED) as told:
        earn(member, 1_001)
        risk.decide(RiskCase.objects.get(), operator=clerk, release=True, note="fine")

    assert [event.data["status"] for event in told] == ["open", "released"]


def close(member):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE points_pointaccount SET status = 'closed' WHERE user_id = %s", [member.pk]
        )


@pytest.mark.parametrize("verb", [ledger.unfreeze, ledger.freeze])
def test_set_status_when_the_account_is_closed_then_it_stays_closed(member, verb):
    close(member)

    with pytest.raises(errors.AccountClosed):
        verb(member.pk, note="oops")

    assert status_of(member) == "closed"


def test_decide_when_the_account_is_closed_then_the_case_closes_and_the_account_stays(
    member, clerk
):
    earn(member, 1_001)
    close(member)

    risk.decide(RiskCase.objects.get(), operator=clerk, release=True, note="left")

    assert (status_of(member), RiskCase.objects.get().status) == ("closed", "released")


def test_appeal_when_written_twice_then_the_first_word_counts(member):
    earn(member, 1_001)
    case = RiskCase.objects.get()

    risk.appeal(case, text="I played all day")
    with pytest.raises(risk.AppealedAlready):
        risk.appeal(case, text="and more")

    case.refresh_from_db()
    assert (case.appeal, case.appealed_at) == ("I played all day", FRIDAY)


def test_open_case_when_repeated_then_the_first(member):
    first, again = (
        risk.open_case(member.pk, kind="drift", scope="all", key="drift:1", note="does not add up")
        for _ in range(2)
    )

    assert (first.pk, RiskCase.objects.count()) == (again.pk, 1)


# --- rules with conditions ----------------------------------------------------


def test_award_when_only_on_weekdays_then_the_next_rule_pays_on_the_others(member):
    rule = Rule.objects.create(
        code="weekend", action="login", name="weekend", status="active", priority=1
    )
    rules.publish(rule, actor="test", points=99, weekdays=[6, 7])

    friday = rules.award(member.pk, "login", key="login:1")
    with time_machine.travel(FRIDAY + timedelta(days=1), tick=False):
        saturday = rules.award(member.pk, "login", key="login:2")

    assert [(entry.rule, entry.delta) for entry in (friday, saturday)] == [
        ("login", 10),
        ("weekend", 99),
    ]


def test_award_when_once_in_365_days_then_not_earlier_and_a_repeat_is_the_first(member):
    first = rules.award(member.pk, "birthday", key="birthday:2026")
    again = rules.award(member.pk, "birthday", key="birthday:2026")
    with time_machine.travel(FRIDAY + timedelta(days=364), tick=False):
        early = rules.award(member.pk, "birthday", key="birthday:2027")
    with time_machine.travel(FRIDAY + timedelta(days=365), tick=False):
        due = rules.award(member.pk, "birthday", key="birthday:2027")

    assert (first.delta, again.seq, early, due.delta) == (200, first.seq, None, 200)


def test_award_when_another_system_reports_then_its_own_rule_pays(member):
    rule = Rule.objects.create(
        code="newsletter", action="event:newsletter", name="newsletter", status="active"
    )
    rules.publish(rule, actor="test", points=7)

    assert rules.award(member.pk, "event:newsletter", key="event:1").delta == 7
    assert rules.award(member.pk, "event:other", key="event:2") is None
