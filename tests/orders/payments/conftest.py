"""Both providers on 127.0.0.1, and a shop that offers them."""

import pytest

from tests.orders.payments.providers import Providers


@pytest.fixture(scope="session")
def _listening():
    providers = Providers()
    yield providers
    providers.stop()


@pytest.fixture
def providers(_listening, settings):
    """Alipay and WeChat Pay, who know nothing yet; the shop offers both, and the sandbox."""
    fresh = _listening
    fresh.trades, fresh.refunds, fresh.bills = {}, {}, {}
    fresh.calls, fresh.broken, fresh.watch = [], {}, lambda: None
    fresh.more = {}
    fresh.refund_state = "SUCCESS"
    settings.PAYMENT_PROVIDERS = ["alipay", "wechat", "sandbox"]
    settings.PAYMENT_ALIPAY = fresh.alipay_account()
    settings.PAYMENT_WECHAT = fresh.wechat_account()
    settings.SHOP_URL = "https://mall.example"
    return fresh
