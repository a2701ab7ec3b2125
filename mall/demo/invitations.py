"""The demo shop's invitations: some of the cast came by ``demo``; one is paid, two from one
household wait for a person, others are on their way.
"""

from accounts.models import User
from mall.core import clock
from mall.core.blind_index import mark_of
from mall.core.events import Event
from mall.core.transactions import transactional
from mall.demo.members import DEMO
from marketing.models import Referral
from marketing.referral import referrals
from orders.events import ORDER_COMPLETED
from orders.models import Order

FRIENDS = ("beiyu", "qiuqiu", "mumian", "dashan", "xiaolu")
HOUSEHOLD = ("qiuqiu", "mumian")


@transactional
def lay_out() -> int:
    """Bind friends of ``demo`` to its invitation, and have the clock look at them; return how many
    are new. A second call adds nothing.
    """
    demo = User.objects.filter(username=DEMO[0]).first()
    friends = list(User.objects.filter(username__in=FRIENDS).order_by("pk"))
    if demo is None or Referral.objects.exists():
        return 0
    house = mark_of("network", "one household of the demo shop")
    User.objects.filter(username__in=HOUSEHOLD).update(joined_network=house)
    referrals.bind([_joined(friend, demo) for friend in friends])
    received = Order.objects.filter(user__in=friends, completed_at__isnull=False)
    referrals.note_received([_arrived(order) for order in received])
    referrals.settle_due(clock.now())
    return len(friends)


def _joined(friend, demo) -> Event:
    data = {"first_of_person": True, "invited_by": demo.pk}
    return Event("registered", friend.pk, "register", friend.date_joined, data=data)


def _arrived(order) -> Event:
    return Event(ORDER_COMPLETED, order.user_id, order.reference, order.completed_at)
