"""One shape for an order, wherever it is answered: what the verb knew is what is read later."""

from uuid import uuid4

import pytest
from django.test import RequestFactory
from django.utils import translation
from rest_framework import serializers

from catalog.models import Product
from mall.core.shapes import Shape
from orders import lifecycle
from orders.models import CheckoutPolicy, Order
from orders.serializers import OrderDetailSerializer, OrderSerializer
from tests.factories.coupons import given
from tests.factories.orders import (
    address_of,
    ask,
    give_points,
    key_sku,
    pay,
    physical_sku,
    place,
    virtual_sku,
)

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"


def points_only(member):
    return {"lines": [{"sku": virtual_sku(points=10).pk, "quantity": 3}]}


def two_lines_with_coupon(member):
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"freight": "8.00"})
    address_of(member)
    first = virtual_sku(cash="19.99", pay_mode=Product.PayMode.CASH_POINTS)
    second = physical_sku(points=7, cash="33.30")
    lines = [{"sku": second.pk, "quantity": 1}, {"sku": first.pk, "quantity": 3}]
    return {"lines": lines, "points_to_use": 100, "coupon": given(member).pk}


def card_keys(member):
    return {"lines": [{"sku": key_sku(points=10).pk, "quantity": 2}]}


def keys_and_goods(member):
    skus = (key_sku(points=10), virtual_sku(points=5))
    return {"lines": [{"sku": sku.pk, "quantity": 1} for sku in skus]}


@pytest.mark.parametrize("body", [points_only, two_lines_with_coupon, card_keys, keys_and_goods])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_place_when_answered_then_each_field_is_as_read_later(
    signed_in_api, member, body, language
):
    give_points(member, 1000)
    sent, key = body(member), uuid4().hex
    headers = {"Idempotency-Key": key, "Accept-Language": language}

    made = signed_in_api.post(ORDERS, sent, format="json", headers=headers)
    again = signed_in_api.post(ORDERS, sent, format="json", headers=headers)
    read = signed_in_api.get(f"{ORDERS}/{made.json()['no']}", headers=headers).json()
    (listed,) = signed_in_api.get(ORDERS, headers=headers).json()["results"]

    assert made.status_code == again.status_code == 201, made.json()
    assert made.json() == again.json() == listed
    assert made.json() == {name: read[name] for name in made.json()}
    assert set(made.json()) == set(OrderSerializer().fields)


def test_cancel_and_receive_when_answered_then_each_field_is_as_read_later(signed_in_api, member):
    give_points(member, 1000)
    cancelled, received = (place(member, virtual_sku(points=10, cash="2.50")) for _ in range(2))
    lifecycle.ship(pay(received), actor="staff:1", carrier="SF", number="1")

    answers = [
        signed_in_api.post(f"{ORDERS}/{cancelled.no}/cancellation", {}, format="json").json(),
        signed_in_api.post(f"{ORDERS}/{received.no}/receipt", {}, format="json").json(),
    ]

    assert [answer["status"] for answer in answers] == ["cancelled", "completed"]
    for answer in answers:
        read = signed_in_api.get(f"{ORDERS}/{answer['no']}").json()
        assert answer == {name: read[name] for name in answer}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_shape_when_compared_with_rest_frameworks_own_way_then_the_same(
    member, language, monkeypatch
):
    give_points(member, 1000)
    address_of(member)
    order = place(member, physical_sku(points=10, cash="20.00"), quantity=2)
    lifecycle.ship(pay(order), actor="staff:1", carrier="SF", number="1")
    ask(Order.objects.get(pk=order.pk), 1)
    context = {"request": RequestFactory().get("/", headers={"host": "testserver"})}

    def answer():
        found = Order.objects.prefetch_related(
            "lines", "payments__refunds", "shipments__lines"
        ).get(pk=order.pk)
        return OrderDetailSerializer(found, context=context).data

    with translation.override(language):
        ours = answer()
        monkeypatch.setattr(Shape, "to_representation", serializers.Serializer.to_representation)
        theirs = answer()

    assert len(ours["events"]) > 1 and ours["payments"] and ours["shipments"]
    assert ours == theirs
