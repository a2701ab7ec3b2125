"""Coupons: given, bought, kept for an order, used, given back, taken back, over. The races stand in
tests/races/test_coupons.py.

Source: docs/product.md "orders"; trap 18 (used past its limit, not given back on cancel).
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from catalog.errors import OutOfStock
from catalog.models import Product
from mall.core import clock
from mall.core.models import AuditRow
from orders import lifecycle
from orders.coupons import lifecycle as coupons
from orders.coupons.errors import (
    CodeUsedByYou,
    CodeUsedUp,
    CouponLimitReached,
    CouponNotForSale,
    CouponNotGiven,
    CouponNotRevocable,
    CouponNotUsable,
    CouponOver,
    CouponsGone,
    CouponTaken,
    CouponThreshold,
    CouponTooEarly,
    CouponUnknown,
    CouponUsed,
    CouponWrongGoods,
)
from orders.errors import IdempotencyConflict
from orders.models import Coupon, Order
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from points.errors import InsufficientPoints
from points.models import LedgerEntry
from points.wording import describe
from tests.factories.catalog import CategoryFactory
from tests.factories.coupons import code, given, over, template
from tests.factories.orders import (
    address_of,
    give_points,
    physical_sku,
    place,
    virtual_sku,
    with_account,
)
from tests.orders.test_checkout import TABLE

pytestmark = pytest.mark.django_db


@pytest.fixture
def goods(db):
    """Goods for ¥20 in cash."""
    return virtual_sku(cash="20.00", stock=50)


def pay(order):
    cash_in.receive_notice(
        "sandbox", *sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
    )
    return Order.objects.get(pk=order.pk)


def state(coupon):
    return Coupon.objects.values_list("state", flat=True).get(pk=coupon.pk)


# --- with an order ---------------------------------------------------------------------
def test_place_when_a_coupon_is_used_then_it_lowers_the_cash_and_stays_with_the_order_until_paid(
    member, goods
):
    coupon = given(member, name_en="Five off", name_zh_hans="立减5元")

    order = place(member, goods, coupon=coupon.pk)

    assert (order.cash, order.coupon_discount, order.discount) == (
        Decimal("15.00"),
        Decimal("5.00"),
        Decimal("0.00"),
    )
    assert order.coupon_names == {"zh-hans": "立减5元", "en": "Five off"}
    assert [(line.cash, line.coupon_discount) for line in order.lines.all()] == [
        (Decimal("15.00"), Decimal("5.00"))
    ]
    assert (state(coupon), Coupon.objects.get(pk=coupon.pk).order_id) == ("locked", order.pk)
    pay(order)
    coupon.refresh_from_db()
    assert (coupon.state, coupon.order_id) == ("used", order.pk)
    assert coupon.used_at is not None


def test_place_when_a_coupon_pays_everything_then_the_order_is_paid_and_the_coupon_used(
    member, goods, standing
):
    coupon = given(member, amount="50.00")

    order = place(member, goods, coupon=coupon.code)

    assert (order.status, order.cash, order.points, order.coupon_discount) == (
        "paid",
        Decimal("0.00"),
        0,
        Decimal("20.00"),
    )
    assert (state(coupon), standing(member)) == ("used", (100, 0))
    lifecycle.cancel(order, actor="test")
    assert state(coupon) == "granted"


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{dashed}"])
def test_place_when_the_code_is_typed_as_people_do_then_it_is_the_same_coupon(member, goods, typed):
    coupon = given(member)
    typed = typed.format(
        coupon.code, lower=coupon.code.lower(), dashed="-".join((coupon.code[:4], coupon.code[4:]))
    )

    assert place(member, goods, coupon=typed).coupon_discount == Decimal("5.00")


def test_place_when_the_coupon_is_kept_used_over_early_or_taken_back_then_says_which(
    member, goods, pieces
):
    kept, used, past, back = (given(member) for _ in range(4))
    early = given(member, starts_at=clock.now() + timedelta(days=3))
    place(member, goods, coupon=kept.pk)
    pay(place(member, goods, coupon=used.pk))
    over(past)
    coupons.revoke(back, actor=None, reason="test")
    left, orders = pieces(goods), Order.objects.count()

    for coupon, refusal in (
        (kept, CouponTaken),
        (used, CouponUsed),
        (past, CouponOver),
        (early, CouponTooEarly),
        (back, CouponNotUsable),
    ):
        with pytest.raises(refusal) as refused:
            place(member, goods, coupon=coupon.pk)
        assert (refused.value.code, refused.value.status, refused.value.field) == (
            "coupon_not_usable",
            409,
            "coupon",
        )
    assert (pieces(goods), Order.objects.count()) == (left, orders)


def test_place_when_the_coupon_is_anothers_or_made_up_then_one_answer_for_both(
    member, other_member, goods
):
    theirs = given(other_member)
    closed = code(is_active=False)
    draft = code(template(status="draft"))

    said = set()
    for named in (
        theirs.pk,
        theirs.code,
        10**9,
        "NOSUCHCODE",
        closed.code,
        draft.code,
        2**64,
        "X" * 40,
        "0",
    ):
        with pytest.raises(CouponUnknown) as refused:
            place(member, goods, coupon=named)
        said.add(str(refused.value))
    assert len(said) == 1


def test_place_when_the_goods_cost_too_little_or_are_others_then_the_numbers_are_told(
    member, goods
):
    shelf = CategoryFactory()
    inner = CategoryFactory(parent=shelf)
    there = virtual_sku(cash="20.00", category=inner)

    with pytest.raises(CouponThreshold) as refused:
        place(member, goods, coupon=given(member, threshold="30.50").pk)
    assert refused.value.numbers == {"missing": Decimal("10.50")}
    with pytest.raises(CouponWrongGoods):
        place(member, goods, coupon=given(member, categories=[shelf]).pk)
    with pytest.raises(CouponWrongGoods):
        place(member, goods, coupon=given(member, products=[there.product]).pk)
    with pytest.raises(CouponNotUsable):
        place(member, virtual_sku(points=10), coupon=given(member).pk)
    assert place(
        member, there, coupon=given(member, categories=[shelf]).pk
    ).coupon_discount == Decimal("5.00")


def test_place_when_only_some_goods_are_meant_then_only_they_count_and_share(member):
    meant, other = virtual_sku(cash="20.00"), virtual_sku(cash="70.00")
    coupon = given(member, percent=10, products=[meant.product], threshold="20.00")

    order = place(member, meant, other, coupon=coupon.pk)

    assert [(line.sku_id, line.coupon_discount, line.cash) for line in order.lines.all()] == [
        (meant.pk, Decimal("2.00"), Decimal("18.00")),
        (other.pk, Decimal("0.00"), Decimal("70.00")),
    ]


def test_place_when_repeated_then_the_coupon_is_part_of_the_request(member, goods):
    coupon = given(member)
    order = place(member, goods, key="once", coupon=coupon.pk)

    again = place(member, goods, key="once", coupon=coupon.pk)

    assert (again.pk, again.replayed) == (order.pk, True)
    for other in (None, given(member).pk):
        with pytest.raises(IdempotencyConflict):
            place(member, goods, key="once", coupon=other)


def test_place_when_the_stock_is_gone_then_the_coupon_is_free(member):
    coupon, public = given(member), code()

    for named in (coupon.pk, public.code):
        with pytest.raises(OutOfStock), transaction.atomic():
            place(member, virtual_sku(cash="20.00", stock=0), coupon=named)
    public.refresh_from_db()
    assert (state(coupon), public.uses, Coupon.objects.count()) == ("granted", 0, 1)


def test_place_when_a_coupon_is_used_then_two_statements_more(member, goods):
    coupon = given(member)

    def statements(**words):
        with CaptureQueriesContext(connection) as asked:
            place(member, goods, **words)
        own = [query["sql"] for query in asked.captured_queries if "marketing_" not in query["sql"]]
        return [(sql.split()[0], TABLE.search(sql)[1]) for sql in own if TABLE.search(sql)]

    statements()  # what is kept is read once
    plain, saved = statements(), statements(coupon=coupon.pk)

    for extra in (("SELECT", "orders_coupon"), ("UPDATE", "orders_coupon")):
        saved.remove(extra)
    assert saved == plain  # the coupon is read once with its template, and locked once


# --- a public code ----------------------------------------------------------------------
def test_place_when_a_public_code_is_used_then_its_use_counts_and_is_the_members_coupon(
    member, other_member, goods
):
    public = code(max_uses=2, per_person=1)

    order = place(member, goods, coupon=public.code.lower())

    used = Coupon.objects.get()
    assert (used.user_id, used.order_id, used.state, used.source, used.public_code_id) == (
        member.pk,
        order.pk,
        "locked",
        "code",
        public.pk,
    )
    with pytest.raises(CodeUsedByYou):
        place(member, goods, coupon=public.code)
    place(other_member, goods, coupon=public.code)
    public.refresh_from_db()
    assert public.uses == 2
    with pytest.raises(CodeUsedUp):
        place(other_member, goods, coupon=public.code)


def test_cancel_when_a_public_code_was_used_then_its_use_is_counted_back_once(member, goods):
    public = code(max_uses=1, per_person=1)
    order = place(member, goods, coupon=public.code)

    lifecycle.cancel(order, actor="test")
    assert with_account(member, coupons.give_back, order) is False

    public.refresh_from_db()
    assert public.uses == 0
    assert place(member, goods, coupon=public.code).coupon_discount == Decimal("5.00")


# --- given back --------------------------------------------------------------------------
@pytest.mark.parametrize("paid", [False, True])
def test_give_back_when_the_order_is_cancelled_then_the_coupon_is_free_again_once(
    member, goods, paid
):
    coupon = given(member)
    order = place(member, goods, coupon=coupon.pk)
    if paid:
        order = pay(order)

    lifecycle.cancel(order, actor="test")
    second = place(member, goods, coupon=coupon.pk)
    assert with_account(member, coupons.give_back, order) is False

    assert Coupon.objects.get(pk=coupon.pk).order_id == second.pk


def test_give_back_when_its_day_passed_meanwhile_then_it_is_over_unless_the_shop_was_at_fault(
    member, goods
):
    mine, shops = given(member), given(member)
    first, second = place(member, goods, coupon=mine.pk), place(member, goods, coupon=shops.pk)
    for coupon in (mine, shops):
        over(Coupon.objects.get(pk=coupon.pk))

    lifecycle.cancel(first, actor=f"member:{member.pk}")
    lifecycle.cancel(second, actor="staff:1")

    assert Coupon.objects.get(pk=mine.pk).state_now == "expired"
    kept = Coupon.objects.get(pk=shops.pk)
    assert (kept.state_now, kept.expires_at) == (
        "granted",
        clock.end_of(clock.today() + timedelta(days=7)),
    )


def test_give_back_when_the_order_had_none_then_nothing_is_asked(
    member, goods, django_assert_num_queries
):
    order = place(member, goods)

    def give_back(account, order):
        with django_assert_num_queries(0):
            return coupons.give_back.__wrapped__(account, order)

    assert with_account(member, give_back, order) is False


# --- given -------------------------------------------------------------------------------
def test_grant_when_given_then_it_ends_after_its_days_and_never_after_the_window(member):
    soon = clock.now() + timedelta(days=2)

    assert given(member, valid_days=3).expires_at == clock.end_of(clock.today() + timedelta(days=3))
    assert given(member, valid_days=3, ends_at=soon).expires_at == soon
    opens = clock.start_of(clock.today() + timedelta(days=13))
    assert given(member, valid_days=7, starts_at=opens).expires_at == clock.end_of(
        clock.today() + timedelta(days=20)
    )
    ends = opens + timedelta(days=2)
    assert given(member, valid_days=7, starts_at=opens, ends_at=ends).expires_at == ends
    begun = clock.now() - timedelta(days=5)
    assert given(member, valid_days=7, starts_at=begun).expires_at == clock.end_of(
        clock.today() + timedelta(days=7)
    )
    assert given(member, valid_days=0, ends_at=soon).expires_at == soon


def test_grant_when_repeated_then_the_same_coupon_and_one_counted(member):
    made = template(total=5)

    first = coupons.grant(member.pk, made, key="birthday:2026")
    again = coupons.grant(member.pk, made.pk, key="birthday:2026")

    made.refresh_from_db()
    assert (first.pk, made.issued, Coupon.objects.count()) == (again.pk, 1, 1)


@pytest.mark.parametrize("status", ["draft", "paused", "ended"])
def test_grant_when_the_template_is_not_open_or_all_are_gone_then_it_refuses(member, status):
    with pytest.raises(CouponNotGiven):
        given(member, status=status)
    with pytest.raises(CouponNotGiven):
        given(member, ends_at=clock.now() - timedelta(minutes=1))
    made = template(total=1)
    given(member, made)
    with pytest.raises(CouponsGone), transaction.atomic():
        given(member, made)
    assert Coupon.objects.count() == 1


def test_code_when_made_then_nobody_can_guess_it(member):
    codes = {given(member).code for _ in range(20)}

    assert len(codes) == 20
    assert {len(each) for each in codes} == {17}  # a C and 16 × 5 bits


# --- bought ------------------------------------------------------------------------------
def test_purchase_when_bought_then_the_points_are_spent_for_it(member, standing):
    made = template(price_points=60)

    coupon = coupons.purchase(member, made.pk, key="one")

    entry = LedgerEntry.objects.filter(account_id=member.pk).first()
    assert (entry.kind, entry.delta, entry.key, entry.reference) == (
        "spend",
        -60,
        f"coupon:{coupon.pk}:spend",
        f"coupon:{coupon.pk}",
    )
    assert (coupon.source, coupon.price_points, standing(member)) == ("bought", 60, (40, 0))


def test_purchase_when_repeated_then_one_coupon_and_one_price(member, standing):
    made = template(price_points=30)

    first, again = (
        coupons.purchase(member, made.pk, key="one"),
        coupons.purchase(member, made.pk, key="one"),
    )

    assert (first.pk, again.replayed, standing(member)) == (again.pk, True, (70, 0))
    with pytest.raises(IdempotencyConflict):
        coupons.purchase(member, template(price_points=30).pk, key="one")


@pytest.mark.django_db(transaction=True)
def test_purchase_when_refused_then_nothing_is_taken(member, standing):
    dear, free, mine = (
        template(price_points=101),
        template(),
        template(price_points=10, per_person=1),
    )
    last = template(price_points=10, total=1, issued=1)
    coupons.purchase(member, mine.pk, key="mine")

    for made, refusal in (
        (dear, InsufficientPoints),
        (free, CouponNotForSale),
        (mine, CouponLimitReached),
        (last, CouponsGone),
    ):
        with pytest.raises(refusal):
            coupons.purchase(member, made.pk, key="other")
    for made in (dear, free):
        made.refresh_from_db()
        assert made.issued == 0
    assert (standing(member), Coupon.objects.count()) == ((90, 0), 1)


# --- its end -----------------------------------------------------------------------------
def test_revoke_when_unused_then_it_is_gone_and_bought_points_are_back(
    member, operator, standing, goods
):
    made = template(price_points=60, total=1)
    coupon = coupons.purchase(member, made.pk, key="one")

    coupons.revoke(coupon, actor=operator, reason="Wrong terms")

    made.refresh_from_db()
    assert (state(coupon), standing(member), made.issued) == ("revoked", (100, 0), 0)
    row = AuditRow.objects.get(action="coupons.revoke")
    assert (row.actor, row.reason, row.target) == (
        f"staff:{operator.pk}",
        "Wrong terms",
        f"orders.coupon:{coupon.pk}",
    )
    for again in (coupon, given(member)):
        if again != coupon:
            place(member, goods, coupon=again.pk)
        with pytest.raises(CouponNotRevocable):
            coupons.revoke(again, actor=operator, reason="Twice")


def test_expire_due_when_their_day_has_passed_then_only_unused_ones_and_once(member, goods):
    past, kept, fresh = given(member), given(member), given(member)
    place(member, goods, coupon=kept.pk)
    over(past)
    over(Coupon.objects.get(pk=kept.pk))

    assert past.state_now == "expired"
    assert (coupons.expire_due(clock.now()), coupons.expire_due(clock.now())) == (1, 0)

    assert [state(each) for each in (past, kept, fresh)] == ["expired", "locked", "granted"]


def test_expire_when_the_clock_passes_midnight_in_shanghai_then_the_last_day_was_whole(
    member, goods, time_machine
):
    time_machine.move_to("2026-03-30T15:59:00+00:00", tick=False)
    coupon = given(member, valid_days=1)

    time_machine.move_to("2026-03-31T15:59:59+00:00", tick=False)
    assert coupon.state_now == "granted"
    time_machine.move_to("2026-03-31T16:00:00+00:00", tick=False)
    assert coupon.state_now == "expired"
    with pytest.raises(CouponOver):
        place(member, goods, coupon=coupon.pk)


# --- what the database refuses --------------------------------------------------------------
def test_rows_when_they_break_a_promise_then_the_database_refuses(member, goods):
    coupon, order = given(member), place(member, goods)

    for change in ({"state": "used"}, {"state": "lost"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Coupon.objects.filter(pk=coupon.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(coupon_discount="1.00")
    with pytest.raises(IntegrityError), transaction.atomic():
        template(amount="0.00")
    with pytest.raises(IntegrityError), transaction.atomic():
        template(total=1, issued=2)


# --- points after coupons ---------------------------------------------------------------------
def test_place_when_points_are_used_too_then_half_of_what_the_coupon_left(member):
    give_points(member, 5000)
    sku = physical_sku(cash="20.00", pay_mode=Product.PayMode.CASH_POINTS)
    address_of(member)

    order = place(member, sku, coupon=given(member).pk, points_to_use=700)

    assert (order.cash, order.coupon_discount, order.discount) == (
        Decimal("8.00"),
        Decimal("5.00"),
        Decimal("7.00"),
    )


def test_describe_when_a_coupon_was_bought_then_the_statement_says_so(member):
    coupons.purchase(member, template(price_points=60).pk, key="one")

    with override("en"):
        assert (
            describe(LedgerEntry.objects.filter(account_id=member.pk, kind="spend").get())
            == "Bought a coupon"
        )
