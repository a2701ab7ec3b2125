"""Reviews: written once per delivered line, looked at by the shop, shown on the product's page.

Whether a line is the member's own and delivered is asked by orders/reviews/lines.py; whether a
published review earns something is no business of the goods: ``catalog.events.review_published``
tells.
"""

import copy
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.core.paginator import Page, Paginator
from django.db import IntegrityError, connection
from django.db.models import Count

from catalog import events
from catalog.errors import AlreadyReviewed, InvalidReview, NoSuchReview, ReviewFixed
from catalog.models import (
    ANSWER_LENGTH,
    LONGEST_REVIEW,
    MOST_STARS,
    REASON_LENGTH,
    SHORTEST_REVIEW,
    Review,
    ReviewPolicy,
)
from mall.core import audit, clock
from mall.core.events import tell
from mall.core.transactions import transactional
from mall.core.versions import check_read

REVIEWS_PER_PAGE = 10
WAITING, PUBLISHED, REJECTED = (
    Review.Status.WAITING,
    Review.Status.PUBLISHED,
    Review.Status.REJECTED,
)


# --- the member ---------------------------------------------------------------
def write(
    user, *, line: int, product_id: int, author: str, choice: dict, stars: int, text: str
) -> Review:
    """Keep a member's words about one order line, once per line; published at once only where the
    policy says so.

    Raises: InvalidReview, AlreadyReviewed.
    """
    said = {"stars": _checked_stars(stars), "text": tidy(text)}
    try:
        return _write(user, line=line, product_id=product_id, author=author, choice=choice, **said)
    except IntegrityError:
        # Two tabs sent the same line: the unique key refused the second, and by now the first one's
        # row is there.
        if connection.in_atomic_block:
            raise
        raise AlreadyReviewed from None


@transactional
def _write(user, *, line, **said):
    if Review.objects.filter(line=line).exists():
        raise AlreadyReviewed
    review = Review.objects.create(user=user, line=line, created_at=clock.now(), **said)
    return publish(review, actor=None) if ReviewPolicy.current().publishes_at_once else review


@transactional
def edit(user, review_id: int, *, stars: int, text: str) -> Review:
    """Change an own review that is not published; one that was rejected waits again.

    Raises: InvalidReview, NoSuchReview, ReviewFixed.
    """
    said = {"stars": _checked_stars(stars), "text": tidy(text)}
    own(user, review_id)
    # The shop may publish at the same moment: the old state stands in the filter, and what is
    # published stays.
    unpublished = Review.objects.of(user).filter(pk=review_id).exclude(status=PUBLISHED)
    if not unpublished.update(status=WAITING, reason="", edited_at=clock.now(), **said):
        raise ReviewFixed
    return own(user, review_id)


@transactional
def remove(user, review_id: int) -> None:
    """Take an own review away for good; what it earned stays earned, and the line may be reviewed
    anew.

    Raises: NoSuchReview.
    """
    own(user, review_id).delete()


def own(user, review_id: int) -> Review:
    """Return one of the member's own reviews. Raises: NoSuchReview."""
    found = Review.objects.of(user).select_related("product").filter(pk=review_id).first()
    if found is None:
        raise NoSuchReview
    return found


def tidy(text: str) -> str:
    """Return a text as it is kept: trimmed, without characters that cannot be shown.

    Raises: InvalidReview when fewer than SHORTEST_REVIEW or more than LONGEST_REVIEW characters
    remain.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = "".join(
        letter
        for letter in text
        if letter in "\n\u200d"
        or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    shown = unicodedata.normalize("NFC", shown).strip()
    # Blank filling is no text: "good" and eleven spaces are four characters.
    if len("".join(shown.split())) < SHORTEST_REVIEW or len(shown) > LONGEST_REVIEW:
        raise InvalidReview(least=SHORTEST_REVIEW, most=LONGEST_REVIEW)
    return shown


def _checked_stars(stars) -> int:
    if isinstance(stars, bool) or not isinstance(stars, int) or not 1 <= stars <= MOST_STARS:
        raise InvalidReview(field="stars", least=SHORTEST_REVIEW, most=LONGEST_REVIEW)
    return stars


# --- the shop -----------------------------------------------------------------
@transactional
def publish(review, *, actor) -> Review:
    """Show a review to everybody; one that is shown already stays as it is and nobody is told
    again.

    ``review`` is the row as it was read. ``actor`` is the member of staff, or None where the policy
    publishes.
    Raises: NoSuchReview, ChangedMeanwhile (its author wrote something else).
    """
    _lock_as_read(review)
    changes = {"status": PUBLISHED, "reason": "", **_decided(actor)}
    if Review.objects.filter(pk=review.pk).exclude(status=PUBLISHED).update(**changes):
        review = _changed(review, changes)
        tell(events.review_published(review, actor=review.decided_by))
        if actor is not None:
            audit.note(actor, "catalog.review_publish", target=review)
    return review


@transactional
def reject(review, *, actor, reason: str) -> Review:
    """Keep a review from the page, or take a published one down; its author is told the reason.

    ``review`` is the row as it was read. Raises: NoSuchReview, ChangedMeanwhile.
    """
    _lock_as_read(review)
    changes = {"status": REJECTED, "reason": reason.strip()[:REASON_LENGTH], **_decided(actor)}
    if Review.objects.filter(pk=review.pk).exclude(status=REJECTED).update(**changes):
        review = _changed(review, changes)
        tell(events.review_rejected(review, actor=review.decided_by))
        audit.note(actor, "catalog.review_reject", target=review, reason=review.reason)
    return review


@transactional
def answer(review, *, actor, text: str) -> None:
    """Write the shop's answer under a review; an empty one takes it away.

    ``review`` is the row as it was read. Raises: NoSuchReview, ChangedMeanwhile.
    """
    _lock_as_read(review)
    text = text.strip()[:ANSWER_LENGTH]
    audit.note(
        actor,
        "catalog.review_answer",
        target=review,
        before={"answer": review.answer},
        after={"answer": text},
    )
    Review.objects.filter(pk=review.pk).update(
        answer=text, answered_at=clock.now() if text else None
    )


def _lock_as_read(review) -> None:
    """Lock a review that still says what the caller read: its author may change it at the same
    moment.
    """
    row = Review.objects.select_for_update().filter(pk=review.pk).first()
    if row is None:
        raise NoSuchReview
    check_read(review.version, row.version)


def _changed(review, changes) -> Review:
    changed = copy.copy(review)
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


def _decided(actor):
    return {
        "decided_at": clock.now(),
        "decided_by": f"staff:{actor.pk}" if actor is not None else "system",
    }


# --- the page ------------------------------------------------------------------
@dataclass(frozen=True)
class Summary:
    """What all published reviews of a product say together. ``stars`` are (stars, how many, share
    in percent), five first.
    """

    count: int
    average: Decimal | None
    stars: list

    @property
    def rounded(self) -> int:
        """The average in whole stars, for the picture of it."""
        return int(self.average.quantize(Decimal(1), ROUND_HALF_UP)) if self.average else 0


def summary(product_id: int) -> Summary:
    """Return count, average (one decimal) and distribution of a product's published reviews; one
    query.
    """
    found = (
        Review.objects.published()
        .filter(product=product_id)
        .order_by()
        .values_list("stars")
        .annotate(n=Count("pk"))
    )
    counted = dict(found)
    count = sum(counted.values())
    total = Decimal(sum(stars * n for stars, n in counted.items()))
    average = (total / count).quantize(Decimal("0.1"), ROUND_HALF_UP) if count else None
    rows = [
        (stars, counted.get(stars, 0), counted.get(stars, 0) * 100 // count if count else 0)
        for stars in range(MOST_STARS, 0, -1)
    ]
    return Summary(count, average, rows)


def page_of(product_id: int, number, *, count: int) -> Page:
    """Return one page of a product's published reviews, newest first; a page past the end is the
    last one.
    """
    found = Review.objects.published().filter(product=product_id).order_by("-pk")
    return _Counted(found, REVIEWS_PER_PAGE, total=count).get_page(number)


class _Counted(Paginator):
    """A paginator that was told the count by the summary, and does not ask again."""

    def __init__(self, found, per_page, *, total):
        super().__init__(found, per_page)
        self._total = total

    @property
    def count(self):
        return self._total
