"""The facts catalog tells the rooms above it, inside the transaction that makes them true."""

from catalog.models import Review
from mall.core.events import Event

REVIEW_PUBLISHED = "review_published"
REVIEW_REJECTED = "review_rejected"


def review_published(review: Review, *, actor: str) -> Event:
    """The shop shows a review; it may be taken down and published again."""
    return _about(REVIEW_PUBLISHED, review, actor)


def review_rejected(review: Review, *, actor: str) -> Event:
    """The shop keeps a review from the page, or took it down."""
    return _about(REVIEW_REJECTED, review, actor)


def _about(kind, review, actor):
    data = {"review": review.pk, "line": review.line, "product": review.product_id}
    return Event(kind, review.user_id, f"review:{review.line}", review.decided_at, actor, data)
