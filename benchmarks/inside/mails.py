"""Many mails are due: send them to a mail server that takes everything."""

import time
from datetime import UTC, datetime

from benchmarks.inside import answer

KIND = "order_paid"  # urgent: it waits for no morning
WARM_UP = 20  # mails: what a sender does once in its life (addresses, templates) is no mail's cost


def send(*, mails, turn, port):
    """Return {mails, CPU seconds of this process, seconds, statements a mail}."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from marketing.models import Delivery

    try:
        from marketing.notices import deliveries
    except ModuleNotFoundError:  # a build from before notices had a room of their own
        from marketing import deliveries

    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    _queue(WARM_UP, f"{turn}before")
    deliveries.send_due()
    _queue(mails, turn)
    began, cpu = time.perf_counter(), time.process_time()
    while Delivery.objects.due(datetime.now(UTC)).exists():
        deliveries.send_due()
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - began
    sent = Delivery.objects.filter(state=Delivery.State.SENT, notification__key=f"mails{turn}")
    assert sent.count() == mails, (sent.count(), mails)
    few = min(mails, 100)  # counted apart: counting costs time
    _queue(few, f"{turn}counted", after=mails)
    with CaptureQueriesContext(connection) as told:
        deliveries.send_due()
    return {"mails": mails, "cpu": cpu, "seconds": seconds, "statements": len(told) / few}


def _queue(mails, turn, *, after=0):
    """Make the notices of ``mails`` members, and their deliveries."""
    from accounts.models import User
    from marketing.models import Delivery, Notification

    Delivery.objects.filter(state=Delivery.State.WAITING).update(state=Delivery.State.SKIPPED)
    name = f"mail{turn}x"
    User.objects.bulk_create(
        [
            User(
                username=f"{name}{n}",
                email=f"{name}{n}@example.com",
                email_canonical=f"{name}{n}@example.com",
                password="!",
            )
            for n in range(after, after + mails)
        ]
    )
    members = User.objects.filter(username__startswith=name).order_by("pk")
    Notification.objects.bulk_create(
        [
            Notification(user=member, kind=KIND, params=_params(), key=f"mails{turn}", url="/")
            for member in members
        ]
    )
    notices = Notification.objects.filter(key=f"mails{turn}")
    Delivery.objects.bulk_create(
        [Delivery(notification=notice, user_id=notice.user_id) for notice in notices]
    )


def _params():
    return {"no": "2026112900000001", "points": 100, "cash": "12.50", "earns": 10}


if __name__ == "__main__":
    answer(send)
