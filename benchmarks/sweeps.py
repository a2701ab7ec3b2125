"""What the clock does to many rows: mails, tiers, promised points, reminders, expiry; in rows per
CPU second of the process.

Promise: a row costs a share of a few statements, not statements of its own.
"""

import os
import time
from datetime import timedelta

from benchmarks import ground

FIRST = 1_000_000  # ids of the crowd begin behind those of everybody else


@ground.standing
def run(*, members=None) -> list:
    """Give a crowd something of each kind and let the sweeps find it; returns the figures."""
    from mall.core import clock
    from points import expiry, maturing, reconciliation, tiers

    members = members or int(os.environ.get("BENCH_MEMBERS", 1_000))
    ids = _gather(members)
    rows = [ground.row("members", members, "rows")]
    _give_points(ids, expires_on=clock.today() + timedelta(days=7))
    rows.append(_swept("tiers, members", members, tiers.reassess_due))
    _promise(ids)
    rows.append(_swept("grants", members, maturing.mature_due))
    _forget_mails()
    rows.append(_swept("reminders of points that end", members, _remind))
    _forget_mails()
    _tell(ids)
    rows.append(_swept("mails", members, _send))
    _give_points(ids, expires_on=clock.today(), key="ends")
    with clock.at(clock.now() + timedelta(days=1)):
        rows.append(_swept("expiry, accounts", members, expiry.expire_due))
    findings = reconciliation.verify()
    assert findings == [], findings[:3]
    return rows


def _swept(name, count, sweep):
    """Run a sweep once; returns how many rows it did per CPU second."""
    began = time.process_time()
    done = sweep()
    took = time.process_time() - began
    done = getattr(done, "accounts", None) or getattr(done, "grants", None) or done
    assert done >= count, (name, done)
    return ground.row(name, count / took, "1/CPU s")


def _gather(members):
    from django.db import transaction

    from accounts.models import User
    from points import ledger

    people = [
        User(
            pk=FIRST + n,
            username=f"bench{n}",
            email=f"bench{n}@example.com",
            email_canonical=f"bench{n}@example.com",
            language="en" if n % 2 else "zh-hans",
        )
        for n in range(1, members + 1)
    ]
    User.objects.bulk_create(people, batch_size=500)
    with transaction.atomic():
        for person in people:
            ledger.open_account(person.pk)
    return [person.pk for person in people]


def _give_points(ids, *, expires_on, key="gift"):
    from points import ledger, machine

    for start in range(0, len(ids), 500):
        gift = machine.Accrue(30, expires_on.isoformat())
        ledger.post_many(
            [ledger.Posting(pk, gift, key=f"bench:{key}") for pk in ids[start : start + 500]]
        )


def _promise(ids):
    from mall.core import clock
    from points.models import Grant, RuleVersion

    version = RuleVersion.objects.filter(rule__code="order").first() or RuleVersion.objects.first()
    Grant.objects.bulk_create(
        [
            Grant(
                account_id=pk,
                version=version,
                action="order",
                key=f"order:bench{pk}",
                points=7,
                reference=f"order:bench{pk}",
                on=clock.today(),
                promised_at=clock.now(),
                matures_at=clock.now(),
            )
            for pk in ids
        ],
        batch_size=500,
    )


def _tell(ids):
    from marketing.models import Notification
    from marketing.notifications import Kind, notify_many

    notify_many(
        [
            Notification(
                user_id=pk,
                kind=Kind.ORDER_PAID,
                key="bench:paid",
                url="/orders/1/",
                params={"no": "1", "points": 5},
            )
            for pk in ids
        ]
    )


def _forget_mails():
    from marketing.models import Delivery

    Delivery.objects.all().delete()


def _remind():
    from marketing import reminders

    return reminders.remind_expiring()


def _send():
    from marketing import deliveries

    sent = 0
    while left := deliveries.send_due().get("sent"):  # a sweep ends after some seconds
        sent += left
    return sent


if __name__ == "__main__":
    ground.tell(run())
