"""Goods that consist of a coupon: one for each piece paid for, once, and back only unused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import assortment
from catalog.assortment import NotReadyForSale
from catalog.models import Product
from mall.core import clock
from orders import delivery, lifecycle, pricing
from orders.coupons import lifecycle as coupons
from orders.coupons.errors import CouponGoodsOver, CouponGoodsUsed, CouponOfGoods
from orders.models import Coupon, CouponGoods, CouponTemplate, Order
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from orders.refunds import requests
from tests.catalog.test_admin import product_form
from tests.factories.coupons import coupon_sku, over, template
from tests.factories.flash import grab, item
from tests.factories.orders import ask, give_points, pay, place, refund, virtual_sku, with_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def rich(member):
    give_points(member, 10_000)
    return member


def states(user):
    return list(Coupon.objects.of(user).order_by("pk").values_list("state", flat=True))


def issued(made):
    return CouponTemplate.objects.get(pk=made.pk).issued


def use(user, coupon):
    """Have a coupon used by an order that is paid."""
    goods = virtual_sku(cash="20.00")
    return pay(place(user, goods, coupon=coupon.pk))


def test_order_when_points_pay_then_a_coupon_for_each_piece_and_complete_at_once(rich):
    made = template(amount="7.00")
    sku = coupon_sku(made, stock=5)

    order = place(rich, sku, quantity=3)

    own = Coupon.objects.of(rich)
    assert (order.status, order.lines.get().shipped_quantity) == ("completed", 3)
    line = order.lines.get().pk
    assert set(own.values_list("key", "source", "template")) == {
        (f"line:{line}:{piece}", "goods", made.pk) for piece in (1, 2, 3)
    }
    assert (states(rich), issued(made)) == (["granted"] * 3, 3)
    used = use(rich, own.first())
    assert used.coupon_discount == Decimal("7.00")


def test_payment_when_its_notice_comes_twice_then_the_coupons_come_once(rich):
    made = template()
    sku, beside = coupon_sku(made, points=0, cash="3.00"), virtual_sku(cash="9.00")
    order = place(rich, sku, beside, quantity=2)
    waiting = states(rich)
    payment = cash_in.start(order, "sandbox")
    notice = sandbox.write_notice(payment, "paid")

    for _ in range(2):
        cash_in.receive_notice("sandbox", *notice)
    again = with_account(
        rich, delivery.coupon_goods.issue, order, list(order.lines.filter(sku=sku))
    )

    assert (waiting, states(rich), issued(made), again) == ([], ["granted"] * 2, 2, 0)
    assert Order.objects.get(pk=order.pk).status == "paid"  # the other line waits to be sent


def test_issue_when_there_are_more_pieces_then_as_many_statements(rich):
    sold, beside = coupon_sku(stock=99, points=1), coupon_sku(stock=99, points=1)
    asked = {}

    for number in (1, 2, 9):  # the first finds nothing kept
        with CaptureQueriesContext(connection) as statements:
            place(rich, sold, beside, quantity=number)
        asked[number] = len(statements)

    assert asked[2] == asked[9]
    assert len(states(rich)) == 2 * (1 + 2 + 9)


def test_quote_when_the_coupon_cannot_be_used_any_more_then_refused(rich):
    now = clock.now()
    for words in (
        {"status": "paused"},
        {"ends_at": now + timedelta(minutes=5)},  # over before the payment window is
    ):
        sku = coupon_sku(template(**words))
        with pytest.raises(CouponGoodsOver):
            pricing.quote(rich, [(sku.pk, 1)])
    nothing = coupon_sku()
    CouponGoods.objects.filter(pk=nothing.product_id).delete()
    with pytest.raises(CouponGoodsOver):
        pricing.quote(rich, [(nothing.pk, 1)])

    assert pricing.quote(rich, [(coupon_sku().pk, 1)]).points == 100


def test_payment_when_the_template_ended_meanwhile_then_what_was_paid_for_is_given(rich):
    made = template()
    order = place(rich, coupon_sku(made, points=0, cash="3.00"), quantity=2)
    CouponTemplate.objects.filter(pk=made.pk).update(status="ended", total=1)

    paid = pay(order)

    assert (paid.status, states(rich), issued(made)) == ("completed", ["granted"] * 2, 2)


def test_refund_when_some_are_used_then_only_unused_ones_come_back(rich):
    made = template(amount="1.00")
    order = place(rich, coupon_sku(made, stock=5), quantity=3)
    first, second, _third = Coupon.objects.of(rich).order_by("pk")
    use(rich, first)
    over(second)

    with pytest.raises(CouponGoodsUsed) as refused:
        ask(order, 2)
    asked = ask(order, 1)
    done = requests.approve(asked, actor="staff:1")

    assert refused.value.numbers["unused"] == 1
    assert (done.status, done.points) == ("refunded", 100)
    assert Coupon.objects.of(rich).filter(state="revoked").count() == 1
    assert issued(made) == 2
    assert done.lines.get().restocked == 1


def test_refund_when_used_between_asking_and_deciding_then_refused_and_nothing_moves(
    rich, standing
):
    order = place(rich, coupon_sku(template(amount="1.00")), quantity=1)
    asked = ask(order, 1)
    use(rich, Coupon.objects.of(rich).get())
    before = standing(rich)

    with pytest.raises(CouponGoodsUsed), transaction.atomic():
        requests.approve(asked, actor="staff:1")

    asked.refresh_from_db()
    assert (asked.status, standing(rich)) == ("requested", before)


def test_cancel_when_part_of_the_order_waits_then_unused_coupons_go_with_it(rich, pieces):
    made = template(amount="1.00")
    sku, beside = coupon_sku(made, stock=5), virtual_sku(points=50)
    order = place(rich, sku, beside)
    kept = place(rich, sku, beside)
    use(rich, Coupon.objects.of(rich).get(key__startswith=f"line:{kept.lines.first().pk}:"))

    lifecycle.cancel(order, actor=f"member:{rich.pk}")
    with pytest.raises(CouponGoodsUsed), transaction.atomic():
        lifecycle.cancel(kept, actor="staff:1")

    assert sorted(states(rich)) == ["revoked", "used"]
    assert (issued(made), pieces(sku), pieces(beside)) == (1, 4, 9)


def test_put_on_sale_when_no_coupon_is_named_or_it_is_limited_then_told(operator):
    sku = coupon_sku(template(total=5))

    with pytest.raises(NotReadyForSale) as limited:
        assortment.put_on_sale(sku.product_id, by=operator)
    CouponGoods.objects.all().delete()
    with pytest.raises(NotReadyForSale) as unnamed:
        assortment.put_on_sale(sku.product_id, by=operator)

    assert "limited" in str(limited.value) or "限" in str(limited.value)
    assert str(unnamed.value) != str(limited.value)


def test_admin_when_goods_are_coupons_then_their_page_asks_which(client, admin_user):
    client.force_login(admin_user)
    sku = coupon_sku(template(name_en="Five off", name_zh_hans="减五元"))
    address = reverse("admin:catalog_product_change", args=[sku.product_id])

    page = client.get(address)
    other = client.get(
        reverse("admin:catalog_product_change", args=[virtual_sku(points=1).product_id])
    )

    assert "减五元" in page.text
    assert 'name="coupon_goods-TOTAL_FORMS"' in page.text
    assert 'name="coupon_goods-TOTAL_FORMS"' not in other.text


def test_group_when_a_coupon_is_ordered_then_alone_and_the_books_close(rich, other_member):
    give_points(other_member, 500)
    sku = coupon_sku(stock=2)

    orders = [place(one, sku) for one in (rich, other_member)]

    assert [order.status for order in orders] == ["completed"] * 2
    assert refund(orders[0], 1).status == "refunded"


def test_coupon_when_it_was_paid_for_then_taken_back_with_its_order_only(rich, admin_user):
    order = place(rich, coupon_sku(), quantity=2)
    refund(order, 1)
    left = Coupon.objects.of(rich).get(state="granted")

    with pytest.raises(CouponOfGoods), transaction.atomic():
        coupons.revoke(left, actor=admin_user, reason="wrong member")
    refund(order, 1)

    assert states(rich) == ["revoked"] * 2


def test_admin_when_the_coupon_is_paused_or_awaited_then_other_edits_go_and_it_stays(
    client, admin_user, rich
):
    client.force_login(admin_user)
    made, other = template(), template()
    sku = coupon_sku(made, points=0, cash="3.00")
    address = reverse("admin:catalog_product_change", args=[sku.product_id])
    order = place(rich, sku)
    CouponTemplate.objects.filter(pk=made.pk).update(status="paused")

    def save(coupon, **more):
        inline = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1, "0-product": sku.product_id,
                  "0-template": coupon.pk}  # fmt: skip
        words = {f"coupon_goods-{name}": value for name, value in inline.items()}
        product = Product.objects.get(pk=sku.product_id)
        return client.post(address, product_form(product, **words, **more))

    renamed = save(made, name_en="Renamed")
    changed = save(other)
    paid = pay(order)

    assert (renamed.status_code, Product.objects.get(pk=sku.product_id).name_en) == (302, "Renamed")
    assert (changed.status_code, CouponGoods.objects.get().template_id) == (200, made.pk)
    assert "coupon_goods-0-DELETE" not in client.get(address).text
    assert (paid.status, Coupon.objects.of(rich).get().template_id) == ("completed", made.pk)


def test_flash_when_the_coupon_is_paused_meanwhile_then_refused_and_else_given_once(rich):
    made, sold = template(), template()
    paused, wanted = (
        item(sku=coupon_sku(one, stock=2), stock=2, points=10) for one in (made, sold)
    )
    CouponTemplate.objects.filter(pk=made.pk).update(status="paused")

    with pytest.raises(CouponGoodsOver):
        grab(rich, paused, key="a")
    got, again = (grab(rich, wanted, key="b") for _twice in range(2))

    assert (got.status, again.no) == ("completed", got.no)
    assert list(Coupon.objects.of(rich).values_list("template", flat=True)) == [sold.pk]


def test_basket_when_the_coupon_is_paused_meanwhile_then_said_at_its_line_and_the_rest_goes(
    rich, signed_in_api
):
    made = template()
    sku, beside = coupon_sku(made), virtual_sku(points=30)
    for one in (sku, beside):
        put = signed_in_api.put(f"/api/v1/cart/lines/{one.pk}", {"quantity": 1}, format="json")
        assert put.status_code == 200
    CouponTemplate.objects.filter(pk=made.pk).update(status="paused")

    basket = signed_in_api.get("/api/v1/cart").json()

    problems = {line["sku"]: (line["problem"] or {}).get("code") for line in basket["lines"]}
    assert problems == {sku.pk: CouponGoodsOver.code, beside.pk: None}
    assert (basket["points"], basket["refusal"]) == (30, None)
