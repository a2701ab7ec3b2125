"""The twenty traps of docs/product.md: what users of such systems report, each once, by the
shop's own verbs and doors.

More of each, with its corners and races, stands beside the code it concerns; here every story is
told whole.
"""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache

from accounts.registration import register
from catalog import stock
from catalog.errors import OutOfStock, SoldOut
from catalog.models import CardKey
from mall import verification
from mall.core import clock
from mall.core.errors import Busy, DomainError
from marketing.analytics import period, reports, rollup
from marketing.checkin.streak import check_in
from marketing.errors import AlreadyCheckedIn
from marketing.missions import counting as missions
from marketing.models import CheckIn, Mission, MissionProgress
from orders import lifecycle, pricing
from orders.coupons.errors import CodeUsedUp, CouponNotUsable
from orders.errors import FlashLimitReached
from orders.flash import pool
from orders.models import Coupon, FlashClaim, Order, OrderEvent, Payment, PaymentRefund
from orders.numbers import new_number
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from points import expiry, ledger, rules, tiers
from points.errors import InsufficientPoints
from points.maturing import mature_due
from points.models import (
    ExchangeRate,
    Grant,
    LedgerEntry,
    MemberTier,
    PointAccount,
    Rule,
    TierLevel,
)
from tests.factories import coupons as coupon_factory
from tests.factories import flash as flash_factory
from tests.factories.marketing import MissionFactory
from tests.factories.orders import (
    ask,
    give_points,
    key_sku,
    pay,
    place,
    received,
    refund,
    virtual_sku,
)
from tests.factories.points import member_with
from tests.orders.test_pages import NEW, form_of

RAW_TABLES = (
    "points_ledgerentry",
    "points_pointaccount",
    "orders_order",
    "marketing_dailyactivity",
    "marketing_historyorder",
)
pytestmark = pytest.mark.django_db(transaction=True)  # a refusal must leave no trace


@pytest.fixture(autouse=True)
def _books_close(transactional_db):
    pool._sold_out.clear()
    yield
    assert verification.verify() == []


def standing(member):
    return PointAccount.objects.values_list("available", "held").get(pk=member.pk)


def patiently(verb):
    """Do as a shopper does who is told that the shop is busy: try again."""
    while True:
        try:
            return verb()
        except Busy:
            continue


def of_type(outcomes, kind):
    return [outcome for outcome in outcomes if isinstance(outcome, kind)]


def refused(verb):
    """Do a verb; say whether the shop refused."""
    try:
        verb()
    except DomainError:
        return True
    return False


def test_trap_01_when_twenty_spend_the_same_hundred_points_then_exactly_one_succeeds(
    member, run_threads
):
    sku = virtual_sku(points=100, stock=20)

    outcomes = run_threads(20, lambda: patiently(lambda: place(member, sku)))

    assert (len(of_type(outcomes, Order)), len(of_type(outcomes, InsufficientPoints))) == (1, 19)
    assert (standing(member), Order.objects.count()) == ((0, 0), 1)


def test_trap_02_when_the_form_is_sent_twice_then_one_order(signed_in, member):
    sku = virtual_sku(points=30)
    sent = form_of(signed_in.get(NEW, {"sku": sku.pk, "quantity": 1}).content.decode())

    answers = [signed_in.post(NEW, sent) for _click in range(2)]

    assert {answer.status_code for answer in answers} == {302}
    assert answers[0].url == answers[1].url
    assert (Order.objects.count(), standing(member)) == (1, (70, 0))


def test_trap_03_when_paid_is_reported_five_times_then_one_earning(member):
    order = place(member, virtual_sku(cash="20.00"))
    message = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")

    for _delivery in range(5):
        cash_in.receive_notice("sandbox", *message)
    received(Order.objects.get(pk=order.pk))
    for step in (lifecycle.mark_paid, lifecycle.complete, lifecycle.ship):
        assert refused(lambda step=step: step(Order.objects.get(pk=order.pk), actor="staff:1"))

    assert sorted(Grant.objects.values_list("action", flat=True)) == ["first_order", "purchase"]
    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        for _sweep in range(3):
            mature_due()
        assert standing(member) == (100 + 20 + 100, 0)


def test_trap_04_when_bought_earned_and_refunded_then_the_exact_balance_from_before(member):
    before = standing(member), PointAccount.objects.get(pk=member.pk).lots
    order = received(pay(place(member, virtual_sku(points=40, cash="30.00"))))

    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        mature_due()
        assert standing(member) > before[0]
        _refund_late(order)

        assert (standing(member), PointAccount.objects.get(pk=member.pk).lots) == before


def _refund_late(order):
    """Refund a received order as staff may after the days are over."""
    from orders.refunds import requests as refund_requests

    return refund_requests.approve(
        ask(Order.objects.get(pk=order.pk), actor="staff:1"), actor="staff:1"
    )


def _cancellations(order):
    late = order.pay_by + timedelta(seconds=1)
    message = sandbox.write_notice(cash_in.start(order, "sandbox"), "closed")

    def fresh():
        return Order.objects.get(pk=order.pk)

    return {
        "member": lambda: lifecycle.cancel(fresh(), actor=f"member:{order.user_id}"),
        "timeout": lambda: lifecycle.cancel_due(late),
        "provider": lambda: cash_in.receive_notice("sandbox", *message),
        "staff": lambda: lifecycle.cancel(fresh(), actor="staff:1"),
    }


@pytest.mark.parametrize("first", ["member", "timeout", "staff"])
def test_trap_05_when_cancelled_in_any_order_and_twice_then_points_return_once(member, first):
    sku = virtual_sku(points=40, cash="1.00", stock=3)
    names = ["member", "timeout", "provider", "staff"]
    for rest in itertools.permutations([name for name in names if name != first]):
        order = place(member, sku)
        ways = _cancellations(order)
        assert standing(member) == (60, 40)

        for name in (first, *rest, first, *rest):
            refused(ways[name])

        assert (standing(member), stock.available([sku.pk])[sku.pk]) == ((100, 0), 3)
        assert LedgerEntry.objects.filter(kind="release", reference=order.reference).count() == 1


def test_trap_06_when_points_paid_a_share_then_the_cash_back_is_no_more_than_the_cash_paid(member):
    give_points(member, 900)
    order = pay(
        place(member, virtual_sku(cash="20.00", pay_mode="cash_points"), points_to_use=1_000)
    )
    assert order.cash == Decimal("10.00")

    asked = refund(order)

    assert (asked.cash, asked.points) == (Decimal("10.00"), 1_000)
    assert list(PaymentRefund.objects.values_list("amount", flat=True)) == [Decimal("10.00")]
    assert standing(member) == (1_000, 0)


def test_trap_07_when_refunded_by_fifths_then_two_are_forty_per_cent_and_six_are_refused(member):
    give_points(member, 900)
    order = pay(place(member, virtual_sku(points=100, cash="10.01"), quantity=5))

    parts = [refund(Order.objects.get(pk=order.pk), 1) for _ in range(2)]
    assert (sum(part.points for part in parts), sum(part.cash for part in parts)) == (
        200,
        Decimal("20.02"),
    )
    for _ in range(3):
        refund(Order.objects.get(pk=order.pk), 1)

    assert refused(lambda: refund(Order.objects.get(pk=order.pk), 1))
    assert standing(member) == (1_000, 0)
    assert sum(PaymentRefund.objects.values_list("amount", flat=True)) == order.cash


def test_trap_08_when_the_rule_changed_meanwhile_then_what_is_taken_back_is_what_was_given(member):
    order = received(pay(place(member, virtual_sku(cash="30.00"))))
    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        mature_due()
        given = standing(member)[0] - 100
        rule = Rule.objects.get(code="purchase")
        numbers = rules.numbers_of(rule.versions.first())
        rules.publish(rule, actor="staff:1", **{**numbers, "points": numbers["points"] * 5})

        asked = _refund_late(order)

    assert given == 30 + 100
    assert (asked.taken_points, asked.taken_debt) == (given, 0)
    assert standing(member) == (100, 0)


def test_trap_09_when_points_pay_a_part_then_only_the_cash_earns(member):
    give_points(member, 900)
    order = pay(
        place(member, virtual_sku(cash="20.00", pay_mode="cash_points"), points_to_use=1_000)
    )

    assert Grant.objects.get(action="purchase", reference=order.reference).points == 10


@pytest.mark.parametrize(
    ("points", "rate", "yuan"),
    [
        (100, 100, "1.00"), (199, 100, "1.99"), (1, 100, "0.01"), (1, 300, "0.00"), (100, 3,
        "33.33"), (200, 3, "66.66"),
        (300, 3, "100.00"), (10**9, 100, "10000000.00"), (7, 7, "1.00"), (29, 100, "0.29"), (58,
        100, "0.58"), (115, 100, "1.15"),
        (1_001, 1_000, "1.00"),
    ],
)  # fmt: skip
def test_trap_10_when_points_become_yuan_then_divided_exactly_and_never_by_floats(
    points, rate, yuan
):
    assert str(pricing.worth(points, rate)) == yuan


def test_trap_10_when_an_order_is_priced_at_another_rate_then_every_fen_is_accounted_for(member):
    give_points(member, 9_900)
    ExchangeRate.objects.create(
        points_per_yuan=300, effective_from=clock.now() - timedelta(seconds=1)
    )

    order = place(member, virtual_sku(cash="19.99", pay_mode="cash_points"), points_to_use=2_900)

    assert (order.discount, order.cash) == (Decimal("9.66"), Decimal("10.33"))
    assert order.goods_cash == order.discount + order.cash


@pytest.mark.parametrize(
    "day", [date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31), date(2028, 2, 29)]
)
def test_trap_11_when_shanghai_midnight_passes_then_points_die_on_the_second_and_once(day):
    midnight = clock.end_of(day)
    with time_machine.travel(midnight - timedelta(days=3), tick=False):
        member = member_with(100, expires_on=day)
        ledger.accrue(member.pk, points=7, key="stays", expires_on=day + timedelta(days=1))
    with time_machine.travel(midnight - timedelta(milliseconds=1), tick=False):
        assert expiry.expire_due().points == 0
        assert (
            ledger.spend(member.pk, points=10, key="late", reference="sale:late").balance_after
            == 97
        )

    with time_machine.travel(midnight, tick=False):
        assert [expiry.expire_due().points for _run in range(2)] == [90, 0]
        with pytest.raises(InsufficientPoints):
            ledger.spend(member.pk, points=8, key="too late", reference="sale:dead")
        assert standing(member) == (7, 0)


@pytest.mark.parametrize(("yuan", "level"), [("299.00", 1), ("300.00", 2), ("301.00", 2)])
def test_trap_12_when_a_first_order_brings_just_under_at_or_over_a_threshold_then_that_tier(
    member, yuan, level
):
    """100 for registering and 100 for the first order; a yuan is a point, and counts only once it
    has arrived.
    """
    assert [tier.threshold for tier in TierLevel.objects.all()[:2]] == [0, 500]
    received(pay(place(member, virtual_sku(cash=yuan))))
    assert tiers.standing_of(member.pk).tier.level == 1

    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        mature_due()

        stood = tiers.standing_of(member.pk)
        assert (stood.credited, stood.tier.level) == (200 + int(Decimal(yuan)), level)
        assert MemberTier.objects.get(pk=member.pk).level == level


def test_trap_13_when_checked_in_around_shanghai_midnight_then_two_days_and_each_once(run_threads):
    with time_machine.travel("2026-11-20T12:00:00+08:00", tick=False):
        member = register(username="late", email="late@example.com", password="x" * 12)
    with time_machine.travel("2026-11-20T23:59:59+08:00", tick=False):
        late = check_in(member)
    with time_machine.travel("2026-11-21T00:00:01+08:00", tick=False):
        outcomes = run_threads(2, lambda: patiently(lambda: check_in(member)))

    early = of_type(outcomes, CheckIn)
    assert (len(early), len(of_type(outcomes, AlreadyCheckedIn))) == (1, 1)
    assert [(row.on, row.streak) for row in (late, *early)] == [
        (date(2026, 11, 20), 1),
        (date(2026, 11, 21), 2),
    ]
    assert LedgerEntry.objects.filter(rule="checkin").count() == 2


def test_trap_14_when_a_spend_is_rolled_back_and_redis_is_flushed_then_the_ledger_decides(
    member, signed_in_api
):
    """More of it, with Redis gone, frozen and babbling: tests/faults/test_redis.py."""
    had = signed_in_api.get("/api/v1/points").json()["available"]
    assert had == standing(member)[0]
    with pytest.raises(OutOfStock):
        place(member, virtual_sku(points=had, stock=0))
    assert signed_in_api.get("/api/v1/points").json()["available"] == had

    cache.clear()
    place(member, virtual_sku(points=had))
    cache.clear()

    assert signed_in_api.get("/api/v1/points").json()["available"] == 0
    with pytest.raises(InsufficientPoints):
        place(member, virtual_sku(points=1))


def test_trap_15_when_200_want_10_in_a_flash_sale_then_10_have_one_each(run_threads):
    item = flash_factory.item(points=10, stock=10, limit=1)
    buyers = [member_with(100) for _ in range(200)]

    def storm(n):
        outcomes = []
        for buyer in buyers[n::20]:
            for click in range(2):
                try:
                    outcomes.append(
                        patiently(
                            lambda b=buyer, c=click: flash_factory.grab(b, item, key=f"click-{c}")
                        )
                    )
                except (SoldOut, OutOfStock, FlashLimitReached) as refusal:
                    outcomes.append(refusal)
        return outcomes

    outcomes = list(itertools.chain.from_iterable(run_threads(20, storm)))

    assert len(of_type(outcomes, Order)) == Order.objects.count() == 10
    assert sorted(FlashClaim.objects.values_list("quantity", flat=True)) == [1] * 10
    assert Order.objects.values("user").distinct().count() == 10
    assert stock.available([item.sku_id])[item.sku_id] == 0


def test_trap_16_when_paid_after_the_stock_was_resold_then_the_money_returns_and_no_error_loops(
    member, other_member
):
    sku = virtual_sku(cash="9.90", stock=1)
    order = place(member, sku)
    message = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
    lifecycle.cancel_due(order.pay_by + timedelta(seconds=1))
    sold = pay(place(other_member, sku))

    outcomes = [cash_in.receive_notice("sandbox", *message).outcome for _delivery in range(5)]

    assert set(outcomes) == {"refunded_late"}
    assert (Order.objects.get(pk=order.pk).status, sold.status) == ("cancelled", "paid")
    assert [(row.status, row.amount) for row in PaymentRefund.objects.all()] == [
        ("done", Decimal("9.90"))
    ]


def test_trap_16_when_two_channels_both_paid_then_the_second_payment_returns(member, settings):
    order = place(member, virtual_sku(cash="9.90"))
    first = cash_in.start(order, "sandbox")
    second = Payment.objects.create(
        **{**_fields(first), "no": new_number(), "provider_ref": f"{first.provider_ref}-2"}
    )
    messages = [sandbox.write_notice(payment, "paid") for payment in (first, second)]

    outcomes = [
        cash_in.receive_notice("sandbox", *message).outcome for message in (*messages, *messages)
    ]

    assert outcomes[0] == outcomes[2] == "settled"
    assert outcomes[1] == outcomes[3] != "settled"
    assert Order.objects.get().status == "paid"
    assert [(row.payment_id, row.status, row.amount) for row in PaymentRefund.objects.all()] == [
        (second.pk, "done", Decimal("9.90"))
    ]
    assert OrderEvent.objects.filter(kind="order_paid").count() == 1


def _fields(payment):
    return {
        field.attname: getattr(payment, field.attname)
        for field in payment._meta.concrete_fields
        if field.attname != "id"
    }


def test_trap_17_when_a_callback_is_repeated_then_each_piece_has_one_card_key(member):
    order = place(member, key_sku(keys=5, cash="10.00"), quantity=3)
    message = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")

    for _delivery in range(5):
        cash_in.receive_notice("sandbox", *message)

    issued = CardKey.objects.filter(state=CardKey.State.ISSUED, reference=order.reference)
    assert sorted(issued.values_list("position", flat=True)) in ([0, 1, 2], [1, 2, 3])
    assert CardKey.objects.filter(state=CardKey.State.FREE).count() == 2


def test_trap_18_when_a_coupon_code_is_used_in_parallel_then_its_limit_holds_cancelled_or_not(
    run_threads,
):
    code = coupon_factory.code(max_uses=3)
    sku = virtual_sku(cash="20.00", stock=50)
    buyers = [
        register(username=f"b{n}", email=f"b{n}@example.com", password="x" * 12) for n in range(12)
    ]

    outcomes = run_threads(12, lambda n: patiently(lambda: place(buyers[n], sku, coupon=code.code)))

    placed = of_type(outcomes, Order)
    assert (len(placed), len(of_type(outcomes, (CodeUsedUp, CouponNotUsable)))) == (3, 9)
    assert {order.coupon_discount for order in placed} == {Decimal("5.00")}
    for _twice in range(2):
        refused(lambda: lifecycle.cancel(Order.objects.get(pk=placed[0].pk), actor="test"))
    free = [buyer for buyer in buyers if buyer.pk not in {order.user_id for order in placed}]
    assert place(free[0], sku, coupon=code.code).coupon_discount == Decimal("5.00")
    assert refused(lambda: place(free[1], sku, coupon=code.code))


def test_trap_18_when_ones_own_coupon_is_sent_with_two_orders_at_once_then_one_has_it(
    member, run_threads
):
    coupon, sku = coupon_factory.given(member), virtual_sku(cash="20.00")

    outcomes = run_threads(8, lambda: patiently(lambda: place(member, sku, coupon=coupon.pk)))

    assert len(of_type(outcomes, Order)) == 1
    lifecycle.cancel(of_type(outcomes, Order)[0], actor="test")
    assert Coupon.objects.get(pk=coupon.pk).state == "granted"
    assert place(member, sku, coupon=coupon.pk).cash == Decimal("15.00")


def test_trap_19_when_a_day_was_missed_then_the_streak_begins_anew_though_nobody_looked():
    noon, rows = datetime(2026, 11, 1, 4, tzinfo=UTC), []
    with time_machine.travel(noon, tick=False):
        member = register(username="late", email="late@example.com", password="x" * 12)
    for day in (0, 1, 2, 4):
        with time_machine.travel(noon + timedelta(days=day), tick=False):
            rows.append(check_in(member))

    assert [(row.streak, row.points) for row in rows] == [(1, 20), (2, 25), (3, 30), (1, 20)]


def test_trap_19_when_a_mission_hears_the_same_fact_again_and_again_then_it_pays_once(
    member, run_threads
):
    MissionFactory(code="twice", event=Mission.Event.CHECKIN, target=2, points=30)

    run_threads(
        8,
        lambda n: patiently(
            lambda: missions.note(member.pk, Mission.Event.CHECKIN, key=f"checkin:{n % 2}")
        ),
    )

    assert list(MissionProgress.objects.values_list("count", "paid")) == [(2, 30)]
    assert standing(member) == (130, 0)


def test_trap_20_when_somebody_asks_why_then_every_change_names_its_fact_and_the_lines_add_up(
    member, signed_in
):
    check_in(member)
    order = place(member, virtual_sku(points=30))
    lifecycle.cancel(order, actor=f"member:{member.pk}")
    place(member, virtual_sku(points=10))

    entries = list(LedgerEntry.objects.filter(account_id=member.pk).order_by("seq"))
    for entry in entries:
        assert entry.reference or entry.rule or entry.description
    assert [entry.balance_after for entry in entries] == list(
        itertools.accumulate(entry.delta for entry in entries)
    )
    page = signed_in.get("/points/").content.decode()
    assert order.no in page
    for entry in entries:
        assert signed_in.get(f"/points/entries/{entry.seq}/").status_code == 200


@pytest.mark.parametrize("name", list(reports.REPORTS))
def test_trap_20_when_a_report_is_opened_then_it_reads_what_was_counted_and_scans_no_ledger(
    name, member, django_assert_max_num_queries
):
    place(member, virtual_sku(points=10))
    rollup.roll_up_recent()

    with django_assert_max_num_queries(6) as asked:
        reports.work_out(name, period.latest())

    raw = {
        table for query in asked.captured_queries for table in RAW_TABLES if table in query["sql"]
    }
    assert raw == set()
