"""Where a basket is kept: a member's in rows, a visitor's in the session.

Both are read by ``lines`` and changed by ``change(act)``, where ``act`` makes new lines of the old
ones (orders/basket/contents.py).
"""

from collections.abc import Callable

from django.contrib import messages
from django.utils.translation import ngettext

from mall.core.transactions import transactional
from orders.basket import contents
from orders.basket.contents import Line, Lines
from orders.models import BasketLine
from points import ledger

SESSION_KEY = "basket"
FIELDS = ("sku_id", "quantity", "is_saved", "key")


class MemberBasket:
    """The basket of a member, the same on every device."""

    def __init__(self, user_id: int):
        self.user_id = user_id

    def lines(self) -> Lines:
        """Return what lies in it."""
        found = BasketLine.objects.filter(user_id=self.user_id).order_by("pk")
        return {row[0]: Line(*row) for row in found.values_list(*FIELDS)}

    @transactional
    def change(self, act: Callable[[Lines], Lines]) -> Lines:
        """Have ``act`` change what lies in it, and return that.

        Raises: what ``act`` refuses.
        """
        # Two tabs and an app may change it at once, and an order empty it meanwhile: the account
        # is the member's one mutex, so each finds what the others left.
        ledger.open(self.user_id)
        before = self.lines()
        after = act(before)
        self._write(before, after)
        return after

    def _write(self, before, after):
        own = BasketLine.objects.filter(user_id=self.user_id)
        gone = [sku for sku in before if sku not in after]
        if gone:
            own.filter(sku__in=gone).delete()
        new = [self._row(line) for sku, line in after.items() if sku not in before]
        BasketLine.objects.bulk_create(new)
        for sku, line in after.items():
            if sku in before and line != before[sku]:
                words = {"quantity": line.quantity, "is_saved": line.is_saved, "key": line.key}
                own.filter(sku=sku).update(**words)

    def _row(self, line):
        return BasketLine(
            user_id=self.user_id,
            sku_id=line.sku,
            quantity=line.quantity,
            is_saved=line.is_saved,
            key=line.key,
        )


class VisitorBasket:
    """The basket of somebody who is not signed in; it ends with the session."""

    def __init__(self, session):
        self.session = session

    def lines(self) -> Lines:
        """Return what lies in it."""
        kept = self.session.get(SESSION_KEY, [])
        return {row[0]: Line(*row) for row in kept}

    def change(self, act: Callable[[Lines], Lines]) -> Lines:
        """Have ``act`` change what lies in it, and return that.

        Raises: what ``act`` refuses.
        """
        before = self.lines()
        after = act(before)
        if after != before:
            rows = [[one.sku, one.quantity, one.is_saved, one.key] for one in after.values()]
            self.session[SESSION_KEY] = rows
        return after


def of(request) -> MemberBasket | VisitorBasket:
    """Return the basket of whoever asks for a page."""
    if request.user.is_authenticated:
        return MemberBasket(request.user.pk)
    return VisitorBasket(request.session)


def bring_along(sender, request, user, **kwargs) -> None:
    """Put what a visitor had gathered into the basket of the member who signed in: of each SKU the
    larger number counts. They are told what found no room to be ordered.
    """
    session = getattr(request, "session", None)
    gathered = session is not None and VisitorBasket(session).lines().values()
    if not gathered:
        return
    lines = MemberBasket(user.pk).change(lambda lines: contents.at_least(lines, gathered))
    del session[SESSION_KEY]
    if aside := len(contents.set_aside(lines, gathered)):
        words = ngettext(
            "Your basket is full: %(n)s product is saved for later.",
            "Your basket is full: %(n)s products are saved for later.",
            aside,
        )
        messages.warning(request, words % {"n": aside}, fail_silently=True)


@transactional
def take(user_id: int, wanted) -> None:
    """Take what is being ordered out of a member's basket, in the order's own transaction.

    ``wanted`` are ``(sku, quantity)``. Raises: orders.basket.errors.BasketChanged.
    """
    MemberBasket(user_id).change(lambda lines: contents.take(lines, wanted))
