"""What carrying an order costs and where it goes: templates of the goods, the flat fee of the
checkout policy for goods without one, and the address.

An order costs the sum of its templates: the goods of each are one load. Neither points nor coupons
pay for freight. The address is read when somebody asks for it: only templates that name regions do.
Source: docs/decisions/0091-freight-templates.md.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from accounts import addresses
from accounts.models import Address
from catalog import freight
from catalog.freight import Load, Template
from catalog.models import Product
from mall.core.kept import shown
from mall.core.money import ZERO
from mall.core.regions import tree
from orders.errors import AddressNeeded, AddressUnclear, NotDelivered
from orders.models import CheckoutPolicy

FLAT = 0  # the group of goods without a template


class Destination:
    """Where an order of a member goes: to ``address`` (one of the member's own, or its id), else
    to the default one. A visitor (None) has none.
    """

    def __init__(self, user, address: Address | int | None = None):
        self._user, self._named = user, address
        self._found, self._is_read = None, False

    @property
    def address(self) -> Address | None:
        """The address, read once; None where there is none of the member's own."""
        if not self._is_read:
            self._found, self._is_read = self._read(), True
        return self._found

    @property
    def place(self) -> str:
        """The code of the smallest region that is certain; empty where nothing is."""
        return self.address.place if self.address else ""

    def required(self) -> Address:
        """Return the address. Raises: AddressNeeded."""
        if self.address is None:
            raise AddressNeeded
        return self.address

    def _read(self):
        if self._user is None or isinstance(self._named, Address):
            return self._named
        if self._named is None:
            return addresses.default_of(self._user)
        return addresses.owned(self._user, self._named)


@dataclass(frozen=True, slots=True)
class Carriage:
    """What carrying costs. Where ``is_exact`` is false nobody knows yet where to, and ``fee`` is
    the least. ``refused`` are the names of goods, by SKU, that do not go to ``place``.
    """

    fee: Decimal = ZERO
    is_exact: bool = True
    place: str = ""
    refused: dict[int, str] = field(default_factory=dict)
    is_unclear: bool = False

    @property
    def region(self) -> str:
        """Where to, in the reader's language; empty where nobody knows or it does not matter."""
        return tree.shown(self.place)

    @property
    def refusals(self) -> dict[int, NotDelivered]:
        """Why, by SKU."""
        return {
            sku: NotDelivered(product=name, region=self.region)
            for sku, name in self.refused.items()
        }

    def check(self) -> None:
        """Refuse what cannot be carried. Raises: NotDelivered, AddressUnclear."""
        for refusal in self.refusals.values():
            raise refusal
        if self.is_unclear:
            raise AddressUnclear


def of(wishes, *, policy: CheckoutPolicy, to: Destination | None = None) -> Carriage:
    """Return what carrying these goods to a destination costs; without one as if nobody knew where
    they go.
    """
    groups: dict[int, _Group] = {}
    if sent := posted(wishes):
        templates = freight.templates()
        for wish in sent:
            template = templates.of(wish.sku.product.freight_template_id)
            group = groups.setdefault(template.pk if template else FLAT, _Group(template))
            group.add(wish)
    place, is_known = "", True
    if any(group.depends_on_place for group in groups.values()):
        place = to.place if to else ""
        is_known = bool(place)
    fees = {key: group.fee(place, policy) for key, group in groups.items()}
    refused = [groups[key] for key, fee in fees.items() if fee is None]
    return Carriage(
        fee=sum((fee for fee in fees.values() if fee is not None), ZERO),
        is_exact=is_known,
        place=place,
        refused={pk: name for group in refused for pk, name in group.names.items()},
        is_unclear=not is_known and to is not None and to.address is not None,
    )


def flat(wishes, policy: CheckoutPolicy) -> Carriage:
    """Return what carrying costs where no goods name a template and none is the default."""
    return Carriage(policy.freight if posted(wishes) else ZERO)


def posted(wishes) -> list:
    """Return those of these goods that have to be sent."""
    return [wish for wish in wishes if wish.sku.product.kind == Product.Kind.PHYSICAL]


def refusals(products, to: Destination) -> dict[int, NotDelivered]:
    """Return why, by id, for those of these products that are not carried to a destination; nothing
    where nobody knows yet where that is.
    """
    sent = {one.pk: one for one in products if one.kind == Product.Kind.PHYSICAL}
    templates = freight.templates() if sent else None
    found = {}
    for pk, product in sent.items():
        template = templates.of(product.freight_template_id)
        if template is None or not template.depends_on_place or not to.place:
            continue
        if template.terms_at(to.place) is None:
            found[pk] = NotDelivered(product=product.name, region=tree.shown(to.place))
    return found


def told(user, product: dict) -> dict | None:
    """Return what carrying one piece of a product costs the reader, for its page: ``fee``, the
    least where its SKUs differ, ``is_exact``, ``region`` and ``is_refused``; None for what is not
    posted.
    """
    if product["kind"] != Product.Kind.PHYSICAL:
        return None
    template = freight.templates().of(product["freight_template"])
    groups = [
        _Group(template, Load(1, sku["weight_grams"], sku["cash_price"])) for sku in product["skus"]
    ]
    depends_on_place = groups[0].depends_on_place
    place = Destination(user).place if depends_on_place else ""
    fees = {group.fee(place, _policy()) for group in groups}  # None of all, or of none
    return {
        "fee": min(fees),
        "is_exact": len(fees) == 1 and bool(place or not depends_on_place),
        "region": tree.shown(place),
        "is_refused": None in fees,
    }


@shown
def _policy() -> CheckoutPolicy:
    return CheckoutPolicy.current()


@dataclass(slots=True)
class _Group:
    """Goods of one order that go by one template, or by the flat fee (None)."""

    template: Template | None
    load: Load = field(default_factory=lambda: Load(0))
    names: dict[int, str] = field(default_factory=dict)

    @property
    def depends_on_place(self) -> bool:
        return self.template is not None and self.template.depends_on_place

    def add(self, wish) -> None:
        """Load so many pieces of a SKU; yuan count as they are before coupons and points."""
        sku, pieces = wish.sku, wish.quantity
        self.load += Load(pieces, sku.weight_grams * pieces, sku.cash_price * pieces)
        self.names[sku.pk] = sku.product.name

    def fee(self, place: str, policy: CheckoutPolicy) -> Decimal | None:
        """Return what the load costs; None where it does not go."""
        if self.template is None:
            return policy.freight
        if self.depends_on_place and not place:
            return self.template.least_fee(self.load)
        return self.template.fee_at(place, self.load)
