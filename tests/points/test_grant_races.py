"""Many threads over one member's promises, corrections and limits, on a real MariaDB."""

from datetime import timedelta
from fractions import Fraction

import pytest

from mall import verification
from mall.core import clock
from mall.core.errors import Busy
from points import adjustments, grants, maturing, risk, rules
from points.grants import TakenBack
from points.models import Adjustment, Grant, LedgerEntry, PointAccount, RiskCase
from tests.factories.points import granted, member_with

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

THREADS = 16


@pytest.fixture(autouse=True)
def _books_close(deadlocks):
    yield
    assert verification.verify() == []
    assert deadlocks() == 0


def staff():
    user = member_with()
    user.is_staff = True
    user.save()
    return user


def test_promise_when_many_callbacks_report_one_payment_then_one_promise(run_threads):
    member = member_with()

    outcomes = run_threads(THREADS, lambda n: granted(member).pk)

    assert len(set(outcomes)) == 1
    assert Grant.objects.get().points == 100


def test_promise_when_many_orders_want_the_first_order_bonus_then_one_gets_it(run_threads):
    member = member_with()

    outcomes = run_threads(
        THREADS, lambda n: granted(member, action="first_order", order=f"order:{n}")
    )

    assert sum(outcome is not None for outcome in outcomes) == 1


def test_mature_due_when_many_sweeps_run_then_each_promise_arrives_once(run_threads):
    members = [member_with() for _ in range(8)]
    for number, member in enumerate(members):
        granted(member, order=f"order:{number}")
        grants.confirm(f"order:{number}", at=clock.now() - timedelta(days=8))

    outcomes = run_threads(4, lambda n: maturing.mature_due())
    outcomes.append(maturing.mature_due())  # whoever was told "busy" comes again

    assert sum(one.points for one in outcomes if not isinstance(one, Busy)) == 800
    assert {
        account.available
        for account in PointAccount.objects.filter(pk__in=[member.pk for member in members])
    } == {100}


def test_take_back_when_points_arrive_at_the_same_moment_then_everything_is_taken_once(run_threads):
    """Whoever is first, the member keeps nothing of what was refunded whole and never less than
    nothing.
    """
    for number in range(6):
        member, order = member_with(), f"order:{number}"
        granted(member, order=order)
        grants.confirm(order, at=clock.now() - timedelta(days=8))

        def act(n, member=member, order=order):
            return (
                grants.take_back(member.pk, reference=order, share=Fraction(1), key="refund:1")
                if n % 2
                else maturing.mature_due()
            )

        outcomes = run_threads(6, act)

        taken = {outcome for outcome in outcomes if isinstance(outcome, TakenBack)}
        assert len(taken) == 1
        assert taken.pop().total == 100
        account = PointAccount.objects.get(pk=member.pk)
        assert (account.available, account.debt) == (0, 0)


def test_take_back_when_one_key_is_sent_many_times_then_once(run_threads):
    member = member_with()
    granted(member)
    grants.confirm("order:M1", at=clock.now() - timedelta(days=8))
    maturing.mature_due()

    def act(n):
        return grants.take_back(
            member.pk, reference="order:M1", share=Fraction(1, 2), key="refund:1"
        )

    assert set(run_threads(THREADS, act)) == {TakenBack(points=50)}
    assert LedgerEntry.objects.filter(account_id=member.pk, kind="clawback").count() == 1


def test_take_back_when_shares_come_in_any_order_then_the_sum_is_the_original(run_threads):
    member = member_with()
    granted(member, yuan="99.99")

    outcomes = run_threads(
        10,
        lambda n: grants.take_back(
            member.pk, reference="order:M1", share=Fraction(n + 1, 10), key=f"refund:{n}"
        ),
    )

    assert sum(outcome.total for outcome in outcomes) == 99


def test_award_when_many_cross_the_limit_at_once_then_one_case(run_threads):
    member = member_with()
    rules.award(member.pk, "mission", key="mission:0", amount=990)

    outcomes = run_threads(
        THREADS, lambda n: rules.award(member.pk, "mission", key=f"mission:{n + 1}", amount=20)
    )

    assert sum(outcome is not None for outcome in outcomes) == 1
    assert (RiskCase.objects.count(), PointAccount.objects.get(pk=member.pk).available) == (
        1,
        1_010,
    )


def test_ask_when_one_person_clicks_in_many_tabs_then_the_limit_holds(run_threads):
    member, clerk = member_with(), staff()

    outcomes = run_threads(
        THREADS,
        lambda n: (
            adjustments.ask(
                member.pk,
                points=1_000,
                ticket=f"t:{n}",
                operator=clerk,
                note="why",
                description="Sorry",
            ).status
        ),
    )

    assert outcomes.count("posted") == 5
    assert PointAccount.objects.get(pk=member.pk).available == 5_000


def test_approve_when_two_colleagues_decide_at_once_then_one_does(run_threads):
    member = member_with()
    waiting = adjustments.ask(member.pk, points=8_000, ticket="t", operator=staff(), note="why")
    colleagues = [staff() for _ in range(8)]

    def decide(n):
        verb = adjustments.approve if n % 2 else adjustments.reject
        return verb(waiting, operator=colleagues[n], note="mine")

    outcomes = run_threads(8, decide)

    assert sum(isinstance(outcome, Adjustment) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, adjustments.AdjustmentDecided) for outcome in outcomes) == 7


def test_decide_when_two_colleagues_decide_at_once_then_one_releases(run_threads):
    member = member_with()
    case = risk.pause(member.pk, operator=staff(), note="odd")
    colleagues = [staff() for _ in range(8)]

    outcomes = run_threads(
        8, lambda n: risk.decide(case, operator=colleagues[n], release=True, note="fine")
    )

    assert sum(isinstance(outcome, RiskCase) for outcome in outcomes) == 1
    assert PointAccount.objects.get(pk=member.pk).status == "active"
