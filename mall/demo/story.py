"""How history is written: acts at past instants, each through the verb a shopper's own click would
call.
"""

import heapq
import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import count

from django.db import transaction
from django.db.models import Q

from accounts import addresses, registration
from accounts.models import User
from catalog import stock
from catalog.models import Product, Sku, StockMovement
from mall.core import clock
from mall.core.errors import DomainError
from mall.demo import reviews
from marketing.checkin import streak
from orders import checkout, lifecycle
from orders.models import Order
from orders.payments import cash_in, gateways
from points import maturing
from points.models import PointAccount

CARRIERS = (("顺丰速运", "SF"), ("中通快递", "ZT"), ("京东物流", "JD"))
PAYS_AFTER = timedelta(minutes=3)
OPENS_AT, PARCELS_ARRIVE_AT = time(10, 5), time(18, 20)
PARCEL_DAYS = 3
RETURN_WINDOW = timedelta(days=7, minutes=5)  # then what the order earned arrives
# A choice is left to real shoppers once this few pieces remain.
KEPT_PIECES = 6
WISHES = 6
# Everybody has a shelf they like best, and so things go together.
SHELVES = ("home", "food", "stationery", "outdoor", "care")
FONDNESS = 8


@dataclass(frozen=True)
class Offer:
    """One SKU of the demo shop as a made-up shopper sees it; the weight is how much people want
    it.
    """

    sku: int
    slug: str
    shelf: str
    points: int
    cash: Decimal
    is_physical: bool
    has_keys: bool
    weight: int


@dataclass
class Shopper:
    """One made-up member. ``luck`` decides everything about them, the same every time."""

    username: str
    nickname: str
    user: User | None = None
    luck: random.Random = field(init=False)
    shelf: str = field(init=False)

    def __post_init__(self):
        self.luck = random.Random(f"points-mall:{self.username}")
        self.shelf = random.Random(f"taste:{self.username}").choice(SHELVES)

    def longs_for(self, offer) -> int:
        """Return how much this shopper wants an offer."""
        return offer.weight * (FONDNESS if offer.shelf == self.shelf else 1)


class Story:
    """Acts in the order of their instants; an act may lead to later ones. What lies after ``until``
    never happened.
    """

    def __init__(self, offers: dict[str, Offer], *, until: datetime, clerk: str = "system"):
        self.offers, self.until, self.clerk = offers, until, clerk
        self._acts, self._turn = [], count()

    def then(self, instant: datetime, act, *args, **words):
        """Plan an act for an instant."""
        if instant < self.until:
            heapq.heappush(self._acts, (instant, next(self._turn), act, args, words))

    def tell(self, progress=iter, *, at_dusk=lambda: None):
        """Let everything happen in order; ``progress`` may wrap the days in a bar. ``at_dusk`` is
        called after the last act of each day, by the clock of that act.
        """
        first = self._acts[0][0] if self._acts else self.until
        for day in progress(range((self.until - first).days + 1)):
            while self._acts and self._acts[0][0] < first + timedelta(days=day + 1):
                instant, _turn, act, args, words = heapq.heappop(self._acts)
                with clock.at(instant):
                    act(*args, **words)
                    if not self._goes_on(clock.day_of(instant)):
                        at_dusk()

    def _goes_on(self, day) -> bool:
        """Whether anything else happens on a shop day."""
        return bool(self._acts) and clock.day_of(self._acts[0][0]) == day

    # --- acts -----------------------------------------------------------------
    def join(self, shopper, *, password=None):
        """Sign up, and with it sign in for the first time."""
        shopper.user = registration.register(
            shopper.username,
            f"{shopper.username}@example.com",
            password,
            nickname=shopper.nickname,
            email_verified=True,
        )
        User.objects.filter(pk=shopper.user.pk).update(date_joined=clock.now())
        shopper.user.date_joined = clock.now()
        self.visit(shopper)

    def visit(self, shopper):
        """Sign in; the first time of a shop day earns points."""
        registration.note_sign_in(shopper.user)
        User.objects.filter(pk=shopper.user.pk).update(last_login=clock.now())

    def check_in(self, shopper):
        """Take the day's check-in."""
        streak.check_in(shopper.user)

    def wish(self, shopper):
        """Order something the shopper can afford just now, for money when the points do not
        reach.
        """
        available = PointAccount.objects.values_list("available", flat=True).get(pk=shopper.user.pk)
        luck, within = (
            shopper.luck,
            [offer for offer in self.offers.values() if offer.points <= available],
        )
        for _try in range(WISHES if within else 0):
            reach = [offer for offer in within if offer.points] if luck.random() < 0.7 else []
            # Who saved up rather takes something worth it than one more little thing.
            wanted = [shopper.longs_for(offer) * (10 + offer.points) ** 0.5 for offer in reach] or [
                shopper.longs_for(offer) for offer in within
            ]
            chosen = luck.choices(reach or within, wanted)[0]
            outcome = luck.choices(("receives", "cancels", "forgets"), (90, 4, 6))[0]
            if self.order(shopper, chosen.slug, outcome=outcome):
                return

    def order(
        self, shopper, slug, *, quantity=1, points_to_use=0, outcome="receives"
    ) -> Order | None:
        """Place an order and plan what becomes of it: it is received, cancelled, never paid
        ("forgets"), or just waits.

        Sold out, or had enough of it already: the shopper leaves with empty hands, and None.
        """
        offer = self.offers.get(slug)
        if offer is None:
            return None
        key = f"demo-order-{Order.objects.of(shopper.user).count() + 1}"
        try:
            with transaction.atomic():
                order = checkout.place_order(
                    shopper.user,
                    lines=[(offer.sku, quantity)],
                    key=key,
                    points_to_use=points_to_use,
                )
        except DomainError:
            return None
        if order.status == Order.Status.COMPLETED:  # card keys alone: served at once
            self.then(clock.now() + RETURN_WINDOW, maturing.mature_due)
            reviews.plan(self, order.pk)
        elif outcome == "cancels":
            self.then(clock.now() + timedelta(minutes=9), self._cancel, order.pk)
        elif outcome == "receives" and order.status == Order.Status.PENDING:
            self.then(clock.now() + PAYS_AFTER, self._pay, order.pk)
        elif outcome == "receives" or (outcome == "forgets" and order.status == Order.Status.PAID):
            self.then(_days_later(1, OPENS_AT), self._ship, order.pk)
        elif outcome == "forgets":
            self.then(order.pay_by + timedelta(seconds=20), self._time_out)
        return order

    def _pay(self, order_id):
        order = Order.objects.get(pk=order_id)
        sandbox = gateways.get("sandbox")
        payment = cash_in.start(order, "sandbox")
        cash_in.receive_notice("sandbox", *sandbox.write_notice(payment, "paid"))
        self.then(_days_later(1, OPENS_AT), self._ship, order_id)

    def _ship(self, order_id):
        order = Order.objects.get(pk=order_id)
        carrier, letters = CARRIERS[order_id % len(CARRIERS)] if order.is_physical else ("", "")
        number = f"{letters}{7_300_000_000 + order_id * 7919}" if letters else ""
        lifecycle.ship(order, actor=self.clerk, carrier=carrier, number=number)
        self.then(
            _days_later(PARCEL_DAYS if order.is_physical else 0, PARCELS_ARRIVE_AT),
            self._complete,
            order_id,
        )

    def _complete(self, order_id):
        order = Order.objects.get(pk=order_id)
        lifecycle.complete(order, actor=f"member:{order.user_id}")
        self.then(clock.now() + RETURN_WINDOW, maturing.mature_due)
        reviews.plan(self, order_id)

    def _cancel(self, order_id):
        order = Order.objects.get(pk=order_id)
        lifecycle.cancel(order, actor=f"member:{order.user_id}")

    def _time_out(self):
        lifecycle.cancel_due(clock.now())


def offers() -> dict[str, Offer]:
    """Return the first choice in good supply of every demo product on sale, by the product's
    slug.
    """
    deliveries = Q(reference__startswith="demo:") | Q(reference__startswith=f"{stock.KEYS}demo:")
    first_deliveries = StockMovement.objects.filter(
        deliveries, direction=StockMovement.Direction.RECEIVE
    )
    sandbox = "sandbox" in gateways.offered()
    skus = (
        Sku.objects.select_related("product__category")
        .filter(is_active=True, stock__quantity__gt=KEPT_PIECES)
        .in_bulk()
    )
    on_sale = set(Product.objects.for_sale().values_list("pk", flat=True))
    found = {}
    for reference, sku_id in first_deliveries.order_by("reference").values_list(
        "reference", "sku_id"
    ):
        slug, sku = reference.removeprefix(stock.KEYS).split(":")[1], skus.get(sku_id)
        if (
            slug in found
            or sku is None
            or sku.product_id not in on_sale
            or (sku.cash_price and not sandbox)
        ):
            continue
        weight = 1 + random.Random(slug).randrange(6) ** 2
        is_physical, has_keys = (
            sku.product.kind == kind for kind in (Product.Kind.PHYSICAL, Product.Kind.CARD_KEY)
        )
        found[slug] = Offer(
            sku_id,
            slug,
            sku.product.category.slug,
            sku.points_price,
            sku.cash_price,
            is_physical,
            has_keys,
            weight,
        )
    return found


def give_address(shopper, *, recipient, phone, region, detail):
    """Write an address into a made-up member's book."""
    addresses.add(shopper.user, recipient=recipient, phone=phone, region=region, detail=detail)


def _days_later(days, at) -> datetime:
    return datetime.combine(clock.today() + timedelta(days=days), at, tzinfo=clock.SHOP_ZONE)
