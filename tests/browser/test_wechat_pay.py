"""Paying inside WeChat, with its bridge played: what it answers is said, and what it needs is
allowed.
"""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from orders.models import Order, Payment
from orders.payments import cash_in
from tests.factories.orders import place, virtual_sku
from tests.orders.payments.conftest import _listening, providers  # noqa: F401 - both providers
from tests.orders.payments.test_paying_pages import IN_WECHAT, known_to_wechat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# As WeChat's own does, it speaks through a frame; its answers come in this order.
BRIDGE = """
const answers = ["cancel", "fail: no network", "ok"];
window.refused = [];
window.asked = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(event.blockedURI);
});
const invoke = (verb, order, tell) => {
  window.asked.push([verb, order]);
  const frame = document.createElement("iframe");
  frame.src = "weixin://dispatch_message/";
  document.documentElement.append(frame);
  setTimeout(() => {
    frame.remove();
    tell({ err_msg: `get_brand_wcpay_request:${answers.shift()}` });
  }, 50);
};
setTimeout(() => {
  window.WeixinJSBridge = { invoke };
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
}, 300);
"""


def test_button_when_the_bridge_answers_then_the_page_says_so_and_goes_on_when_money_came(
    open_page,
    english,
    sign_in_page,
    member,
    providers,  # noqa: F811
    settings,
):
    settings.SHOP_URL = "https://mall.example"
    known_to_wechat(member)
    order = place(member, virtual_sku(cash="9.90"))
    page = sign_in_page(english(open_page(width=390, user_agent=IN_WECHAT)), member)
    page.context.add_init_script(BRIDGE)

    page.goto(reverse("orders:pay", args=[order.no]))
    page.check("[name=provider][value=wechat]")
    page.click("main form [type=submit]")
    button, told = page.locator("[data-wechat-pay]"), page.locator("#wechat-told")
    said = []
    for words in ("not paid yet", "could not take", "Thank you"):
        button.click()
        expect(told).to_contain_text(words)
        said.append(button.is_visible())
    payment = Payment.objects.get()
    providers.pay(payment)
    verb, sent = page.evaluate("window.asked[0]")
    refused = page.evaluate("window.refused")
    cash_in.receive_notice("wechat", *providers.wechat_notice(payment))
    page.wait_for_url(f"**{order.get_absolute_url()}")

    assert said == [True, True, False]
    assert verb == "getBrandWCPayRequest" and sorted(sent) == sorted(
        ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"]
    )
    assert refused == []
    assert Order.objects.get().status == "paid"
