"""Mails about accounts: a row in the transaction of what they tell, sent by a sweep a moment later.

A mail server that hangs so holds no request. What a row says is somebody's secret (a link that sets
a new password): it is encrypted, and erased once it was sent or given up. A sender that dies leaves
its claim to the next one after LEASE; such a mail may come twice, which harms nobody, while one
that never came would lock its reader out (docs/decisions/0072).
"""

import json
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from smtplib import SMTPException
from time import monotonic

import structlog
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db.models import F

from accounts.models import AccountMail
from mall.core import clock
from mall.core.encryption import Undecryptable

log = structlog.get_logger(__name__)
State = AccountMail.State
TRIES = 6
BACKOFF = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=3),
)
LEASE = timedelta(minutes=3)
SWEEP_SECONDS = 25
BATCH = 50
KEPT = timedelta(days=30)


def post(template: str, message: mail.EmailMessage) -> AccountMail:
    """Write a mail down to be sent; ``template`` names its kind."""
    letter = {
        "subject": message.subject,
        "body": message.body,
        "subtype": message.content_subtype,
        "from_email": message.from_email,
        "to": message.to,
        "headers": message.extra_headers,
        "alternatives": [list(one) for one in getattr(message, "alternatives", ())],
    }
    return AccountMail.objects.create(template=template, letter=json.dumps(letter, default=str))


def send_due() -> dict:
    """Send what is due, the oldest first; returns how many were sent, failed and given up.

    May run several times at once: a row is taken by an update whose filter holds the old state. A
    server that cannot be reached ends the sweep; its rows are due again at once.
    """
    numbers, until = Counter(), monotonic() + SWEEP_SECONDS
    ids = list(AccountMail.objects.due(clock.now()).values_list("pk", flat=True)[:BATCH])
    if not ids:
        return {}
    connection = mail.get_connection()
    try:
        connection.open()
        for pk in ids:
            if monotonic() > until:
                break
            if _take(pk):
                outcome = _send(pk, connection)
                numbers[outcome] += 1
                if outcome == "failed":
                    connection.close()  # the next one begins on a line of its own
    except (SMTPException, OSError) as error:
        log.warning("mail_server_unreachable", reason=type(error).__name__)
        numbers["unreachable"] = 1
    finally:
        with suppress(SMTPException, OSError):  # every mail's own outcome is written already
            connection.close()
    return dict(numbers)


def forget_old() -> int:
    """Delete what was sent or given up long ago; returns how many rows went."""
    over = AccountMail.objects.filter(state__in=(State.SENT, State.DEAD))
    return over.filter(created_at__lt=clock.now() - KEPT).delete()[0]


def _take(pk) -> bool:
    now = clock.now()
    taken = {"state": State.SENDING, "next_try_at": now + LEASE, "tries": F("tries") + 1}
    return bool(AccountMail.objects.due(now).filter(pk=pk).update(**taken))


def _send(pk, connection) -> str:
    """Speak to the mail server; returns how it went. No transaction is open here."""
    ours = AccountMail.objects.filter(pk=pk, state=State.SENDING)
    try:
        row = ours.get()
        _message(row, connection).send()
    except Undecryptable:
        ours.update(state=State.DEAD, letter=None, error="unreadable")
        return "dead"
    except (SMTPException, OSError) as error:
        return _put_off(row, ours, error)
    ours.update(state=State.SENT, letter=None, sent_at=clock.now(), error="")
    return "sent"


def _put_off(row, ours, error) -> str:
    reason = type(error).__name__  # what the server says may name its reader
    log.error("mail_not_sent", template=row.template, reason=reason)
    if row.tries >= TRIES:
        ours.update(state=State.DEAD, letter=None, error=reason)
        return "dead"
    next_try_at = clock.now() + BACKOFF[row.tries - 1]
    ours.update(state=State.WAITING, next_try_at=next_try_at, error=reason)
    return "failed"


def _message(row, connection) -> EmailMultiAlternatives:
    said = json.loads(row.letter)
    message = EmailMultiAlternatives(
        said["subject"],
        said["body"],
        said["from_email"],
        said["to"],
        headers=said["headers"],
        connection=connection,
    )
    message.content_subtype = said["subtype"]
    for content, mimetype in said["alternatives"]:
        message.attach_alternative(content, mimetype)
    return message
