"""The sweep that sends messages: what is due of a member on a channel leaves as one message.

Rows are taken by an update whose filter holds the old state, right before the port is spoken to. A
sender that dies while it speaks leaves the outcome unknown: such rows are given up and shown, for a
message comes once or not at all; the notice stands in the inbox either way (as mails, decision
0009). By night, too soon after the last one, or beyond the contact policy it waits, and then what
has gathered leaves together.
"""

import uuid
from collections import Counter, defaultdict
from datetime import timedelta
from time import monotonic

import structlog
from django.conf import settings
from django.db.models import F, Max
from django.utils import translation
from django.utils.translation import gettext_noop, ngettext

from mall.core import clock
from mall.core.transactions import transactional
from marketing.channels import ports, reach
from marketing.models import ChannelChoice, Message
from marketing.notices import digest
from marketing.notices.mail_claims import APART, may_go_at
from marketing.notices.topics import manner_of

log = structlog.get_logger(__name__)
State = Message.State
BACKOFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
TRIES = len(BACKOFF) + 1
LEASE = timedelta(minutes=2)
SWEEP_SECONDS = 15
LOOKED_AT = 200  # rows a round
TOGETHER = 20  # notices in one message
UNCLEAR = gettext_noop("The sender stopped while it spoke: nobody knows whether it left.")


def send_due() -> dict:
    """Send what is due, one message a member and channel; returns how many left, and how many rows
    wait, died or were not wanted.
    """
    numbers, until = Counter(_give_up_abandoned()), monotonic() + SWEEP_SECONDS
    while monotonic() < until and (parcels := _due()):
        for rows in parcels:
            if monotonic() < until:
                numbers.update(_go(rows))
    return {name: number for name, number in numbers.items() if number}


def _due() -> list[list[Message]]:
    """Return due rows, those of a member and channel together, who waited longest first."""
    due = Message.objects.due(clock.now())
    due = due.select_related("notification", "user__digest_choice")
    parcels = defaultdict(list)
    for row in due.order_by("next_try_at", "pk")[:LOOKED_AT]:
        parcels[row.user_id, row.channel].append(row)
    return [rows[:TOGETHER] for rows in parcels.values()]


def _go(rows) -> dict:
    """Send the rows of one member and channel, as far as they may leave now."""
    now = clock.now()
    ready, skipped = _take(rows, now)
    if not ready:
        return {"skipped": skipped}
    try:
        ports.send(ready[0].channel, ready[0].user, _news(ready))
    except ports.Refused as refusal:
        return {"skipped": skipped, "dead": _end(ready, State.DEAD, error=str(refusal))}
    except ports.Silent as silence:
        return {"skipped": skipped, **_put_off(ready, str(silence))}
    _end(ready, State.SENT, sent_at=clock.now())
    return {"skipped": skipped, "sent": 1}


# --- taking ------------------------------------------------------------------------
@transactional
def _take(rows, now) -> tuple[list[Message], int]:
    """Make those rows ours that may leave; returns them, and how many nobody wants any more."""
    unwanted = _unwanted(rows)
    skipped = _change(unwanted, now, state=State.SKIPPED)
    ready = [row for row in rows if row not in unwanted]
    later = _later(ready, now)
    for moment, waiting in later.items():
        _change(waiting, now, next_try_at=moment)
    held = [row for waiting in later.values() for row in waiting]
    return _claim([row for row in ready if row not in held], now), skipped


def _unwanted(rows) -> list:
    user, channel = rows[0].user, rows[0].channel
    wanted = ChannelChoice.objects.filter(user=user, channel=channel, is_on=True)
    topics = set(wanted.values_list("topic", flat=True)) if user.is_active else set()
    is_offered = channel in ports.offered()
    return [row for row in rows if not is_offered or _manner(row).topic not in topics]


def _later(rows, now) -> dict:
    """Return {moment: rows that leave no sooner}: by night, soon after the last message or before
    the member's digest what is not urgent, and offers beyond the contact policy.
    """
    later = defaultdict(list)
    loose = [row for row in rows if not _manner(row).urgent]
    is_gathering = digest.is_on_for(rows[0].user) if rows else False
    if is_gathering:
        for row in loose:
            if (moment := digest.leaves_at(row.created_at)) > now:
                later[moment].append(row)
        loose = [row for row in loose if digest.leaves_at(row.created_at) <= now]
    if loose:
        last = Message.objects.filter(user=rows[0].user_id, channel=rows[0].channel)
        sent_at = last.filter(sent_at__gt=now - APART).aggregate(last=Max("sent_at"))["last"]
        moment = may_go_at(False, last_sent_at=sent_at, now=now)
        if moment > now:
            later[moment] += loose
            return later
    offers = [row for row in loose if _manner(row).is_offer]
    if offers and not any(row.counted_on for row in offers):
        on = clock.day_of(now)
        if reach.take([rows[0].user_id], on=on):
            Message.objects.filter(pk__in=[row.pk for row in offers]).update(counted_on=on)
        else:
            chance = reach.next_chance(now)
            later[digest.leaves_at(chance) if is_gathering else chance] += offers
    return later


def _claim(rows, now) -> list[Message]:
    mark = uuid.uuid4().hex
    taken = {"state": State.SENDING, "claimed_by": mark, "claimed_until": now + LEASE}
    if not _change(rows, now, tries=F("tries") + 1, **taken):
        return []
    ours = Message.objects.filter(claimed_by=mark).select_related("notification", "user")
    return list(ours.order_by("pk"))


def _change(rows, now, **changes) -> int:
    keys = [row.pk for row in rows]
    return Message.objects.due(now).filter(pk__in=keys).update(**changes) if keys else 0


# --- how it went -------------------------------------------------------------------
def _end(rows, state, **told) -> int:
    ours = Message.objects.filter(claimed_by=rows[0].claimed_by, state=State.SENDING)
    return ours.update(state=state, claimed_until=None, **told)


def _put_off(rows, why) -> dict:
    log.warning("message_not_sent", channel=rows[0].channel, reason=why)
    tries = max(row.tries for row in rows)
    if tries >= TRIES:
        return {"dead": _end(rows, State.DEAD, error=why)}
    moment = clock.now() + BACKOFF[tries - 1]
    return {"retried": _end(rows, State.WAITING, error=why, next_try_at=moment)}


def _give_up_abandoned() -> dict:
    left = Message.objects.filter(state=State.SENDING, claimed_until__lte=clock.now())
    return {"dead": left.update(state=State.DEAD, claimed_until=None, error=UNCLEAR)}


# --- words -------------------------------------------------------------------------
def _news(rows) -> ports.News:
    """Return what one message says of its notices: the most urgent one, and how many more."""
    rows = sorted(rows, key=lambda row: (not _manner(row).urgent, row.notification_id))
    first, others = rows[0].notification, len(rows) - 1
    with translation.override(rows[0].user.language):
        wording = first.wording
        title = wording.title
        if others:
            title = ngettext(
                "%(title)s, and %(others)s more", "%(title)s, and %(others)s more", others
            ) % {"title": title, "others": others}
        path = first.url if not others and first.url else "/inbox/"
        url = f"{settings.SHOP_URL.rstrip('/')}{path}"
        return ports.News(title, str(wording.text), url, manner_of(first.kind).topic)


def _manner(row):
    return manner_of(row.notification.kind)
