"""Refunds, parcels and codes through page, API and back office."""

import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from catalog.models import CardKey, CardKeyEvent
from mall.core.models import AuditRow
from orders import lifecycle
from orders.models import Order, RefundRequest, Shipment
from orders.refunds import requests as refund_requests
from tests.factories.accounts import PASSWORD
from tests.factories.orders import (
    address_of,
    ask,
    key_sku,
    pay,
    physical_sku,
    place,
    received,
    refund,
    virtual_sku,
)

pytestmark = pytest.mark.django_db


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def line_of(order):
    return order.lines.first().pk


def page(order):
    return reverse("orders:refunds", args=[order.no])


@pytest.fixture
def english(signed_in):
    signed_in.cookies["mall_language"] = "en"
    return signed_in


@pytest.fixture
def counter(client, operator):
    client.force_login(operator)
    client.cookies["mall_language"] = "en"
    return client


# --- pages --------------------------------------------------------------------
def test_refunds_page_when_pieces_are_chosen_then_previewed_asked_once_and_withdrawn(
    english, member, standing
):
    order = pay(place(member, virtual_sku(points=40, cash="9.90"), quantity=2))

    chosen = english.get(page(order), {"line": line_of(order), "quantity": 1})
    assert "¥9.90" in text_of(chosen)
    assert "40 points, good until" in text_of(chosen)
    sent = {
        "line": line_of(order),
        "quantity": 1,
        "key": chosen.context["key"],
        "reason": "too small",
    }
    for _ in range(2):
        assert english.post(page(order), sent).status_code == 302
    assert (RefundRequest.objects.get().reason, standing(member)) == ("too small", (20, 0))

    assert "Waiting for an answer" in text_of(english.get(page(order)))
    english.post(reverse("orders:refund_withdraw", args=[order.no, 1]))
    assert RefundRequest.objects.get().status == "withdrawn"
    again = text_of(english.post(page(order), sent, follow=True))
    assert "You sent this request once before" in again
    assert "We have your request" not in again
    assert RefundRequest.objects.get().status == "withdrawn"


def test_refunds_page_when_nothing_fits_then_one_sentence_and_nothing_changes(english, member):
    order = place(member, virtual_sku(points=10))

    for sent in (
        {},
        {"line": "x", "quantity": "1"},
        {"line": line_of(order), "quantity": 2},
        {"line": 10**11, "quantity": 1},
    ):
        answer = english.post(page(order), {"key": "k", **sent})
        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()
    assert RefundRequest.objects.count() == 0
    assert english.get(page(order), {"line": line_of(order), "quantity": 9}).status_code in (
        200,
        400,
    )


def test_refunds_page_when_unpaid_or_anothers_then_empty_or_missing(english, member, other_member):
    order = place(member, virtual_sku(points=10, cash="1.00"))
    assert "Only a paid order can be refunded." in text_of(english.get(page(order)))

    other = place(other_member, virtual_sku(points=10))
    assert english.get(page(other)).status_code == 404
    assert (
        english.post(reverse("orders:codes", args=[other.no]), {"password": PASSWORD}).status_code
        == 404
    )
    assert english.post(reverse("orders:refund_withdraw", args=[other.no, 1])).status_code == 404


def test_order_page_when_paid_sent_and_refunded_then_it_tells_of_points_parcels_and_refunds(
    english, member
):
    address_of(member)
    order = pay(place(member, physical_sku(cash="30.00"), quantity=2))
    assert "160 points are on the way." in text_of(english.get(order.get_absolute_url()))

    lifecycle.ship(order, actor="staff:1", carrier="SF", number="SF1", pieces={line_of(order): 1})
    order = Order.objects.get(pk=order.pk)
    assert "SF · SF1" in text_of(english.get(order.get_absolute_url())).replace("  ", " ")
    order = received(order)
    refund(order, 1)
    seen = text_of(english.get(order.get_absolute_url()))
    assert "130 points are on the way, here on" in seen
    assert "Refund request 1" in seen
    assert "1 refunded" in seen


def test_codes_page_when_the_password_is_right_then_shown_and_noted_else_not(english, member):
    sku = key_sku(points=10, keys=3)
    order = place(member, sku, quantity=2)
    address = reverse("orders:codes", args=[order.no])

    assert f"KEY-{sku.pk}-1" not in english.get(order.get_absolute_url()).content.decode()
    assert f"KEY-{sku.pk}-1" not in english.get(address).content.decode()
    wrong = english.post(address, {"password": "wrong"})
    assert (wrong.status_code, CardKey.objects.filter(revealed_at=None).count()) == (403, 3)
    right = english.post(address, {"password": PASSWORD})

    assert [f"KEY-{sku.pk}-{n}" in right.content.decode() for n in (1, 2, 3)] == [True, True, False]
    assert "no-store" in right["Cache-Control"]
    assert (
        CardKeyEvent.objects.filter(
            kind="revealed", actor=f"member:{member.pk}", reference=order.reference
        ).count()
        == 2
    )


def test_codes_page_when_passwords_are_guessed_then_stopped_after_five(english, member):
    order = place(member, key_sku(points=10))
    address = reverse("orders:codes", args=[order.no])

    answers = [english.post(address, {"password": f"guess-{n}"}).status_code for n in range(7)]

    assert answers == [403] * 5 + [429] * 2


# --- API ------------------------------------------------------------------------
def test_api_when_a_refund_is_asked_previewed_decided_then_each_door_answers(
    signed_in_api, bearer, operator, member
):
    order = pay(place(member, virtual_sku(points=40, cash="9.90"), quantity=2))
    root = f"/api/v1/orders/{order.no}"
    line = signed_in_api.get(root).json()["lines"][0]["line"]

    preview = signed_in_api.get(f"{root}/refunds/preview", {"line": line, "quantity": 1}).json()
    assert (
        preview["points"],
        preview["cash"],
        preview["is_whole"],
        preview["taken"]["pending"],
    ) == (40, "9.90", False, 10)
    assert preview["lots"][0]["points"] == 40
    body = {"lines": [{"line": line, "quantity": 1}], "reason": "late"}
    asked = signed_in_api.post(
        f"{root}/refunds", body, format="json", headers={"Idempotency-Key": "a"}
    )
    again = signed_in_api.post(
        f"{root}/refunds", body, format="json", headers={"Idempotency-Key": "a"}
    )
    assert (asked.status_code, again.status_code, again["Idempotent-Replayed"]) == (
        201,
        201,
        "true",
    )
    assert asked.json() == again.json()
    assert (
        signed_in_api.post(
            f"{root}/refunds",
            {**body, "reason": ""},
            format="json",
            headers={"Idempotency-Key": "a"},
        ).status_code
        == 422
    )

    staff = bearer(operator)
    waiting = staff.get("/api/v1/staff/refunds", {"status": "requested"}).json()["results"]
    assert [row["order"] for row in waiting] == [order.no]
    assert staff.get(f"/api/v1/staff/refunds/{waiting[0]['id']}").json()["cash"] == "9.90"
    done = staff.post(
        f"/api/v1/staff/refunds/{waiting[0]['id']}/approval", {"restock": True}, format="json"
    )
    assert (done.status_code, done.json()["points"], done.json()["taken"]["pending"]) == (
        200,
        40,
        10,
    )
    assert (
        staff.post(
            f"/api/v1/staff/refunds/{waiting[0]['id']}/approval", {}, format="json"
        ).status_code
        == 409
    )
    shown = signed_in_api.get(root).json()
    assert (
        shown["refund_state"],
        shown["refunded_cash"],
        shown["points_on_the_way"]["points"],
    ) == ("partial", "9.90", 109)


def test_api_when_not_staff_or_not_the_owner_then_403_and_404(
    signed_in_api, bearer, other_member, member
):
    order = place(member, virtual_sku(points=10))
    asked = ask(order)
    for path in ("staff/refunds", f"staff/refunds/{asked.pk}"):
        assert signed_in_api.get(f"/api/v1/{path}").status_code == 403
    for path in (
        f"staff/refunds/{asked.pk}/approval",
        f"staff/refunds/{asked.pk}/rejection",
        f"staff/orders/{order.no}/shipments",
    ):
        assert signed_in_api.post(f"/api/v1/{path}", {}, format="json").status_code == 403

    other = bearer(other_member)
    assert other.get(f"/api/v1/orders/{order.no}/refunds").status_code == 404
    assert (
        other.post(f"/api/v1/orders/{order.no}/refunds/1/withdrawal", {}, format="json").status_code
        == 404
    )
    assert (
        other.post(
            f"/api/v1/orders/{order.no}/codes", {"password": PASSWORD}, format="json"
        ).status_code
        == 404
    )


@pytest.mark.parametrize(
    "query",
    [
        {"line": "x", "quantity": 1},
        {"line": 1},
        {"quantity": 1},
        {"line": 10**30, "quantity": 1},
        {"odd": 1},
    ],
)
def test_api_preview_when_the_query_is_odd_then_400(signed_in_api, member, query):
    order = place(member, virtual_sku(points=10))

    assert signed_in_api.get(f"/api/v1/orders/{order.no}/refunds/preview", query).status_code == 400


def test_api_codes_when_asked_with_the_password_then_listed(signed_in_api, member):
    sku = key_sku(points=10)
    order = place(member, sku)

    assert (
        signed_in_api.post(
            f"/api/v1/orders/{order.no}/codes", {"password": "no"}, format="json"
        ).status_code
        == 403
    )
    answer = signed_in_api.post(
        f"/api/v1/orders/{order.no}/codes", {"password": PASSWORD}, format="json"
    )

    assert [row["code"] for row in answer.json()["results"]] == [f"KEY-{sku.pk}-1"]


def test_api_shipments_when_a_part_is_sent_then_the_order_waits_for_the_rest(
    bearer, operator, member
):
    address_of(member)
    order = place(member, physical_sku(points=10), quantity=3)
    staff, parcel = bearer(operator), {"carrier": "SF", "tracking_number": "1"}
    url = f"/api/v1/staff/orders/{order.no}/shipments"

    first = staff.post(
        url, {**parcel, "lines": [{"line": line_of(order), "quantity": 2}]}, format="json"
    )
    assert (first.json()["status"], first.json()["lines"][0]["shipped_quantity"]) == ("paid", 2)
    assert (
        staff.post(
            url, {**parcel, "lines": [{"line": line_of(order), "quantity": 2}]}, format="json"
        ).status_code
        == 400
    )
    assert staff.post(url, parcel, format="json").json()["status"] == "shipped"


@pytest.mark.parametrize("count", [1, 3])
def test_api_staff_list_when_rows_grow_then_queries_do_not(
    bearer, operator, member, count, django_assert_num_queries
):
    for _ in range(count):
        ask(place(member, virtual_sku(points=10)))
    staff = bearer(operator)
    staff.get("/api/v1/staff/refunds")

    with django_assert_num_queries(STAFF_LIST):
        staff.get("/api/v1/staff/refunds")


STAFF_LIST = 5  # who asks, their rights twice, requests, lines


# --- back office -----------------------------------------------------------------
def test_admin_when_a_refund_waits_then_shown_approved_and_rejected_by_the_same_verbs(
    counter, member
):
    order = pay(place(member, virtual_sku(points=40, cash="9.90"), quantity=2))
    first, second = ask(order, 1), ask(order, 1)
    assert counter.get(reverse("admin:orders_refundrequest_changelist")).status_code == 200
    approve = reverse("admin:orders_refundrequest_approve_refund", args=[first.pk])

    shown = text_of(counter.get(approve))
    assert "¥9.90" in shown
    assert "10 earned points will not come" in shown
    assert counter.post(approve, {"note": "sorry"}).status_code == 302
    assert "already decided" in text_of(counter.post(approve, {"note": "again"}))
    reject = reverse("admin:orders_refundrequest_reject_refund", args=[second.pk])
    assert counter.post(reject, {"note": ""}).status_code == 400
    assert counter.post(reject, {"note": "worn"}).status_code == 302

    assert list(RefundRequest.objects.order_by("pk").values_list("status", "note")) == [
        ("approved", "sorry"),
        ("rejected", "worn"),
    ]
    assert (
        counter.get(reverse("admin:orders_refundrequest_change", args=[first.pk])).status_code
        == 200
    )


def test_admin_when_staff_ask_for_a_member_then_the_request_leads_to_its_approval(counter, member):
    order = received(place(member, virtual_sku(points=10), quantity=2))
    button = reverse("admin:orders_order_ask_refund", args=[order.pk])
    key = counter.get(button).context["form"]["key"].value()

    answer = counter.post(
        button, {"key": str(key), "reason": "broken", f"line_{line_of(order)}": 2}
    )

    asked = RefundRequest.objects.get()
    assert answer["Location"] == reverse(
        "admin:orders_refundrequest_approve_refund", args=[asked.pk]
    )
    assert asked.requested_by.startswith("staff:")


def test_admin_when_a_part_is_shipped_then_a_first_parcel_leaves(counter, member):
    address_of(member)
    order = place(member, physical_sku(points=10), quantity=3)
    ship = reverse("admin:orders_order_ship_order", args=[order.pk])

    counter.post(ship, {"carrier": "SF", "number": "1", f"line_{line_of(order)}": 1})
    assert (Order.objects.get(pk=order.pk).status, Shipment.objects.count()) == ("paid", 1)
    counter.post(ship, {"carrier": "SF", "number": "2", f"line_{line_of(order)}": 2})
    assert (Order.objects.get(pk=order.pk).status, Shipment.objects.count()) == ("shipped", 2)
    assert counter.get(reverse("admin:orders_order_change", args=[order.pk])).status_code == 200


def test_admin_when_keys_are_imported_then_looked_over_first_and_each_once(counter):
    sku = key_sku(keys=1, points=10)
    url = reverse("admin:catalog_sku_import_keys", args=[sku.pk])
    key = counter.get(url).context["form"]["key"].value()
    text = f"key\nAAA\nBBB,pin 1\nAAA\nKEY-{sku.pk}-1\n"

    looked = counter.post(url, {"text": text, "key": str(key), "look": "1"})
    assert "2 keys are new" in text_of(looked)
    assert [row for row, _why in looked.context["faults"]] == [4, 5]
    assert CardKey.objects.count() == 1
    for _ in range(2):
        assert counter.post(url, {"text": text, "key": str(key), "import": "1"}).status_code == 302

    assert CardKey.objects.filter(sku=sku, state="free").count() == 3
    assert CardKey.objects.last().secret == "BBB pin 1"
    listed = counter.get(reverse("admin:catalog_cardkey_changelist"))
    assert "AAA" not in listed.content.decode()
    ticked = {"action": "make_void", "_selected_action": [CardKey.objects.first().pk]}
    asked = counter.post(reverse("admin:catalog_cardkey_changelist"), ticked)
    assert "1 free key is taken out for good." in text_of(asked)
    assert CardKey.objects.filter(state="void").count() == 0
    counter.post(reverse("admin:catalog_cardkey_changelist"), {**ticked, "reason": "leaked"})
    assert CardKey.objects.filter(state="void").count() == 1
    assert AuditRow.objects.get(action="catalog.void_key").reason == "leaked"


def test_admin_when_a_role_may_only_look_then_the_buttons_are_refused(client, member, other_member):
    other_member.is_staff = True
    other_member.save()
    other_member.groups.add(Group.objects.get(name="support"))
    client.force_login(other_member)
    asked = ask(place(member, virtual_sku(points=10)))
    sku = key_sku(points=10)

    for url in (
        reverse("admin:orders_refundrequest_approve_refund", args=[asked.pk]),
        reverse("admin:catalog_sku_import_keys", args=[sku.pk]),
    ):
        assert client.post(url, {"note": "x", "text": "X", "import": "1"}).status_code == 403
    assert RefundRequest.objects.get().is_waiting
    assert refund_requests.left_of(asked.order) == {line_of(asked.order): 0}
