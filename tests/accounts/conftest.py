"""WeChat and the sender of text messages, on 127.0.0.1."""

import pytest

from accounts import sms
from accounts.sms import tencent
from accounts.wechat import calls
from tests.accounts.outside import MINI, SECRET, SERVICE, TENCENT, WEBSITE, Outside


@pytest.fixture(scope="session")
def _listening():
    outside = Outside()
    yield outside
    outside.stop()


@pytest.fixture
def outside(_listening, settings, monkeypatch):
    """Both, who know nothing yet; the shop has its keys."""
    _listening.forget()
    sms.forget_silence()
    for asked in (calls, tencent):  # a busy machine is no silent provider
        monkeypatch.setattr(asked, "TIMEOUT_SECONDS", 30)
    tencent._client_of.cache_clear()
    settings.SMS_PROVIDER = "tencent"
    settings.SMS_TENCENT = {**TENCENT, "template": "1000", "url": _listening.url}
    settings.WECHAT_URL = _listening.url
    apps = [(SERVICE, "inside"), (WEBSITE, "outside")]
    settings.SOCIALACCOUNT_PROVIDERS = {
        "wechat_mini": {
            "APPS": [{"client_id": MINI, "secret": SECRET, "settings": {"hidden": True}}]
        },
        "weixin": {
            "APPS": [
                {"client_id": app, "secret": SECRET, "settings": {"place": place}}
                for app, place in apps
            ]
        },
    }
    yield _listening
    sms.forget_silence()
