"""What others may hear about an order. Sent inside the transaction (``order``: the row as just
written): a receiver calls one verb that is idempotent by key, and its writes commit or vanish with
the order's.
"""

from django.dispatch import Signal

order_paid = Signal()
order_completed = Signal()
order_shipped = Signal()
order_cancelled = Signal()
# Also ``refund``: the approved RefundRequest, whose points are back and whose cash is on its way.
# Sent once per request; ``order.refunded_at`` is set when nothing of the order is left.
order_refunded = Signal()
# Also ``refund``: the RefundRequest as just asked, or as just declined (``refund.note`` says why).
refund_requested = Signal()
refund_rejected = Signal()
# Also ``refund``: the provider has sent the money back.
refund_settled = Signal()
# ``coupons``: rows with their template that members have just been given, handed or sold.
coupons_granted = Signal()
# ``session`` and ``user``: a member who asked to be told, shortly before the session starts. Sent
# once per member and session.
flash_starting = Signal()
