"""Who else lets people in, as the environment says: WeChat's apps, and who sends text messages.
What is given by half is said at the start, a line each.
"""

import json
from functools import partial
from pathlib import Path

from mall.environment import is_module, not_hex_keys
from mall.payment_accounts import ask_for, not_digits, not_https

WECHAT_URL = "https://api.weixin.qq.com"
TENCENT_URL = "https://sms.tencentcloudapi.com"
SENDERS = Path(__file__).resolve().parent.parent / "accounts" / "sms"
MESSAGES_PER_DAY = 2000


def wechat(environment) -> dict:
    """Return allauth's SOCIALACCOUNT_PROVIDERS: of each of WeChat's apps that has its two keys."""
    mini = _app(environment, "WECHAT_MINI_APP", "the mini-program", hidden=True)
    inside = _app(environment, "WECHAT_APP", "the service account", place="inside")
    outside = _app(environment, "WECHAT_WEB_APP", "the website app", place="outside")
    found = {"wechat_mini": mini, "weixin": inside + outside}
    return {name: {"APPS": apps} for name, apps in found.items() if apps}


def wechat_url(environment) -> str:
    """Return where WeChat is asked."""
    given = environment.allow("WECHAT_URL", unless=not_https)
    return (given or WECHAT_URL).rstrip("/")


def sms_provider(environment, *, usual: str, may_print: bool) -> str:
    """Return who sends text messages, "" for nobody."""
    name = environment.allow("SMS_PROVIDER") or usual
    if name in ("", "none"):
        return ""
    if not is_module(name, SENDERS):
        environment.complaints.append(f"SMS_PROVIDER names {name!r}, which is none of ours")
        return ""
    if name == "console" and not may_print:
        environment.complaints.append(
            "SMS_PROVIDER is unsafe: the console prints codes to sign in with; name tencent, or "
            "leave it out"
        )
        return ""
    return name


def tencent(environment, *, is_offered: bool) -> dict:
    """Return the account at Tencent Cloud SMS; nothing where it is not offered."""
    if not is_offered:
        return {}
    ask = partial(ask_for, environment, "SMS_TENCENT_")
    return {
        "secret_id": ask("SECRET_ID", "the key's name at console.cloud.tencent.com/cam"),
        "secret_key": ask("SECRET_KEY", "the key itself"),
        "app_id": ask("APP_ID", "the SMS application's number, 1400…", not_digits(6, 12)),
        "sign": ask("SIGN", "the approved signature, without its brackets"),
        "template": ask("TEMPLATE", "the approved template's number", not_digits(3, 12)),
        "notice_template": environment.allow("SMS_TENCENT_NOTICES", unless=not_digits(3, 12)),
        "url": environment.allow("SMS_TENCENT_URL", unless=not_https) or TENCENT_URL,
    }


def push_key(environment) -> str:
    """Return the key that proves browser notices to be the shop's, "" for none."""
    return environment.allow("PUSH_KEY", unless=not_one_key)


def not_one_key(value):
    """Say why a key is none, or nothing."""
    return "one key only" if "," in value else not_hex_keys(value)


def wechat_templates(environment) -> dict:
    """Return the subscribe messages of the mini-program by topic, as WECHAT_TEMPLATES says in JSON:
    {"orders": {"id": "…", "title": "thing1", "time": "time2"}}.
    """
    given = environment.allow("WECHAT_TEMPLATES", unless=not_templates)
    return json.loads(given) if given else {}


def not_templates(value):
    """Say why templates cannot be read, or nothing."""
    try:
        told = json.loads(value)
    except ValueError:
        return "no JSON"
    is_good = isinstance(told, dict) and all(
        isinstance(one, dict) and one.get("id") and one.get("title") for one in told.values()
    )
    return "" if is_good else '{"topic": {"id": "…", "title": "thing1"}} is expected'


def messages_per_day(environment) -> int:
    """Return how many text messages all together may cost money on one day."""
    given = environment.allow("SMS_MESSAGES_PER_DAY", unless=not_count)
    return int(given or MESSAGES_PER_DAY)


def not_count(value):
    """Say why a number of messages is none, or nothing."""
    fits = value.isascii() and value.isdigit() and 1 <= int(value) <= 10**7
    return "" if fits else "a number from 1 to 10000000"


def not_wechat_app(value):
    """Say why an app's number is none, or nothing."""
    fits = value.startswith("wx") and value.isascii() and value.isalnum() and len(value) == 18
    return "" if fits else "it begins with wx and has 18 letters and digits"


def _app(environment, name, whose, *, hidden=False, place="") -> list:
    app_id = environment.allow(f"{name}_ID", unless=not_wechat_app)
    secret = environment.allow(f"{name}_SECRET")
    if not app_id and not secret:
        return []
    missing = "" if app_id and secret else f"{name}_{'SECRET' if app_id else 'ID'}"
    is_told = any(line.startswith(missing) for line in environment.complaints)
    if missing and not is_told:
        environment.complaints.append(f"{missing} is missing: {whose} has a number and a secret")
    settings = {"hidden": True} if hidden else {"place": place}
    return [{"client_id": app_id, "secret": secret, "settings": settings}]
