"""Points on the way: promised, confirmed, arrived, taken back; happy, refused, repeated (raced:
test_grant_races.py).
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from mall import verification
from mall.core import clock
from points import balance, errors, grants, ledger, maturing, rules
from points.events import POINTS_AWARDED
from points.grants import TakenBack
from points.models import Grant, LedgerEntry, PointAccount, Rule, TakeBack
from tests.factories.points import arrived, granted, member_with
from tests.listening import hearing

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 4, tzinfo=UTC)
WHOLE = Fraction(1)


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield
        assert verification.verify() == []


@pytest.fixture
def member():
    return member_with()


def take(member, share=WHOLE, *, order="order:M1", key="refund:1"):
    return grants.take_back(member.pk, reference=order, share=share, key=key)


def available(member):
    return PointAccount.objects.get(pk=member.pk).available


# --- promise -----------------------------------------------------------------


def test_promise_when_an_order_is_paid_then_points_are_on_the_way_and_not_to_spend(member):
    grant = granted(member, yuan="99.90")

    assert (grant.points, grant.status, grant.matures_at) == (99, "pending", None)
    assert (balance.of(member).pending, balance.of(member).available) == (99, 0)


def test_promise_when_repeated_then_the_first_and_no_second(member):
    """Trap 3: order.paid delivered five times is one earning."""
    first = granted(member)
    Rule.objects.filter(action="purchase").update(status=Rule.Status.PAUSED)

    again = [granted(member) for _ in range(5)]

    assert {grant.pk for grant in again} == {first.pk}
    assert balance.of(member).pending == 100


def test_promise_when_the_key_names_another_fact_then_refused(member):
    granted(member, key="same")

    with pytest.raises(errors.KeyConflict):
        granted(member, key="same", order="order:M2")


@pytest.mark.parametrize("yuan", ["0.00", "0.99"])
def test_promise_when_worth_nothing_then_none(member, yuan):
    assert granted(member, yuan=yuan) is None


def test_promise_when_no_rule_is_active_then_none(member):
    Rule.objects.filter(action="purchase").update(status=Rule.Status.PAUSED)

    assert granted(member) is None


def test_promise_when_once_in_a_lifetime_then_the_second_is_none_unless_the_first_fell_away(member):
    first = granted(member, action="first_order")

    second = granted(member, action="first_order", order="order:M2")
    take(member)
    third = granted(member, action="first_order", order="order:M3")

    assert (first.points, second, third.points) == (100, None, 100)


def test_promise_when_the_days_limit_is_used_up_then_none_and_tomorrow_again(member):
    today = [granted(member, action="repurchase", order=f"order:{n}") for n in range(4)]
    with time_machine.travel(FRIDAY + timedelta(days=1), tick=False):
        tomorrow = granted(member, action="repurchase", order="order:9")

    assert [grant is not None for grant in today] == [True, True, True, False]
    assert tomorrow is not None


def test_promise_when_there_is_no_such_member_then_refused():
    with pytest.raises(errors.AccountMissing):
        grants.promise(987654, "purchase", amount=Decimal("5"), key="a", reference="order:a")


# --- confirm and maturing ----------------------------------------------------


def test_mature_due_when_the_seventh_day_is_over_then_points_arrive_once(member):
    grant = granted(member)
    grants.confirm("order:M1", at=clock.now())

    with time_machine.travel(FRIDAY + timedelta(days=7, seconds=-1), tick=False):
        early = maturing.mature_due()
    with (
        hearing(POINTS_AWARDED) as told,
        time_machine.travel(FRIDAY + timedelta(days=7), tick=False),
    ):
        on_time = maturing.mature_due()
        again = maturing.mature_due()

    assert (early.points, on_time.points, again.points) == (0, 100, 0)
    entry = LedgerEntry.objects.get(account_id=member.pk, kind="accrue")
    assert (entry.key, entry.rule, entry.rule_version, entry.reference) == (
        f"grant:{grant.pk}",
        "purchase",
        1,
        "order:M1",
    )
    assert entry.alloc["lots"] == [["2027-11-30", 100]]
    assert [(event.member, event.data["action"], event.data["entry"]) for event in told] == [
        (member.pk, "purchase", entry.pk)
    ]
    grant.refresh_from_db()
    assert (grant.status, grant.entry_seq, grant.matured_points) == ("matured", entry.seq, 100)


def test_confirm_when_never_then_points_stay_on_the_way(member):
    granted(member)

    with time_machine.travel(FRIDAY + timedelta(days=400), tick=False):
        assert maturing.mature_due().points == 0


def test_confirm_when_repeated_later_then_the_day_stays(member):
    granted(member)

    confirmed = [
        grants.confirm("order:M1", at=FRIDAY),
        grants.confirm("order:M1", at=FRIDAY + timedelta(days=3)),
    ]

    assert confirmed == [1, 0]
    assert Grant.objects.get().matures_at == FRIDAY + timedelta(days=7)


def test_confirm_when_the_rule_waits_longer_now_then_the_promise_keeps_its_own_days(member):
    granted(member)
    rules.publish(
        Rule.objects.get(code="purchase"),
        actor="test",
        matures_after_days=30,
        value="per_yuan",
        points=5,
    )

    grants.confirm("order:M1", at=FRIDAY)

    assert Grant.objects.get().matures_at == FRIDAY + timedelta(days=7)


def test_mature_due_when_the_account_is_frozen_then_points_wait_and_others_arrive(member):
    other = member_with()
    granted(member)
    granted(other, order="order:M2")
    for order in ("order:M1", "order:M2"):
        grants.confirm(order, at=FRIDAY - timedelta(days=8))
    ledger.freeze(member.pk, note="risk")

    frozen = maturing.mature_due()
    ledger.unfreeze(member.pk, note="fine")
    released = maturing.mature_due()

    assert (frozen.grants, released.grants) == (1, 1)
    assert (available(member), available(other)) == (100, 100)


def test_mature_due_when_many_then_batches_of_few_statements(
    member, django_assert_num_queries, monkeypatch
):
    members = [member_with() for _ in range(3)]
    for number, one in enumerate(members):
        granted(one, order=f"order:{number}")
        grants.confirm(f"order:{number}", at=FRIDAY - timedelta(days=8))
    monkeypatch.setattr(maturing, "BATCH", 2)

    assert maturing.mature_due() == maturing.Matured(3, 300)
    assert maturing.mature_due() == maturing.Matured(0, 0)


# --- taking back -------------------------------------------------------------


def test_take_back_when_everything_on_the_way_then_it_falls_away_without_an_entry(member):
    """Trap 4: buy, earn, refund leaves what was before."""
    granted(member)
    granted(member, action="first_order")

    taken = take(member)

    assert taken == TakenBack(pending=200)
    assert balance.of(member).pending == 0
    assert not LedgerEntry.objects.filter(account_id=member.pk).exists()
    assert set(Grant.objects.values_list("status", flat=True)) == {"void"}


def test_take_back_when_arrived_then_the_original_amount_whatever_the_rules_say_today(member):
    """Trap 8: clawback recomputed with today's rules (nopCommerce#5757)."""
    grant = arrived(member)
    rules.publish(Rule.objects.get(code="purchase"), actor="test", value="per_yuan", points=7)

    taken = take(member)

    assert taken == TakenBack(points=100)
    entry = LedgerEntry.objects.get(account_id=member.pk, kind="clawback")
    assert (entry.key, entry.delta, entry.reference) == (f"claw:{grant.pk}:1", -100, "order:M1")


def test_take_back_when_points_are_spent_then_debt_that_the_next_points_repay(member):
    arrived(member)
    ledger.spend(member.pk, points=70, key="sale:1", reference="sale:1")

    taken = take(member)
    ledger.accrue(member.pk, points=50, key="gift")

    assert taken == TakenBack(points=30, debt=70)
    account = PointAccount.objects.get(pk=member.pk)
    assert (account.available, account.debt) == (0, 20)


def test_take_back_when_shares_add_up_then_never_more_than_the_original(member):
    """Trap 7: 20 % and 20 % are 40 %, never above 100 %."""
    arrived(member, yuan="99.99")

    parts = [take(member, Fraction(min(n, 5), 5), key=f"refund:{n}").total for n in range(1, 7)]

    assert [sum(parts[: n + 1]) for n in range(5)] == [
        99 - int(Decimal("99.99") * (5 - n) / 5) for n in range(1, 6)
    ]
    assert sum(parts) == 99


def test_take_back_when_only_part_is_refunded_then_fixed_bonuses_stay(member):
    granted(member)
    granted(member, action="first_order")

    assert take(member, Fraction(99, 100), key="refund:1") == TakenBack(pending=99)
    assert take(member, WHOLE, key="refund:2") == TakenBack(pending=101)


def test_take_back_when_repeated_then_the_same_answer_and_nothing_more(member):
    arrived(member)

    first, again = take(member, Fraction(1, 2)), take(member, Fraction(1, 2))

    assert first == again == TakenBack(points=50)
    assert (available(member), TakeBack.objects.count()) == (50, 1)


def test_take_back_when_the_key_names_another_share_then_refused(member):
    granted(member)
    take(member, Fraction(1, 2))

    with pytest.raises(errors.KeyConflict):
        take(member, WHOLE)


@pytest.mark.parametrize("share", [Fraction(-1, 2), Fraction(3, 2)])
def test_take_back_when_the_share_is_none_then_refused(member, share):
    with pytest.raises(ValueError, match="share"):
        take(member, share)


def test_take_back_when_partly_on_the_way_then_only_the_rest_arrives(member):
    granted(member)
    take(member, Fraction(1, 4))
    grants.confirm("order:M1", at=FRIDAY - timedelta(days=8))

    maturing.mature_due()
    taken = take(member, WHOLE, key="refund:2")

    assert taken == TakenBack(points=75)
    assert (available(member), Grant.objects.get().taken_back) == (0, 100)


def test_take_back_when_nothing_was_promised_then_nothing(member):
    assert take(member, order="order:other") == TakenBack()


def test_take_back_when_the_account_is_frozen_then_still_taken(member):
    arrived(member)
    ledger.freeze(member.pk, note="risk")

    assert take(member) == TakenBack(points=100)


@pytest.mark.parametrize(
    ("spent", "share"), [(0, WHOLE), (70, WHOLE), (100, Fraction(1, 3)), (20, Fraction(1, 2))]
)
def test_preview_take_back_when_asked_then_what_the_verb_takes(member, spent, share):
    arrived(member)
    granted(member, action="repurchase")
    if spent:
        ledger.spend(member.pk, points=spent, key="sale:1", reference="sale:1")

    seen = grants.preview_take_back(member.pk, reference="order:M1", share=share)

    assert seen == take(member, share)


def test_pending_when_some_arrive_first_then_the_soonest_stands_first(member):
    from points import pending

    later, unknown, sooner = (granted(member, order=f"order:{n}") for n in range(3))
    grants.confirm(sooner.reference, at=FRIDAY - timedelta(days=2))
    grants.confirm(later.reference, at=FRIDAY)

    assert list(pending.on_the_way(member.pk)) == [sooner, later, unknown]


class TestShares(TestCase):
    """Property: whatever the shares and whenever the points arrive, the sum is the original at 1
    and never above.
    """

    @settings(max_examples=60, deadline=None)
    @given(
        cents=st.integers(1, 5_000_00),
        shares=st.lists(st.fractions(0, 1, max_denominator=500), max_size=6),
        arrival=st.integers(0, 7),
        spent=st.integers(0, 5_000),
    )
    def test_take_back_when_shares_are_drawn_then_the_sum_never_passes_the_original(
        self, cents, shares, arrival, spent
    ):
        member = member_with()
        yuan = Decimal(cents) / 100
        grant = granted(member, yuan=str(yuan))
        original = grant.points if grant else 0
        highest, total = Fraction(0), 0
        for number, share in enumerate([*shares, WHOLE]):
            if number == arrival and grant:
                grants.confirm("order:M1", at=clock.now() - timedelta(days=8))
                maturing.mature_due()
                held = PointAccount.objects.get(pk=member.pk).available
                if min(spent, held) > 0:
                    ledger.spend(member.pk, points=min(spent, held), key="sale", reference="sale")
            total += grants.take_back(
                member.pk, reference="order:M1", share=share, key=f"refund:{number}"
            ).total
            highest = max(highest, share)
            kept = min(original, int(Fraction(yuan) * (1 - highest)))
            assert total == (original - kept if grant else 0) <= original
        assert total == original
        assert verification.verify(member.pk) == []


def test_expiry_of_arrival_when_a_year_passed_on_the_way_then_counted_from_arrival(member):
    granted(member)
    grants.confirm("order:M1", at=FRIDAY)
    with time_machine.travel(datetime(2027, 3, 1, tzinfo=UTC), tick=False):
        maturing.mature_due()

    assert PointAccount.objects.get(pk=member.pk).next_expiry == date(2028, 3, 31)
