"""What the demo's members hear today, and one mail for the operator to look after."""

from accounts.models import User
from mall.core import clock
from marketing.models import Delivery, Notification
from marketing.notices import offers, reminders

GIVEN_UP = "550 5.1.1 mailbox unavailable"
UNREAD = 3  # of the demo member, who looks in every few days


def lay_out() -> None:
    """Tell members what ends soon; give up the newest mail of the last of the cast, as a real mail
    server would. Harmless when repeated.
    """
    reminders.remind_expiring()
    offers.of_ending_coupons()
    if Delivery.objects.filter(state=Delivery.State.DEAD).exists():
        return
    _read_what_was_heard()
    member = User.objects.filter(is_staff=False).order_by("-pk").exclude(username="demo").first()
    notice = Notification.objects.filter(user=member).order_by("-pk").first() if member else None
    if notice is not None:
        words = {
            "user": member,
            "state": Delivery.State.DEAD,
            "tries": 1,
            "error": GIVEN_UP,
            "created_at": notice.created_at,
        }
        Delivery.objects.update_or_create(
            notification=notice, channel=Delivery.Channel.EMAIL, defaults=words
        )


def _read_what_was_heard() -> None:
    """Let the demo member have read their notices, but for the newest."""
    unread = Notification.objects.filter(user__username="demo", read_at__isnull=True)
    heard = list(unread.order_by("-pk").values_list("pk", flat=True)[UNREAD:])
    Notification.objects.filter(pk__in=heard).update(read_at=clock.now())
