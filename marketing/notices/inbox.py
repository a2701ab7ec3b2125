"""The inbox: a notice is kind plus numbers, written once per fact and worded for whoever reads it
(marketing/notices/wording.py).

What a member wants by mail gets a delivery row in the same transaction;
marketing/notices/deliveries.py sends it.
"""

from mall.core import clock, rows, upserts
from mall.core.transactions import transactional
from marketing.channels import queue as channels
from marketing.models import Delivery, Notification
from marketing.notices import preferences
from marketing.notices.topics import kinds_of

Kind = Notification.Kind
INBOX_PAGE = 20
UNREAD_SHOWN = 99
SHOWN = ("id", "kind", "params", "url", "created_at", "read_at")
UNREAD = "user_id = %s AND in_inbox = 1 AND read_at IS NULL"  # Notification.objects.unread()


@transactional
def notify(user_id, *, kind, key, url="", **params):
    """Put one notice into a member's inbox; the same key again changes nothing.

    The caller's transaction carries it, so notice and fact appear together or not at all.
    """
    notify_many([Notification(user_id=user_id, kind=kind, key=key, url=url, params=params)])


@transactional
def notify_many(notices, *, batch_size=500):
    """Insert notices and leave out those whose (member, key) is there already; once each, as the
    member likes it.

    A kind a member wants neither in the inbox nor by mail leaves no row.
    """
    if not notices:
        return
    chosen = preferences.of_many(
        {notice.user_id for notice in notices}, {notice.kind for notice in notices}
    )
    wanted, mailed = [], []
    for notice in notices:
        choice = chosen.get((notice.user_id, notice.kind)) or preferences.default(notice.kind)
        notice.in_inbox = choice.inbox
        if choice.inbox or choice.email:
            wanted.append(notice)
        if choice.email:
            mailed.append(notice)
    for start in range(0, len(wanted), batch_size):
        upserts.insert_missing(wanted[start : start + batch_size])
    if mailed and not clock.is_set_back():
        _queue(mailed, batch_size)
    channels.queue(wanted)


def notify_new(notices) -> int:
    """Insert the notices that are not there yet; returns how many those are."""
    known = Notification.objects.filter(
        user_id__in={notice.user_id for notice in notices},
        key__in={notice.key for notice in notices},
    )
    told = set(known.values_list("user_id", "key"))
    fresh = [notice for notice in notices if (notice.user_id, notice.key) not in told]
    notify_many(fresh)
    return len(fresh)


def _queue(notices, batch_size):
    """Write a delivery for each notice; a fact that was told before has its delivery, or had none
    coming.
    """
    now = clock.now()
    for start in range(0, len(notices), batch_size):
        batch = {(notice.user_id, notice.key) for notice in notices[start : start + batch_size]}
        users, keys = zip(*batch, strict=True)
        found = Notification.objects.filter(user_id__in=set(users), key__in=set(keys)).values_list(
            "pk", "user_id", "key"
        )
        times = {"next_try_at": now, "created_at": now}
        deliveries = [
            rows.fresh(Delivery, notification_id=pk, user_id=user_id, **times)
            for pk, user_id, key in found
            if (user_id, key) in batch
        ]
        upserts.insert_missing(deliveries)


def inbox(user, *, topic=""):
    """Return a member's notices, newest first; of one topic if it is named."""
    rows = Notification.objects.filter(user=user, in_inbox=True)
    return rows.filter(kind__in=kinds_of(topic)) if topic else rows


def notices_of(user_id: int, *, limit: int, before=None, after=None) -> list[Notification]:
    """Return up to ``limit`` notices of an inbox by one statement, to be shown and never saved: the
    newest, those ``before`` an id, or the oldest of those ``after`` it, oldest first.
    """
    conditions = {"user_id = %s AND in_inbox = 1": [user_id]}
    return rows.look_page(Notification, SHOWN, conditions, limit=limit, before=before, after=after)


def unread_count(user) -> int:
    """Return how many notices wait to be read (none for a visitor); counting stops at UNREAD_SHOWN
    + 1.
    """
    if not user.is_authenticated:
        return 0
    unread = f"SELECT 1 FROM {rows.table(Notification)} WHERE {UNREAD} LIMIT {UNREAD_SHOWN + 1}"
    return rows.fetch(f"SELECT COUNT(*) FROM ({unread}) found", [user.pk])[0][0]


@transactional
def mark_read(user, *, ids=None) -> int:
    """Mark a member's notices as read, all of them or those named; returns how many were unread."""
    unread = Notification.objects.filter(user=user).unread()
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    return unread.update(read_at=clock.now())


def mark_read_of(user_ids, key: str) -> None:
    """Mark the notice of a fact as read, of those members who have it unread; one statement, and
    one for each of these.
    """
    if not user_ids:
        return
    named = f"user_id IN ({rows.marks(user_ids)}) AND {rows.quoted('key')} = %s"
    tail = f"WHERE {named} AND in_inbox = 1 AND read_at IS NULL"
    for notice in rows.look(Notification, ("id",), tail, [*user_ids, key]):
        Notification.objects.filter(pk=notice.id).update(read_at=clock.now())
