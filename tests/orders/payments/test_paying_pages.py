"""The pages of paying with a real provider: there by the shopper's device, and waiting for its
word.
"""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.urls import reverse

from mall.core import clock
from orders.models import Order, Payment
from tests.factories.orders import place, virtual_sku
from tests.orders.payments.providers import WX_APP_ID, is_signed

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


# --- inside WeChat ---------------------------------------------------------------------
def known_to_wechat(user, *, app=WX_APP_ID):
    """Somebody who signed in through the WeChat app that takes the money, or through another."""
    SocialApp.objects.create(provider="weixin", name="WeChat", client_id=app, secret="s")
    SocialAccount.objects.create(
        user=user, provider="weixin", uid="o-mei", extra_data={"openid": "o-mei"}
    )


def test_paying_when_in_wechat_and_known_there_then_its_bridge_gets_what_the_shop_signed(
    signed_in, providers, order, member
):
    known_to_wechat(member)

    url, page = choose(signed_in, order, "wechat", IN_WECHAT)
    later = signed_in.get(url, headers={"user-agent": IN_WECHAT})
    elsewhere = signed_in.get(url, headers={"user-agent": PHONE}).content.decode()

    given = dict(re.findall(r'data-([a-z-]+)="([^"]+)"', page.partition("data-wechat-pay")[2]))
    lines = [given[name] for name in ("app-id", "time-stamp", "nonce-str", "package")]
    assert is_signed("wechat-merchant", "\n".join(lines) + "\n", given["pay-sign"])
    assert lines[0] == WX_APP_ID and lines[3].startswith("prepay_id=wx")
    ((call, sent),) = providers.calls
    assert (call, sent["payer"]) == ("POST /v3/pay/transactions/jsapi", {"openid": "o-mei"})
    assert "frame-src weixin:" in later["Content-Security-Policy"]
    assert "js/wechat_pay" in page and "data-wechat-pay" in elsewhere


def test_paying_when_in_wechat_the_code_is_wanted_or_needed_then_it_is_drawn_and_the_rest_closed(
    signed_in, providers, order, member, other_member
):
    known_to_wechat(member)
    url, _page = choose(signed_in, order, "wechat", IN_WECHAT)
    pay, sent = reverse("orders:pay", args=[order.no]), {"provider": "wechat", "way": "native"}
    headers = {"user-agent": IN_WECHAT}

    wanted = signed_in.post(pay, sent, headers=headers, follow=True)
    closed = Payment.objects.get(no=url.split("/")[-2])
    wrong = signed_in.post(pay, {**sent, "way": "banknotes"}, headers=headers, follow=True)
    SocialApp.objects.update(client_id="wx-of-another-app")
    unknown, page = choose(signed_in, order, "wechat", IN_WECHAT)

    assert "code.svg" in wanted.content.decode() and "data-wechat-pay" not in page
    assert closed.status == "failed"
    assert "cannot be used in this way" in wrong.content.decode()
    assert "code.svg" in page and unknown == wanted.redirect_chain[-1][0]
