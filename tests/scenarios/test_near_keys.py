"""Keys that are nearly the same: in case, accent, width or a trailing blank. Each is its own key,
at every door.

MySQL and MariaDB would take them for one unless each column says otherwise
(mall/database/collations.py); SQLite never did.
"""

import json
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection

from accounts.registration import register
from catalog import stock
from catalog.models import StockMovement
from mall.core import clock
from marketing import events
from marketing.models import CustomEvent, HistoryCustomer
from orders.models import Coupon, Order, PaymentNotice, RefundRequest
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from points import ledger
from points.models import LedgerEntry, Rule, RuleVersion
from tests.conftest import PASSWORD
from tests.factories.coupons import code
from tests.factories.orders import pay, place, virtual_sku

pytestmark = pytest.mark.django_db
ORDERS, NOTIFY, EVENTS = "/api/v1/orders", "/api/v1/payments/sandbox/notify", "/api/v1/events"
# Equal to "key-e1" under one of the servers' usual collations, and no two the same bytes.
NEAR = ["key-e1", "KEY-E1", "Key-e1", "key-é1", "ｋey-e1", "key-e１", "key-e1 ", "key-e1\u200b"]


def told(payment, **changes):
    """A signed notice that ``payment`` is paid, with some of what it says changed."""
    raw_body = json.dumps(
        {**json.loads(sandbox.write_notice(payment, "paid")[0]), **changes}
    ).encode()
    timestamp = str(int(clock.now().timestamp()))
    return raw_body, {
        sandbox.TIMESTAMP_HEADER: timestamp,
        sandbox.SIGNATURE_HEADER: sandbox.sign(raw_body, timestamp),
    }


def send(api, path, body, key):
    return api.post(path, body, format="json", headers={"Idempotency-Key": key})


# --- orders --------------------------------------------------------------------
def test_place_when_the_key_differs_in_case_then_it_is_another_order(signed_in_api, member):
    body = {"lines": [{"sku": virtual_sku(points=1).pk, "quantity": 1}]}

    answers = [
        send(signed_in_api, ORDERS, body, key)
        for key in ("cart-a1", "CART-A1", "Cart-a1", "cart-a1")
    ]

    assert [answer.status_code for answer in answers] == [201] * 4
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [
        None,
        None,
        None,
        "true",
    ]
    assert len({answer.json()["no"] for answer in answers}) == 3
    assert Order.objects.filter(user=member).count() == 3


def test_order_when_its_number_is_written_small_then_404_on_page_and_api(
    signed_in, signed_in_api, member
):
    order = place(member, virtual_sku(points=1))
    small = order.no.lower()

    assert (
        signed_in_api.get(f"{ORDERS}/{order.no}").status_code
        == signed_in.get(f"/orders/{order.no}/").status_code
        == 200
    )
    for near in (small, f"{order.no}%20", order.no.replace("2", "２", 1)):
        assert signed_in_api.get(f"{ORDERS}/{near}").status_code == 404
        assert signed_in.get(f"/orders/{near}/").status_code == 404
    assert (
        signed_in_api.post(f"{ORDERS}/{small}/cancellation", {}, format="json").status_code == 404
    )
    assert Order.objects.get(pk=order.pk).status == "paid"


def test_refund_when_the_key_differs_in_case_then_it_is_another_request(signed_in_api, member):
    order = pay(place(member, virtual_sku(cash="1.00"), quantity=2))
    body = {"lines": [{"line": order.lines.get().pk, "quantity": 1}], "reason": "does not fit"}

    answers = [
        send(signed_in_api, f"{ORDERS}/{order.no}/refunds", body, key)
        for key in ("r-a", "R-A", "r-a")
    ]

    assert [answer.status_code for answer in answers] == [201] * 3
    assert RefundRequest.objects.count() == 2


# --- money -----------------------------------------------------------------------
def test_notify_when_event_ids_are_nearly_the_same_then_each_order_is_paid(api, member):
    for near in NEAR:
        order = place(member, virtual_sku(cash="9.90"))
        raw_body, headers = told(
            cash_in.start(order, "sandbox"), event_id=near, provider_ref=f"money-{near}"
        )

        answer = api.generic(
            "POST", NOTIFY, raw_body, content_type="application/json", headers=headers
        )

        assert (answer.status_code, answer.json()) == (
            200,
            {"event_id": near, "outcome": "settled"},
        )
        assert Order.objects.get(pk=order.pk).status == "paid"
    assert PaymentNotice.objects.count() == len(NEAR)


# --- points ----------------------------------------------------------------------
def test_ledger_when_keys_are_nearly_the_same_then_each_is_its_own_fact(member):
    before = LedgerEntry.objects.filter(account_id=member.pk).count()

    for points, near in enumerate(NEAR, 1):
        entry = ledger.accrue(member.pk, points=points, key=near)
        assert ledger.accrue(member.pk, points=points, key=near).pk == entry.pk

    assert LedgerEntry.objects.filter(account_id=member.pk).count() == before + len(NEAR)


def test_ledger_when_a_near_key_is_to_be_refunded_then_it_is_unknown(member):
    ledger.spend(member.pk, points=5, key="spent-a", reference="x")

    with pytest.raises(ledger.errors.UnknownEntry):
        ledger.refund(member.pk, of_key="SPENT-A", points=5, key="back", reference="x")


def test_events_when_the_key_differs_in_case_then_each_pays(api, member):
    rule = Rule.objects.create(
        code="survey", action="event:survey", name="Survey", status=Rule.Status.ACTIVE
    )
    RuleVersion.objects.create(rule=rule, number=1, points=15, per_day=5, created_at=clock.now())
    timestamp = str(int(clock.now().timestamp()))
    for near in ("answer-a", "ANSWER-A"):
        said = {
            "event": "survey",
            "member": "member",
            "key": near,
            "occurred_at": clock.now().isoformat(),
            "data": {},
        }
        raw = json.dumps(said).encode()
        headers = {"X-Mall-Timestamp": timestamp, "X-Mall-Signature": events.sign(raw, timestamp)}

        assert (
            api.post(EVENTS, raw, content_type="application/json", headers=headers).status_code
            == 201
        )

    assert CustomEvent.objects.count() == LedgerEntry.objects.filter(rule="survey").count() == 2


# --- goods and coupons ----------------------------------------------------------------
def test_deliver_when_the_key_differs_in_case_then_both_are_booked():
    sku = virtual_sku(points=1, stock=0)

    for near in ("d-a", "D-A", "d-a"):
        stock.deliver(sku.pk, key=near, quantity=5, actor="test", note="delivery")

    assert StockMovement.objects.filter(sku=sku).count() == 2
    assert stock.available([sku.pk]) == {sku.pk: 10}


def test_coupon_when_typed_small_with_blanks_then_the_door_reads_it_and_the_stored_code_is_exact(
    signed_in_api, member
):
    made, sku = code(code="WELCOME2026"), virtual_sku(cash="20.00")
    body = {"lines": [{"sku": sku.pk, "quantity": 1}]}

    answers = [
        send(signed_in_api, ORDERS, {**body, "coupon": typed}, uuid4().hex)
        for typed in ("welcome-2026", "ＷＥＬＣＯＭＥ2026", "WÉLCOME2026")
    ]

    assert [answer.status_code for answer in answers] == [201, 409, 409]
    assert Coupon.objects.get().public_code == made
    assert not type(made).objects.filter(code="welcome2026").exists()


# --- who ---------------------------------------------------------------------------------
def test_session_when_its_key_is_written_in_capitals_then_nobody_is_signed_in(client, member):
    client.force_login(member)
    key = client.cookies["sessionid"].value
    assert client.get("/account/").status_code == 200

    for near in (
        key.upper(),
        f"{key} ",
        key.replace(key[0], key[0].upper(), 1) if key[0].isalpha() else key.swapcase(),
    ):
        cache.clear()  # the database decides
        client.cookies["sessionid"] = near
        assert client.get("/account/").status_code == 302, near


@pytest.mark.parametrize("typed", ["member", "MEMBER", "ｍember", "Member@Example.com"])
def test_sign_in_when_typed_in_any_case_or_width_then_it_is_the_same_member(api, member, typed):
    by = {"email" if "@" in typed else "username": typed}

    answer = api.post("/api/auth/app/v1/auth/login", {**by, "password": PASSWORD}, format="json")

    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("typed", ["mémber", "member1"])
def test_sign_in_when_an_accent_or_a_letter_differs_then_it_is_nobody(api, member, typed):
    answer = api.post(
        "/api/auth/app/v1/auth/login", {"username": typed, "password": PASSWORD}, format="json"
    )

    assert answer.status_code == 400


def test_register_when_only_an_accent_differs_then_both_are_members_and_mail_goes_to_its_own(
    member,
):
    other = register("mémber", "mémber@example.com", PASSWORD)

    users = get_user_model().objects
    assert users.get(username="mémber") == users.get(email="mémber@example.com") == other
    assert users.get(username="MEMBER") == users.get(email="MEMBER@example.com") == member


def test_superuser_when_made_with_capitals_then_signs_in_all_the_same(api):
    made = get_user_model().objects.create_superuser("Boss", "Boss@Example.com", PASSWORD)

    assert (made.username, made.email) == ("boss", "boss@example.com")
    answer = api.post(
        "/api/auth/app/v1/auth/login", {"username": "Boss", "password": PASSWORD}, format="json"
    )
    assert answer.status_code == 200


# --- what was imported ---------------------------------------------------------------
def test_history_when_names_are_nearly_the_same_then_each_is_a_customer():
    HistoryCustomer.objects.bulk_create(HistoryCustomer(name=near) for near in NEAR)

    assert [HistoryCustomer.objects.get(name=near).name for near in NEAR] == NEAR
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(DISTINCT name) FROM marketing_historycustomer")
        assert cursor.fetchone() == (len(NEAR),)
