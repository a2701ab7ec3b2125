"""What marketing does when something happened further down; each receiver calls one idempotent verb.

Wired in one place, sent inside the sender's transaction: the notice appears with the fact or not at all.
"""

from django.dispatch import receiver

from accounts.signals import user_signed_in
from marketing.analytics import activity
from marketing.notifications import Kind, notify
from orders.signals import order_cancelled, order_completed, order_paid, order_shipped


@receiver(user_signed_in, dispatch_uid="marketing.activity")
def record_sign_in(sender, user, on, **_):
    activity.record(user.pk, on, activity.Action.SIGN_IN)


@receiver(order_paid, dispatch_uid="marketing.order_paid")
def tell_order_paid(sender, order, **_):
    _tell(order, Kind.ORDER_PAID)


@receiver(order_shipped, dispatch_uid="marketing.order_shipped")
def tell_order_shipped(sender, order, **_):
    _tell(order, Kind.ORDER_SHIPPED)


@receiver(order_completed, dispatch_uid="marketing.order_completed")
def tell_order_completed(sender, order, **_):
    _tell(order, Kind.ORDER_COMPLETED)


@receiver(order_cancelled, dispatch_uid="marketing.order_cancelled")
def tell_order_cancelled(sender, order, **_):
    _tell(order, Kind.ORDER_CANCELLED)


def _tell(order, kind):
    notify(order.user_id, kind=kind, key=f"order:{order.no}:{kind.removeprefix('order_')}", url=order.get_absolute_url(), no=order.no)
