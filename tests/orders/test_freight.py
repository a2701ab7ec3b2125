"""Freight in quotes, baskets and orders: by template and address, never paid by points."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import addresses
from accounts.models import Address
from catalog.models import FreightTemplate
from orders import lifecycle, pricing
from orders.basket import standing as basket
from orders.basket.contents import Line
from orders.errors import AddressUnclear, NotDelivered, PriceChanged
from orders.freight import Destination
from orders.models import CheckoutPolicy, Order
from tests.factories.catalog import SkuFactory
from tests.factories.coupons import given
from tests.factories.flash import item as flash_item
from tests.factories.freight import sku_by, template
from tests.factories.orders import HOME, give_points, key_sku, pay, place, refund, virtual_sku

pytestmark = pytest.mark.django_db
D = Decimal
LHASA = {**HOME, "region": "西藏自治区拉萨市城关区"}
URUMQI = {**HOME, "region": "新疆维吾尔自治区 乌鲁木齐市 天山区"}


def zoned(name="Zoned", **terms):
    """6 yuan and 1 more a piece, 20 to Xinjiang, nothing to Tibet."""
    regions = [
        {"places": ["650000"], "first_fee": "20.00"},
        {"places": ["540000"], "delivers": False},
    ]
    return template(name, first_fee="6.00", more_fee="1.00", regions=regions, **terms)


def lines_of(*wanted):
    return [(sku.pk, pieces) for sku, pieces in wanted]


def test_quote_when_goods_go_by_several_templates_then_the_sum_of_their_groups(member):
    addresses.add(member, **HOME)
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"freight": D("8.00")})
    heavy = template(
        "Heavy", charged_by="weight", first_units=1000, first_fee="10.00", more_units=500,
        more_fee="2.50", free_from_cash=D("200.00"),
    )  # fmt: skip
    by_piece, by_weight = sku_by(zoned(), points=10), sku_by(heavy, grams=333, cash="50.00")
    flat, other_flat = sku_by(None, points=10), sku_by(None, cash="1.00")
    keys = key_sku(points=1)

    mixed = pricing.quote(
        member, lines_of((by_piece, 3), (by_weight, 2), (flat, 2), (other_flat, 5), (keys, 1))
    )
    odd = pricing.quote(member, lines_of((by_weight, 3)))
    over = pricing.quote(member, lines_of((by_weight, 4), (by_piece, 1)))
    virtual = pricing.quote(member, lines_of((keys, 1)))

    # 6 + 2 · 1 by piece, 666 g, and the flat fee once an order
    assert mixed.freight == D("26.00") == D("8.00") + D("10.00") + D("8.00")
    assert odd.freight == D("10.00")  # 999 g
    assert over.freight == D("6.00")  # 200 yuan of goods: only the other template costs
    assert (virtual.freight, virtual.way()) == (D("0.00"), {})


def test_quote_when_a_template_is_the_default_then_goods_without_one_go_by_it(member):
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"freight": D("8.00")})
    row = template(first_fee="3.00", more_fee="3.00", is_default=True)
    named, plain = sku_by(row, points=10), sku_by(None, points=10)

    one = pricing.quote(member, lines_of((plain, 1), (named, 1)))
    FreightTemplate.objects.update(is_default=False)
    two = pricing.quote(member, lines_of((plain, 1), (named, 1)))

    assert (one.freight, two.freight) == (D("6.00"), D("11.00"))


def test_quote_when_points_and_coupon_pay_for_goods_then_never_for_freight_nor_what_frees_of_it(
    member,
):
    give_points(member, 100_000)
    row = template(first_fee="6.00", free_from_cash=D("100.00"))
    sku = sku_by(row, cash="100.00", pay_mode="cash_points")
    coupon = given(member, amount="10.00")

    free = pricing.quote(member, lines_of((sku, 1)), points_to_use=4500, coupon=coupon.pk)
    sku.cash_price = D("99.99")
    sku.save()
    due = pricing.quote(member, lines_of((sku, 1)), points_to_use=4900)

    assert (free.freight, free.cash) == (D("0.00"), D("45.00"))
    assert (due.freight, due.cash) == (D("6.00"), D("56.99"))


def test_quote_when_the_place_matters_then_by_the_address_and_from_the_least_without(
    member, signed_in_api
):
    sku = sku_by(zoned(), points=10)
    body = {"lines": [{"sku": sku.pk, "quantity": 2}]}

    unknown = signed_in_api.post("/api/v1/orders/quote", body, format="json").json()
    home = addresses.add(member, **HOME)
    far, closed = addresses.add(member, **URUMQI), addresses.add(member, **LHASA)
    told = [
        signed_in_api.post("/api/v1/orders/quote", {**body, **to}, format="json").json()
        for to in ({}, {"address": home.pk}, {"address": far.pk}, {"address": closed.pk})
    ]
    strange = signed_in_api.post("/api/v1/orders/quote", {**body, "address": 10**9}, format="json")

    assert (unknown["freight"], unknown["delivery"]["is_exact"]) == ("7.00", False)
    assert [one["freight"] for one in told] == ["7.00", "7.00", "20.00", "0.00"]
    assert [one["delivery"]["region_code"] for one in told] == [
        "310106",
        "310106",
        "650102",
        "540102",
    ]
    assert [refused["sku"] for refused in told[3]["delivery"]["refused"]] == [sku.pk]
    assert strange.json()["errors"][0]["attr"] == "address"


def test_quote_when_the_address_matters_then_it_is_read_once_and_else_not_at_all(member):
    addresses.add(member, **HOME)
    far, near = sku_by(zoned(), points=10), sku_by(template(first_fee="6.00"), points=10)
    reads = {}

    for sku in (far, near):
        with CaptureQueriesContext(connection) as asked:
            pricing.quote(member, lines_of((sku, 1)))
        reads[sku.pk] = sum("accounts_address" in query["sql"] for query in asked)

    assert reads == {far.pk: 1, near.pk: 0}


def test_place_order_when_it_is_not_delivered_there_then_refused_beside_its_reason(member, pieces):
    closed, vague = (
        addresses.add(member, **LHASA),
        addresses.add(member, **{**HOME, "region": "城关区"}),
    )
    give_points(member, 1000)
    sku = sku_by(zoned(), points=10)

    with pytest.raises(NotDelivered) as refused:
        place(member, sku)
    with pytest.raises(AddressUnclear):
        place(member, sku, address=vague)
    with pytest.raises(NotDelivered):
        place(member, sku, address=closed, expect={"points": 10, "cash": D("6.00")})
    sent = place(member, sku, address=addresses.add(member, **HOME))

    assert refused.value.numbers["product"] == sku.product.name
    assert (sent.freight, sent.cash, Order.objects.count(), pieces(sku)) == (
        D("6.00"), D("6.00"), 1, 9,
    )  # fmt: skip


def test_place_order_when_the_template_changed_meanwhile_then_the_new_price_is_told(
    member, signed_in_api
):
    addresses.add(member, **HOME)
    row = zoned()
    sku = sku_by(row, points=10)
    give_points(member, 100)
    FreightTemplate.objects.filter(pk=row.pk).update(first_fee="7.50")

    with pytest.raises(PriceChanged) as changed:
        place(member, sku, expect={"points": 10, "cash": D("6.00")})
    agreed = place(member, sku, expect={"points": 10, "cash": D("7.50")})

    assert changed.value.extra["quote"]["freight"] == "7.50"
    assert agreed.freight == D("7.50")


def test_address_when_an_old_one_says_its_province_in_words_then_freight_goes_by_them(member):
    sku = sku_by(zoned(), points=10)
    fees = {}

    for words, territory in (
        ("新疆 石河子", "CN"),
        ("新疆维吾尔自治区", "CN"),
        ("中西区", "HK"),
        ("上海市 静安区", "CN"),
    ):
        to = Destination(member, Address(user=member, region=words, territory=territory))
        fees[words] = pricing.quote(member, lines_of((sku, 1)), to=to).freight

    assert fees == {
        "新疆 石河子": D("20.00"), "新疆维吾尔自治区": D("20.00"), "中西区": D("6.00"),
        "上海市 静安区": D("6.00"),
    }  # fmt: skip


def test_basket_and_checkout_when_some_goods_do_not_go_there_then_said_at_the_line_with_a_way_on(
    signed_in, member, settings
):
    signed_in.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    closed, home = addresses.add(member, **LHASA), addresses.add(member, **HOME)
    give_points(member, 1000)
    stays = sku_by(zoned(), points=10, name_en="Lamp")
    goes = sku_by(None, points=10, name_en="Pen")
    asked = f"?sku={stays.pk}&quantity=1&sku={goes.pk}&quantity=2"

    stands = basket.look(member, {one.pk: Line(one.pk, 1) for one in (stays, goes)})
    page = signed_in.get(reverse("orders:new") + asked).content.decode()
    other = signed_in.get(f"{reverse('orders:new')}{asked}&address={home.pk}").content.decode()
    product = signed_in.get(reverse("catalog:detail", args=[stays.product_id])).content.decode()

    assert [row.problem and row.problem.code for row in stands.rows] == ["not_delivered", None]
    assert stands.quote.points == 10
    assert "“Lamp” is not delivered to Tibet" in page and "Go on without “Lamp”" in page
    assert 'form="place" disabled' in page
    assert "is not delivered" not in other and 'form="place" disabled' not in other
    assert "Not delivered to Tibet" in product
    assert closed.is_default


def test_basket_when_only_the_default_address_is_in_the_way_then_leads_to_where_another_is_chosen(
    signed_in, member, settings
):
    signed_in.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    closed, home = addresses.add(member, **LHASA), addresses.add(member, **HOME)
    give_points(member, 1000)
    lamp, rug = (sku_by(row, points=10) for row in (zoned(), zoned("Rugs")))
    pen = sku_by(None, points=10)
    for sku in (lamp, rug):
        signed_in.post(reverse("orders:basket_add"), {"sku": sku.pk, "quantity": 2})

    def basket_page():
        return signed_in.get(reverse("orders:basket")).content.decode()

    only = basket_page()
    way = f"sku={lamp.pk}&quantity=2&sku={rug.pk}&quantity=2&basket=on"
    there = signed_in.get(f"{reverse('orders:new')}?{way}").content.decode()
    chosen = signed_in.get(f"{reverse('orders:new')}?{way}&address={home.pk}")
    signed_in.post(reverse("orders:basket_add"), {"sku": pen.pk, "quantity": 1})
    mixed = basket_page()
    addresses.remove(closed)
    delivered = basket_page()

    fields = [f'name="sku" value="{sku.pk}"' for sku in (lamp, rug)]
    assert "Order it to another address" in only and all(one in only for one in fields)
    assert "Nothing here can be ordered" not in only
    assert "<dd>Not delivered</dd>" in there and "<dd>Free</dd>" not in there
    assert (chosen.context["can_place"], chosen.context["quote"].points) == (True, 40)
    assert mixed.count(f'name="sku" value="{pen.pk}"') == 2
    assert "Go to checkout" in mixed and "Order it to another address" in mixed
    assert "Order it to another address" not in delivered


def test_basket_when_nobody_knows_where_to_then_freight_that_may_be_nothing_is_not_called_free(
    client, settings
):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    near = template("Near", first_fee="9.00", regions=[{"places": ["310000"], "first_fee": "0.00"}])
    client.post(reverse("orders:basket_add"), {"sku": sku_by(near, cash="5.00").pk, "quantity": 1})

    page = client.get(reverse("orders:basket")).content.decode()

    assert "<dd>from ¥0.00</dd>" in page
    assert "<dd>Free</dd>" not in page


def test_product_when_looked_at_then_tells_freight_to_the_default_address(
    client, signed_in, member, settings
):
    signed_in.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    sku = sku_by(zoned(), points=10)
    address = reverse("catalog:detail", args=[sku.product_id])

    before = signed_in.get(address).content.decode()
    addresses.add(member, **URUMQI)
    after = signed_in.get(address).content.decode()

    assert "from ¥6.00" in before
    assert "¥20.00" in after and "Xinjiang" in after


def test_product_when_its_choices_weigh_differently_then_freight_from_the_least(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    by_weight = template(
        charged_by="weight", first_units=1000, first_fee="8.00", more_units=1000, more_fee="5.00"
    )
    heavy = sku_by(by_weight, grams=3000, points=10)
    alike = sku_by(by_weight, grams=3000, points=10)
    SkuFactory(product=heavy.product, points_price=10, weight_grams=500)

    pages = [
        client.get(reverse("catalog:detail", args=[sku.product_id])).content.decode()
        for sku in (heavy, alike)
    ]

    assert "<dd>from ¥8.00</dd>" in pages[0]
    assert "<dd>¥18.00</dd>" in pages[1]


def test_flash_when_the_address_says_no_province_then_from_the_least_and_no_button_that_refuses(
    signed_in, member, settings
):
    signed_in.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    give_points(member, 1000)
    addresses.add(member, **{**HOME, "region": "城关区"})
    near = template("Near", first_fee="9.00", regions=[{"places": ["310000"], "first_fee": "0.00"}])
    sold = flash_item(sku=sku_by(near, points=100, stock=9), points=50)

    page = signed_in.get(reverse("orders:flash_item", args=[sold.pk])).content.decode()

    assert "<dd>from ¥0.00</dd>" in page
    assert "Mend the address" in page and "Get it now" not in page


def test_flash_when_freight_goes_by_pieces_then_the_page_agrees_to_any_number(
    signed_in, member, settings
):
    give_points(member, 1000)
    addresses.add(member, **HOME)
    sold = flash_item(sku=sku_by(zoned(), points=100, stock=9), points=50, limit=3)
    page = signed_in.get(reverse("orders:flash_item", args=[sold.pk]))
    freights = page.context["freights"]

    sent = {
        "key": "flash-key", "quantity": 3, "each_points": 50, "each_cash": "0.00",
        "freight": [str(fee) for fee in freights],
    }  # fmt: skip
    answer = signed_in.post(reverse("orders:flash_item", args=[sold.pk]), sent)

    assert freights == [D("6.00"), D("7.00"), D("8.00")]
    assert answer.status_code == 302
    assert Order.objects.get().freight == D("8.00")


def test_refund_when_nothing_was_sent_then_freight_goes_back_with_the_last_piece(member):
    addresses.add(member, **HOME)
    sku = sku_by(zoned(), cash="30.00")
    kept, sent = pay(place(member, sku, quantity=2)), pay(place(member, sku))

    first, last = refund(kept, 1), refund(kept, 1)
    lifecycle.ship(sent, actor="staff:1", carrier="SF", number="1")
    after = refund(sent, 1)

    assert (first.freight, last.freight, last.cash) == (D("0.00"), D("7.00"), D("37.00"))
    assert (after.freight, after.cash) == (D("0.00"), D("30.00"))


def test_virtual_goods_when_ordered_then_no_address_is_asked_for(member):
    template(first_fee="6.00", is_default=True)
    give_points(member, 100)

    order = place(member, virtual_sku(points=10))

    assert (order.freight, order.status) == (D("0.00"), Order.Status.PAID)
