"""The life of a member's orders with real providers: the machine of the refunds, whose notices come
late, twice or never, whose refunds take time, and whose bills are read each day.

Besides what must hold there: what the providers hold of the shop is what our books say, and no bill
differs.
"""

from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from mall.core import clock
from orders.models import BillDifference, Payment, PaymentRefund
from orders.payments import billing, cash_in, cash_out, enquiries
from tests.orders.payments.test_bills import WRITE, refund_row, row
from tests.orders.refunds.test_machine import ONE_TEST, RefundMachine

pytestmark = pytest.mark.django_db
REAL = ["alipay", "wechat"]


class MoneyMachine(RefundMachine):
    """Nothing of what a provider says is made up: it is signed by one that listens."""

    providers = None  # set by the test

    def __init__(self):
        super().__init__()
        self.providers.trades, self.providers.refunds = {}, {}

    def notice(self, order, times, event="paid"):
        """A shopper pays, or leaves; the provider tells so many times, or waits to be asked."""
        luck = self._luck()
        row_ = self._order(order)
        payment = row_.payments.first()
        if payment is None or (payment.status == "failed" and row_.is_payable):
            if not row_.is_payable:
                return
            payment = cash_in.start(row_, luck.choice(REAL))
            if payment.provider == "wechat":
                cash_in.begin(payment, cash_in.Payer())
        if event != "paid":
            self._leave(payment)
            return
        if payment.status == "failed":
            return  # closed there: nobody can pay it
        number = self.providers.number(payment)
        if self.providers.trades.get(number, {}).get("status") != "paid":
            self.providers.pay(payment)
        if luck.random() < 0.7 or payment.status == "paid":
            write = getattr(self.providers, f"{payment.provider}_notice")
            for _ in range(times):
                cash_in.receive_notice(payment.provider, *write(payment))
        if luck.random() < 0.5 or not payment.notices.exists():
            enquiries.ask(Payment.objects.select_related("order").get(pk=payment.pk))
        if row_.status == "pending":
            self.paid[order] = True

    def _leave(self, payment):
        trade = self.providers.trades.get(self.providers.number(payment))
        if trade and trade["status"] == "open":
            trade["status"] = "closed"
            enquiries.ask(Payment.objects.select_related("order").get(pk=payment.pk))

    def settle(self):
        """Money goes back at once, or the provider takes its time and tells, or does not."""
        luck = self._luck()
        self.providers.refund_state = luck.choice(["SUCCESS", "PROCESSING"])
        cash_out.settle_due()
        if luck.random() < 0.6:
            waiting = PaymentRefund.objects.filter(status="requested", accepted_at__isnull=False)
            for refund in waiting.select_related("payment"):
                known = self.providers.refunds[self._number(refund)]
                known["state"] = known["status"] = "SUCCESS"
                if refund.payment.provider == "wechat" and luck.random() < 0.7:
                    for _ in range(2):
                        said = self.providers.wechat_refund_notice(refund)
                        cash_in.receive_notice("wechat", *said)
            cash_out.settle_due()

    @rule(days=st.sampled_from([0.02, 1, 3, 8, 11]))
    def time_passes(self, days):
        """The day's bills are read before it is over, and what is wanted no more is closed."""
        self._read_bills()
        super().time_passes(days)
        enquiries.ask_due()

    def _read_bills(self):
        today = clock.today()
        for provider in REAL:
            paid = Payment.objects.filter(provider=provider, status="paid")
            rows = [
                row(self.providers, payment)
                for payment in paid
                if self.providers.trades[self.providers.number(payment)]["day"] == today
            ]
            back = PaymentRefund.objects.filter(payment__provider=provider, billed_on=None)
            back = back.exclude(status="requested", accepted_at=None)  # not there yet
            rows += [
                refund_row(self.providers, refund) for refund in back.select_related("payment")
            ]
            billing.read_in(provider, today, WRITE[provider](today, rows) if rows else b"")
        assert not BillDifference.objects.filter(settled_at=None).exists()

    def _number(self, refund):
        return refund.no.replace("-", "") if refund.payment.provider == "alipay" else refund.no

    @invariant()
    def providers_hold_what_the_books_say(self):
        if not hasattr(self, "member"):
            return
        held = Decimal(0)
        for trade in self.providers.trades.values():
            held += Decimal(trade["amount"]) if trade["status"] == "paid" else 0
        for known in self.providers.refunds.values():
            if "SUCCESS" in (known.get("state"), known.get("status")):
                back = known["amount"]
                held -= Decimal(back["refund"]) / 100 if isinstance(back, dict) else Decimal(back)
        paid = Payment.objects.filter(provider__in=REAL, status="paid")
        done = PaymentRefund.objects.filter(payment__provider__in=REAL, status="done")
        books = sum(payment.amount for payment in paid) - sum(refund.amount for refund in done)
        assert held == books


@pytest.fixture
def machine(providers):
    MoneyMachine.providers = providers
    return MoneyMachine


def test_money_when_providers_are_late_silent_or_slow_then_everything_reconciles(machine):
    run_state_machine_as_test(
        machine, settings=settings(ONE_TEST, max_examples=1, stateful_step_count=6)
    )


@pytest.mark.long
@pytest.mark.once(on="sqlite")
def test_money_when_much_more_happens_then_everything_still_reconciles(machine):
    run_state_machine_as_test(
        machine, settings=settings(ONE_TEST, max_examples=60, stateful_step_count=30)
    )
