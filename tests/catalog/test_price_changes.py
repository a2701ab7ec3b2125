"""Prices of many SKUs changed at once, after looking at them."""

from decimal import Decimal

import pytest
from django.urls import reverse

from catalog import assortment
from catalog.models import Sku
from mall.core.models import AuditRow
from tests.factories.orders import virtual_sku

pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_sku_changelist")
SAID = {"points_percent": "-10", "cash_percent": "+5", "points_step": "10", "cash_step": "0.50"}


@pytest.fixture
def skus():
    """Of points, of yuan, and of both."""
    return [
        virtual_sku(points=1_234),
        virtual_sku(cash="19.90"),
        virtual_sku(points=55, cash="9.99"),
    ]


def ask(client, skus, **said):
    chosen = {"action": "change_prices", "_selected_action": [sku.pk for sku in skus]}
    return client.post(LIST, {**chosen, **said, "told": str(len(skus))})


def prices():
    return list(Sku.objects.order_by("pk").values_list("points_price", "cash_price"))


def test_prices_when_looked_at_and_changed_then_rounded_and_written_down(client, operator, skus):
    client.force_login(operator)
    before = prices()

    shown = ask(client, skus, **SAID)
    looked = prices()
    done = ask(client, skus, **SAID, apply="1", version=shown.context["version"])

    assert looked == before and shown.context["may_apply"]
    assert done.status_code == 302
    assert prices() == [(1_110, Decimal(0)), (0, Decimal("21.00")), (50, Decimal("10.50"))]
    assert AuditRow.objects.filter(action="catalog.reprice").count() == 3


def test_prices_when_stale_too_low_or_odd_then_none_is_changed(client, operator, skus):
    client.force_login(operator)
    shown = ask(client, skus, **SAID)
    assortment.reprice(skus[0].pk, by=operator, points_price=2_000)
    before = prices()

    stale = ask(client, skus, **SAID, apply="1", version=shown.context["version"])
    free = ask(client, skus, **{**SAID, "points_percent": "-90", "points_step": "100"})
    odd = ask(client, skus, **{**SAID, "points_percent": "1e1"})

    assert (stale.status_code, odd.status_code) == (400, 400)
    assert not free.context["may_apply"] and [bool(p.why) for p in free.context["proposals"]] == [
        False,
        False,
        True,
    ]
    assert list(odd.context["form"].errors) == ["points_percent"]
    assert prices() == before
