"""The back office's filter by days takes whole shop days, the last one too."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.urls import reverse

from tests.factories.orders import place, virtual_sku

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2026-11-20", "2026-11-20", 1),
        ("2026-11-21", "2026-11-30", 0),
        ("2026-11-01", "2026-11-19", 0),
        ("", "", 1),
        ("soon", "later", 1),
    ],
)
def test_filter_when_days_are_chosen_then_both_are_whole(client, member, first, last, found):
    get_user_model().objects.filter(pk=member.pk).update(is_staff=True, is_superuser=True)
    # 23:30 in the shop
    with time_machine.travel(datetime(2026, 11, 20, 15, 30, tzinfo=UTC), tick=False):
        place(member, virtual_sku(cash="5.00"))
    client.force_login(member)

    page = client.get(
        reverse("admin:orders_order_changelist"), {"created_at_from": first, "created_at_to": last}
    )

    assert page.context["cl"].result_count == found
