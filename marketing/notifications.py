"""The inbox: a notice is kind plus numbers, written once per fact and worded for whoever reads it."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from mall import clock
from mall.transactions import transactional
from marketing.models import Notification

Kind = Notification.Kind
INBOX_PAGE = 20
UNREAD_SHOWN = 99


@dataclass(frozen=True)
class Wording:
    """How one notice reads."""

    title: str
    text: str
    icon: str


# Each kind's sentence and the picture beside it; the %(places)s are filled from the row's params.
WORDINGS = {
    Kind.STREAK_AT_RISK: (
        _("Your %(streak)s-day streak ends tonight"),
        _("Check in before midnight to keep it and collect %(points)s points."),
        "fire",
    ),
    Kind.ORDER_PAID: (_("Order %(no)s is paid"), _("We are getting it ready for you."), "bag-check"),
    Kind.ORDER_SHIPPED: (_("Order %(no)s is on its way"), _("Tell us when it has arrived."), "truck"),
    Kind.ORDER_COMPLETED: (_("Order %(no)s is complete"), _("Enjoy it! Thank you for shopping with us."), "check2-circle"),
    Kind.ORDER_CANCELLED: (
        _("Order %(no)s was cancelled"),
        _("The points and goods it held went back where they came from."),
        "arrow-counterclockwise",
    ),
}


def wording(notification) -> Wording:
    """Return a notice in the language that is active now."""
    title, text, icon = WORDINGS[notification.kind]
    return Wording(str(title) % notification.params, str(text) % notification.params, icon)


@transactional
def notify(user_id, *, kind, key, url="", **params):
    """Put one notice into a member's inbox; the same key again changes nothing.

    The caller's transaction carries it, so notice and fact appear together or not at all.
    """
    notify_many([Notification(user_id=user_id, kind=kind, key=key, url=url, params=params)])


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
def mark_read(user, *, ids=None) -> int:
    """Mark a member's notices as read, all of them or those named; returns how many were unread."""
    unread = Notification.objects.filter(user=user).unread()
    if ids is not None:
        unread = unread.filter(pk__in=ids)
    return unread.update(read_at=clock.now())
