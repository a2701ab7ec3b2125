"""What catalog tells the rooms above it; sent inside the transaction of the fact (``review``: the
row as just written).
"""

from django.dispatch import Signal

# A receiver is idempotent by the review's line: a review may be published, taken down and published
# again.
review_published = Signal()
review_rejected = Signal()
