"""Flash redemption: who gets some, who is told why not, and where the pieces are afterwards."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import stock_buckets
from catalog.errors import OutOfStock, SoldOut
from mall.core import clock
from mall.verification.flash import verify_flash
from orders import lifecycle
from orders.errors import (
    FlashLimitReached,
    FlashNotReady,
    FlashNotStarted,
    FlashOver,
    IdempotencyConflict,
    InvalidLines,
    NoSuchFlashItem,
    PriceChanged,
)
from orders.events import FLASH_STARTING
from orders.flash import pool as flash_pool
from orders.flash import redemption as flash
from orders.flash import sessions as flash_sessions
from orders.models import FlashClaim, FlashReminder, Order
from points.errors import InsufficientPoints
from tests.factories import flash as factory
from tests.factories.flash import grab
from tests.factories.orders import address_of, give_points, place, virtual_sku, with_account
from tests.listening import hearing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What one test's database sold out is news to the next."""
    flash_pool._sold_out.clear()
    yield
    flash_pool._sold_out.clear()


def pool(item):
    return sum(stock_buckets.levels([item.pk])[item.pk])


# --- getting some -------------------------------------------------------------
def test_redeem_when_points_only_then_paid_at_the_flash_price(member, standing, pieces):
    item = factory.item(points=10, stock=5, shelf=8)

    order = grab(member, item)

    assert (order.status, order.points, order.cash) == (Order.Status.PAID, 10, 0)
    line = order.lines.get()
    assert (line.sku_id, line.unit_points, line.pay_mode, line.quantity) == (
        item.sku_id,
        10,
        "points",
        1,
    )
    assert standing(member) == (90, 0)
    assert (pool(item), pieces(item.sku)) == (4, 3)
    claim = FlashClaim.objects.get()
    assert (claim.order_id, claim.item_id, claim.user_id, claim.quantity, claim.is_live) == (
        order.pk,
        item.pk,
        member.pk,
        1,
        True,
    )


def test_redeem_when_cash_is_due_then_points_wait_five_minutes(member, standing):
    item = factory.item(points=10, cash="5.00")

    order = grab(member, item)

    assert (order.status, order.cash, order.pay_by - order.created_at) == (
        Order.Status.PENDING,
        5,
        timedelta(minutes=5),
    )
    assert standing(member) == (90, 10)
    assert order.lines.get().pay_mode == "points_cash"


def test_redeem_when_sent_again_then_the_same_order(member):
    item = factory.item(limit=2)
    first = grab(member, item)

    again = grab(member, item)

    assert (again.pk, again.replayed, first.replayed) == (first.pk, True, False)
    assert (FlashClaim.objects.count(), pool(item)) == (1, 4)


def test_redeem_when_the_key_carries_another_wish_then_conflict(member):
    item = factory.item(limit=2)
    grab(member, item)

    with pytest.raises(IdempotencyConflict):
        grab(member, item, quantity=2)


# --- refusals -----------------------------------------------------------------
def test_redeem_when_it_is_already_yours_then_refused(member):
    item = factory.item()
    grab(member, item)

    with pytest.raises(FlashLimitReached) as refusal:
        grab(member, item, key="another")

    assert (refusal.value.code, refusal.value.numbers["had"]) == ("limit_reached", 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("left", "quantity", "refused"), [(0, 1, SoldOut), (1, 2, OutOfStock)])
def test_redeem_when_too_few_are_left_then_nothing_is_taken(
    member, other_member, standing, left, quantity, refused
):
    item = factory.item(stock=1 + left, limit=2)
    grab(other_member, item)

    with pytest.raises(refused) as refusal:
        grab(member, item, quantity=quantity)

    assert refusal.value.numbers["left"] == left
    assert standing(member) == (100, 0)
    assert Order.objects.filter(user=member).count() == 0


@pytest.mark.django_db(transaction=True)
def test_redeem_when_the_pieces_lie_apart_then_taken_from_several_buckets(member):
    item = factory.item(stock=3, limit=3, buckets=16)

    grab(member, item, quantity=3)

    assert pool(item) == 0


@pytest.mark.django_db(transaction=True)
def test_redeem_when_repeated_after_the_last_piece_then_still_the_order(member):
    item = factory.item(stock=1)
    order = grab(member, item)

    assert grab(member, item).pk == order.pk


def test_redeem_when_too_early_or_late_then_refused(member):
    with pytest.raises(FlashNotStarted):
        grab(member, factory.item(of=factory.session(starts_in=timedelta(minutes=5))))
    item = factory.item()
    with (
        time_machine.travel(clock.now() + timedelta(hours=2), tick=False),
        pytest.raises(FlashOver),
    ):
        grab(member, item)


def test_redeem_when_the_session_is_a_draft_or_unknown_then_not_there(member):
    draft = factory.item(announced=False)

    for unknown in (draft.pk, draft.pk + 1, 2**70):
        with pytest.raises(NoSuchFlashItem):
            flash.redeem(member, item=unknown, quantity=1, key="k")


@pytest.mark.parametrize("quantity", [0, -1, 100, True, 1.5, "1"])
def test_redeem_when_the_quantity_is_nonsense_then_refused(member, quantity):
    with pytest.raises(InvalidLines):
        flash.redeem(member, item=factory.item(), quantity=quantity, key="k")


@pytest.mark.django_db(transaction=True)
def test_redeem_when_points_are_short_then_nothing_is_taken(member):
    item = factory.item(points=101)

    with pytest.raises(InsufficientPoints):
        grab(member, item)

    assert (pool(item), FlashClaim.objects.count()) == (5, 0)


def test_redeem_when_the_price_seen_was_another_then_refused(member):
    with pytest.raises(PriceChanged):
        grab(member, factory.item(points=10), expect={"points": 9, "cash": "0.00"})


def test_redeem_when_goods_are_sent_then_to_the_address(member):
    from tests.factories.orders import physical_sku

    address = address_of(member)
    order = grab(member, factory.item(sku=physical_sku(points=100)), address=address.pk)

    assert order.address["recipient"] == address.snapshot()["recipient"]


def test_place_order_when_the_sku_is_in_a_session_then_ordinary_at_its_own_price(member):
    item = factory.item(points=10, stock=5, shelf=6)

    order = place(member, item.sku)

    assert (order.points, pool(item)) == (100, 5)


# --- giving back --------------------------------------------------------------
def test_cancel_when_the_session_runs_then_back_into_the_pool(member, standing, pieces):
    item = factory.item(stock=5)
    order = grab(member, item)

    lifecycle.cancel(order, actor="test")

    assert (pool(item), pieces(item.sku), standing(member)) == (5, 0, (100, 0))
    assert grab(member, item, key="another").status == Order.Status.PAID


def test_cancel_when_the_session_is_over_then_back_on_the_shelf(member, pieces):
    item = factory.item(stock=5)
    order = grab(member, item)
    flash_sessions.settle_due(item.session.ends_at)

    lifecycle.cancel(order, actor="test")

    assert (pool(item), pieces(item.sku)) == (0, 5)


# Trap 16: paid after the timeout, when the piece belongs to somebody else.
def test_cancel_due_when_five_minutes_passed_then_the_piece_goes_to_the_next(member, other_member):
    item = factory.item(points=1, cash="5.00", stock=1)
    late = grab(member, item)

    with time_machine.travel(late.pay_by, tick=False):
        assert lifecycle.cancel_due(clock.now()) == 1
        taken = grab(other_member, item)

    late.refresh_from_db()
    assert (late.status, taken.status, pool(item)) == (
        Order.Status.CANCELLED,
        Order.Status.PENDING,
        0,
    )


# --- sessions -----------------------------------------------------------------
def test_announce_when_called_twice_then_the_stock_moves_once(pieces):
    item = factory.item(stock=5, shelf=12)

    factory.announce(item.session)

    assert (pool(item), pieces(item.sku)) == (5, 7)
    assert [(m.direction, m.delta, m.reference) for m in item.sku.movements.order_by("pk")][1:] == [
        ("take", -5, f"flash:{item.pk}:open")
    ]


def test_announce_when_stock_is_short_then_refused_and_nothing_moves(pieces):
    item = factory.item(stock=5, shelf=4, announced=False)

    with pytest.raises(FlashNotReady):
        factory.announce(item.session)

    item.session.refresh_from_db()
    assert (item.session.opened_at, pieces(item.sku)) == (None, 4)


def test_announce_when_empty_or_past_then_refused():
    with pytest.raises(FlashNotReady):
        factory.announce(factory.session())
    past = factory.session(starts_in=timedelta(hours=-2))
    factory.item(of=past, announced=False)
    with pytest.raises(FlashNotReady):
        factory.announce(past)


def test_settle_due_when_run_twice_then_leftovers_return_once(member, pieces):
    item = factory.item(stock=5)
    grab(member, item)

    assert flash_sessions.settle_due(item.session.ends_at - timedelta(seconds=1)) == 0
    assert [flash_sessions.settle_due(item.session.ends_at) for _ in range(2)] == [1, 0]

    assert (pool(item), pieces(item.sku)) == (0, 4)


def test_call_off_when_running_then_stock_returns_and_orders_stay(member, other_member, pieces):
    item = factory.item(stock=5)
    order = grab(member, item)

    flash_sessions.call_off(
        item.session, actor="staff:1", reason={"zh-hans": "Wrong price", "en": "Wrong price"}
    )

    order.refresh_from_db()
    assert (pool(item), pieces(item.sku), order.status) == (0, 4, Order.Status.PAID)
    with pytest.raises(FlashOver):
        grab(other_member, item)
    with pytest.raises(FlashOver):
        flash_sessions.call_off(
            item.session, actor="staff:1", reason={"zh-hans": "Again", "en": "Again"}
        )


def test_figures_when_some_wait_for_payment_then_told_apart(member, other_member):
    item = factory.item(points=1, cash="5.00", stock=5)
    lifecycle.mark_paid(grab(member, item), actor="test")
    grab(other_member, item)

    assert flash_sessions.figures(item.session) == [
        {"item": item, "left": 3, "sold": 1, "waiting": 1}
    ]


# --- reminders ----------------------------------------------------------------
def test_tell_starting_when_the_session_is_near_then_once_to_each_who_asked(member, other_member):
    session = factory.item(of=factory.session(starts_in=timedelta(minutes=30))).session
    assert [flash_sessions.remind(member, session) for _ in range(2)] == [True, False]
    flash_sessions.remind(other_member, session)
    flash_sessions.forget(other_member, session)

    with hearing(FLASH_STARTING) as told:
        early = flash_sessions.tell_starting(session.starts_at - timedelta(minutes=5, seconds=1))
        due = [
            flash_sessions.tell_starting(session.starts_at - timedelta(minutes=5)) for _ in range(2)
        ]

    assert (early, due) == (0, [1, 0])
    assert [(event.data["session"], event.member) for event in told] == [(session.pk, member.pk)]
    assert FlashReminder.objects.get().told_at is not None


# --- distrust -----------------------------------------------------------------
def test_verify_flash_when_a_bucket_was_changed_by_hand_then_found(member):
    item = factory.item(stock=5)
    grab(member, item)
    assert verify_flash() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_stockbucket SET quantity = quantity + 1 WHERE pool = %s AND id %% 256 "
            "= 3",
            [item.pk],
        )

    (finding,) = verify_flash()

    assert (finding.expected, finding.found) == (5, 6)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_stockbucket SET quantity = quantity - 1 WHERE pool = %s AND id %% 256 "
            "= 3",
            [item.pk],
        )


def test_redeem_when_compared_with_an_ordinary_order_then_its_limit_and_claim_come_on_top(member):
    give_points(member, 500)
    item, sku = flash.find(factory.item().pk), virtual_sku(points=10)
    place(member, sku)  # the first order ever is told about more widely
    lifecycle.cancel(place(member, sku), actor="test")

    with CaptureQueriesContext(connection) as ordinary:
        place(member, sku)
    with CaptureQueriesContext(connection) as flashed:
        flash.redeem(member, item=item, quantity=1, key="k")

    assert len(flashed) == len(ordinary) + 2  # the limit is always counted, the claim is a row


def test_redeem_when_the_product_has_no_own_limit_then_only_the_items_counts(member):
    sku = virtual_sku(points=100, stock=9, limit_per_person=1)
    give_points(member, 100)
    place(member, sku)

    assert grab(member, factory.item(sku=sku, stock=3)).status == Order.Status.PAID


def test_put_back_when_card_keys_were_seen_then_those_pieces_stay_sold(member):
    item = factory.item(stock=5, limit=2)
    order = grab(member, item, quantity=2)
    with_account(member, flash_pool.put_back, order, lost=1)

    assert (pool(item), FlashClaim.objects.get().quantity, FlashClaim.objects.get().is_live) == (
        4,
        1,
        True,
    )
    assert verify_flash() == []
