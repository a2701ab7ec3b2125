"""What leaves the shop by mail: rows are the queue, a sweep every few seconds empties it.

A mail may leave twice only if nobody remembers that it left; so its rows say ``handed_at`` before
the mail server is spoken to. A sender that dies before that loses its lease and the rows go again.
One that dies after it leaves the outcome unknown: the rows are given up and shown, and an operator
may send them again. The notice stands in the inbox either way (docs/decisions, "A mail is sent at
most once"). Rows are taken for many members at once (marketing/notices/mail_claims.py); a mail of
its own costs one statement (marketing/notices/mail_handover.py).

Source: docs/reliability.md "Faults of the parts".
"""

import re
from collections import Counter, deque
from contextlib import suppress
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from time import monotonic

import structlog
from django.core import mail

from mall.core import audit, clock, shared_redis
from mall.core.transactions import transactional
from marketing.models import Delivery
from marketing.notices import letters, mail_claims, mail_handover
from marketing.notices.mail_claims import TRIES, UNCLEAR, held

log = structlog.get_logger(__name__)
State = Delivery.State
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))
SWEEP_SECONDS = 25
SHOWN_IN_AUDIT = 50


class Unreachable(Exception):
    """The mail server answers nobody: the rest of the sweep need not try."""


def send_due() -> dict:
    """Send what is due, one mail a member; returns how many mails left and how many rows wait, died
    or were not wanted.
    """
    numbers, until = Counter(mail_claims.take_over_abandoned()), monotonic() + SWEEP_SECONDS
    connection = mail.get_connection()
    try:
        while monotonic() < until and (user_ids := mail_claims.members_due()):
            mails, unwanted = mail_claims.take(user_ids)
            if mails or unwanted:
                numbers.update(skipped=unwanted)
            _send_all(mails, connection, until, numbers)
    except Unreachable as error:
        log.warning("mail_server_unreachable", reason=str(error))
        numbers["unreachable"] = 1
    finally:
        with suppress(SMTPException, OSError):  # every mail's own outcome is written already
            connection.close()
    return dict(numbers)


@transactional
def send_again(deliveries, *, actor) -> int:
    """Queue given-up deliveries anew, with all their tries; returns how many. For operators: it is
    written down.
    """
    fresh = {
        "state": State.WAITING,
        "tries": 0,
        "next_try_at": clock.now(),
        "handed_at": None,
        "error": "",
        "claimed_by": "",
    }
    dead = sorted(deliveries.filter(state=State.DEAD).values_list("pk", flat=True))
    count = Delivery.objects.filter(pk__in=dead, state=State.DEAD).update(**fresh)
    if count:
        audit.note(
            actor,
            "marketing.send_again",
            target="mails",
            after={"deliveries": dead[:SHOWN_IN_AUDIT], "count": count},
        )
    return count


# --- one member's mail ---------------------------------------------------------
def _send_all(mails, connection, until, numbers):
    """Send mails that are ours, and give back those there was no time for, or no mail server.

    That a mail left is written down with the next one's handing over, of the last one by itself.
    """
    left, gone = deque(mails), None
    try:
        with shared_redis.one_moment():  # the face that all of them wear
            while left and monotonic() < until:
                outcome, gone = _send(left.popleft(), connection, after=gone)
                numbers.update(outcome)
    finally:
        if gone:
            mail_handover.note_sent(gone)
        mail_claims.give_back(left)


def _send(mail, connection, *, after):
    """Send a mail; returns how it went, and the mail if it left, which is not written down yet."""
    letter = letters.write(
        mail.member, [row.notification for row in mail.rows], connection=connection
    )
    try:
        connection.open()
    except (SMTPException, OSError) as error:
        _retry(mail.rows, error)
        raise Unreachable(type(error).__name__) from error
    if not mail_handover.hand_over(mail, after=after):
        # whoever has them now sends them, or the lease's end does
        return {"lost": len(mail.rows)}, None
    failure = _spoken(mail.rows, letter)
    return (failure, None) if failure else ({"sent": 1}, mail)


def _spoken(rows, letter):
    """Speak to the mail server; returns what failed, or nothing. No transaction is open here."""
    try:
        letter.send()
    except SMTPRecipientsRefused as error:
        return _refused(rows, error, *next(iter(error.recipients.values()), (0, b"")))
    except SMTPResponseException as error:
        return _refused(rows, error, error.smtp_code, error.smtp_error)
    except (SMTPException, OSError) as error:
        # The line broke: the server may or may not have taken the mail. Once is promised, so it is
        # not said again.
        return _give_up(rows, f"{UNCLEAR} ({type(error).__name__})")
    return {}


def _refused(rows, error, code, said):
    """The server said no, so nothing left: for good (5xx), or for now."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    reason = f"{code} {text}"
    return _give_up(rows, reason) if 500 <= int(code) < 600 else _retry(rows, error, reason)


@transactional
def _retry(rows, error, reason=""):
    """Try again later; the fifth failure is the last."""
    text, died = _without_addresses(reason or type(error).__name__), 0
    for row in rows:
        if row.tries >= TRIES:
            died += held([row]).update(state=State.DEAD, claimed_until=None, error=text)
        else:
            moment = clock.now() + BACKOFF[row.tries - 1]
            held([row]).update(
                state=State.WAITING,
                next_try_at=moment,
                handed_at=None,
                claimed_until=None,
                error=text,
            )
    return {"retried": len(rows) - died, "dead": died}


@transactional
def _give_up(rows, reason):
    held(rows).update(state=State.DEAD, claimed_until=None, error=_without_addresses(reason))
    log.warning("mail_given_up", deliveries=[row.pk for row in rows])
    return {"dead": len(rows)}


def _without_addresses(text):
    """Mail servers repeat the recipient in what they say; neither row nor log keeps it."""
    return re.sub(r"[^\s<>:;,]+@[^\s<>:;,]+", "***", text)[:300]
