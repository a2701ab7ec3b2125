"""Alipay by python-alipay-sdk 3.4: PC page, mobile page and app; keys or certificates.

What the library leaves to its caller is done here: the age of a notice, who it is for, and that
amounts are text (its JSON raises on a Decimal and rounds a float). What it gets wrong itself is
mended in ``_Mended``. Field names: the notices and calls of opendocs.alipay.com, alipay.trade.*.
"""

import json
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache

import requests
from alipay import AliPay, DCAliPay
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from orders.errors import BadNotice, BadSignature, ProviderRefused, ProviderSilent
from orders.payments import wording
from orders.payments.messages import BILL_BYTES, CURRENCY, Aside, Notice

NAME = "alipay"
LABEL = _("Alipay")
WAYS = ("app", "page", "wap")
IS_TOLD = False  # it learns of a payment from the address the shopper brings along
IS_ASKED = True
PRODUCTS = {
    "app": ("alipay.trade.app.pay", "QUICK_MSECURITY_PAY"),
    "page": ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
    "wap": ("alipay.trade.wap.pay", "QUICK_WAP_PAY"),
}
PAID = ("TRADE_SUCCESS", "TRADE_FINISHED")
CLOSED = "TRADE_CLOSED"
NO_BILL = "isp.bill_not_exist"
UNKNOWN_TRADE = "ACQ.TRADE_NOT_EXIST"
DONE = "10000"
UNCLEAR = ("ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error")
TIMEOUT_SECONDS = 8
# what a buyer is called: new apps are told the first, older ones a number of two names
PAYER = ("buyer_open_id", "buyer_id", "buyer_user_id")
WRITTEN = "%Y-%m-%d %H:%M:%S"


class _Mended:
    def _get_string_to_be_signed(self, raw_string, response_type):
        """Return the answer as it was signed. The library looks for its end by counting braces,
        those inside of texts, too: a genuine answer with "Tea }" in it is refused.
        """
        start = raw_string.index("{", raw_string.index(f'"{response_type}"'))
        _answer, end = json.JSONDecoder().raw_decode(raw_string, start)
        return raw_string[start:end]

    def build_body(self, *args, **kwargs):
        """Return what is sent, with the shop's own time: the library writes the process's, which
        is UTC, where Alipay reads Shanghai's.
        """
        body = super().build_body(*args, **kwargs)
        return {**body, "timestamp": wording.shop_time(clock.now()).strftime(WRITTEN)}


class _KeyClient(_Mended, AliPay):
    pass


class _CertificateClient(_Mended, DCAliPay):
    pass


def merchant() -> str:
    """Return our seller number at Alipay."""
    return settings.PAYMENT_ALIPAY["seller_id"]


def way_for(payer) -> str:
    """Return the mobile page for a telephone, else the PC page."""
    return "wap" if wording.is_mobile(payer.agent) else "page"


def pay_url(payment) -> str:
    """Return our page that leads to Alipay and waits."""
    return wording.waiting_url(payment)


def instruction(payment) -> dict:
    """Return the address of Alipay's page, or the text its app is given."""
    method, product = PRODUCTS[payment.way]
    content = {
        "subject": payment.order.no,
        "out_trade_no": wording.plain_number(payment.no),
        "total_amount": str(payment.amount),
        "product_code": product,
        "time_expire": wording.shop_time(payment.order.pay_by).strftime(WRITTEN),
    }
    urls = {"notify_url": wording.notify_url(NAME)}
    if payment.way != "app":
        urls["return_url"] = wording.return_url(payment)
    with _library():
        text = _client().client_api(method, content, **urls)
    if payment.way == "app":
        return {"way": "app", "order_string": text}
    return {"way": payment.way, "url": f"{settings.PAYMENT_ALIPAY['url']}?{text}"}


# --- notices ---------------------------------------------------------------------
def read_notice(raw_body: bytes, headers) -> Notice | Aside:
    """Return what a notice says. Refunds are told with the sum of all so far, which names none, so
    they are asked about instead. Raises: BadSignature, BadNotice.
    """
    said = _verified(raw_body)
    if said.get("app_id") != settings.PAYMENT_ALIPAY["app_id"]:
        raise BadNotice
    event_id = wording.event_name(said.get("notify_id"))
    if said.get("notify_type") != "trade_status_sync" or "refund_fee" in said:
        return Aside(event_id)
    status = said.get("trade_status")
    if status not in (*PAID, CLOSED):
        return Aside(event_id)
    return Notice(
        event_id=event_id,
        payment_no=wording.own_number(wording.name(said, "out_trade_no")),
        is_paid=status in PAID,
        provider_ref=wording.name(said, "trade_no"),
        amount=wording.yuan(said.get("total_amount")),
        currency=CURRENCY,  # Alipay's trades of the mainland name none
        merchant=wording.name(said, "seller_id"),
        payer=wording.payer(said, *PAYER),
    )


def _verified(raw_body) -> dict:
    """Return the fields of a notice that Alipay signed now. Only a plain dict verifies: the
    library writes a QueryDict's lists into what it checks.
    """
    try:
        said = QueryDict(raw_body, encoding="utf-8").dict()
        signature = said.pop("sign", "")
        with _library():
            is_genuine = said.get("sign_type") == "RSA2" and _client().verify(said, signature)
        sent = datetime.strptime(said.get("notify_time", ""), WRITTEN)
    except (ValueError, LookupError, ProviderSilent, SuspiciousOperation) as error:
        raise BadSignature from error
    if not is_genuine:
        raise BadSignature
    wording.check_age(sent.replace(tzinfo=clock.SHOP_ZONE))
    return said


def acknowledge(taken) -> tuple[str, bytes]:
    """Return the one word after which Alipay repeats a notice no more."""
    return "text/plain", b"success"


# --- asking ----------------------------------------------------------------------
def ask(payment) -> Notice | None:
    """Return what became of a payment."""
    no = wording.plain_number(payment.no)
    answer = _ask("alipay.trade.query", {"out_trade_no": no}, but=UNKNOWN_TRADE)
    status = answer.get("trade_status")
    if status not in (*PAID, CLOSED):
        return None
    if answer.get("out_trade_no") != no:
        raise ProviderSilent("another trade")
    ref = wording.name(answer, "trade_no")
    return Notice(
        event_id=f"ask-{'paid' if status in PAID else 'closed'}-{ref}"[:64],
        payment_no=payment.no,
        is_paid=status in PAID,
        provider_ref=ref,
        amount=wording.yuan(answer.get("total_amount")),
        currency=CURRENCY,
        merchant=merchant(),  # only our own trades are told to who signs as our app
        payer=wording.payer(answer, *PAYER),
    )


def close(payment) -> None:
    """Close a trade nobody paid; one that Alipay never heard of counts as closed."""
    no = wording.plain_number(payment.no)
    _ask("alipay.trade.close", {"out_trade_no": no}, but=UNKNOWN_TRADE)


def refund(refund) -> str:
    """Send money back and return our own number of it, by which Alipay knows it. ``fund_change``
    tells whether this very call moved the money; else the refund is looked up.
    """
    no = wording.plain_number(refund.no)
    names = {"trade_no": refund.paid_ref, "out_request_no": no}
    answer = _ask("alipay.trade.refund", {**names, "refund_amount": str(refund.amount)})
    if answer.get("fund_change") == "Y":
        return no
    found = _ask("alipay.trade.fastpay.refund.query", names)
    is_same = found.get("refund_amount") == str(refund.amount)
    return no if found.get("refund_status") == "REFUND_SUCCESS" and is_same else ""


def bill(day: date) -> bytes:
    """Return the day's trades as the ZIP that Alipay hands out, nothing for a day without."""
    content = {"bill_type": "trade", "bill_date": day.isoformat()}
    answer = _ask("alipay.data.dataservice.bill.downloadurl.query", content, but=NO_BILL)
    if not answer:
        return b""
    address = answer.get("bill_download_url")
    with _library(), requests.get(address, timeout=TIMEOUT_SECONDS, stream=True) as file:
        file.raise_for_status()
        found = file.raw.read(BILL_BYTES + 1)
    if len(found) > BILL_BYTES:
        raise ProviderRefused("the bill is too large")
    return found


def _ask(method, content, *, but="") -> dict:
    """Return a signed answer; one that refuses with the sub-code ``but`` is empty. Raises:
    ProviderSilent, ProviderRefused.
    """
    with _library():
        answer = dict(_client().server_api(method, content))
    if answer.get("code") == DONE:
        return answer
    said = str(answer.get("sub_code") or answer.get("code"))
    if said == but:
        return {}
    raise (ProviderSilent if answer.get("code") == "20000" or said in UNCLEAR else ProviderRefused)(
        said
    )


# --- the library -------------------------------------------------------------------
@contextmanager
def _library():
    """Turn whatever the library raises (its own, urllib's, a bare Exception) into a refusal."""
    try:
        yield
    except Exception as error:
        raise ProviderSilent(type(error).__name__) from error


def _client():
    return _client_of(tuple(sorted(settings.PAYMENT_ALIPAY.items())))


@lru_cache(maxsize=4)
def _client_of(account):
    """Return a client; building one reads keys and asks nobody."""
    account = dict(account)
    keys = {"appid": account["app_id"], "app_private_key_string": account["private_key"]}
    if account.get("app_cert"):
        client = _CertificateClient(
            **keys,
            app_public_key_cert_string=account["app_cert"],
            alipay_public_key_cert_string=account["alipay_cert"],
            alipay_root_cert_string=account["root_cert"],
        )
    else:
        client = _KeyClient(**keys, alipay_public_key_string=account["alipay_key"])
    client._gateway = account["url"]  # the library knows two addresses, both built in
    client._config.timeout = TIMEOUT_SECONDS
    return client
