"""Which address a page counts with, and what it offers to choose from."""

from dataclasses import dataclass

from accounts import addresses as address_book
from accounts.models import Address
from mall.core.versions import ChangedMeanwhile
from orders.freight import Carriage, Destination
from orders.models import Order

SEEN = "address_seen"  # hidden, for each address a page shows: its id and its mark


@dataclass(frozen=True, slots=True)
class AddressChoice:
    """A member's addresses where one is needed, the one chosen (its id), and the way there;
    ``is_missing`` where there is none yet.
    """

    addresses: list[Address]
    chosen: int | None
    to: Destination
    is_missing: bool

    def may_go(self, carriage: Carriage) -> bool:
        """Whether nothing is in the way of goods that are carried so."""
        return not (self.is_missing or carriage.refused or carriage.is_unclear)

    def facts(self, carriage: Carriage) -> dict:
        """Return what pages tell of it: orders/_addresses.html, orders/_undelivered.html."""
        return {
            "addresses": self.addresses,
            "chosen_address": self.chosen,
            "needs_address": self.is_missing,
            "undelivered": list(carriage.refusals.values()),
            "unclear_address": self.chosen if carriage.is_unclear else None,
        }


def choose(user, asked: str, *, is_needed: bool) -> AddressChoice:
    """Find the address to use: the one asked for when it is the member's own, else the default
    one. Without any, and for a visitor (None), nobody knows where to.
    """
    is_needed = is_needed and user is not None
    own = list(address_book.book_of(user)) if is_needed else []
    chosen = address_book.chosen(own, asked)
    named = next((address for address in own if address.pk == chosen), None)
    to = Destination(user if named else None, named)
    return AddressChoice(own, chosen, to, is_missing=is_needed and not own)


def check_seen(user, sent) -> None:
    """Compare the address a form chose with what its page showed: edited meanwhile in another tab,
    goods would go where nobody looked. An address that is gone is told by whoever needs it, and
    a form that placed its order before is answered with that order.

    Raises: ChangedMeanwhile.
    """
    asked = sent.get("address", "")
    marks = dict(seen.partition(".")[::2] for seen in sent.getlist(SEEN))
    address = address_book.owned(user, int(asked)) if asked in marks and asked.isdecimal() else None
    if address is None or address.mark == marks[asked]:
        return
    if not Order.objects.filter(user=user, key=sent.get("key", "")).exists():
        raise ChangedMeanwhile
