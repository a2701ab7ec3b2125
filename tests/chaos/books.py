"""What stands in the shop before the hail and what must be true after it; called inside the shop's
own Django (``Shop.ask``).
"""

from collections import Counter
from datetime import date
from uuid import uuid4

from django.db.models import Sum

SWEEPS = ("settle-refunds", "cancel-unpaid-orders")
PASSWORD = "chaos-password"


def furnish(count) -> dict:
    """Register members with points, fill a shelf with scarce and plentiful goods, and choose times
    for two sweeps.
    """
    from accounts.registration import register
    from tests.factories.orders import give_points, virtual_sku

    members = []
    for n in range(count):
        name = uuid4().hex[:12]
        user = register(username=name, email=f"{name}@example.com", password=PASSWORD)
        give_points(user, 100_000)
        members.append(
            {
                "id": user.pk,
                "username": name,
                "password": PASSWORD,
                "address": f"10.0.{n // 250}.{n % 250 + 1}",
            }
        )
    scarce = [({"points": 5}, 40), ({"points": 5, "cash": "1.00"}, 60)]
    plenty = [
        ({"points": 3}, 100_000),
        ({"points": 3, "cash": "2.50"}, 100_000),
        ({"cash": "9.90"}, 100_000),
    ]
    shelf = [[virtual_sku(**prices, stock=pieces).pk, pieces] for prices, pieces in scarce + plenty]
    _sweep_often()
    return {"members": members, "shelf": shelf}


def _sweep_often():
    """An operator wants these every two seconds; that beat keeps it through all its deaths is part
    of the test.
    """
    from django_celery_beat.models import IntervalSchedule

    from mall import schedule
    from mall.jobs import beat

    often = IntervalSchedule.objects.create(every=2, period="seconds")
    for name in SWEEPS:
        row = beat.lay_down(name, beat.Line._unpack_fields(**schedule.beat_schedule()[name]))
        row.crontab, row.interval = None, often
        row.save()


def forget_sweeps():
    """Forget this minute's runs: the next knock of beat does them again, if the way from beat to
    worker is whole.
    """
    from mall.core.models import JobRun

    JobRun.objects.filter(job__in=SWEEPS).delete()


def swept() -> dict:
    """Say whether both sweeps ran since, and how much money is still on its way back."""
    from mall.core.models import JobRun
    from orders.models import PaymentRefund

    done = set(
        JobRun.objects.filter(finished_at__isnull=False, job__in=SWEEPS).values_list(
            "job", flat=True
        )
    )
    return {
        "missing": sorted(set(SWEEPS) - done),
        "owed": PaymentRefund.objects.filter(status="requested").count(),
    }


def look(facts, shelf) -> dict:
    """Return what is wrong in the books and with each fact that a member was told, and some
    numbers.
    """
    from mall import verification
    from orders.models import Order

    status = dict(Order.objects.values_list("no", "status"))
    wrong = [str(finding.as_dict()) for finding in verification.verify()]
    wrong += [f"told and not so: {fact}" for fact in _broken(facts, status)]
    wrong += _doubled() + _oversold(shelf) + _undone_choices()
    return {"wrong": wrong, "statuses": Counter(status.values())}


def _broken(facts, status):
    """Yield each fact that is not in the books exactly once."""
    from orders.models import Order, Payment, RefundRequest
    from points.models import LedgerEntry

    orders = Counter(Order.objects.values_list("user_id", "key"))
    pairs = set(Order.objects.values_list("user_id", "key", "no"))
    paid = Counter(Payment.objects.filter(status="paid").values_list("order__no", flat=True))
    asked = Counter(RefundRequest.objects.values_list("order__no", "key"))
    came = Counter(
        LedgerEntry.objects.filter(key__startswith="checkin:").values_list("account_id", "biz_date")
    )
    holds = {
        "order": lambda user, no, key: orders[user, key] == 1 and (user, key, no) in pairs,
        "cancelled": lambda user, no: status.get(no) == "cancelled",
        "paid": lambda user, no: paid[no] == 1,
        "refund": lambda user, no, key: asked[no, key] == 1,
        "checkin": lambda user, on: came[user, date.fromisoformat(on)] == 1,
    }
    yield from (fact for fact in facts if not holds[fact[0]](*fact[1:]))


def _doubled():
    from orders.models import Payment, PaymentNotice
    from points.models import LedgerEntry

    notices = Counter(PaymentNotice.objects.values_list("event_id", flat=True))
    payments = Counter(Payment.objects.filter(status="paid").values_list("order_id", flat=True))
    entries = Counter(LedgerEntry.objects.values_list("account_id", "key"))
    return [
        f"{n} times: {what}"
        for counted in (notices, payments, entries)
        for what, n in counted.items()
        if n > 1
    ]


def _oversold(shelf):
    from catalog import stock
    from orders.models import OrderLine

    live = dict(
        OrderLine.objects.exclude(order__status="cancelled")
        .order_by()
        .values_list("sku")
        .annotate(n=Sum("quantity"))
    )
    left = stock.available([sku for sku, _pieces in shelf])
    told = [(sku, pieces, left[sku], live.get(sku, 0)) for sku, pieces in shelf]
    return [
        f"SKU {sku}: {here} left and {gone} sold of {pieces}"
        for sku, pieces, here, gone in told
        if here < 0 or here + gone != pieces
    ]


def _undone_choices():
    from django_celery_beat.models import PeriodicTask

    kept = set(
        PeriodicTask.objects.filter(interval__every=2, crontab=None).values_list("name", flat=True)
    )
    return [f"an operator's time was undone: {name}" for name in SWEEPS if name not in kept]
