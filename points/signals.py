"""What points asks and tells the rooms above it; all are sent inside the transaction of the
fact.
"""

from django.dispatch import Signal

# Sent by verify_ledger when it has compared the books of points themselves. A receiver compares
# what it knows of them (each points order has exactly one spend or capture, stock adds up) and
# returns a list of points.reconciliation.Finding. accounts: ids to look at, or None for all.
books_verified = Signal()

# Points arrived for something the member did: user_id, action, entry. Once per fact, never for a
# repeat.
points_awarded = Signal()

# An operator's correction was posted: adjustment.
points_adjusted = Signal()

# An account was paused and a person must look; a person decided (case.status says how): case.
case_opened = Signal()
case_closed = Signal()
