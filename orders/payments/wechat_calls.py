"""Calls to WeChat Pay through wechatpayv3 2.0: whatever goes wrong is a refusal of ours."""

import json
from contextlib import contextmanager
from functools import lru_cache

from django.conf import settings
from wechatpayv3 import WeChatPay, WeChatPayType

from orders.errors import ProviderRefused, ProviderSilent
from orders.payments import wording

NAME = "wechat"
SILENT_FROM = 500  # their trouble; and 429: too many questions
TOO_MANY = 429
TIMEOUT_SECONDS = (3, 8)


def answer(call, *, but=()) -> dict:
    """Return what WeChat answers to a call; a refusal with one of the codes ``but`` is empty.
    Raises: ProviderSilent, ProviderRefused.
    """
    with library():
        status, text = call(client())
        told = json.loads(text) if text else {}
        if not isinstance(told, dict):
            raise ValueError
    if 200 <= status < 300:
        return told
    said = str(told.get("code") or status)
    if said in but:
        return {}
    raise (ProviderSilent if status >= SILENT_FROM or status == TOO_MANY else ProviderRefused)(said)


@contextmanager
def library():
    """Turn whatever the library raises (requests' own, a bare Exception) into a refusal."""
    try:
        yield
    except Exception as error:
        raise ProviderSilent(type(error).__name__) from error


def client():
    """Return the client of the shop's account."""
    return _client_of(tuple(sorted(settings.PAYMENT_WECHAT.items())), wording.notify_url(NAME))


@lru_cache(maxsize=4)
def _client_of(account, notify_url):
    """Return a client; with WeChat's public key given, building one asks nobody."""
    account = dict(account)
    made = WeChatPay(
        WeChatPayType.NATIVE,
        mchid=account["mchid"],
        private_key=account["private_key"],
        cert_serial_no=account["cert_serial"],
        appid=account["app_id"],
        apiv3_key=account["v3_key"],
        notify_url=notify_url,
        public_key=account["public_key"],
        public_key_id=account["public_key_id"],
        timeout=TIMEOUT_SECONDS,
    )
    made._core._gate_way = account["url"]  # the library knows one address, built in
    return made
