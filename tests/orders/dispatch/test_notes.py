"""What a member is told about an order, and what colleagues tell each other."""

import pytest
from django.urls import reverse

from marketing.models import Notification
from orders.models import OrderNote
from points import event_delivery

pytestmark = pytest.mark.django_db


def test_note_when_written_twice_then_the_member_reads_it_once_and_nothing_internal(
    counter, waiting_orders, member
):
    [order] = waiting_orders(1)
    to_member, inside = (
        reverse(f"admin:orders_order_{name}", args=[order.pk])
        for name in ("note_member", "note_inside")
    )

    for _press in range(2):
        assert counter.post(to_member, {"text": "Sold out in red, blue comes"}).status_code == 302
        assert counter.post(inside, {"text": "asked for red thrice"}).status_code == 302
    empty = counter.post(to_member, {"text": " "})
    event_delivery.deliver(member.pk)
    event_delivery.deliver(member.pk)
    office = counter.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    counter.force_login(member)
    page = counter.get(order.get_absolute_url()).content.decode()

    assert empty.status_code == 400
    assert page.count("Sold out in red") == 1 and "thrice" not in page
    assert "Sold out in red" in office and "thrice" in office
    assert OrderNote.objects.count() == 1
    [notice] = Notification.objects.filter(kind="order_note")
    assert "blue comes" in notice.wording.text and notice.url == order.get_absolute_url()
