"""What points asks the rooms above it."""

from django.dispatch import Signal

# Sent by verify_ledger when it has compared the books of points themselves. A receiver compares what it
# knows of them (each points order has exactly one spend or capture, stock adds up) and returns a list of
# points.reconciliation.Finding. accounts: ids to look at, or None for all.
books_verified = Signal()
