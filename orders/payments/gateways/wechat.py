"""WeChat Pay v3 by wechatpayv3 2.0, merchant public-key mode: QR code, in WeChat, mobile browser.

What the library leaves to its caller is done here: the age of a notice, the number of the key that
signed it (an unknown one makes the library ask WeChat's certificates, in the midst of somebody's
request), whom it is for and the currency. Amounts are whole fen. Field names:
pay.weixin.qq.com/doc/v3/merchant.
"""

import gzip
import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from wechatpayv3 import WeChatPayType

from mall.core import clock
from orders.errors import BadNotice, BadSignature, NoSuchWay, ProviderRefused, ProviderSilent
from orders.payments import wechat_calls as calls
from orders.payments import wording
from orders.payments.messages import Aside, Notice, Payer, RefundNotice, Ticket

LABEL = _("WeChat Pay")
WAYS = ("native", "jsapi", "h5")
IS_TOLD = True
IS_ASKED = True
TYPES = {
    "native": WeChatPayType.NATIVE,
    "jsapi": WeChatPayType.JSAPI,
    "h5": WeChatPayType.H5,
}
GIVES = {"native": "code_url", "jsapi": "prepay_id", "h5": "h5_url"}
GOOD_FOR = {  # a little less than WeChat says: two hours, two hours, five minutes
    "native": timedelta(minutes=110),
    "jsapi": timedelta(minutes=110),
    "h5": timedelta(minutes=4),
}
SIGNED = ("Signature", "Timestamp", "Nonce", "Serial", "Signature-Type")
PAID, CLOSED = ("SUCCESS", "REFUND"), ("CLOSED", "REVOKED", "PAYERROR")
UNKNOWN = ("ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS", "ORDERNOTEXIST")
ALREADY_CLOSED = ("ORDER_CLOSED", "ORDERCLOSED")
NO_BILL = ("NO_STATEMENT_EXIST",)


def merchant() -> str:
    """Return our merchant number at WeChat Pay."""
    return settings.PAYMENT_WECHAT["mchid"]


def way_for(payer: Payer) -> str:
    """Return the way inside WeChat for whom it knows, and its page for another telephone, else the
    QR code.
    """
    if payer.is_in_wechat:
        return "jsapi" if payer.openid else "native"
    return "h5" if wording.is_mobile(payer.agent) else "native"


def pay_url(payment) -> str:
    """Return our page that shows the code or leads to WeChat, and waits."""
    return wording.waiting_url(payment)


def begin(payment, payer: Payer) -> Ticket:
    """Have WeChat await a payment and return what it gives to pay with. Raises: NoSuchWay,
    ProviderSilent, ProviderRefused.
    """
    if payment.way not in WAYS or (payment.way == "jsapi" and not payer.openid):
        raise NoSuchWay
    words = {
        "description": payment.order.no,
        "out_trade_no": payment.no,
        "amount": {"total": wording.fen(payment.amount), "currency": payment.currency},
        "time_expire": wording.shop_time(payment.order.pay_by).isoformat(),
        "pay_type": TYPES[payment.way],
    }
    if payment.way == "jsapi":
        words["payer"] = {"openid": payer.openid}
    if payment.way == "h5":
        words["scene_info"] = {"payer_client_ip": payer.address, "h5_info": {"type": "Wap"}}
    given = calls.answer(lambda client: client.pay(**words)).get(GIVES[payment.way])
    if not isinstance(given, str) or not 1 <= len(given) <= 512:
        raise ProviderSilent("nothing to pay with")
    return Ticket(given, clock.now() + GOOD_FOR[payment.way])


def instruction(payment) -> dict:
    """Return the text of the QR code, the address of WeChat's page, or what wx.requestPayment
    takes.
    """
    if payment.way == "native":
        return {"way": "native", "code_url": payment.ticket}
    if payment.way == "h5":
        back = urlencode({"redirect_url": wording.return_url(payment)})
        return {"way": "h5", "url": f"{payment.ticket}&{back}"}
    app_id = settings.PAYMENT_WECHAT["app_id"]
    stamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
    package = f"prepay_id={payment.ticket}"
    with calls.library():
        signature = calls.client().sign([app_id, stamp, nonce, package])
    return {
        "way": "jsapi",
        "appId": app_id,
        "timeStamp": stamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": signature,
    }


# --- notices ---------------------------------------------------------------------
def read_notice(raw_body: bytes, headers) -> Notice | RefundNotice | Aside:
    """Return what a notice says about a payment or a refund. Raises: BadSignature, BadNotice."""
    said = _verified(raw_body, headers)
    event_id, resource = wording.event_name(said.get("id")), said["resource"]
    kind = str(said.get("event_type"))
    if kind == "TRANSACTION.SUCCESS":
        return _notice(event_id, resource)
    if not kind.startswith("REFUND."):
        return Aside(event_id)
    amount = resource.get("amount")
    state = wording.name(resource, "refund_status")
    return RefundNotice(
        event_id=event_id,
        refund_no=wording.name(resource, "out_refund_no"),
        provider_ref=wording.name(resource, "refund_id"),
        paid_ref=wording.name(resource, "transaction_id"),
        amount=wording.yuan_of_fen(amount.get("refund") if isinstance(amount, dict) else None),
        merchant=wording.name(resource, "mchid"),
        trouble="" if state == "SUCCESS" else state,
    )


def _verified(raw_body, headers) -> dict:
    """Return a message that WeChat Pay signed now, with what was sealed in it. Raises:
    BadSignature, BadNotice.
    """
    # five plain ones: of Django's headers the library would take HTTP_WECHATPAY_… first
    sent = {f"Wechatpay-{name}": headers.get(f"Wechatpay-{name}") or "" for name in SIGNED}
    stamp = sent["Wechatpay-Timestamp"]
    if sent["Wechatpay-Serial"] != settings.PAYMENT_WECHAT["public_key_id"]:
        raise BadSignature
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 10):
        raise BadSignature
    wording.check_age(datetime.fromtimestamp(int(stamp), UTC))
    try:
        with calls.library():
            said = calls.client().callback(sent, raw_body)
    except ProviderSilent as error:
        raise BadSignature from error
    if said is None:
        raise BadSignature
    if not isinstance(said, dict) or not isinstance(said.get("resource"), dict):
        raise BadNotice
    return said


def _notice(event_id, told) -> Notice:
    amount = told.get("amount")
    if not isinstance(amount, dict) or told.get("appid") != settings.PAYMENT_WECHAT["app_id"]:
        raise BadNotice
    state = wording.name(told, "trade_state")
    if state not in (*PAID, *CLOSED):
        raise BadNotice
    return Notice(
        event_id=event_id,
        payment_no=wording.name(told, "out_trade_no"),
        is_paid=state in PAID,
        provider_ref=wording.name(told, "transaction_id"),
        amount=wording.yuan_of_fen(amount.get("total")),
        currency=wording.name(amount, "currency"),
        merchant=wording.name(told, "mchid"),
        payer=wording.payer(told.get("payer"), "openid"),
    )


def acknowledge(taken) -> tuple[str, bytes]:
    """Return the answer after which WeChat repeats a notice no more."""
    return "application/json", b'{"code":"SUCCESS","message":""}'


# --- asking ----------------------------------------------------------------------
def ask(payment) -> Notice | None:
    """Return what became of a payment. A closed one carries neither number nor amount of money."""
    told = calls.answer(lambda client: client.query(out_trade_no=payment.no), but=UNKNOWN)
    state = told.get("trade_state")
    if state in PAID and told.get("out_trade_no") == payment.no:
        return _notice(f"ask-{told.get('transaction_id')}"[:64], told)
    if state in CLOSED:
        return Notice(
            event_id=f"ask-closed-{payment.no}",
            payment_no=payment.no,
            is_paid=False,
            provider_ref=payment.no,
            amount=payment.amount,
            currency=payment.currency,
            merchant=merchant(),
        )
    return None


def close(payment) -> None:
    """Close an order nobody paid; one that is closed or unknown counts as closed."""
    calls.answer(
        lambda client: client.close(out_trade_no=payment.no), but=(*UNKNOWN, *ALREADY_CLOSED)
    )


def refund(refund) -> str:
    """Ask for money to go back; of what was asked already, ask how it stands. WeChat tells the end
    by a notice too. Raises: ProviderRefused where the money cannot arrive: staff must act at
    WeChat's.
    """
    told = {}
    if refund.accepted_at:
        told = calls.answer(lambda client: client.query_refund(refund.no), but=UNKNOWN)
    if not told:
        amount = {
            "refund": wording.fen(refund.amount),
            "total": wording.fen(refund.payment.amount),
            "currency": refund.payment.currency,
        }
        told = calls.answer(
            lambda client: client.refund(
                out_refund_no=refund.no, amount=amount, transaction_id=refund.paid_ref
            )
        )
    state = told.get("status")
    if told.get("out_refund_no") != refund.no or state not in (
        "SUCCESS", "PROCESSING", "ABNORMAL", "CLOSED"
    ):  # fmt: skip
        raise ProviderSilent("another refund")
    if state in ("ABNORMAL", "CLOSED"):
        raise ProviderRefused(state)
    return wording.name(told, "refund_id") if state == "SUCCESS" else ""


def bill(day: date) -> bytes:
    """Return the day's trades as text, nothing for a day without; the fingerprint WeChat gives with
    it must fit.
    """
    told = calls.answer(lambda client: client.trade_bill(day.isoformat()), but=NO_BILL)
    if not told:
        return b""
    with calls.library():
        code, found = calls.client().download_bill(told["download_url"])
        if code == 200:
            packed = found.encode() if isinstance(found, str) else found
            text = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    if code != 200:
        raise ProviderSilent(code)
    if hashlib.sha1(text, usedforsecurity=False).hexdigest() != told.get("hash_value"):
        raise ProviderSilent("another fingerprint")
    return text
