"""Coupons at checkout and on their page, as a browser without JavaScript sees them."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.models import Product
from mall.core import clock
from orders.coupons import lifecycle as coupons
from orders.models import Coupon, Order
from tests.factories.coupons import code, given, over, template
from tests.factories.orders import give_points, place, virtual_sku
from tests.orders.test_pages import form_of, text_of

pytestmark = pytest.mark.django_db
NEW = "/orders/new/"
PAGE = "/coupons/"


@pytest.fixture
def sku(db):
    return virtual_sku(cash="20.00", stock=50)


@pytest.fixture
def checkout(signed_in):
    """checkout(sku, **query) -> (the page's text, what its form would send)."""

    def opened(sku, **query):
        answer = signed_in.get(NEW, {"sku": sku.pk, "quantity": 1, **query})
        assert answer.status_code == 200
        return text_of(answer), form_of(answer.content.decode())

    return opened


def chosen(sent):
    return (sent["coupon"][0], sent["expect_cash"][0])


# --- checkout ----------------------------------------------------------------------
def test_new_when_some_fit_then_the_best_is_chosen_and_none_when_asked(checkout, member, sku):
    small, best, far = (
        given(member, amount="3.00"),
        given(member, amount="6.00"),
        given(member, threshold="99.00"),
    )

    text, sent = checkout(sku)
    assert chosen(sent) == (str(best.pk), "14.00")
    assert "−¥6.00" in text
    assert "79.00" in text  # what is missing for the one that does not fit

    assert chosen(checkout(sku, coupon="")[1]) == ("", "20.00")
    assert chosen(checkout(sku, coupon=small.pk)[1]) == (str(small.pk), "17.00")
    text, sent = checkout(sku, coupon=far.pk)
    assert chosen(sent) == ("", "20.00")
    assert text.count("79.00") == 2  # beside it, and as the answer to choosing it


def test_new_when_sent_then_the_order_has_the_coupon_and_shows_it(checkout, signed_in, member, sku):
    coupon = given(member, name_zh_hans="立减六元", amount="6.00")
    _text, sent = checkout(sku)

    answer = signed_in.post(NEW, sent)

    order = Order.objects.get()
    assert (order.cash, order.coupon_discount, Coupon.objects.get(pk=coupon.pk).order_id) == (
        Decimal("14.00"),
        Decimal("6.00"),
        order.pk,
    )
    assert answer["Location"] == f"/orders/{order.no}/pay/"
    shown = text_of(signed_in.get(f"/orders/{order.no}/"))
    assert "立减六元" in shown
    assert "−¥6.00" in shown


def test_new_when_a_code_is_typed_then_it_wins_and_can_be_placed(checkout, signed_in, member, sku):
    given(member, amount="6.00")
    public = code(template(amount="1.00"), code="HELLO1")

    text, sent = checkout(sku, code=" hello1 ", coupon="")

    assert chosen(sent) == ("HELLO1", "19.00")
    assert "HELLO1" in text
    signed_in.post(NEW, sent)
    public.refresh_from_db()
    assert (Order.objects.get().coupon_discount, public.uses) == (Decimal("1.00"), 1)


def test_new_when_a_code_is_wrong_then_it_says_so_keeps_it_and_quotes_without(signed_in, sku):
    answer = signed_in.get(NEW, {"sku": sku.pk, "quantity": 1, "code": "WRONG<1>"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert re.search(r'id="code-error" role="alert"', page)
    assert 'value="WRONG&lt;1&gt;"' in page
    assert chosen(form_of(page)) == ("", "20.00")


def test_new_when_codes_are_guessed_then_five_a_minute_and_the_same_one_again_is_free(
    signed_in, sku, standing_clock
):
    def tried(named):
        return text_of(signed_in.get(NEW, {"sku": sku.pk, "quantity": 1, "code": named}))

    wrong = tried("GUESS0")
    for number in range(5):
        assert tried(f"GUESS{number}") == wrong.replace("GUESS0", f"GUESS{number}")
    public = code()

    tired = tried(public.code)

    assert tired != wrong
    assert "−¥5.00" not in tired
    assert tried("GUESS1") != tired  # tried before: no new guess


def test_new_when_the_coupon_was_used_in_another_tab_then_it_says_so_and_shows_the_new_total(
    checkout, signed_in, member, sku
):
    coupon = given(member)
    _text, sent = checkout(sku)
    place(member, sku, coupon=coupon.pk)

    answer = signed_in.post(NEW, sent)

    assert answer.status_code == 409
    assert chosen(form_of(answer.content.decode())) == ("", "20.00")
    assert Order.objects.count() == 1


def test_new_when_only_points_pay_then_no_coupon_is_spoken_of(signed_in, member):
    given(member)

    page = signed_in.get(NEW, {"sku": virtual_sku(points=40).pk}).content.decode()

    assert "coupon-choice" not in page


def test_new_when_points_are_chosen_too_then_the_range_shrinks_with_the_coupon(checkout, member):
    give_points(member, 2000)
    goods = virtual_sku(cash="20.00", pay_mode=Product.PayMode.CASH_POINTS)
    coupon = given(member, amount="10.00")

    _text, sent = checkout(goods, points_to_use="1000", coupon=coupon.pk)

    assert (sent["points_to_use"], sent["expect_cash"]) == (["500"], ["5.00"])


@pytest.mark.parametrize("count", [1, 3])
def test_new_when_coupons_grow_then_queries_do_not(
    signed_in, member, sku, count, django_assert_num_queries
):
    for _ in range(count):
        given(member, products=[sku.product])
    signed_in.get(NEW, {"sku": sku.pk})

    with django_assert_num_queries(QUERIES_OF_THE_CHECKOUT):
        signed_in.get(NEW, {"sku": sku.pk})


# --- the page ----------------------------------------------------------------------
def test_page_when_opened_then_each_shelf_has_its_own(signed_in, member, sku):
    fresh, past, kept = (
        given(member, name_zh_hans="新券"),
        given(member, name_zh_hans="旧券"),
        given(member, name_zh_hans="用券"),
    )
    early = given(member, name_zh_hans="早券", starts_at=clock.now() + timedelta(days=2))
    over(past)
    order = place(member, sku, coupon=kept.pk)

    pages = {
        shelf: text_of(signed_in.get(PAGE, {"shelf": shelf}))
        for shelf in ("usable", "used", "expired", "nonsense")
    }

    assert pages["nonsense"] == text_of(signed_in.get(PAGE))
    found = {
        shelf: [coupon for coupon in (fresh, past, kept, early) if coupon.code in pages[shelf]]
        for shelf in pages
    }
    assert found == {
        "usable": [fresh, early],
        "used": [kept],
        "expired": [past],
        "nonsense": [fresh, early],
    }
    assert order.get_absolute_url() in signed_in.get(PAGE, {"shelf": "used"}).content.decode()


def test_page_when_there_is_nothing_then_it_says_what_to_do(signed_in):
    for shelf in ("usable", "used", "expired"):
        assert 'class="empty"' in signed_in.get(PAGE, {"shelf": shelf}).content.decode()


def test_page_when_a_stranger_comes_then_to_sign_in(client):
    assert client.get(PAGE).status_code == 302


def test_purchase_when_confirmed_then_bought_once_however_often_sent(signed_in, member, standing):
    made = template(price_points=60, name_zh_hans="好券")
    page = signed_in.get(PAGE).content.decode()
    key = re.search(r'name="key" value="(\w+)"', page)[1]

    for _ in range(2):
        answer = signed_in.post(f"/coupons/{made.pk}/purchase/", {"key": key}, follow=True)
        assert answer.redirect_chain == [(PAGE, 302)]

    assert "好券" in text_of(answer)
    assert (Coupon.objects.get().source, standing(member)) == ("bought", (40, 0))


@pytest.mark.django_db(transaction=True)
def test_purchase_when_refused_then_the_page_says_why(signed_in, member, standing):
    dear, mine, gone = (
        template(price_points=101),
        template(price_points=1, per_person=1),
        template(price_points=1, total=1, issued=1),
    )
    coupons.purchase(member, mine.pk, key="mine")
    draft = template(price_points=1, status="draft")

    def bought(made, key=None):
        return signed_in.post(
            f"/coupons/{made.pk}/purchase/", {"key": uuid4().hex if key is None else key}
        )

    for made in (dear, mine, gone):
        answer = bought(made)
        assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (409, True)
    assert bought(draft).status_code == 404
    assert bought(mine, key="not a key").status_code == 400
    assert signed_in.get(f"/coupons/{mine.pk}/purchase/")["Location"] == PAGE
    assert (Coupon.objects.count(), standing(member)) == (1, (99, 0))


def test_page_when_a_coupon_cannot_be_bought_then_it_says_what_is_missing(signed_in, member):
    template(price_points=130)
    mine = template(price_points=10, per_person=1)
    coupons.purchase(member, mine.pk, key="mine")

    page = signed_in.get(PAGE).content.decode()

    assert "40" in text_of(signed_in.get(PAGE))
    assert "/purchase/" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_page_when_rows_grow_then_queries_do_not(
    signed_in, member, count, django_assert_num_queries
):
    for _ in range(count):
        given(member)
        template(price_points=10)
    signed_in.get(PAGE)

    with django_assert_num_queries(QUERIES_OF_THE_PAGE):
        signed_in.get(PAGE)


# The member; the SKU; own coupons, their scope; the quote (SKU, coupon, its scope); stock; the
# inbox.
QUERIES_OF_THE_CHECKOUT = 8
# the member; how many coupons, those of the page; templates for sale, how many are had; the inbox
QUERIES_OF_THE_PAGE = 6
