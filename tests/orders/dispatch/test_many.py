"""Many orders sent from one table."""

import pytest
from django.urls import reverse

from accounts import addresses
from mall.core.models import AuditRow
from orders import lifecycle
from orders.dispatch import waiting
from orders.models import Order, Shipment
from tests.factories.orders import HOME, physical_sku, place, virtual_sku

pytestmark = pytest.mark.django_db


def table_of(page):
    """The table's fields as a browser would send them."""
    rows = page.context["table"].rows
    sent = {"row": [form.row.order.pk for form in rows]}
    for form in rows:
        for name in form.fields:
            value = form[name].value()
            if value not in (None, False, ""):
                sent[form.add_prefix(name)] = value
    return sent


def numbers_of(orders):
    return dict(Order.objects.filter(pk__in=[o.pk for o in orders]).values_list("pk", "status"))


def test_table_when_numbers_are_pasted_then_one_press_sends_them_all(
    counter, many_url, waiting_orders, member
):
    orders = waiting_orders(6)
    place(member, virtual_sku(points=1))
    page = counter.get(many_url)
    column = "\n".join(f"SF{n:05}" for n in range(6))

    full = counter.post(many_url, {**table_of(page), "carrier": "sf", "numbers": column, "fill": 1})
    done = counter.post(many_url, {**table_of(full), "carrier": "sf", "send": 1})

    assert len(page.context["table"].rows) == 6
    assert HOME["detail"] in page.content.decode()
    assert (full.status_code, done.status_code) == (200, 302)
    assert Shipment.objects.count() == 6
    found = Order.objects.filter(pk__in=[o.pk for o in orders]).order_by("pk")
    assert [o.tracking_number for o in found] == column.split("\n")
    assert {(o.status, o.carrier) for o in found} == {("shipped", "顺丰速运")}
    opened = AuditRow.objects.filter(action="orders.open_dispatch").first()
    assert len(opened.after["orders"]) == 6


def test_chosen_when_they_are_more_than_a_page_then_the_rest_is_told(
    counter, waiting_orders, monkeypatch
):
    monkeypatch.setattr(waiting, "ROWS", 2)
    chosen = {"action": "ship_chosen", "_selected_action": [o.pk for o in waiting_orders(3)]}

    shown = counter.post(reverse("admin:orders_order_changelist"), chosen, follow=True)

    assert len(shown.context["table"].rows) == 2
    [told] = [str(one) for one in shown.context["messages"]]
    assert "2" in told and "1" in told


def test_table_when_rows_are_wrong_then_each_is_named_and_the_right_ones_go(
    counter, many_url, waiting_orders, member, other_member
):
    mine, theirs = waiting_orders(4), waiting_orders(1, other_member)
    sent = table_of(counter.get(many_url))
    lifecycle.cancel(mine[1], actor=f"member:{member.pk}")
    first, gone, odd, empty = mine
    sent |= {"carrier": "zto", f"{first.pk}-number": "ZT1", f"{gone.pk}-number": "ZT2"}
    sent |= {f"{odd.pk}-number": "南京路", f"{theirs[0].pk}-number": "zt1"}

    answer = counter.post(many_url, {**sent, "send": 1})

    assert answer.status_code == 400
    faults = {f.row.order.pk: dict(f.errors) for f in answer.context["table"].rows}
    assert set(faults) == {gone.pk, odd.pk, empty.pk, theirs[0].pk}
    assert [name for pk in (gone.pk, odd.pk, theirs[0].pk) for name in faults[pk]] == ["number"] * 3
    assert not faults[empty.pk]
    assert "南京路" in answer.content.decode()
    assert numbers_of(mine) | numbers_of(theirs) == {
        first.pk: "shipped",
        gone.pk: "cancelled",
        odd.pk: "paid",
        empty.pk: "paid",
        theirs[0].pk: "paid",
    }


def test_table_when_orders_travel_together_then_one_number_serves_them(
    counter, many_url, waiting_orders, member
):
    first, second = waiting_orders(2)
    other = addresses.add(member, **{**HOME, "detail": "淮海路 2 号"})
    elsewhere = place(member, physical_sku(points=10), address=other.pk)
    chosen = {"action": "ship_chosen", "_selected_action": [o.pk for o in (first, second)]}
    page = counter.get(many_url)
    few = counter.post(reverse("admin:orders_order_changelist"), chosen, follow=True)
    rows = {form.row.order.pk: form.row.follows for form in page.context["table"].rows}
    sent = {**table_of(page), "carrier": "jd", f"{first.pk}-number": "JD1", "send": 1}

    answer = counter.post(many_url, {**sent, f"{second.pk}-together": "on"})

    assert rows == {first.pk: False, second.pk: True, elsewhere.pk: False}
    assert len(few.context["table"].rows) == 2
    assert answer.status_code == 302
    assert list(Shipment.objects.values_list("order_id", "tracking_number")) == [
        (first.pk, "JD1"),
        (second.pk, "JD1"),
    ]


def test_table_when_no_carrier_is_chosen_or_the_row_above_is_empty_then_said_at_the_field(
    counter, many_url, waiting_orders
):
    first, second = waiting_orders(2)
    sent = table_of(counter.get(many_url))

    alone = counter.post(many_url, {**sent, f"{second.pk}-together": "on", "send": 1})
    bare = counter.post(many_url, {**sent, f"{first.pk}-number": "1", "send": 1})

    assert "together" in alone.context["table"].rows[1].errors
    assert "carrier" in bare.context["table"].rows[0].errors
    assert not Shipment.objects.exists()


def test_single_page_when_opened_then_goods_and_address_stand_there_and_a_change_is_noticed(
    counter, waiting_orders, operator
):
    [order] = waiting_orders(1)
    url = reverse("admin:orders_order_ship_order", args=[order.pk])

    page = counter.get(url)
    stale = counter.post(url, {"carrier": "SF", "number": "1", "version": "x"})

    text = page.content.decode()
    assert order.lines.get().product_name in text and HOME["detail"] in text
    assert '<option value="SF Express">' in text or '<option value="顺丰速运">' in text
    assert stale.status_code == 400 and not Shipment.objects.exists()
    assert AuditRow.objects.filter(
        actor=f"staff:{operator.pk}", action="orders.reveal_address", target=order.reference
    ).exists()
