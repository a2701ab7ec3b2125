"""Orders behind the counter."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from catalog.models import Sku
from mall.core.models import AuditRow
from orders import lifecycle
from orders.models import CheckoutPolicy, Order, PaymentRefund
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from tests.factories.orders import (
    HOME,
    address_of,
    ask,
    pay,
    physical_sku,
    place,
    received,
    refund,
    virtual_sku,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(client, operator):
    """A browser session of an operator."""
    client.force_login(operator)
    return client


@pytest.fixture
def looker(client, other_member):
    """A browser session of somebody in support: may look, may not touch."""
    other_member.is_staff = True
    other_member.save()
    other_member.groups.add(Group.objects.get(name="support"))
    client.force_login(other_member)
    return client


def detail(order):
    return reverse("admin:orders_order_change", args=[order.pk])


def button(order, name):
    return reverse(f"admin:orders_order_{name}_order", args=[order.pk])


@pytest.mark.parametrize("count", [1, 3])
def test_changelist_when_rows_grow_then_queries_do_not(
    counter, member, count, django_assert_num_queries
):
    for _ in range(count):
        place(member, virtual_sku(points=10))
    counter.get(reverse("admin:orders_order_changelist"))

    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        answer = counter.get(reverse("admin:orders_order_changelist"))

    assert answer.status_code == 200
    assert answer.content.decode().count("orders/order/") >= count


QUERIES_OF_THE_LIST = 5


def test_change_page_when_opened_then_everything_is_read_only_and_buttons_fit_the_state(
    counter, member
):
    address_of(member)
    order = place(member, physical_sku(points=10))

    page = counter.get(detail(order)).content.decode()

    assert HOME["recipient"] not in page
    assert HOME["detail"] not in page
    assert button(order, "ship") in page
    assert button(order, "cancel") in page
    assert button(order, "complete") not in page
    assert button(order, "refund") not in page
    assert 'name="status"' not in page
    assert counter.post(detail(order), {"status": "completed"}).status_code == 403


def test_change_page_when_support_looks_then_the_address_is_masked_and_nothing_can_be_done(
    looker, member
):
    address_of(member)
    order = place(member, physical_sku(points=10))

    page = looker.get(detail(order)).content.decode()

    assert HOME["phone"] not in page
    assert HOME["detail"] not in page
    assert "138****5678" in page
    for name in ("ship", "cancel", "complete", "refund"):
        assert button(order, name) not in page
        assert (
            looker.post(
                button(order, name), {"carrier": "SF", "number": "1", "reason": "x"}
            ).status_code
            == 403
        )
    assert Order.objects.get(pk=order.pk).status == "paid"


def test_change_page_when_paid_and_asked_back_then_it_leads_to_the_payment_and_each_request(
    counter, member
):
    order = received(pay(place(member, virtual_sku(cash="20.00"), quantity=2)))
    asked = [ask(order, 1, reason="too small"), refund(order, 1)]

    page = counter.get(detail(order)).content.decode()

    assert "too small" in page and "20.00" in page
    assert reverse("admin:orders_payment_change", args=[order.payments.get().pk]) in page
    for one in asked:
        assert reverse("admin:orders_refundrequest_change", args=[one.pk]) in page


def test_change_page_when_a_part_is_sent_then_the_parcel_says_what_is_in_it(counter, member):
    address_of(member)
    sku = physical_sku(cash="20.00", stock=5)
    Sku.objects.filter(pk=sku.pk).update(name_zh_hans="大号")
    order = pay(place(member, sku, quantity=3))
    line = order.lines.get()
    lifecycle.ship(order, actor="staff:1", carrier="SF", number="1", pieces={line.pk: 2})

    page = counter.get(detail(order)).content.decode()

    assert f"{line.product_name} 大号 × 2" in page
    assert "× 3 × 2" not in page


def test_reveal_address_when_allowed_then_shown_once_and_written_down(counter, member, operator):
    address_of(member)
    order = place(member, physical_sku(points=10))

    page = counter.get(
        reverse("admin:orders_order_reveal_address", args=[order.pk]), follow=True
    ).content.decode()

    assert HOME["detail"] in page
    assert list(AuditRow.objects.values_list("actor", "action", "target")) == [
        (f"staff:{operator.pk}", "orders.reveal_address", order.reference)
    ]
    assert HOME["detail"] not in counter.get(detail(order)).content.decode()


def test_ship_when_sent_then_the_order_is_on_its_way_by_that_operator(counter, member, operator):
    address_of(member)
    order = place(member, physical_sku(points=10))

    assert counter.get(button(order, "ship")).status_code == 200
    assert counter.post(button(order, "ship"), {"carrier": "", "number": ""}).status_code == 400
    answer = counter.post(button(order, "ship"), {"carrier": "SF", "number": "SF123"})

    assert (answer.status_code, answer["Location"]) == (302, detail(order))
    shipped = Order.objects.get(pk=order.pk)
    assert (shipped.status, shipped.carrier, shipped.tracking_number) == ("shipped", "SF", "SF123")
    assert shipped.events.last().actor == f"staff:{operator.pk}"


def test_ship_when_goods_are_virtual_then_the_button_is_enough(counter, member):
    order = place(member, virtual_sku(points=10))

    assert counter.post(button(order, "ship")).status_code == 302
    assert counter.post(button(order, "complete")).status_code == 302
    assert Order.objects.get(pk=order.pk).status == "completed"


def test_cancel_when_sent_then_it_needs_a_reason_and_gives_everything_back(
    counter, member, standing
):
    order = place(member, virtual_sku(points=10))

    assert counter.post(button(order, "cancel"), {"reason": " "}).status_code == 400
    assert counter.post(button(order, "cancel"), {"reason": "broken"}).status_code == 302

    assert Order.objects.get(pk=order.pk).events.last().note == "broken"
    assert standing(member) == (100, 0)
    again = counter.post(button(order, "cancel"), {"reason": "broken"})
    assert again.status_code == 400
    assert standing(member) == (100, 0)


def test_refund_when_a_cancelled_order_is_still_owed_cash_then_the_button_returns_it(
    counter, member
):
    order = place(member, virtual_sku(points=10, cash="1.00"))
    cash_in.receive_notice(
        "sandbox", *sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
    )
    counter.post(button(order, "cancel"), {"reason": "broken"})
    assert PaymentRefund.objects.get().status == "requested"
    assert button(order, "refund") in counter.get(detail(order)).content.decode()

    assert counter.post(button(order, "refund")).status_code == 302

    assert PaymentRefund.objects.get().status == "done"
    assert button(order, "refund") not in counter.get(detail(order)).content.decode()


def test_policy_when_edited_then_checkout_goes_by_it(counter, member):
    row = CheckoutPolicy.objects.get()
    url = reverse("admin:orders_checkoutpolicy_change", args=[row.pk])
    numbers = {
        "discount_min_points": 100,
        "discount_step_points": 100,
        "discount_max_percent": 50,
        "freight": "0.00",
    }
    numbers |= {"refund_days": 7, "auto_complete_days": 10, "refund_coupon": "keep"}

    assert counter.post(url, {**numbers, "payment_window_minutes": 0}).status_code == 200
    assert counter.post(url, {**numbers, "payment_window_minutes": 5}).status_code == 302

    order = place(member, virtual_sku(cash="1.00"))
    assert (order.pay_by - order.created_at).total_seconds() == 300
    assert counter.get(reverse("admin:orders_checkoutpolicy_add")).status_code == 403


def test_payments_when_looked_at_then_they_are_read_only(counter, member):
    order = place(member, virtual_sku(cash="1.00"))
    payment = cash_in.start(order, "sandbox")
    url = reverse("admin:orders_payment_change", args=[payment.pk])

    assert payment.no in counter.get(reverse("admin:orders_payment_changelist")).content.decode()
    assert counter.get(url).status_code == 200
    assert counter.post(url, {"status": "paid"}).status_code == 403
    assert counter.get(reverse("admin:orders_paymentrefund_changelist")).status_code == 200


def test_counter_when_a_shopper_knocks_then_it_stays_shut(signed_in, member):
    order = place(member, virtual_sku(points=1))

    for url in (detail(order), button(order, "ship"), reverse("admin:orders_order_changelist")):
        assert signed_in.get(url).status_code == 302
        assert "login" in signed_in.get(url)["Location"]
