"""Coupons through API v1: shapes, refusals that change nothing, repeats, somebody else's things."""

from uuid import uuid4

import pytest

from orders.models import Coupon, Order
from tests.factories.coupons import code, given, over, template
from tests.factories.orders import place, virtual_sku

pytestmark = pytest.mark.django_db
COUPONS = "/api/v1/coupons"
ORDERS = "/api/v1/orders"


@pytest.fixture
def caller(signed_in_api):
    return signed_in_api


@pytest.fixture
def buy(caller):
    """buy(template, key=...) -> the answer of buying one."""
    return lambda made, key=None, body=None: caller.post(
        f"{COUPONS}/{made.pk}/purchase",
        body or {},
        format="json",
        headers={"Idempotency-Key": key or uuid4().hex},
    )


def one(sku, **more):
    return {"lines": [{"sku": sku.pk, "quantity": 1}], **more}


def pasted_forms(code):
    """A code as it comes out of a chat, an input method and a leaflet."""
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code.lower())
    return [wide, f"\u202d{code[:4]}—{code[4:8]} {code[8:]}\u202c", f"\u200b{code}\u00a0"]


# --- quote and order ----------------------------------------------------------------
def test_quote_when_a_coupon_is_named_then_by_id_or_code_and_the_order_is_the_same(caller, member):
    sku, coupon = virtual_sku(cash="20.00"), given(member, name_zh_hans="立减")

    by_id = caller.post(f"{ORDERS}/quote", one(sku, coupon=coupon.pk), format="json").json()
    by_code = caller.post(
        f"{ORDERS}/quote", one(sku, coupon=coupon.code.lower()), format="json"
    ).json()
    for paste in pasted_forms(coupon.code):
        pasted = caller.post(f"{ORDERS}/quote", one(sku, coupon=paste), format="json").json()
        assert pasted == by_id, paste
    expect = {"points": by_id["points"], "cash": by_id["cash"]}
    order = caller.post(
        ORDERS,
        one(sku, coupon=coupon.pk, expect=expect),
        format="json",
        headers={"Idempotency-Key": "once"},
    ).json()

    assert by_id == by_code
    assert by_id["coupon"] == {
        "id": coupon.pk,
        "code": coupon.code,
        "name": "立减",
        "discount": "5.00",
    }
    assert (
        by_id["coupon_discount"],
        by_id["discount"],
        by_id["cash"],
        by_id["lines"][0]["coupon_discount"],
    ) == (
        "5.00",
        "0.00",
        "15.00",
        "5.00",
    )
    assert (
        order["cash"],
        order["coupon_discount"],
        order["coupon_name"],
        order["lines"][0]["coupon_discount"],
    ) == (
        "15.00",
        "5.00",
        "立减",
        "5.00",
    )


def test_quote_when_no_coupon_is_named_then_the_best_that_fits_is_proposed_as_on_the_page(
    caller, member, client
):
    sku = virtual_sku(cash="20.00")
    given(member, amount="3.00")
    best = given(member, amount="6.00")
    given(member, amount="9.00", threshold="50.00")
    client.force_login(member)

    plain = caller.post(f"{ORDERS}/quote", one(sku), format="json").json()
    named = caller.post(f"{ORDERS}/quote", one(sku, coupon=best.pk), format="json").json()
    page = client.get("/orders/new/", {"sku": sku.pk, "quantity": 1})

    assert (plain["coupon"], plain["cash"]) == (None, "20.00")
    assert plain["coupon_proposed"] == named["coupon"]
    assert (named["coupon"]["id"], named["cash"]) == (best.pk, "14.00")
    assert named["coupon_proposed"] is None
    assert page.context["quote"].coupon.coupon == best


def test_quote_when_no_coupon_fits_then_none_is_proposed(caller, member):
    given(member, amount="9.00", threshold="50.00")

    quotes = [
        caller.post(f"{ORDERS}/quote", one(sku), format="json").json()
        for sku in (virtual_sku(cash="20.00"), virtual_sku(points=10))
    ]

    assert [quote["coupon_proposed"] for quote in quotes] == [None, None]


def test_quote_when_a_public_code_is_named_then_it_has_no_id(caller):
    public = code()

    quote = caller.post(
        f"{ORDERS}/quote", one(virtual_sku(cash="20.00"), coupon=public.code), format="json"
    ).json()

    assert (quote["coupon"]["id"], quote["coupon"]["code"], public.uses) == (None, public.code, 0)


def test_order_when_the_coupon_is_no_use_then_409_says_why_in_words(caller, member, other_member):
    sku, theirs, far, past = (
        virtual_sku(cash="20.00"),
        given(other_member),
        given(member, threshold="30.00"),
        over(given(member)),
    )
    said = set()

    for named in (theirs.pk, far.pk, past.pk, "NOSUCH"):
        answer = caller.post(
            ORDERS, one(sku, coupon=named), format="json", headers={"Idempotency-Key": uuid4().hex}
        )
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["code"], error["attr"]) == (
            409,
            "coupon_not_usable",
            "coupon",
        )
        said.add(error["detail"])
    assert len(said) == 3  # somebody else's and an unknown one sound the same
    assert Order.objects.count() == 0


@pytest.mark.parametrize("named", [0, -1, True, 1.5, "", "x" * 41, None, [], {}, 2**63])
def test_quote_when_the_coupon_is_no_id_and_no_code_then_400(caller, named):
    answer = caller.post(
        f"{ORDERS}/quote", one(virtual_sku(cash="20.00"), coupon=named), format="json"
    )

    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "coupon")


def test_quote_when_codes_are_guessed_then_429_after_five_and_ids_stay_free(
    caller, member, standing_clock
):
    sku, mine, public = virtual_sku(cash="20.00"), given(member), code()

    def tried(named):
        return caller.post(f"{ORDERS}/quote", one(sku, coupon=named), format="json")

    assert [tried(f"GUESS{n}").status_code for n in range(5)] == [409] * 5
    assert (tried(public.code).status_code, int(tried(public.code).headers["Retry-After"]) > 0) == (
        429,
        True,
    )
    assert (tried("GUESS1").status_code, tried(mine.pk).status_code) == (409, 200)


def test_order_when_the_same_key_names_another_coupon_then_422(caller, member):
    sku, first, second = virtual_sku(cash="20.00"), given(member), given(member)

    def send(coupon):
        return caller.post(
            ORDERS, one(sku, coupon=coupon.pk), format="json", headers={"Idempotency-Key": "once"}
        )

    assert [send(first).status_code, send(first).status_code, send(second).status_code] == [
        201,
        201,
        422,
    ]


# --- one's own ------------------------------------------------------------------------
def test_list_when_read_then_ones_own_by_state(caller, member, other_member):
    fresh, past, kept = given(member), over(given(member)), given(member)
    given(other_member)
    order = place(member, virtual_sku(cash="20.00"), coupon=kept.pk)

    def shelf(query=""):
        return [row["id"] for row in caller.get(f"{COUPONS}{query}").json()["results"]]

    assert shelf() == [kept.pk, past.pk, fresh.pk]
    assert (shelf("?state=usable"), shelf("?state=used"), shelf("?state=expired")) == (
        [fresh.pk],
        [kept.pk],
        [past.pk],
    )
    assert caller.get(f"{COUPONS}?state=lost").status_code == 400
    row = caller.get(f"{COUPONS}?state=used").json()["results"][0]
    assert (
        row["state"],
        row["order"],
        row["template"]["amount"],
        row["template"]["threshold"],
    ) == ("locked", order.no, "5.00", "0.00")


@pytest.mark.parametrize("count", [1, 3])
def test_list_when_rows_grow_then_queries_do_not(caller, member, count, django_assert_num_queries):
    for _ in range(count):
        given(member)
        template(price_points=10)
    caller.get(COUPONS)

    with django_assert_num_queries(1):  # coupons with template and order
        assert len(caller.get(COUPONS).json()["results"]) == count
    # templates for sale, how many the caller had; the balance is kept since the first look
    with django_assert_num_queries(2):
        assert caller.get(f"{COUPONS}/offers").json()["count"] == count


# --- bought ----------------------------------------------------------------------------
def test_purchase_when_sent_then_201_and_the_same_again_for_the_same_key(buy, standing, member):
    made, before = template(price_points=60), standing(member)[0]

    first, again = buy(made, "once"), buy(made, "once")

    assert (first.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (
        201,
        201,
        "true",
    )
    assert "Idempotent-Replayed" not in first.headers
    assert first.json() == again.json()
    assert (first.json()["points"], first.json()["source"], first.json()["state"]) == (
        60,
        "bought",
        "granted",
    )
    assert (Coupon.objects.count(), standing(member)[0]) == (1, before - 60)
    assert (
        buy(template(price_points=1), "once").status_code,
        buy(made, "with space").status_code,
    ) == (422, 400)


@pytest.mark.django_db(transaction=True)
def test_purchase_when_refused_then_the_code_says_why_and_nothing_is_taken(buy, standing, member):
    before = standing(member)
    wanted = {
        "insufficient_points": template(price_points=10**6),
        "not_for_sale": template(),
        "limit_reached": template(price_points=1, total=1, issued=1),
    }

    for said, made in wanted.items():
        answer = buy(made)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, said)
    assert buy(template(price_points=1, status="draft")).status_code == 404
    assert buy(template(price_points=1), body={"colour": "red"}).status_code == 400
    assert (Coupon.objects.count(), standing(member)) == (0, before)


def test_coupons_when_a_stranger_asks_then_401(api):
    for answer in (
        api.get(COUPONS),
        api.get(f"{COUPONS}/offers"),
        api.post(f"{COUPONS}/1/purchase", {}, format="json"),
    ):
        assert answer.status_code == 401
