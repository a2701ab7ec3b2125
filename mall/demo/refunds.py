"""The demo shop's refunds: one that came back to ``demo``, and one of a member that waits for an
operator.
"""

from accounts.models import User
from mall.core import clock
from mall.core.transactions import transactional
from mall.demo.members import ADMIN, CAST, DEMO
from orders.models import FlashClaim, Order, RefundRequest
from orders.refunds import requests as refund_requests

BROKEN = "有一块收到时边角破了"
SORRY = "抱歉，已为您退回一件"
UNLIKE = "颜色和想象中不太一样，还没有拆封"


@transactional
def lay_out() -> int:
    """Ask for two refunds and grant one; return how many are new. A second call adds nothing."""
    demo, admin = (User.objects.filter(username=name).first() for name, *_rest in (DEMO, ADMIN))
    if demo is None or admin is None or RefundRequest.objects.exists():
        return 0
    clerk = f"staff:{admin.pk}"
    came = Order.objects.filter(
        user=demo,
        status=Order.Status.COMPLETED,
        lines__quantity__gt=1,
        lines__product__kind="physical",
    ).first()
    if came is not None:
        asked = refund_requests.request(
            came, lines=[(came.lines.get().pk, 1)], key="demo-refund-1", actor=clerk, reason=BROKEN
        )
        refund_requests.approve(asked, actor=clerk, at_fault=True, note=SORRY)
    waiting = _newest_parcel()
    if waiting is not None:
        lines = [(line.pk, line.quantity) for line in waiting.lines.all()]
        refund_requests.request(
            waiting,
            lines=lines,
            key="demo-refund-2",
            actor=f"member:{waiting.user_id}",
            reason=UNLIKE,
        )
    return RefundRequest.objects.count()


def _newest_parcel() -> Order | None:
    """Return the order of the cast that is on its way or arrived last, but no flash sale's."""
    names = [username for username, *_rest in CAST]
    sent = Order.objects.filter(
        user__username__in=names,
        status__in=(Order.Status.SHIPPED, Order.Status.COMPLETED),
        shipped_at__lt=clock.now(),
    )
    sent = sent.filter(lines__product__kind="physical").exclude(
        pk__in=FlashClaim.objects.values("order")
    )
    return sent.order_by("-shipped_at", "-pk").first()
