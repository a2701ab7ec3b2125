"""Orders through API v1: shapes, refusals that change nothing, repeats, somebody else's things."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.models import Product
from orders import lifecycle
from orders.models import Order, Payment, PaymentNotice
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from tests.factories.orders import HOME, address_of, give_points, physical_sku, place, virtual_sku

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
NOTIFY = "/api/v1/payments/sandbox/notify"


@pytest.fixture
def caller(signed_in_api):
    """An app client of ``member``; sign-in itself may have earned points, so none are counted
    before.
    """
    return signed_in_api


@pytest.fixture
def send(caller):
    """send(body, key=...) -> the answer of placing an order."""
    return lambda body, key=None, **headers: caller.post(
        ORDERS, body, format="json", headers={"Idempotency-Key": key or uuid4().hex, **headers}
    )


def one(sku, quantity=1, **more):
    return {"lines": [{"sku": sku.pk, "quantity": quantity}], **more}


# --- shapes ----------------------------------------------------------------------
def test_quote_when_asked_then_it_is_the_price_of_placing(caller, send):
    sku = virtual_sku(cash="19.99", pay_mode=Product.PayMode.CASH_POINTS)

    quote = caller.post(f"{ORDERS}/quote", one(sku, points_to_use=100), format="json").json()
    order = send(
        one(sku, points_to_use=100, expect={"points": quote["points"], "cash": quote["cash"]})
    ).json()

    assert {"lines", "points", "cash", "discount", "freight", "rate", "earns"} <= set(quote)
    assert (order["points"], order["cash"]) == (quote["points"], quote["cash"]) == (100, "18.99")
    assert Order.objects.count() == 1


def test_place_when_sent_then_201_with_the_order(send, member):
    address_of(member)
    sku = physical_sku(points=10, cash="2.50")

    answer = send(one(sku, 2))

    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers
    order = answer.json()
    assert (order["status"], order["points"], order["cash"], order["paid_at"]) == (
        "pending",
        20,
        "5.00",
        None,
    )
    assert order["pay_by"] > order["created_at"]
    assert "+08:00" in order["created_at"]
    assert [
        (line["sku"], line["quantity"], line["points"], line["cash"]) for line in order["lines"]
    ] == [(sku.pk, 2, 20, "5.00")]


def test_detail_when_read_then_address_events_and_payments_are_there(caller, send, member):
    address_of(member)
    no = send(one(physical_sku(points=10, cash="2.50"))).json()["no"]
    started = caller.post(f"{ORDERS}/{no}/payments", {"provider": "sandbox"}, format="json")

    order = caller.get(f"{ORDERS}/{no}").json()

    assert started.status_code == 201
    assert order["address"] == HOME
    assert [event["kind"] for event in order["events"]] == ["placed"]
    assert order["payments"] == [started.json()]
    assert started.json()["pay_url"].endswith(f"/sandbox/pay/{Payment.objects.get().no}/")


@pytest.mark.parametrize("count", [1, 3])
def test_list_when_rows_grow_then_queries_do_not(caller, member, count, django_assert_num_queries):
    for _ in range(count):
        place(member, virtual_sku(points=10))
    caller.get(ORDERS)

    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        page = caller.get(ORDERS).json()

    assert [row["no"] for row in page["results"]] == list(
        Order.objects.newest_first().values_list("no", flat=True)
    )
    assert page["next"] is None


QUERIES_OF_THE_LIST = 1  # orders with their lines


def test_list_when_filtered_then_only_that_status(caller, member):
    paid, pending = place(member, virtual_sku(points=10)), place(member, virtual_sku(cash="1.00"))

    assert [row["no"] for row in caller.get(f"{ORDERS}?status=paid").json()["results"]] == [paid.no]
    assert [row["no"] for row in caller.get(f"{ORDERS}?status=pending").json()["results"]] == [
        pending.no
    ]
    assert caller.get(f"{ORDERS}?status=lost").status_code == 400
    assert caller.get(f"{ORDERS}?colour=red").status_code == 400


# --- repeats ------------------------------------------------------------------------
def test_place_when_sent_again_then_the_same_order_and_the_header(send):
    sku = virtual_sku(points=10)

    first, again = send(one(sku), "one-time-key"), send(one(sku), "one-time-key")

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1


def test_place_when_the_key_comes_with_another_body_then_422(send):
    sku = virtual_sku(points=10)
    send(one(sku), "one-time-key")

    answer = send(one(sku, 2), "one-time-key")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "idempotency_conflict")
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "with space"}, {"Idempotency-Key": "x" * 65}],
)
def test_place_when_the_key_is_missing_then_400_names_it(caller, headers):
    answer = caller.post(ORDERS, one(virtual_sku(points=10)), format="json", headers=headers)

    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["attr"] == "Idempotency-Key"
    assert Order.objects.count() == 0


# --- refused --------------------------------------------------------------------------
@pytest.mark.parametrize(
    "quantity", [-1, 0, 1.5, 10**30, 100, "abc", "1", True, None, [], {}, [1], {"id": 1}]
)
def test_place_when_the_quantity_is_odd_then_400_and_nothing_changed(
    send, standing, member, quantity
):
    before = standing(member)
    sku = virtual_sku(points=1)

    answer = send({"lines": [{"sku": sku.pk, "quantity": quantity}]})

    assert (answer.status_code, answer.json()["type"]) == (400, "validation_error")
    assert (Order.objects.count(), standing(member)) == (0, before)


@pytest.mark.parametrize("sku", [-1, 0, 1.5, 10**30, 10**9, "abc", True, None, [], {}])
def test_place_when_the_sku_is_odd_then_400(send, sku):
    assert send({"lines": [{"sku": sku, "quantity": 1}]}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        1,
        "x",
        {},
        {"lines": []},
        {"lines": {}},
        {"lines": None},
        {"lines": [[]]},
        {"lines": [1] * 21},
    ],
)
def test_place_when_the_body_is_odd_then_400(send, body):
    assert send(body).status_code == 400


@pytest.mark.parametrize(
    "more",
    [
        {"price": 1}, {"total": "0.01"}, {"is_staff": True}, {"available": 10**6},
        {"status": "paid"},
        {"points_to_use": -1}, {"points_to_use": 1.5}, {"points_to_use": "100"},
        {"points_to_use": 10**30}, {"points_to_use": True},
        {"address": -1}, {"address": "x"}, {"address": 10**30}, {"address": True}, {"address": []},
        {"expect": {}}, {"expect": []}, {"expect": {"points": 1}}, {"expect": {"points": 10,
        "cash": 0}},
        {"expect": {"points": 10, "cash": "NaN"}}, {"expect": {"points": 10, "cash": "1e3"}},
        {"expect": {"points": 10, "cash": "0.00", "x": 1}},
    ],
)  # fmt: skip
def test_place_when_a_field_is_unknown_or_odd_then_400_and_nothing_changed(
    send, standing, member, more
):
    before = standing(member)

    assert send(one(virtual_sku(points=10), **more)).status_code == 400
    assert (Order.objects.count(), standing(member)) == (0, before)


@pytest.mark.django_db(transaction=True)
def test_place_when_refused_by_the_business_then_the_code_says_why(caller, send, member):
    sku = virtual_sku(points=10, stock=1, limit_per_person=1)
    dear, cash = (
        virtual_sku(points=10**6),
        virtual_sku(cash="10.00", pay_mode=Product.PayMode.CASH_POINTS),
    )
    place(member, virtual_sku(points=1))
    answers = {
        "insufficient_points": send(one(dear)),
        "price_changed": send(one(sku, expect={"points": 9, "cash": "0.00"})),
        "limit_reached": send(one(sku, 2)),
        "out_of_stock": send(one(virtual_sku(points=1, stock=0))),
        "not_for_sale": send(one(virtual_sku(points=1, status=Product.Status.OFF))),
    }

    assert {
        code: (answer.status_code, answer.json()["errors"][0]["code"])
        for code, answer in answers.items()
    } == {code: (409, code) for code in answers}
    changed = answers["price_changed"].json()
    asked = caller.post(f"{ORDERS}/quote", one(sku), format="json").json()
    assert {**changed["quote"], "proposed": None} == asked
    assert changed["request_id"]
    odd = send(one(cash, points_to_use=150))
    assert (odd.status_code, odd.json()["errors"][0]["attr"]) == (400, "points_to_use")
    nowhere = send(one(physical_sku(points=1)))
    assert (nowhere.status_code, nowhere.json()["errors"][0]["attr"]) == (400, "address")
    assert list(Order.objects.values_list("points", flat=True)) == [1]


def test_place_when_more_than_ten_a_minute_then_429_with_retry_after(send, standing_clock):
    body = one(virtual_sku(points=1, stock=50))
    answers = [send(body) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [201] * 10 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert Order.objects.count() == 10


def test_place_when_the_same_key_is_sent_often_or_the_body_is_wrong_then_no_knock_is_counted(send):
    body = one(virtual_sku(points=1, stock=50))
    wrong = [send({"lines": []}) for _ in range(12)]
    answers = [send(body, key="again") for _ in range(12)]

    assert {answer.status_code for answer in wrong} == {400}
    assert [answer.status_code for answer in answers] == [201] * 12
    assert len({answer.json()["no"] for answer in answers}) == 1
    assert send(body).status_code == 201


# --- steps ------------------------------------------------------------------------------
def test_cancellation_when_sent_twice_then_once_and_409(caller, member, standing):
    before = standing(member)
    order = place(member, virtual_sku(points=10, cash="1.00"))

    first = caller.post(f"{ORDERS}/{order.no}/cancellation")
    again = caller.post(f"{ORDERS}/{order.no}/cancellation", {}, format="json")

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "illegal_transition")
    assert standing(member) == before
    assert (
        caller.post(
            f"{ORDERS}/{order.no}/payments", {"provider": "sandbox"}, format="json"
        ).status_code
        == 409
    )


def test_receipt_when_shipped_then_completed_else_409(caller, member):
    order = place(member, virtual_sku(points=10))

    assert caller.post(f"{ORDERS}/{order.no}/receipt").status_code == 409
    lifecycle.ship(order, actor="test")
    assert caller.post(f"{ORDERS}/{order.no}/receipt").json()["status"] == "completed"


@pytest.mark.parametrize("provider", ["alipay", "", None, 1, [], "x" * 50])
def test_payments_when_the_provider_is_odd_then_400(caller, member, provider):
    order = place(member, virtual_sku(cash="1.00"))

    assert (
        caller.post(
            f"{ORDERS}/{order.no}/payments", {"provider": provider}, format="json"
        ).status_code
        == 400
    )
    assert Payment.objects.count() == 0


def test_every_step_when_the_order_is_somebody_elses_then_404_and_nothing_changed(
    caller, other_member
):
    order = place(other_member, virtual_sku(points=10, cash="1.00"))

    answers = [
        caller.get(f"{ORDERS}/{order.no}"),
        caller.post(f"{ORDERS}/{order.no}/payments", {"provider": "sandbox"}, format="json"),
        caller.post(f"{ORDERS}/{order.no}/cancellation"),
        caller.post(f"{ORDERS}/{order.no}/receipt"),
        caller.get(f"{ORDERS}/20261120-0000000000000"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert caller.get(ORDERS).json()["results"] == []
    assert (Order.objects.get().status, Payment.objects.count()) == ("pending", 0)


def test_every_endpoint_when_nobody_is_signed_in_then_401(api, member):
    order = place(member, virtual_sku(points=10))

    paths = [
        f"{ORDERS}/quote",
        ORDERS,
        f"{ORDERS}/{order.no}/payments",
        f"{ORDERS}/{order.no}/cancellation",
        f"{ORDERS}/{order.no}/receipt",
    ]
    assert {api.post(path, {}, format="json").status_code for path in paths} == {401}
    assert {api.get(path).status_code for path in (ORDERS, f"{ORDERS}/{order.no}")} == {401}


def test_steps_when_sent_from_a_browsers_session_then_the_api_does_not_listen(signed_in, member):
    order = place(member, virtual_sku(points=10))

    assert signed_in.post(f"{ORDERS}/{order.no}/cancellation").status_code == 401
    assert Order.objects.get().status == "paid"


# --- the providers' door -----------------------------------------------------------------
def notify(api, raw_body, headers, path=NOTIFY):
    return api.generic("POST", path, raw_body, content_type="application/json", headers=headers)


def test_notify_when_signed_then_the_order_is_paid_and_a_repeat_is_answered_alike(api, member):
    order = place(member, virtual_sku(cash="1.00"))
    message = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")

    answers = [notify(api, *message) for _ in range(3)]

    assert [(answer.status_code, answer.json()["outcome"]) for answer in answers] == [
        (200, "settled")
    ] * 3
    assert (Order.objects.get().status, PaymentNotice.objects.count()) == ("paid", 1)


def test_notify_when_forged_large_or_for_nobody_then_4xx_and_nothing_changed(api, member):
    order = place(member, virtual_sku(cash="1.00"))
    raw_body, headers = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
    cheap = json.dumps({**json.loads(raw_body), "amount": "0.01"}).encode()

    assert notify(api, raw_body, {}).status_code == 403
    assert notify(api, cheap, headers).status_code == 403
    assert notify(api, b"x" * (64 * 1024 + 1), headers).status_code == 413
    assert notify(api, raw_body, headers, "/api/v1/payments/alipay/notify").status_code == 404
    assert (
        notify(
            api,
            cheap,
            {
                **headers,
                sandbox.SIGNATURE_HEADER: sandbox.sign(cheap, headers[sandbox.TIMESTAMP_HEADER]),
            },
        ).status_code
        == 400
    )
    assert api.get(NOTIFY).status_code == 405
    assert (
        Order.objects.get().status,
        Order.objects.get().cash,
        PaymentNotice.objects.count(),
    ) == ("pending", Decimal("1.00"), 0)


def test_orders_when_a_line_has_a_picture_then_its_address_is_whole(signed_in_api, member):
    give_points(member, 100)
    sku = virtual_sku(points=10, illustration="icons/logo.svg")
    place(member, sku)

    line = signed_in_api.get("/api/v1/orders").json()["results"][0]["lines"][0]

    assert line["image"] == "http://testserver/static/icons/logo.svg"
