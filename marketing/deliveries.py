"""What leaves the shop by mail: rows are the queue, a sweep every few seconds empties it.

A sweep takes a member's due rows by an update whose filter holds the old state, so of two sweeps
one has them. A mail may leave twice only if nobody remembers that it left; so the row says
``handed_at`` before the mail server is spoken to. A sender that dies before that loses its lease
and the rows go again. One that dies after it leaves the outcome unknown: the row is given up and
shown, and an operator may send it again. The notice stands in the inbox either way (docs/decisions,
"A mail is sent at most once").

Source: reliability.md "Faults of the parts"; healthchecks' handle_going_down.
"""

import re
import uuid
from collections import Counter
from contextlib import suppress
from datetime import datetime, time, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from time import monotonic

import structlog
from django.contrib.auth import get_user_model
from django.core import mail
from django.db.models import F
from django.utils.translation import gettext_noop

from mall.core import audit, clock
from mall.core.transactions import transactional
from marketing import letters, preferences
from marketing.models import Delivery
from marketing.topics import MANNERS

log = structlog.get_logger(__name__)
State = Delivery.State
TRIES = 5
LEASE = timedelta(minutes=3)
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))
APART = timedelta(minutes=10)  # between two mails to one member; what comes meanwhile goes together
QUIET_FROM, QUIET_UNTIL = time(22), time(8)
TOGETHER = 20  # notices in one mail
MEMBERS = 200  # looked up at once
SWEEP_SECONDS = 25
SHOWN_IN_AUDIT = 50
UNCLEAR = gettext_noop(
    "The sender stopped while it spoke to the mail server: nobody knows whether the mail left."
)
NEVER_BEGUN = gettext_noop("The sender stopped again and again before it could send.")
GONE = gettext_noop("The member's account is closed.")


class Unreachable(Exception):
    """The mail server answers nobody: the rest of the sweep need not try."""


def send_due() -> dict:
    """Send what is due, one mail a member; returns how many mails left and how many rows wait, died
    or were not wanted.
    """
    numbers, until = Counter(_take_over_abandoned()), monotonic() + SWEEP_SECONDS
    connection = mail.get_connection()
    try:
        while monotonic() < until and (members := _members_with_due_rows()):
            for user_id in members:
                numbers.update(_send_to(user_id, connection))
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


def may_go_at(urgent, *, last_sent_at, now) -> datetime:
    """Return the moment a mail may leave: urgent ones now, others by day and APART from the last
    one.
    """
    if urgent:
        return now
    moment = max(now, last_sent_at + APART) if last_sent_at else now
    local = moment.astimezone(clock.SHOP_ZONE)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return moment
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, tzinfo=clock.SHOP_ZONE)


def _members_with_due_rows():
    """Return some members for whom something is due, who waited longest first; each look makes the
    due rows fewer.
    """
    due = (
        Delivery.objects.due(clock.now())
        .order_by("next_try_at", "pk")
        .values_list("user_id", flat=True)[:MEMBERS]
    )
    return list(dict.fromkeys(due))


# --- one member's mail ---------------------------------------------------------
def _send_to(user_id, connection):
    rows = _claim(user_id)
    member = get_user_model().objects.get(pk=user_id) if rows else None
    rows, unwanted = _still_wanted(member, rows) if rows else ([], 0)
    if not rows:
        return {"skipped": unwanted} if unwanted else {}
    letter = letters.write(member, [row.notification for row in rows], connection=connection)
    try:
        connection.open()
    except (SMTPException, OSError) as error:
        _retry(rows, error)
        raise Unreachable(type(error).__name__) from error
    if not _hand_over(rows):
        return {"lost": len(rows)}  # the lease ran out and somebody else has them
    return {"skipped": unwanted, **_spoken(rows, letter)}


def _spoken(rows, letter):
    """Speak to the mail server; returns how it went. No transaction is open here."""
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
    return _sent(rows)


def _refused(rows, error, code, said):
    """The server said no, so nothing left: for good (5xx), or for now."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    reason = f"{code} {text}"
    return _give_up(rows, reason) if 500 <= int(code) < 600 else _retry(rows, error, reason)


@transactional
def _claim(user_id):
    """Take a member's due rows for one mail; put off those whose time has not come. Returns the
    rows that are ours.
    """
    now = clock.now()
    due = list(
        Delivery.objects.due(now)
        .filter(user_id=user_id)
        .select_related("notification")
        .order_by("pk")[:TOGETHER]
    )
    last = (
        Delivery.objects.filter(user_id=user_id, sent_at__gt=now - APART)
        .order_by("-sent_at")
        .values_list("sent_at", flat=True)
        .first()
    )
    later = may_go_at(False, last_sent_at=last, now=now)
    waits = [row.pk for row in due if later > now and not MANNERS[row.notification.kind].urgent]
    if waits:
        Delivery.objects.due(now).filter(pk__in=waits).update(next_try_at=later)
    ready = [row.pk for row in due if row.pk not in set(waits)]
    if not ready:
        return []
    mark = uuid.uuid4().hex
    claim = {
        "state": State.SENDING,
        "claimed_by": mark,
        "claimed_until": now + LEASE,
        "handed_at": None,
        "tries": F("tries") + 1,
    }
    # Two sweeps may stand here with the same rows: the second one finds none in the old state.
    if not Delivery.objects.due(now).filter(pk__in=ready).update(**claim):
        return []
    return list(
        Delivery.objects.filter(pk__in=ready, claimed_by=mark)
        .select_related("notification")
        .order_by("pk")
    )


@transactional
def _still_wanted(member, rows):
    """Leave out what the member turned off meanwhile, and everything of a closed account; returns
    (rows, how many less).
    """
    choices = preferences.of(member)
    wanted = [row for row in rows if member.is_active and choices[row.notification.kind].email]
    unwanted = {row.pk for row in rows} - {row.pk for row in wanted}
    if unwanted:
        _ours(rows).filter(pk__in=unwanted).update(
            state=State.SKIPPED, claimed_until=None, error="" if member.is_active else GONE
        )
    return wanted, len(unwanted)


@transactional
def _hand_over(rows):
    return _ours(rows).update(handed_at=clock.now()) == len(rows)


@transactional
def _sent(rows):
    _ours(rows).update(state=State.SENT, sent_at=clock.now(), claimed_until=None, error="")
    return {"sent": 1}


@transactional
def _retry(rows, error, reason=""):
    """Try again later; the fifth failure is the last."""
    text, died = _without_addresses(reason or type(error).__name__), 0
    for row in rows:
        if row.tries >= TRIES:
            died += _ours([row]).update(state=State.DEAD, claimed_until=None, error=text)
        else:
            moment = clock.now() + BACKOFF[row.tries - 1]
            _ours([row]).update(
                state=State.WAITING,
                next_try_at=moment,
                handed_at=None,
                claimed_until=None,
                error=text,
            )
    return {"retried": len(rows) - died, "dead": died}


@transactional
def _give_up(rows, reason):
    _ours(rows).update(state=State.DEAD, claimed_until=None, error=_without_addresses(reason))
    log.warning("mail_given_up", deliveries=[row.pk for row in rows])
    return {"dead": len(rows)}


def _ours(rows):
    """Rows we still hold: the claim stands in the filter."""
    return Delivery.objects.filter(
        pk__in=[row.pk for row in rows], claimed_by=rows[0].claimed_by, state=State.SENDING
    )


def _take_over_abandoned():
    """Free the rows of senders that died before they spoke; give up those of senders that died
    while speaking.
    """
    now = clock.now()
    left = Delivery.objects.abandoned(now)
    # asked first: most sweeps find none and should write nothing
    return _sort_out(left, now) if left.exists() else {}


@transactional
def _sort_out(left, now):
    died = left.filter(handed_at__isnull=False).update(
        state=State.DEAD, claimed_until=None, error=UNCLEAR
    )
    died += left.filter(handed_at__isnull=True, tries__gte=TRIES).update(
        state=State.DEAD, claimed_until=None, error=NEVER_BEGUN
    )
    freed = left.filter(handed_at__isnull=True).update(
        state=State.WAITING, next_try_at=now, claimed_until=None
    )
    return {name: number for name, number in (("dead", died), ("freed", freed)) if number}


def _without_addresses(text):
    """Mail servers repeat the recipient in what they say; neither row nor log keeps it."""
    return re.sub(r"[^\s<>:;,]+@[^\s<>:;,]+", "***", text)[:300]
