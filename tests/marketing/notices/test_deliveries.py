"""The mail queue: once each, tried again, put off, given up and shown."""

import subprocess
import sys
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from mall.core import clock
from marketing.models import Delivery
from marketing.notices import deliveries, mail_claims, preferences
from marketing.notices.inbox import Kind, notify

pytestmark = pytest.mark.django_db
State = Delivery.State
NOON = datetime(2026, 11, 20, 12, tzinfo=clock.SHOP_ZONE)
NIGHT = datetime(2026, 11, 20, 23, 30, tzinfo=clock.SHOP_ZONE)
HERE = __name__
BROKEN = {"opens": None, "sends": None}


class Broken(EmailBackend):
    """A mail server that fails as BROKEN says."""

    def open(self):
        if BROKEN["opens"]:
            raise BROKEN["opens"]

    def send_messages(self, messages):
        if BROKEN["sends"]:
            raise BROKEN["sends"]
        return super().send_messages(messages)


@pytest.fixture
def noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def server(settings):
    settings.EMAIL_BACKEND = f"{HERE}.Broken"
    BROKEN.update(opens=None, sends=None)
    yield BROKEN
    BROKEN.update(opens=None, sends=None)


def paid(member, no="1"):
    notify(
        member.pk,
        kind=Kind.ORDER_PAID,
        key=f"order:{no}:paid",
        url=f"/orders/{no}/",
        no=no,
        points=100,
    )


def shipped(member, no="1"):
    notify(
        member.pk, kind=Kind.ORDER_SHIPPED, key=f"order:{no}:shipped", url=f"/orders/{no}/", no=no
    )


def states():
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


# --- once -----------------------------------------------------------------------
def test_send_due_when_swept_twice_then_one_mail(noon, member, mailoutbox):
    paid(member)

    assert deliveries.send_due() == {"sent": 1, "skipped": 0}
    assert deliveries.send_due() == {}

    (letter,) = mailoutbox
    assert letter.to == [member.email]
    row = Delivery.objects.get()
    assert (row.state, row.tries, row.sent_at, row.error) == (State.SENT, 1, NOON, "")


def test_notify_when_same_fact_after_it_was_mailed_then_no_second_mail(noon, member, mailoutbox):
    paid(member)
    deliveries.send_due()
    paid(member)

    deliveries.send_due()

    assert len(mailoutbox) == 1
    assert states() == [State.SENT]


def test_notify_when_kind_is_not_mailed_then_no_row(noon, member):
    notify(member.pk, kind=Kind.POINTS_SPENT, key="spent:1", points=5)

    assert states() == []


def test_notify_when_the_past_is_written_then_nobody_gets_mail(member):
    with clock.at(clock.now() - timedelta(days=3)):
        paid(member)

    assert states() == []


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_send_due_when_eight_sweeps_at_once_then_each_mail_once(
    member, other_member, run_threads, deadlocks
):
    for user in (member, other_member):
        paid(user)

    run_threads(8, deliveries.send_due)

    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(
        [member.email, other_member.email]
    )
    assert states() == [State.SENT] * 2
    assert deadlocks() == 0


# --- when -----------------------------------------------------------------------
def test_send_due_when_several_facts_then_one_mail_with_all(noon, member, mailoutbox):
    shipped(member)
    paid(member)
    paid(member, no="2")

    deliveries.send_due()

    (letter,) = mailoutbox
    assert states() == [State.SENT] * 3
    assert "/orders/1/" in letter.body
    assert "/orders/2/" in letter.body


def test_send_due_when_a_mail_just_left_then_the_next_ones_go_together_after_ten_minutes(
    noon, member, mailoutbox
):
    paid(member)
    deliveries.send_due()
    shipped(member)
    shipped(member, no="2")
    deliveries.send_due()
    assert len(mailoutbox) == 1

    noon.shift(mail_claims.APART)
    deliveries.send_due()

    assert len(mailoutbox) == 2
    assert states() == [State.SENT] * 3


def test_send_due_when_money_moved_at_night_then_at_once_and_the_rest_in_the_morning(
    member, mailoutbox
):
    with time_machine.travel(NIGHT, tick=False) as now:
        paid(member)
        shipped(member, no="2")
        deliveries.send_due()
        assert states() == [State.SENT, State.WAITING]

        now.shift(timedelta(hours=8, minutes=29))  # 7:59
        assert deliveries.send_due() == {}
        now.shift(timedelta(minutes=1))
        deliveries.send_due()

    assert states() == [State.SENT, State.SENT]
    assert len(mailoutbox) == 2


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20T21:59:59+08:00", "2026-11-20T21:59:59+08:00"),
        ("2026-11-20T22:00:00+08:00", "2026-11-21T08:00:00+08:00"),
        ("2026-11-21T00:00:00+08:00", "2026-11-21T08:00:00+08:00"),
        ("2026-11-21T07:59:59+08:00", "2026-11-21T08:00:00+08:00"),
        ("2026-11-21T08:00:00+08:00", "2026-11-21T08:00:00+08:00"),
    ],
)
def test_may_go_at_when_around_the_quiet_hours_then_shop_time_decides(now, expected):
    now = datetime.fromisoformat(now)

    assert mail_claims.may_go_at(False, last_sent_at=None, now=now) == datetime.fromisoformat(
        expected
    )
    assert mail_claims.may_go_at(True, last_sent_at=now, now=now) == now


def test_send_due_when_turned_off_meanwhile_then_skipped(noon, member, mailoutbox):
    paid(member)
    preferences.stop_mails(member.pk, [Kind.ORDER_PAID])

    deliveries.send_due()

    assert (states(), mailoutbox) == ([State.SKIPPED], [])


# --- failures -------------------------------------------------------------------
def test_send_due_when_the_server_is_down_then_tried_five_times_and_given_up(
    noon, member, server, mailoutbox
):
    paid(member)
    server["opens"] = ConnectionRefusedError("refused")

    waits = []
    for _try in range(mail_claims.TRIES):
        deliveries.send_due()
        row = Delivery.objects.get()
        waits.append((row.next_try_at - clock.now()) if row.state == State.WAITING else None)
        noon.shift(deliveries.BACKOFF[-1])

    assert waits == [*deliveries.BACKOFF, None]
    assert (row.state, row.tries, row.error) == (State.DEAD, 5, "ConnectionRefusedError")
    server["opens"] = None
    assert deliveries.send_again(Delivery.objects.all(), actor="staff:1") == 1
    deliveries.send_due()
    assert (states(), len(mailoutbox)) == ([State.SENT], 1)


def test_send_due_when_the_server_is_down_then_others_lose_no_try(
    noon, member, other_member, server
):
    paid(member)
    paid(other_member)
    server["opens"] = TimeoutError()

    assert deliveries.send_due()["unreachable"] == 1

    assert sorted(Delivery.objects.values_list("tries", flat=True)) == [0, 1]


def test_send_due_when_the_mailbox_is_refused_then_dead_at_once_and_the_address_is_not_kept(
    noon, member, server
):
    paid(member)
    server["sends"] = SMTPRecipientsRefused(
        {member.email: (550, f"<{member.email}>: no such user".encode())}
    )

    deliveries.send_due()

    row = Delivery.objects.get()
    assert (row.state, row.error) == (State.DEAD, "550 <***>: no such user")


def test_send_due_when_told_to_come_later_then_retried(noon, member, server):
    paid(member)
    server["sends"] = SMTPRecipientsRefused({member.email: (451, b"greylisted")})

    deliveries.send_due()

    row = Delivery.objects.get()
    assert (row.state, row.error, row.next_try_at) == (
        State.WAITING,
        "451 greylisted",
        NOON + deliveries.BACKOFF[0],
    )


def test_send_due_when_the_line_breaks_while_speaking_then_not_sent_a_second_time(
    noon, member, server, mailoutbox
):
    paid(member)
    server["sends"] = SMTPServerDisconnected("gone")
    deliveries.send_due()
    server["sends"] = None

    noon.shift(timedelta(days=1))
    deliveries.send_due()

    row = Delivery.objects.get()
    assert (row.state, mailoutbox) == (State.DEAD, [])
    assert row.error.startswith(mail_claims.UNCLEAR)


# --- a killed sender ------------------------------------------------------------
DIES = """
import os, signal, sys
import django
django.setup()
from django.core.mail.backends import locmem, filebased
from marketing.notices import deliveries
where = sys.argv[1]
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
if where == "before":
    locmem.EmailBackend.open = die
else:
    locmem.EmailBackend.send_messages = die
deliveries.send_due()
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("where", "state", "mails"), [("before", State.SENT, 1), ("while", State.DEAD, 0)]
)
def test_send_due_when_the_sender_is_killed_then_never_twice_and_never_forgotten(
    member, mailoutbox, where, state, mails
):
    paid(member)

    import os

    from django.db import connection

    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.marketing.same_database",
        "MALL_TEST_NAME": str(connection.settings_dict["NAME"]),
    }
    killed = subprocess.run(
        [sys.executable, "-c", DIES, where], env=environment, check=False, capture_output=True
    )
    assert killed.returncode == -9, killed.stderr.decode()
    row = Delivery.objects.get()
    assert (row.state, row.handed_at is not None) == (State.SENDING, where == "while")
    assert deliveries.send_due() == {}

    with time_machine.travel(clock.now() + mail_claims.LEASE + timedelta(seconds=1)):
        deliveries.send_due()

    assert (states(), len(mailoutbox)) == ([state], mails)
