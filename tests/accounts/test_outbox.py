"""Account mails: a row at once, sent a moment later, its secret gone; a mail server never holds a
request.
"""

import socket
import threading
from contextlib import contextmanager
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction

from accounts import outbox
from accounts.models import AccountMail
from mall.core import clock
from tests.factories.accounts import mails

pytestmark = pytest.mark.django_db
RESET = "/accounts/password/reset/"


@contextmanager
def hanging_server():
    """A mail server that lets everybody in and says nothing; yields its port and who came."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        came = []
        server.settimeout(30)

        def listen():
            try:
                while True:
                    came.append(server.accept()[0])
            except OSError:
                return

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        try:
            yield server.getsockname()[1], came
        finally:
            server.shutdown(socket.SHUT_RDWR)
            listening.join(5)
            for one in came:
                one.close()


class Breaking(EmailBackend):
    """A server that breaks the line once it has heard a mail."""

    def send_messages(self, messages):
        raise SMTPServerDisconnected


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT letter FROM accounts_accountmail ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_requests_when_the_mail_server_hangs_then_none_speaks_to_it_and_all_mails_arrive_later(
    client, member, settings
):
    settings.ACCOUNT_RATE_LIMITS = False
    with hanging_server() as (port, came):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 0.2

        answers = [client.post(RESET, {"email": member.email}).status_code for _ in range(9)]
        asked = len(came)
        vain = outbox.send_due()

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert (answers, asked, vain) == ([302] * 9, 0, {"unreachable": 1})
    assert outbox.send_due() == {"sent": 9}
    assert {one.to[0] for one in mail.outbox} == {member.email}
    assert outbox.send_due() == {}


@pytest.mark.parametrize("door", ["reset", "sign up", "e-mail added", "app reset"])
def test_mail_when_written_then_encrypted_and_erased_once_it_was_sent(client, member, door):
    if door == "reset":
        client.post(RESET, {"email": member.email})
    elif door == "app reset":
        client.post(
            "/api/auth/app/v1/auth/password/request",
            {"email": member.email},
            content_type="application/json",
        )
    elif door == "sign up":
        form = {"username": "new", "email": "new@example.com", "password1": "a-long-password-7"}
        client.post("/accounts/signup/", form)
    else:
        client.force_login(member)
        client.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})

    [before] = stored()
    [letter] = mails()

    assert "@" not in before
    assert "http" not in before
    assert "http" in letter.body
    assert letter.subject
    [row] = AccountMail.objects.all()
    assert (row.state, row.letter, stored()) == ("sent", None, [None])


def test_mail_when_the_request_is_rolled_back_then_there_is_none():
    message = mail.EmailMessage("Subject", "Text", to=["a@example.com"])

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.post("account/email/test", message)
        raise ZeroDivisionError

    assert mails() == []


def test_send_due_when_the_line_breaks_then_again_later_and_given_up_with_its_secret(settings):
    outbox.post("t", mail.EmailMessage("Subject", "Secret", to=["a@example.com"]))
    settings.EMAIL_BACKEND = f"{__name__}.Breaking"

    with time_machine.travel(clock.now(), tick=False) as travelled:
        outcomes = []
        for _ in range(outbox.TRIES):
            outcomes.append(outbox.send_due())
            assert outbox.send_due() == {}
            travelled.shift(timedelta(hours=4))

    assert outcomes == [{"failed": 1}] * (outbox.TRIES - 1) + [{"dead": 1}]
    [row] = AccountMail.objects.all()
    assert (row.state, row.letter, row.error) == ("dead", None, "SMTPServerDisconnected")


def test_send_due_when_a_sender_died_then_the_next_one_sends_it_after_the_lease():
    row = outbox.post("t", mail.EmailMessage("Subject", "Text", to=["a@example.com"]))
    assert outbox._take(row.pk)

    early = outbox.send_due()
    with time_machine.travel(clock.now() + outbox.LEASE, tick=False):
        late = outbox.send_due()

    assert (early, late) == ({}, {"sent": 1})


def test_forget_old_when_a_month_has_passed_then_only_what_is_over_goes():
    for _ in range(2):
        outbox.post("t", mail.EmailMessage("Subject", "Text", to=["a@example.com"]))
    outbox.send_due()
    outbox.post("t", mail.EmailMessage("Subject", "Text", to=["a@example.com"]))

    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        gone = outbox.forget_old()

    assert (gone, AccountMail.objects.count()) == (2, 1)
