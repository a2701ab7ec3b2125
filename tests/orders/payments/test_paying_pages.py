"""The pages of paying with a real provider: there by the shopper's device, and waiting for its
word.
"""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from mall.core import clock
from orders.models import Order, Payment
from tests.factories.orders import place, virtual_sku

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
IN_WECHAT = f"{PHONE} MicroMessenger/8.0.44"


@pytest.fixture
def order(member):
    return place(member, virtual_sku(cash="9.90"))


@pytest.fixture
def signed_in(client, member):
    client.force_login(member)
    client.cookies["mall_language"] = "en"
    return client


def choose(client, order, provider, agent=""):
    """Choose a provider and follow to the page that waits."""
    headers = {"user-agent": agent} if agent else {}
    url = reverse("orders:pay", args=[order.no])
    answer = client.post(url, {"provider": provider}, headers=headers)
    assert answer.status_code == 302
    return answer.url, client.get(answer.url, headers=headers).content.decode()


def test_paying_when_the_device_is_known_then_each_provider_is_paid_in_its_way(
    signed_in, providers, order
):
    ways = {}
    for provider in ("alipay", "wechat"):
        for agent in ("", PHONE, IN_WECHAT):
            _url, page = choose(signed_in, order, provider, agent)
            way = Payment.objects.filter(status="open").latest("pk").way
            shown = {"page": "trade.page.pay", "wap": "trade.wap.pay", "native": "code.svg"}
            assert shown.get(way, "checkmweb?prepay_id") in page
            ways[provider, agent] = way

    assert list(ways.values()) == ["page", "wap", "wap", "native", "h5", "native"]
    assert Payment.objects.filter(status="open").count() == 1


def test_paying_when_the_notice_stays_away_then_the_page_asks_and_leads_on(
    signed_in, providers, order, other_member
):
    url, page = choose(signed_in, order, "wechat")
    code = signed_in.get(f"{url}code.svg")
    again = signed_in.get(url)
    assert (code.status_code, code["Content-Type"]) == (200, "image/svg+xml")
    assert b"<path" in code.content and b"white" in code.content
    assert 'hx-trigger="every 4s"' in page and again.status_code == 200
    assert [name for name, _said in providers.calls] == ["POST /v3/pay/transactions/native"]
    providers.pay(Payment.objects.get())

    with time_machine.travel(clock.now() + timedelta(seconds=15)):
        polled = signed_in.get(url, headers={"hx-request": "true"})
        led = signed_in.get(url, follow=True)

    assert polled["HX-Redirect"] == order.get_absolute_url()
    assert "your payment has arrived" in led.content.decode()
    assert Order.objects.get().status == "paid"
    signed_in.force_login(other_member)
    assert (signed_in.get(url).status_code, signed_in.get(f"{url}code.svg").status_code) == (
        404,
    ) * 2


def test_paying_when_the_provider_is_silent_or_closed_it_then_words_and_another_way(
    signed_in, providers, order
):
    providers.broken["POST /v3/pay"] = 500
    url, page = choose(signed_in, order, "wechat")
    assert "does not answer right now" in page and "Pay another way" in page
    assert signed_in.get(f"{url}code.svg").status_code == 404
    providers.broken = {}
    assert "code.svg" in signed_in.get(url).content.decode()
    providers.trades[Payment.objects.get().no]["status"] = "closed"

    with time_machine.travel(clock.now() + timedelta(seconds=15)):
        closed = signed_in.get(url).content.decode()
    with time_machine.travel(order.pay_by + timedelta(minutes=1)):
        over = signed_in.get(url)

    assert "did not go through" in closed and "hx-trigger" not in closed
    assert over.status_code == 200
    assert "Pay another way" not in over.content.decode()
