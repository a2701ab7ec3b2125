"""The inbox: a notice is kind plus numbers, written once per fact and worded for whoever reads it (marketing/wording.py)."""

from mall import clock
from mall.transactions import transactional
from marketing.models import Notification

Kind = Notification.Kind
INBOX_PAGE = 20
UNREAD_SHOWN = 99


@transactional
def notify(user_id, *, kind, key, url="", **params):
    """Put one notice into a member's inbox; the same key again changes nothing.

    The caller's transaction carries it, so notice and fact appear together or not at all.
    """
    notify_many([Notification(user_id=user_id, kind=kind, key=key, url=url, params=params)])


@transactional
def notify_many(notices, *, batch_size=500):
    """Insert notices and leave out those whose (member, key) is there already."""
    Notification.objects.bulk_create(notices, ignore_conflicts=True, batch_size=batch_size)


def inbox(user):
    """Return a member's notices, newest first."""
    return Notification.objects.filter(user=user)


def unread_count(user) -> int:
    """Return how many notices wait to be read (none for a visitor); counting stops at UNREAD_SHOWN + 1."""
    if not user.is_authenticated:
        return 0
    return Notification.objects.filter(user=user).unread()[: UNREAD_SHOWN + 1].count()


@transactional
def mark_read(user, *, ids=None, key=None) -> int:
    """Mark a member's notices as read: all of them, those named, or the one of a fact; returns how many were unread."""
    unread = Notification.objects.filter(user=user).unread()
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    if key is not None:
        unread = unread.filter(key=key)
    return unread.update(read_at=clock.now())
