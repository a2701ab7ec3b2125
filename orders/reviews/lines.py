"""Who may review what: the goods of an own order that has arrived, line by line, once each."""

from django.db.models import Exists, F, OuterRef

from accounts.privacy import mask_name
from catalog import reviews
from catalog.models import Review
from mall.core.transactions import transactional
from orders.models import Order, OrderLine
from orders.reviews.errors import LineReturned, NoSuchLine, NotDelivered
from points import ledger

WAITING_SHOWN = 20


@transactional
def write(user, *, no: str, line: int, stars: int, text: str) -> Review:
    """Review one line of an own completed order, once.

    What was refunded whole is no longer the member's own; a review written before stays, and so do
    its points.
    Raises: NoSuchLine, NotDelivered, LineReturned, catalog.errors.InvalidReview,
    catalog.errors.AlreadyReviewed.
    """
    # Two taps at once: the second must see the first one's review.
    ledger.open(user.pk)
    bought = (
        OrderLine.objects.select_related("order")
        .filter(pk=line, order__no=no, order__user=user)
        .first()
    )
    if bought is None:
        raise NoSuchLine
    if bought.order.status != Order.Status.COMPLETED:
        raise NotDelivered
    if not bought.kept_quantity:
        raise LineReturned
    author, choice = mask_name(user.display_name), bought.names.get("sku", {})
    return reviews.write(
        user,
        line=bought.pk,
        product_id=bought.product_id,
        author=author,
        choice=choice,
        stars=stars,
        text=text,
    )


def is_returned(line: int) -> bool:
    """Return whether all pieces of an order line went back to the shop."""
    return OrderLine.objects.filter(pk=line, refunded_quantity__gte=F("quantity")).exists()


def of_lines(user_id, lines) -> dict[int, Review]:
    """Return a member's reviews by the line they are about; one query."""
    return {
        review.line: review
        for review in Review.objects.filter(user=user_id, line__in=[line.pk for line in lines])
    }


def rows_of(order, lines) -> list[dict]:
    """Return each line of an order that has arrived and may be reviewed or was; none while it is on
    its way.
    """
    if order.status != Order.Status.COMPLETED:
        return []
    written = of_lines(order.user_id, lines)
    return [
        {"line": line, "review": written.get(line.pk)}
        for line in lines
        if line.pk in written or line.kept_quantity
    ]


def waiting_lines(user):
    """Return a member's delivered lines without a review, the latest first."""
    reviewed = Review.objects.filter(line=OuterRef("pk"))
    delivered = OrderLine.objects.filter(
        order__user=user, order__status=Order.Status.COMPLETED
    ).select_related("order")
    return delivered.filter(~Exists(reviewed), refunded_quantity__lt=F("quantity")).order_by(
        "-order_id", "pk"
    )[:WAITING_SHOWN]
