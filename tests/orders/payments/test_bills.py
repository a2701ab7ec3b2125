"""Daily bills: read as the providers write them, matched by our numbers, once however often."""

import io
from datetime import timedelta
from unittest.mock import MagicMock

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import translation
from urllib3.exceptions import ProtocolError

from mall.core import clock
from mall.core.tables.errors import UnreadableTable
from orders import tasks
from orders.errors import ProviderSilent
from orders.lifecycle import cancel
from orders.models import BillDifference, Order, Payment, PaymentBill, PaymentRefund
from orders.payments import billing, cash_in, cash_out, gateways
from orders.payments.bill_admin import TO_DO
from tests.factories.orders import place, virtual_sku
from tests.orders.payments import providers as pay

pytestmark = pytest.mark.django_db
WORDS = {"alipay": ("交易", "退款"), "wechat": ("SUCCESS", "REFUND")}
WRITE = {"alipay": pay.alipay_bill, "wechat": pay.wechat_bill}
BOTH = pytest.mark.parametrize("provider", ["alipay", "wechat"])


@pytest.fixture
def paid(providers, member):
    """Make a payment the provider told us of."""

    def make(provider, cash="9.90"):
        payment = cash_in.start(place(member, virtual_sku(cash=cash)), provider)
        providers.pay(payment)
        write = providers.alipay_notice if provider == "alipay" else providers.wechat_notice
        cash_in.receive_notice(provider, *write(payment))
        return Payment.objects.select_related("order").get(pk=payment.pk)

    return make


def row(providers, payment, **changes):
    """A line of the bill about a payment."""
    line = {"no": providers.number(payment), "ref": payment.provider_ref}
    line |= {"kind": WORDS[payment.provider][0], "amount": str(payment.amount), "refund": ""}
    line |= changes
    return line["kind"], line["no"], line["ref"], line["amount"], line["refund"]


def refund_row(providers, refund, no=""):
    payment = refund.payment
    no = no or (refund.no.replace("-", "") if payment.provider == "alipay" else refund.no)
    amount = f"-{refund.amount}" if payment.provider == "alipay" else str(refund.amount)
    line = {"kind": WORDS[payment.provider][1], "amount": amount, "refund": no}
    return row(providers, payment, **line)


def differences(**only):
    found = BillDifference.objects.filter(settled_at__isnull=True, **only)
    return sorted(found.values_list("kind", "subject", "no"))


@BOTH
def test_read_in_when_bill_and_books_differ_then_listed_once_and_settled_by_a_right_bill(
    providers, paid, provider, operator
):
    same, dear, absent, back = (paid(provider) for _n in range(4))
    cancel(Order.objects.get(pk=back.order_id), actor="test")
    cash_out.settle_due()
    refund = PaymentRefund.objects.select_related("payment").get()
    unpaid = cash_in.start(place(back.order.user, virtual_sku(cash="1.00")), provider)
    day, write = clock.today(), WRITE[provider]
    right = [row(providers, one) for one in (same, back)] + [refund_row(providers, refund)]
    wrong = write(day, [
        *right,
        row(providers, dear, amount="9.91"),
        row(providers, unpaid, ref="4200001"),
        row(providers, same, no="SHOP2-0001", ref="4200002"),
        refund_row(providers, refund, "BY-HAND-1"),
    ])  # fmt: skip

    bills = [billing.read_in(provider, day, wrong, by=operator) for _ in range(2)]

    expected = [
        ("amount", "payment", dear.no),
        ("missing_here", "payment", "SHOP2-0001"),
        ("missing_here", "payment", unpaid.no),
        ("missing_here", "refund", "BY-HAND-1"),
        ("missing_there", "payment", absent.no),
    ]
    assert differences() == sorted(expected)
    assert {bill.pk for bill in bills} == {PaymentBill.objects.get().pk}
    assert (bills[0].payments, bills[0].refunds) == (5, 2)
    kept = BillDifference.objects.get(no="SHOP2-0001")
    billing.settle(kept, by=operator, note="our other shop")

    full = write(day, [*right, row(providers, dear), row(providers, absent)])
    for content in (full, wrong, full, full):
        billing.read_in(provider, day, content)

    assert differences() == []
    kept.refresh_from_db()
    assert (kept.note, kept.settled_by) == ("our other shop", f"staff:{operator.pk}")
    assert set(Payment.objects.filter(status="paid").values_list("billed_on", flat=True)) == {day}
    assert PaymentRefund.objects.get().billed_on == day


@BOTH
def test_read_in_when_a_line_stands_twice_or_lacks_its_number_then_what_it_adds_up_to_differs(
    providers, paid, provider
):
    payment, day = paid(provider), clock.today()
    by_hand = row(providers, payment, kind=WORDS[provider][1], amount="0.00", refund="")

    bill = billing.read_in(
        provider, day, WRITE[provider](day, [row(providers, payment)] * 2 + [by_hand])
    )

    no = by_hand[1] if provider == "alipay" else "0"
    no = payment.no if provider == "alipay" else no
    assert (bill.payments, bill.paid, bill.refunds) == (1, 2 * payment.amount, 1)
    assert differences() == [("amount", "payment", payment.no), ("missing_here", "refund", no)]
    twice = BillDifference.objects.get(kind="amount")
    assert (twice.ours, twice.theirs) == (payment.amount, 2 * payment.amount)


def test_read_in_when_the_bill_of_the_day_before_shows_it_then_missing_no_more(providers, paid):
    payment = paid("wechat")  # paid before midnight, heard of after
    today, yesterday = clock.today(), clock.today() - timedelta(days=1)
    billing.read_in("wechat", today, b"")
    assert differences() == [("missing_there", "payment", payment.no)]

    billing.read_in("wechat", yesterday, pay.wechat_bill(yesterday, [row(providers, payment)]))

    assert differences() == []
    billing.read_in("wechat", today, b"")
    assert differences() == []


@pytest.mark.parametrize(
    ("provider", "content"),
    [
        ("alipay", b"PK\x03\x04 torn"),
        ("alipay", pay.wechat_bill(clock.today(), [("SUCCESS", "1", "2", "1.00", "")])),
        ("alipay", pay.alipay_bill(clock.today(), [("交易", "1", "2", "a lot", "")])),
        ("wechat", pay.alipay_bill(clock.today(), [("交易", "1", "2", "1.00", "")])),
        ("wechat", pay.wechat_bill(clock.today(), [("SUCCESS", "1", "2", "1.00", "")], "190000")),
        ("wechat", pay.wechat_bill("2026-01-01", [("SUCCESS", "1", "2", "1.00", "")])),
        ("wechat", pay.wechat_bill(clock.today(), [("SUCCESS", "1", "2", "-1.00", "")])),
        ("alipay", pay.alipay_bill(clock.today(), [("交易", "1", "2", "-1.00", "")])),
        ("alipay", pay.alipay_bill(clock.today(), [("交易", "1", "2", "1" + "0" * 10, "")])),
        ("alipay", pay.alipay_bill(clock.today(), [("交易", "1", "2", "9" * 10, "")] * 101)),
        ("alipay", pay.alipay_bill(clock.today(), [("交易", "1", "2", "1.00", "")], "20889")),
        ("wechat", "交易时间\n\xff".encode("utf-16")),
        ("sandbox", b"x"),
    ],
)
def test_read_in_when_it_is_no_bill_of_that_day_then_a_sentence_and_nothing_kept(
    providers, provider, content
):
    with pytest.raises(UnreadableTable) as refused:
        billing.read_in(provider, clock.today(), content)

    assert str(refused.value).endswith((".", "…", ")", "。")) or "12.50" in str(refused.value)
    assert not PaymentBill.objects.exists()


@BOTH
@pytest.mark.parametrize("at", ["no", "ref"])
def test_read_in_when_a_spreadsheet_rounded_its_numbers_then_refused_and_nothing_differs(
    providers, paid, provider, at
):
    today, payment = clock.today(), paid(provider)
    bill = WRITE[provider](today, [row(providers, payment, **{at: "2.02611E+27"})])

    with translation.override("en"), pytest.raises(UnreadableTable) as refused:
        billing.read_in(provider, today, bill)

    assert "2.02611E+27: a spreadsheet rounded this" in str(refused.value)
    assert not PaymentBill.objects.exists()


def test_fetch_bills_when_the_day_is_over_then_each_provider_is_asked_once(providers, paid):
    payments = paid("alipay"), paid("wechat")
    day = clock.today() - timedelta(days=1)
    with time_machine.travel(clock.start_of(day)):
        billing.read_in("alipay", day, b"")  # somebody was too early: the day was not over
    providers.bills = {day.isoformat(): pay.alipay_bill(day, [row(providers, payments[0])])}
    providers.broken = {"GET /v3/bill": 500}
    with pytest.raises(ProviderSilent):
        tasks.fetch_bills()
    providers.broken = {}
    providers.bills = {day.isoformat(): pay.wechat_bill(day, [row(providers, payments[1])])}

    assert tasks.fetch_bills() == 3  # three days of WeChat Pay; Alipay's are here
    assert tasks.fetch_bills() == 0

    assert PaymentBill.objects.filter(payments=1).count() == 2
    assert differences() == []


def test_fetch_when_the_file_breaks_off_then_the_provider_is_silent(providers, monkeypatch):
    broken = MagicMock()  # urllib3's own error is neither requests' nor an OSError
    broken.__enter__.return_value.raw.read.side_effect = ProtocolError("connection broken")
    day = clock.today() - timedelta(days=1)
    providers.bills = {day.isoformat(): pay.alipay_bill(day, [])}
    monkeypatch.setattr("orders.payments.gateways.alipay.requests.get", lambda *a, **b: broken)

    with pytest.raises(ProviderSilent):
        billing.fetch("alipay", day)


def test_import_bill_when_commanded_then_counts_are_told_or_why_not(providers, paid, tmp_path):
    payment, day, file = paid("alipay"), clock.today(), tmp_path / "bill.zip"
    file.write_bytes(pay.alipay_bill(day, [row(providers, payment)]))
    said = io.StringIO()

    call_command("import_bill", "alipay", day.isoformat(), str(file), stdout=said)

    assert said.getvalue() == "payments=1 refunds=0 differences=0\n"
    with pytest.raises(CommandError):
        call_command("import_bill", "wechat", day.isoformat(), str(file))


def test_bills_admin_when_a_bill_is_uploaded_then_the_differences_say_what_to_do(
    client, providers, paid, operator
):
    payment, day = paid("alipay"), clock.today()
    client.force_login(operator)
    url = reverse("admin:orders_paymentbill_read_bill")
    bill = pay.alipay_bill(day, [row(providers, payment, amount="1.00")])
    sent = {"provider": "alipay", "day": day.isoformat()}

    torn = client.post(url, sent | {"file": SimpleUploadedFile("a.zip", bill[:90])})
    done = client.post(url, sent | {"file": SimpleUploadedFile("a.zip", bill)}, follow=True)

    assert (client.get(url).status_code, torn.status_code) == (200, 400)
    assert "ZIP" in torn.content.decode()
    page = done.content.decode()
    assert payment.no in page and "9.90" in page and "1.00" in page
    difference = BillDifference.objects.get()
    settle = reverse("admin:orders_billdifference_settle", args=[difference.pk])
    asked = client.get(settle).content.decode()
    assert "¥9.90" in asked and "¥1.00" in asked and str(TO_DO["amount", "payment"]) in asked
    bills = client.get(reverse("admin:orders_paymentbill_changelist")).content.decode()
    assert str(gateways.label_of("alipay")) in bills
    assert client.post(settle, {"note": "a typo"}).status_code == 302
    difference.refresh_from_db()
    assert (difference.note, differences()) == ("a typo", [])
    client.logout()
    assert client.get(url).status_code == 302
