"""What others may hear about an order. Sent inside the transaction (``order``: the row as just written):
a receiver calls one verb that is idempotent by key, and its writes commit or vanish with the order's.
"""

from django.dispatch import Signal

order_paid = Signal()
order_completed = Signal()
order_shipped = Signal()
order_cancelled = Signal()
