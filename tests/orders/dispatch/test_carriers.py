"""Carriers: a list that the operator keeps, and parcels that can be followed."""

import pytest
from django.urls import reverse
from django.utils import translation

from mall.core.models import AuditRow
from orders import lifecycle
from orders.dispatch import carriers
from orders.models import Carrier, Shipment

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("called", ["顺丰速运", "SF", "sf express", " ＳＦ　Express "])
def test_find_when_a_carrier_is_called_as_people_write_it_then_it_is_known(called):
    found = carriers.find(called)

    assert found.code == "sf"
    assert carriers.find("顺丰 同城") is None


def test_detail_when_parcels_are_old_and_new_then_each_is_readable_and_can_be_followed(
    signed_in, api, member, waiting_orders
):
    known, free = waiting_orders(2)
    lifecycle.ship(known, actor="staff:1", carrier="顺丰速运", number="SF 1/2")
    lifecycle.ship(free, actor="staff:1", carrier="My cousin", number="7")
    Carrier.objects.filter(code="sf").update(name_zh_hans="顺丰航空", is_active=False)

    page, other = (
        signed_in.get(order.get_absolute_url()).content.decode() for order in (known, free)
    )
    with translation.override("en"):
        in_english = [carriers.called(text, code="sf") for text in ("顺丰速运", "SF")]
        in_english.append(carriers.called("My cousin"))
    api.force_authenticate(member)
    told = api.get(f"/api/v1/orders/{known.no}").json()["shipments"][0]

    assert Shipment.objects.get(order=known).carrier_code == "sf"
    address = "https://www.kuaidi100.com/chaxun?com=shunfeng&amp;nu=SF%201%2F2"
    assert "顺丰航空" in page and f'href="{address}"' in page
    assert in_english == ["SF Express", "SF", "My cousin"]
    assert "My cousin" in other and "kuaidi100" not in other
    assert (told["carrier"], told["carrier_code"]) == ("顺丰速运", "sf")
    assert told["tracking_url"] == address.replace("&amp;", "&")


def test_carrier_when_kept_in_the_back_office_then_checked_and_written_down(counter):
    url = reverse("admin:orders_carrier_add")
    said = {"code": "dhl", "name_zh_hans": "敦豪", "name_en": "DHL", "is_active": "on"}
    said |= {"position": "5", "tracking_url": "http://dhl.example/{number}"}

    refused = counter.post(url, said)
    taken = counter.post(url, {**said, "tracking_url": "https://dhl.example/{number}"})

    assert list(refused.context["adminform"].form.errors) == ["tracking_url"]
    assert taken.status_code == 302
    assert carriers.offered()[0].code == "dhl"
    assert AuditRow.objects.filter(action="orders.carrier_add").count() == 1
