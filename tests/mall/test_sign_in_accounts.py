"""Who else lets people in, as the environment says: half of an account is told by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mall import sign_in_accounts
from mall.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
APP = "wx00000000000000aa"
TENCENT = {
    "SMS_PROVIDER": "tencent",
    "SMS_TENCENT_SECRET_ID": "AKID",
    "SMS_TENCENT_SECRET_KEY": "key",
    "SMS_TENCENT_APP_ID": "1400000000",
    "SMS_TENCENT_SIGN": "shop",
    "SMS_TENCENT_TEMPLATE": "1000",
}


def read(given):
    environment = Environment(given)
    apps = sign_in_accounts.wechat(environment)
    sign_in_accounts.wechat_url(environment)
    sender = sign_in_accounts.sms_provider(environment, usual="", may_print=False)
    sign_in_accounts.tencent(environment, is_offered=sender == "tencent")
    sign_in_accounts.messages_per_day(environment)
    return apps, sender, [line.partition(" ")[0] for line in environment.complaints]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"WECHAT_MINI_APP_ID": APP}, ["WECHAT_MINI_APP_SECRET"]),
        ({"WECHAT_APP_SECRET": "s"}, ["WECHAT_APP_ID"]),
        ({"WECHAT_WEB_APP_ID": "wx1", "WECHAT_WEB_APP_SECRET": "s"}, ["WECHAT_WEB_APP_ID"]),
        ({"WECHAT_URL": "http://api.weixin.qq.com"}, ["WECHAT_URL"]),
        ({"SMS_PROVIDER": "console"}, ["SMS_PROVIDER"]),
        ({"SMS_PROVIDER": "../tencent"}, ["SMS_PROVIDER"]),
        ({"SMS_PROVIDER": "__init__"}, ["SMS_PROVIDER"]),
        ({**TENCENT, "SMS_TENCENT_SIGN": "", "SMS_TENCENT_APP_ID": "app"}, None),
        ({"SMS_MESSAGES_PER_DAY": "many"}, ["SMS_MESSAGES_PER_DAY"]),
        ({"SMS_MESSAGES_PER_DAY": "0"}, ["SMS_MESSAGES_PER_DAY"]),
    ],
)
def test_accounts_when_half_given_or_unsafe_then_one_line_for_each(given, names):
    _, _, complained = read(given)

    assert complained == (names or ["SMS_TENCENT_APP_ID", "SMS_TENCENT_SIGN"])


def test_accounts_when_whole_or_none_then_offered_or_not():
    whole = {f"WECHAT_{app}_{key}": APP for app in ("MINI_APP", "APP") for key in ("ID", "SECRET")}

    apps, sender, complained = read({**whole, **TENCENT})

    assert (sorted(apps), sender, complained) == (["wechat_mini", "weixin"], "tencent", [])
    assert apps["weixin"]["APPS"][0]["settings"] == {"place": "inside"}
    assert read({}) == ({}, "", [])
    assert read({"SMS_PROVIDER": "none"})[1] == ""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"MALL_DEMO": "yes"}, "console"),
        ({"MALL_DEMO": "no"}, ""),
        ({"MALL_DEMO": "no", "SMS_PROVIDER": "console"}, "SMS_PROVIDER is unsafe"),
    ],
)
def test_messages_when_the_shop_is_somebodys_own_then_no_codes_are_printed(tmp_path, said, told):
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MALL_", "DJANGO_"))
    }
    environment |= {"DATABASE_URL": f"sqlite:///{tmp_path / 'mall.sqlite3'}", **said}

    read = subprocess.run(
        [sys.executable, "-c", "from mall.settings import embedded as s; print(s.SMS_PROVIDER)"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert told in read.stderr if read.returncode else read.stdout.strip() == told
    assert bool(read.returncode) is (told == "SMS_PROVIDER is unsafe")
