"""Alipay and WeChat Pay end to end: their signed messages through the real door, our signed calls
to servers that check them. Nothing they can say or leave unsaid is a 5xx.
"""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection

from mall.core import clock
from mall.core.models import AuditRow
from orders import tasks
from orders.errors import ProviderRefused, ProviderSilent
from orders.lifecycle import cancel, cancel_due
from orders.models import Order, Payment, PaymentNotice, PaymentRefund
from orders.payments import cash_in, cash_out, enquiries, gateways
from orders.refunds import requests as refund_requests
from points.models import PointAccount
from tests.factories.orders import give_points, place, virtual_sku
from tests.orders.payments import providers as pay

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("provider", ["alipay", "wechat"])
UNKNOWN_KEY = "PUB_KEY_ID_0000000000000000000000000000000000"


@pytest.fixture
def order(member):
    give_points(member, 100)
    return place(member, virtual_sku(points=40, cash="9.90", stock=5))


@pytest.fixture
def caller(signed_in_api):
    return signed_in_api


def start(order, provider, way=""):
    payment = cash_in.start(Order.objects.get(pk=order.pk), provider, way)
    return Payment.objects.select_related("order").get(pk=payment.pk)


def message(providers, payment, **changes):
    """A notice of the provider that this payment is paid."""
    if providers.number(payment) not in providers.trades:
        providers.pay(payment)
    write = {"alipay": providers.alipay_notice, "wechat": providers.wechat_notice}
    return write[payment.provider](payment, **changes)


def notify(api, provider, body, headers):
    kind = "application/x-www-form-urlencoded" if provider == "alipay" else "application/json"
    url = f"/api/v1/payments/{provider}/notify"
    return api.generic("POST", url, body, content_type=kind, headers=headers)


def paid(api, providers, order, provider):
    """The payment of an order that its provider told us of."""
    payment = start(order, provider)
    assert notify(api, provider, *message(providers, payment)).status_code == 200
    return Payment.objects.select_related("order").get(pk=payment.pk)


# --- notices ---------------------------------------------------------------------------
@BOTH
def test_notify_when_paid_then_settled_once_in_the_providers_words(api, providers, order, provider):
    payment = start(order, provider)
    said = message(providers, payment)

    answers = [notify(api, provider, *said) for _ in range(4)]

    words = {"alipay": b"success", "wechat": b'{"code":"SUCCESS","message":""}'}
    assert {(a.status_code, a.content) for a in answers} == {(200, words[provider])}
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("paid", "paid")
    assert payment.provider_ref == providers.trades[providers.number(payment)]["ref"]
    assert (PaymentNotice.objects.get().outcome, providers.calls) == ("settled", [])
    assert PointAccount.objects.get(pk=order.user_id).held == 0


@pytest.mark.parametrize("is_certificate", [False, True], ids=["key", "certificate"])
@pytest.mark.parametrize("name", ["Tea } House", "{ Tea", 'a "quoted" }', "back\\", "plain"])
def test_ask_when_a_text_of_alipays_answer_holds_a_brace_then_it_is_understood(
    providers, settings, order, name, is_certificate
):
    settings.PAYMENT_ALIPAY = providers.alipay_account(certificates=is_certificate)
    payment = start(order, "alipay", "page")
    providers.pay(payment)
    providers.more = {"store_name": name, "fund_bill_list": [{"fund_channel": "COUPON"}]}
    assert gateways.get("alipay").ask(payment).amount == Decimal("9.90")


def test_notify_when_alipay_signs_by_certificate_then_settled_and_asked_alike(
    api, providers, order, settings
):
    settings.PAYMENT_ALIPAY = providers.alipay_account(certificates=True)

    payment = paid(api, providers, order, "alipay")

    assert payment.status == "paid"
    assert gateways.get("alipay").ask(payment).amount == Decimal("9.90")
    query = parse_qs(gateways.get("alipay").instruction(payment)["order_string"])
    assert len(query["app_cert_sn"][0]) == len(query["alipay_root_cert_sn"][0]) == 32


def forgeries(providers, payment):
    """What nobody must believe, by the status it is answered with."""
    late = timedelta(seconds=330)
    body, headers = message(providers, payment)
    say = lambda **changes: message(providers, payment, **changes)  # noqa: E731
    now = pay.shop_now()
    both = {
        "by another": (403, *say(by="forger")),
        "old": (403, *say(at=now - late)),
        "of the future": (403, *say(at=now + late)),
        "cut": (403, body[:-4], headers),
        "empty": (403, b"", headers),
        "not text": (403, b"\xff\xfe\x00" * 9, headers),
    }
    if payment.provider == "alipay":
        return both | {
            "cheap": (400, *say(total_amount="0.01")),
            "dear": (400, *say(total_amount="9.91")),
            "odd amount": (400, *say(total_amount="NaN")),
            "another app": (400, *say(app_id="2021000000000002")),
            "another seller": (400, *say(seller_id="2088000000000002")),
            "no seller": (400, *say(seller_id=None)),
            "unknown": (400, *say(out_trade_no="20261120" + "0" * 13)),
            "odd number": (400, *say(out_trade_no="’")),
            "no number of the money": (400, *say(trade_no=None)),
            "no time": (403, *say(notify_time=None)),
            "many fields": (403, b"&".join(b"a%d=1" % n for n in range(1500)), {}),
        }
    amount = {"total": 990, "payer_total": 990, "currency": "CNY"}
    serial = {**headers, "Wechatpay-Serial": UNKNOWN_KEY}
    django = {f"Http-{name}": value for name, value in headers.items()}
    return both | {
        "cheap": (400, *say(amount=amount | {"total": 1})),
        "a fraction": (400, *say(amount=amount | {"total": 990.0})),
        "yes": (400, *say(amount=amount | {"total": True})),
        "no amount": (400, *say(amount=None)),
        "dollars": (400, *say(amount=amount | {"currency": "USD"})),
        "another app": (400, *say(appid="wx2")),
        "another merchant": (400, *say(mchid="1900000002")),
        "unknown": (400, *say(out_trade_no="20261120-0000000000000")),
        "unknown key": (403, body, serial),
        "unknown certificate": (403, body, {**headers, "Wechatpay-Serial": "5157F09E"}),
        "other algorithm": (403, body, {**headers, "Wechatpay-Signature-Type": "SM2"}),
        "no headers": (403, body, {}),
        "names the library takes first": (403, body, django),
        "time in words": (403, body, {**headers, "Wechatpay-Timestamp": "１２３"}),
        "signed nonsense": (403, b"[]", providers.wechat_headers("[]")),
    }


@BOTH
def test_notify_when_forged_late_or_wrong_then_4xx_nothing_changed_and_nobody_asked(
    api, providers, order, provider
):
    payment = start(order, provider)

    for name, (status, body, headers) in forgeries(providers, payment).items():
        answer = notify(api, provider, body, headers)
        assert (name, answer.status_code) == (name, status)

    payment.refresh_from_db()
    assert (payment.status, payment.order.status) == ("open", "pending")
    assert (PaymentNotice.objects.count(), providers.calls) == (0, [])
    refused = AuditRow.objects.filter(action=cash_in.REFUSED, target=f"payment:{payment.no}")
    assert refused.exists()
    assert notify(api, provider, *message(providers, payment)).status_code == 200


def test_notify_when_understood_but_not_about_money_then_acknowledged_and_nothing_changed(
    api, providers, order
):
    alipay = start(order, "alipay")
    waiting = message(providers, alipay, trade_status="WAIT_BUYER_PAY", notify_id="w" * 90)
    refunded = message(providers, alipay, refund_fee="1.00", gmt_refund="2026-11-29 10:00:00")
    other = providers.sealed("PAYSCORE.USER_OPEN_SERVICE", {"mchid": pay.MCHID}, ref="x")

    answers = [notify(api, "alipay", *waiting), notify(api, "alipay", *refunded)]
    answers.append(notify(api, "wechat", *other))

    assert [answer.status_code for answer in answers] == [200] * 3
    assert (PaymentNotice.objects.count(), Order.objects.get().status) == (0, "pending")


# --- starting --------------------------------------------------------------------------
def test_pay_when_each_way_is_asked_for_then_the_app_gets_what_it_takes(caller, providers, order):
    ask = {
        "app": "order_string", "page": "url", "wap": "url",
        "native": "code_url", "h5": "url", "jsapi": "package",
    }  # fmt: skip
    url = f"/api/v1/orders/{order.no}/payments"
    for way, name in ask.items():
        provider = "alipay" if way in ("app", "page", "wap") else "wechat"
        sent = {"provider": provider, "way": way} | ({"openid": "o1"} if way == "jsapi" else {})
        answer = caller.post(url, sent, format="json")
        assert answer.status_code == 201, answer.json()
        assert (answer.json()["pay_with"]["way"], name in answer.json()["pay_with"]) == (way, True)

    last = answer.json()["pay_with"]
    parts = [last["appId"], last["timeStamp"], last["nonceStr"], last["package"]]
    assert pay.is_signed("wechat-merchant", "\n".join(parts) + "\n", last["paySign"])
    open_now = Payment.objects.filter(status="open")
    assert [(payment.provider, payment.way) for payment in open_now] == [("wechat", "jsapi")]
    shown = caller.get(f"/api/v1/orders/{order.no}").json()["payments"]
    assert [one["pay_with"] is None for one in shown].count(False) == 1


def test_pay_when_the_way_is_wrong_or_the_provider_silent_then_4xx_and_a_sentence(
    caller, providers, order, settings
):
    url = f"/api/v1/orders/{order.no}/payments"
    providers.broken["POST /v3/pay"] = 502

    answers = [
        caller.post(url, sent, format="json")
        for sent in (
            {"provider": "alipay", "way": "native"},
            {"provider": "wechat", "way": "jsapi"},
            {"provider": "wechat"},
        )
    ]
    settings.PAYMENT_WECHAT = {**providers.wechat_account(), "url": "http://127.0.0.1:9"}
    answers.append(caller.post(url, {"provider": "wechat"}, format="json"))

    assert [answer.status_code for answer in answers] == [400, 400, 409, 409]
    codes = [answer.json()["errors"][0]["code"] for answer in answers]
    assert codes == ["invalid", "invalid", "provider_unavailable", "provider_unavailable"]
    del providers.broken["POST /v3/pay"]
    settings.PAYMENT_WECHAT = providers.wechat_account()
    assert caller.post(url, {"provider": "wechat"}, format="json").status_code == 201


def test_pay_when_the_address_is_alipays_then_it_says_what_when_and_until_when(providers, order):
    payment = start(order, "alipay", "wap")

    address = gateways.get("alipay").instruction(payment)["url"]

    said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    text = "&".join(f"{name}={value}" for name, value in sorted(said.items()) if name != "sign")
    assert pay.is_signed("alipay-app", text, said["sign"])
    assert said["notify_url"] == "https://mall.example/api/v1/payments/alipay/notify"
    assert f'"out_trade_no":"{payment.no.replace("-", "")}"' in said["biz_content"]
    assert '"total_amount":"9.90"' in said["biz_content"]
    until = order.pay_by.astimezone(clock.SHOP_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    assert f'"time_expire":"{until}"' in said["biz_content"]


# --- silence ---------------------------------------------------------------------------
@BOTH
def test_ask_due_when_the_notice_never_came_then_asked_settled_once_and_the_notice_repeats(
    api, providers, order, provider
):
    payment = start(order, provider)
    said = message(providers, payment)
    assert tasks.ask_about_payments() == 0

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert [tasks.ask_about_payments() for _ in range(2)] == [1, 0]

    assert Order.objects.get().status == "paid"
    assert notify(api, provider, *said).status_code == 200
    outcomes = list(PaymentNotice.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["settled", "repeated"]


@BOTH
def test_ask_due_when_nobody_paid_in_time_then_closed_there_and_late_money_goes_back(
    api, providers, order, provider
):
    payment = start(order, provider)
    cash_in.begin(payment, cash_in.Payer())
    providers.broken = {"alipay.trade.query": "ACQ.SYSTEM_ERROR", "GET /v3/pay": 500}
    with time_machine.travel(order.pay_by + timedelta(minutes=1)):
        cancel_due(clock.now())
        assert tasks.ask_about_payments() == 0
    providers.broken = {}
    with time_machine.travel(order.pay_by + timedelta(minutes=4)):
        assert tasks.ask_about_payments() == 1
        payment.refresh_from_db()
        assert payment.status == "failed"

        providers.pay(payment)
        assert notify(api, provider, *message(providers, payment)).status_code == 200
        assert [cash_out.settle_due() for _ in range(2)] == [1, 0]

    refund = PaymentRefund.objects.get()
    assert (refund.reason, refund.status, refund.amount) == ("late", "done", Decimal("9.90"))
    assert Order.objects.get().status == "cancelled"


def test_leave_others_when_the_provider_is_changed_then_the_first_money_counts_once(
    api, providers, order
):
    first = start(order, "wechat")
    cash_in.begin(first, cash_in.Payer())
    second = start(order, "alipay", "page")
    enquiries.leave_others(second)
    first.refresh_from_db()
    assert (first.status, providers.trades[first.no]["status"]) == ("failed", "closed")
    third = start(order, "wechat")

    providers.pay(second)  # in a tab that was still open
    assert notify(api, "alipay", *message(providers, second)).status_code == 200
    assert notify(api, "wechat", *message(providers, third)).status_code == 200

    outcomes = list(PaymentNotice.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["settled", "refunded_second"]
    assert cash_out.settle_due() == 1
    back = PaymentRefund.objects.get()
    assert (back.payment_id, back.status) == (third.pk, "done")


# --- money going back ------------------------------------------------------------------
@BOTH
def test_settle_when_refunded_in_parts_then_each_part_goes_back_once(
    api, providers, member, provider
):
    order = place(member, virtual_sku(cash="10.01", stock=9), quantity=3)
    paid(api, providers, order, provider)
    (line,) = order.lines.all()
    for _piece in range(3):
        asked = refund_requests.request(
            Order.objects.get(pk=order.pk), lines=[(line.pk, 1)], key=f"r{_piece}", actor="staff:1"
        )
        refund_requests.approve(asked, actor="staff:1")
        assert [cash_out.settle_due() for _ in range(2)] == [1, 0]

    assert sorted(PaymentRefund.objects.values_list("amount", flat=True)) == [Decimal("10.01")] * 3
    assert set(PaymentRefund.objects.values_list("status", flat=True)) == {"done"}
    assert len(providers.refunds) == 3


@BOTH
def test_settle_when_the_provider_is_at_it_or_refuses_then_asked_again_until_it_is_back(
    api, providers, order, provider
):
    paid(api, providers, order, provider)
    cancel(Order.objects.get(), actor="test")
    providers.broken = {"alipay.trade.refund": "ACQ.SELLER_BALANCE_NOT_ENOUGH",
                        "POST /v3/refund": 403}  # fmt: skip
    assert cash_out.settle_due() == 0
    assert PaymentRefund.objects.get().trouble in ("ACQ.SELLER_BALANCE_NOT_ENOUGH", "NOT_ENOUGH")
    providers.broken, providers.refund_state = {}, "PROCESSING"
    assert cash_out.settle_due() == 0
    waiting = PaymentRefund.objects.get()
    assert (waiting.status, waiting.trouble, bool(waiting.accepted_at)) == ("requested", "", True)

    for known in providers.refunds.values():
        known["state"] = known["status"] = "SUCCESS"

    assert [cash_out.settle_due() for _ in range(2)] == [1, 0]
    assert len(providers.refunds) == 1


def test_notify_when_the_refund_is_told_before_our_call_returned_then_done_once(
    api, providers, order
):
    paid(api, providers, order, "wechat")
    cancel(Order.objects.get(), actor="test")
    refund = PaymentRefund.objects.select_related("payment__order").get()
    cheap = {"total": 990, "refund": 989, "payer_total": 990, "payer_refund": 989}
    wrong = [
        providers.wechat_refund_notice(refund, amount=cheap),
        providers.wechat_refund_notice(refund, transaction_id="another"),
        providers.wechat_refund_notice(refund, mchid="1900000002"),
        providers.wechat_refund_notice(refund, out_refund_no="20261120-0000000000000"),
    ]
    assert [notify(api, "wechat", *said).status_code for said in wrong] == [400] * 4
    stuck = providers.wechat_refund_notice(refund, state="ABNORMAL")
    assert notify(api, "wechat", *stuck).status_code == 200
    assert PaymentRefund.objects.get().trouble == "ABNORMAL"

    said = providers.wechat_refund_notice(refund)
    answers = [notify(api, "wechat", *said) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert not cash_out.settle(refund)
    done = PaymentRefund.objects.get()
    assert (done.status, done.trouble) == ("done", "")
    assert [event.what for event in order.events].count("money_returned") == 1


def test_ask_due_when_a_provider_hangs_then_the_others_are_asked_and_it_is_let_be(
    providers, member
):
    sku = virtual_sku(cash="9.90", stock=9)
    hanging = [start(place(member, sku), "alipay") for _n in range(5)]
    answering = start(place(member, sku), "wechat")
    providers.pay(answering)
    for payment in hanging:
        providers.pay(payment)
    providers.broken["alipay.trade.query"] = "ACQ.SYSTEM_ERROR"

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert tasks.ask_about_payments() == 1

    assert providers.called("alipay.trade.query") == 3
    assert Payment.objects.get(status="paid").pk == answering.pk


def test_gateways_when_the_library_or_the_line_breaks_then_a_refusal(providers, order, settings):
    payments = start(order, "wechat"), start(order, "alipay")
    settings.PAYMENT_ALIPAY = {**providers.alipay_account(), "url": "http://127.0.0.1:9/"}
    settings.PAYMENT_WECHAT = {**providers.wechat_account(), "url": "http://127.0.0.1:9"}
    for payment in payments:
        gateway = gateways.get(payment.provider)
        for verb in (gateway.ask, gateway.close):
            with pytest.raises(ProviderSilent):
                verb(payment)
        with pytest.raises(ProviderSilent):
            gateway.bill(clock.today())
    settings.PAYMENT_WECHAT = {**providers.wechat_account(), "public_key": pay.public_pem("forger")}
    with pytest.raises(ProviderSilent):  # an answer that WeChat did not sign
        gateways.get("wechat").begin(payments[0], cash_in.Payer())
    settings.PAYMENT_WECHAT = {**providers.wechat_account(), "mchid": "1900000002"}
    providers.broken["POST /v3/pay"] = 400
    with pytest.raises(ProviderRefused):
        gateways.get("wechat").begin(payments[0], cash_in.Payer())


@pytest.mark.django_db(transaction=True)
def test_providers_when_asked_then_no_transaction_is_open(caller, providers, member):
    order, seen, here = place(member, virtual_sku(cash="9.90")), [], connection
    providers.watch = lambda: seen.append(here.in_atomic_block)
    url = f"/api/v1/orders/{order.no}/payments"
    started = caller.post(url, {"provider": "wechat"}, format="json").json()
    assert caller.post(url, {"provider": "alipay"}, format="json").status_code == 201
    payment = Payment.objects.select_related("order").get(provider="alipay")
    assert Payment.objects.get(no=started["no"]).status == "failed"
    providers.pay(payment)

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert tasks.ask_about_payments() == 1
    assert caller.post(f"/api/v1/orders/{order.no}/cancellation").status_code == 200

    assert (len(seen) >= 5, any(seen)) == (True, False)
    assert PaymentRefund.objects.get().status == "done"
