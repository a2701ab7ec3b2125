"""Which sweep has which mails: rows are taken by an update whose filter holds the old state, so of
two sweeps one has them.

Mails are taken for some members at a time, and each is handed over by itself (mail_handover), right
before it is spoken of to a mail server. A claim ends after LEASE: its rows go again when nothing
was handed over yet, and are given up when something was (docs/decisions, "A mail is sent at most
once").

Source: docs/reliability.md "Faults of the parts"; healthchecks' handle_going_down.
"""

import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import F, Max
from django.utils.translation import gettext_noop

from mall.core import clock, quiet_hours
from mall.core.transactions import transactional
from marketing.channels import reach
from marketing.models import Delivery
from marketing.notices import digest, preferences
from marketing.notices.topics import manner_of

State = Delivery.State
TRIES = 5
LEASE = timedelta(minutes=3)
APART = timedelta(minutes=10)  # between two mails to one member; what comes meanwhile goes together
TOGETHER = 20  # notices in one mail
MEMBERS = 50  # taken at once: a sender that dies leaves no more than their mails to its lease
UNCLEAR = gettext_noop(
    "The sender stopped while it spoke to the mail server: nobody knows whether the mail left."
)
NEVER_BEGUN = gettext_noop("The sender stopped again and again before it could send.")
GONE = gettext_noop("The member's account is closed.")


class Mail(NamedTuple):
    """A member and the rows that leave in one mail."""

    member: object
    rows: list


def may_go_at(urgent, *, last_sent_at, now) -> datetime:
    """Return the moment a mail may leave: urgent ones now, others by day and APART from the last
    one.
    """
    if urgent:
        return now
    return quiet_hours.by_day(max(now, last_sent_at + APART) if last_sent_at else now)


def members_due() -> list[int]:
    """Return some members for whom something is due, who waited longest first; each look makes the
    due rows fewer.
    """
    due = (
        Delivery.objects.due(clock.now())
        .order_by("next_try_at", "pk")
        .values_list("user_id", flat=True)[: MEMBERS * 4]
    )
    return list(dict.fromkeys(due))[:MEMBERS]


@transactional
def take(user_ids) -> tuple[list[Mail], int]:
    """Take the due rows of these members, one mail each; returns (mails, rows nobody wants).

    What may not leave yet is put off; what the member turned off meanwhile, and everything of a
    closed account, is left out for good.
    """
    now = clock.now()
    due = _due(user_ids, now)
    active = get_user_model().objects.filter(is_active=True).select_related("digest_choice")
    members = active.in_bulk(list(due))
    gathering = {user_id for user_id, member in members.items() if digest.is_on_for(member)}
    _put_off(due, user_ids, gathering, now)
    choices = preferences.of_many(
        due, {row.notification.kind for rows in due.values() for row in rows}
    )
    wanted, unwanted = {}, []
    for user_id, rows in due.items():
        member = members.get(user_id)
        is_reader = member is not None and member.mailbox
        likes = [row for row in rows if is_reader and _is_wanted(row, choices)]
        unwanted += [row for row in rows if row not in likes]
        if likes:
            wanted[user_id] = likes
    skipped = _leave_out(unwanted, members, now)
    wanted = _hold_back(wanted, gathering, now)
    ours = _claim([row for rows in wanted.values() for row in rows], now)
    mails = [
        Mail(members[user_id], mine)
        for user_id, rows in wanted.items()
        if (mine := [row for row in rows if row.pk in ours])
    ]
    return mails, skipped


@transactional
def give_back(mails) -> None:
    """Let other sweeps have the mails we took and did not come to; that was no try."""
    if mails:
        held([row for mail in mails for row in mail.rows]).filter(handed_at__isnull=True).update(
            state=State.WAITING, tries=F("tries") - 1, claimed_until=None
        )


def held(rows):
    """Return the rows that are still ours: the claim stands in the filter."""
    return Delivery.objects.filter(
        pk__in=[row.pk for row in rows], claimed_by=rows[0].claimed_by, state=State.SENDING
    )


def take_over_abandoned() -> dict:
    """Free the rows of senders that died before they spoke; give up those of senders that died
    while speaking.
    """
    now = clock.now()
    left = Delivery.objects.abandoned(now)
    # asked first: most sweeps find none and should write nothing
    return _sort_out(left, now) if left.exists() else {}


# --- the parts of taking ------------------------------------------------------------
def _due(user_ids, now):
    """Return {member: due rows}, no more than go into one mail."""
    due = defaultdict(list)
    rows = Delivery.objects.due(now).filter(user_id__in=user_ids).select_related("notification")
    for row in rows.order_by("pk")[: MEMBERS * TOGETHER]:
        if len(due[row.user_id]) < TOGETHER:
            due[row.user_id].append(row)
    return due


def _put_off(due, user_ids, gathering, now):
    """Leave to a later sweep what may not go now, or belongs into the next digest."""
    sent = Delivery.objects.filter(user_id__in=user_ids, sent_at__gt=now - APART)
    last = dict(sent.order_by().values_list("user_id").annotate(Max("sent_at")))
    waits = defaultdict(list)
    for user_id, rows in due.items():
        later = may_go_at(False, last_sent_at=last.get(user_id), now=now)
        early = set()
        for row in rows:
            moment = later
            if user_id in gathering:
                moment = max(later, digest.leaves_at(row.created_at))
            if moment > now and not manner_of(row.notification.kind).urgent:
                waits[moment].append(row.pk)
                early.add(row.pk)
        due[user_id] = [row for row in rows if row.pk not in early]
    for later, rows in waits.items():
        if rows:
            Delivery.objects.due(now).filter(pk__in=rows).update(next_try_at=later)


def _hold_back(wanted, gathering, now):
    """Leave to another day the offers of members who had enough of them; one mail counts once,
    however many offers are in it, and however often it is tried.
    """
    offers = {
        user_id: found
        for user_id, rows in wanted.items()
        if (found := [row for row in rows if manner_of(row.notification.kind).is_offer])
    }
    if not offers:
        return wanted
    counted = {user_id for user_id, rows in offers.items() if any(row.counted_on for row in rows)}
    fresh = reach.take(offers.keys() - counted, on=clock.day_of(now))
    _mark(offers, counted | fresh, clock.day_of(now))
    waits = defaultdict(set)
    for user_id in offers.keys() - counted - fresh:
        chance = reach.next_chance(now)
        moment = digest.leaves_at(chance) if user_id in gathering else chance
        waits[moment] |= {row.pk for row in offers[user_id]}
    for moment, rows in waits.items():
        Delivery.objects.due(now).filter(pk__in=rows).update(next_try_at=moment)
    held = set().union(*waits.values())
    return {
        user_id: [row for row in rows if row.pk not in held] for user_id, rows in wanted.items()
    }


def _mark(offers, reached, on):
    rows = [row.pk for user_id in reached for row in offers[user_id]]
    if rows:
        Delivery.objects.filter(pk__in=rows).update(counted_on=on)


def _is_wanted(row, choices):
    kind = row.notification.kind
    return (choices.get((row.user_id, kind)) or preferences.default(kind)).email


def _leave_out(rows, members, now) -> int:
    left = 0
    for error in ("", GONE):
        unwanted = [row.pk for row in rows if (row.user_id not in members) is bool(error)]
        if unwanted:
            left += (
                Delivery.objects.due(now)
                .filter(pk__in=unwanted)
                .update(state=State.SKIPPED, error=error)
            )
    return left


def _claim(rows, now) -> set:
    """Make rows ours; returns the keys of those that are."""
    if not rows:
        return set()
    mark, wanted = uuid.uuid4().hex, sorted(row.pk for row in rows)
    for row in rows:
        row.claimed_by, row.tries = mark, row.tries + 1
    claimed = {
        "state": State.SENDING,
        "claimed_by": mark,
        "claimed_until": now + LEASE,
        "handed_at": None,
        "tries": F("tries") + 1,
    }
    # Two sweeps may stand here with the same rows: the second one finds none in the old state.
    taken = Delivery.objects.due(now).filter(pk__in=wanted).update(**claimed)
    if taken in (0, len(wanted)):
        return set(wanted[:taken])
    return set(Delivery.objects.filter(pk__in=wanted, claimed_by=mark).values_list("pk", flat=True))


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
