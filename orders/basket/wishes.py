"""What a member wishes for, and the one wish that is the goal. Harmless when repeated."""

from mall.core import rows
from mall.core.transactions import transactional
from orders.basket.errors import WishesFull
from orders.basket.shelves import check_offered
from orders.models import Wish
from orders.pricing import LARGEST_ID
from points import ledger

MOST = 100


def ids_of(user) -> list[int]:
    """Return the products a member wishes for, the newest wish first."""
    return list(Wish.objects.filter(user=user).values_list("product_id", flat=True))


def goal_of(user) -> int | None:
    """Return the product that is a member's goal."""
    # each home page asks
    found = rows.fetch(
        f"SELECT product_id FROM {rows.table(Wish)} WHERE goal_of_id = %s", [user.pk]
    )
    return found[0][0] if found else None


@transactional
def wish(user, product_id: int) -> None:
    """Wish for a product on sale now.

    Raises: NotOffered, WishesFull.
    """
    check_offered(product_id, user)
    # Two tabs may wish at once: the account is the member's one mutex.
    ledger.open(user.pk)
    own = Wish.objects.filter(user=user)
    if own.filter(product=product_id).exists():
        return
    if own.count() >= MOST:
        raise WishesFull(most=MOST)
    Wish.objects.create(user=user, product_id=product_id)


@transactional
def aim(user, product_id: int) -> None:
    """Make a product the one goal of a member, wished for from now on where it was not.

    Raises: as ``wish``.
    """
    wish(user, product_id)
    Wish.objects.filter(goal_of=user).exclude(product=product_id).update(goal_of=None)
    Wish.objects.filter(user=user, product=product_id).update(goal_of=user)


@transactional
def rest(user) -> None:
    """Have no goal; the wish stays."""
    ledger.open(user.pk)
    Wish.objects.filter(goal_of=user).update(goal_of=None)


@transactional
def forget(user, product_id: int) -> None:
    """Wish for a product no longer."""
    ledger.open(user.pk)
    Wish.objects.filter(user=user, product=min(product_id, LARGEST_ID)).delete()
