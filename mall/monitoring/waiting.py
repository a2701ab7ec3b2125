"""What waits in the shop for a hand or a sweep, and since when: what /metrics tells of its rows.

Each line of WAITING asks the database one question, over open rows and by an index.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Count, DateTimeField, Func, Min, Q, QuerySet
from prometheus_client.core import GaugeMetricFamily

from mall.core import clock
from marketing.models import Delivery
from orders.models import CouponGrant, FlashSession, Order, PaymentRefund, RefundRequest
from points import machine_state
from points.models import Grant, LedgerEntry, Parked, PointAccount, RiskCase

HANDED_OUT_STILL = (CouponGrant.Status.QUEUED, CouponGrant.Status.RUNNING)


@dataclass(frozen=True)
class Waiting:
    """A kind of work: its rows, and the column that says since when a row is due."""

    name: str
    meaning: str
    rows: object  # as_of -> the open rows
    due: str = ""

    def __call__(self):
        """Yield how many rows wait, and with ``due`` how many seconds the oldest is overdue (or
        0).
        """
        now = clock.now()
        rows: QuerySet = self.rows(now)
        asked = {"number": Count("pk"), **({"oldest": Min(self.due)} if self.due else {})}
        told = rows.order_by().aggregate(**asked)
        yield GaugeMetricFamily(f"mall_{self.name}", self.meaning, value=told["number"])
        if self.due:
            seconds = (now - _instant(told["oldest"])).total_seconds() if told["oldest"] else 0
            yield _labelled(
                "mall_overdue_seconds",
                "How long the oldest row of a kind of work is due",
                "work",
                {self.name: max(0, seconds)},
            )


class DatabaseNow(Func):
    """The database's own clock, in UTC whatever its time zone."""

    output_field = DateTimeField()

    def as_mysql(self, compiler, connection, **more):
        return self.as_sql(compiler, connection, template="UTC_TIMESTAMP(6)", **more)

    def as_sqlite(self, compiler, connection, **more):
        template = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
        return self.as_sql(compiler, connection, template=template, **more)


def ledger_day():
    """Yield how far the newest business day and this process's clock lie ahead of the database's.

    A clock that ran ahead leaves members in a day that has not come: their limits and streaks
    stand still until it does.
    """
    entries = LedgerEntry.objects.order_by("-biz_date").annotate(now=DatabaseNow())
    newest = entries.values_list("biz_date", "now").first()
    day, now = newest or (None, None)
    now = now and now.replace(tzinfo=now.tzinfo or UTC)
    days = (day - clock.day_of(now)).days if newest else 0
    seconds = (clock.now() - now).total_seconds() if newest else 0
    yield GaugeMetricFamily(
        "mall_ledger_ahead_days",
        "Days from the database's today to the newest day of the ledger",
        value=max(0, days),
    )
    meaning = "This process's clock less the database's"
    yield GaugeMetricFamily("mall_clock_ahead_seconds", meaning, value=seconds)


def _labelled(name, meaning, label, values):
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _instant(due: date | datetime) -> datetime:
    """Return from when on something is due; what ends with a day is due when the day is over."""
    return due if isinstance(due, datetime) else clock.end_of(due)


def _due_grants(now):
    may_earn = Q(account__status__in=machine_state.EARNING)
    return Grant.objects.filter(may_earn, status=Grant.Status.PENDING, matures_at__lte=now)


WAITING = (
    Waiting(
        "facts_unheard",
        "Members whose facts wait for what follows from them",
        lambda now: PointAccount.objects.filter(hear_at__isnull=False),
        "hear_at",
    ),
    Waiting(
        "facts_parked",
        "What could not follow from a fact and waits for a person",
        lambda now: Parked.objects.filter(done_at__isnull=True),
        "parked_at",
    ),
    Waiting(
        "orders_unpaid",
        "Orders waiting for their payment",
        lambda now: Order.objects.filter(status=Order.Status.PENDING),
        "pay_by",
    ),
    Waiting(
        "orders_unshipped",
        "Paid orders waiting to be shipped",
        lambda now: Order.objects.filter(status=Order.Status.PAID),
    ),
    Waiting(
        "refunds_unapproved",
        "Refund requests waiting for an operator",
        lambda now: RefundRequest.objects.filter(status=RefundRequest.Status.REQUESTED),
        "requested_at",
    ),
    Waiting(
        "refunds_unsettled",
        "Cash refunds on their way",
        lambda now: PaymentRefund.objects.filter(status=PaymentRefund.Status.REQUESTED),
        "requested_at",
    ),
    Waiting(
        "cases_open",
        "Risk cases waiting for a decision",
        lambda now: RiskCase.objects.filter(status=RiskCase.Status.OPEN),
        "opened_at",
    ),
    Waiting(
        "drift_cases_open",
        "Accounts that did not match their entries, waiting for a decision",
        lambda now: RiskCase.objects.filter(status=RiskCase.Status.OPEN, kind=RiskCase.Kind.DRIFT),
    ),
    Waiting(
        "deliveries_waiting",
        "Mails waiting to be sent",
        lambda now: Delivery.objects.filter(state=Delivery.State.WAITING),
        "next_try_at",
    ),
    Waiting(
        "deliveries_abandoned",
        "Mails whose sender died",
        lambda now: Delivery.objects.abandoned(now),
        "claimed_until",
    ),
    Waiting(
        "deliveries_dead",
        "Mails given up after the last try",
        lambda now: Delivery.objects.filter(state=Delivery.State.DEAD),
    ),
    Waiting("grants_due", "Promised points whose day has come", _due_grants, "matures_at"),
    Waiting(
        "flash_sessions_due",
        "Flash sessions that are over and keep their leftovers",
        FlashSession.objects.to_settle,
        "ends_at",
    ),
    Waiting(
        "hand_outs_open",
        "Coupon hand-outs on their way",
        lambda now: CouponGrant.objects.filter(status__in=HANDED_OUT_STILL),
        "created_at",
    ),
    Waiting(
        "accounts_to_expire",
        "Accounts with points whose last day is over",
        lambda now: PointAccount.objects.filter(next_expiry__lt=clock.day_of(now)),
        "next_expiry",
    ),
    ledger_day,
)
