"""How a basket stands right now: live prices and stock, what is in the way of each line, and what
the lines that nothing stands in the way of cost together. Reads, never writes.

Points are whole numbers, cash is yuan with two places. Nothing is dropped: what cannot be had any
more is told at its line.
"""

from dataclasses import dataclass, field

from catalog import payable, shelf
from catalog.errors import OutOfStock, SoldOut
from catalog.models import MAX_QUANTITY, Sku
from mall.core import clock
from mall.core.errors import DomainError
from mall.core.money import ZERO
from orders import freight, offering, pricing, purchase_limits, tickets
from orders.basket.contents import Line, Lines
from orders.coupons import goods as coupon_goods
from orders.errors import NotDelivered, NotForSale, NotInShop, NotPayable
from orders.freight import Carriage, Destination
from orders.quotes import Quote, Wish


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it stands: ``most`` pieces can be had now, ``problem`` is what is in the way of
    these.
    """

    line: Line
    sku: Sku
    left: int
    most: int
    problem: DomainError | None = None

    @property
    def quantity(self) -> int:
        return self.line.quantity

    @property
    def points(self) -> int:
        return self.sku.points_price * self.line.quantity

    @property
    def cash(self):
        return self.sku.cash_price * self.line.quantity

    @property
    def less(self) -> int:
        """One piece less, 0: none."""
        return self.line.quantity - 1

    @property
    def more(self) -> int:
        return min(self.line.quantity + 1, MAX_QUANTITY)

    @property
    def largest(self) -> int:
        """How many may be asked for, whatever can be had."""
        return MAX_QUANTITY

    @property
    def is_sold_out(self) -> bool:
        """Whether not one piece is left of what is still on sale."""
        return isinstance(self.problem, SoldOut)

    @property
    def is_orderable(self) -> bool:
        """Whether it is part of the order that the basket would make now."""
        return self.problem is None and not self.line.is_saved

    @property
    def fewer(self) -> int:
        """How many can be had instead, where fewer can; else 0."""
        return self.most if self.problem is not None and self.most < self.line.quantity else 0


@dataclass(slots=True)
class Standing:
    """A basket: rows to order and rows saved for later, and what the order would cost (None where
    it would be empty); ``refusal`` is what is in the way of all of it.
    """

    rows: list[Row]
    saved: list[Row]
    wishes: list[Wish] = field(default_factory=list)
    quote: Quote | None = None
    refusal: DomainError | None = None

    @property
    def pieces(self) -> int:
        return sum(row.quantity for row in self.rows)

    @property
    def undelivered(self) -> list[Wish]:
        """What only another address is in the way of."""
        return [
            Wish(row.sku, row.quantity, row.left)
            for row in self.rows
            if isinstance(row.problem, NotDelivered)
        ]

    @property
    def carriage(self) -> Carriage | None:
        """What carrying the quoted goods costs; None where there is no quote."""
        return self.quote and self.quote.carriage

    @property
    def quoted(self) -> list[Wish]:
        """What the quote is of; nothing where there is none."""
        return [] if self.quote is None else self.wishes


def look(user, lines: Lines, *, to: Destination | None = None) -> Standing:
    """Return how a basket stands for a member, or for a visitor (None); ``to`` the default address
    unless said.
    """
    now, to = clock.now(), to or Destination(user)
    offers = shelf.offers(list(lines), now) if lines else {}
    gone = [sku for sku in lines if sku not in offers]
    others = Sku.objects.select_related("product").in_bulk(gone) if gone else {}
    products = [offer.sku.product for offer in offers.values()]
    tier = offering.tier_of(user and user.pk, products)
    room = _Room(user, products, to, now)
    found = []
    for line in sorted(lines.values(), key=lambda line: line.is_saved):
        if line.sku in offers:
            found += _offered(line, offers[line.sku], room, tier, now)
        elif line.sku in others:
            sku = others[line.sku]
            found.append(Row(line, sku, 0, 0, NotForSale(product=sku.product.name)))
    standing = Standing(
        rows=[row for row in found if not row.line.is_saved],
        saved=[row for row in found if row.line.is_saved],
        wishes=[Wish(row.sku, row.quantity, row.left) for row in found if row.is_orderable],
    )
    if standing.wishes:
        try:
            standing.quote = pricing.quote_wishes(user, standing.wishes, to=to, as_of=now)
        except DomainError as refusal:
            standing.refusal = refusal
    return standing


def _offered(line, offer, room, tier, now) -> list[Row]:
    """Return the row of a line; none for a visitor whom the goods are hidden from."""
    product = offer.sku.product
    refusal = offering.refusal_of(product, tier, now)
    if isinstance(refusal, NotInShop):
        if room.user is None:
            return []
        refusal = NotForSale(product=product.name)  # they saw it on a higher tier
    if refusal is not None:
        return [Row(line, offer.sku, offer.left, 0, refusal)]
    return [_standing(line, offer, room)]


def _standing(line, offer, room) -> Row:
    sku, product = offer.sku, offer.sku.product
    if not payable.is_payable(product.pay_mode):
        return Row(line, sku, offer.left, 0, NotPayable(cash=sku.cash_price * line.quantity))
    if refusal := room.refused.get(product.pk):
        return Row(line, sku, offer.left, 0, refusal)
    limit, refusal = room.of(product)
    most = max(0, min(MAX_QUANTITY, offer.left, limit))
    if line.quantity <= most:
        if not line.is_saved:
            room.use(product, line.quantity)
        return Row(line, sku, offer.left, most)
    if offer.left < min(line.quantity, limit):
        refusal = (OutOfStock if offer.left else SoldOut)(
            sku=sku.pk, wanted=line.quantity, left=offer.left
        )
    return Row(line, sku, offer.left, most, refusal)


class _Room:
    """How many pieces of limited products there is still room for, line after line; ``refused`` are
    those whose coupon is over, or that do not go there.
    """

    def __init__(self, user, products, to, as_of):
        self.user, self.as_of = user, as_of
        self.had = purchase_limits.had_by(user, products, as_of)
        over = coupon_goods.refusals(products, as_of) | tickets.refusals(products, as_of)
        self.refused = over | freight.refusals(products, to)
        self.used: dict[int, int] = {}

    def of(self, product) -> tuple[int, DomainError | None]:
        """Return how many more pieces the limits let through, and the refusal of more."""
        used, had = self.used.get(product.pk, 0), self.had.get(product.pk, purchase_limits.Had())
        rooms = [
            (room - used, refusal)
            for room, refusal in purchase_limits.rooms(product, had, self.as_of)
        ]
        return min(rooms, key=lambda room: room[0], default=(MAX_QUANTITY, None))

    def use(self, product, quantity) -> None:
        """Note that a line takes so many pieces of the room."""
        self.used[product.pk] = self.used.get(product.pk, 0) + quantity


def sums(standing: Standing) -> dict:
    """Return the figures of the quote as programs read them; zeros where nothing can be ordered."""
    if standing.quote is not None:
        figures = standing.quote.as_dict()
        del figures["lines"], figures["coupon_proposed"]
        return figures
    none = str(ZERO)
    return {
        "points": 0,
        "cash": none,
        "goods_cash": none,
        "coupon": None,
        "coupon_discount": none,
        "discount": none,
        "rounding": "0.0000",
        "freight": none,
        "rate": 0,
        "earns": 0,
        "points_usable": {"least": 0, "step": 0, "most": 0},
    }
