"""A flash sale's rush, on real MariaDB and Redis, with the server's deadlock counter read.

Source: docs/ledger.md; docs/reliability.md T0, T1; traps 15 and 16 of docs/product.md.
"""

import contextlib
import itertools
import random
import threading
import time
from collections import Counter
from types import SimpleNamespace

import pytest
from django.core.cache import caches
from django.db import connection

from accounts.registration import register
from catalog import stock, stock_buckets
from catalog.errors import OutOfStock, SoldOut
from mall.verification.flash import verify_flash
from orders import lifecycle
from orders.errors import FlashLimitReached, IllegalTransition
from orders.flash import gate, pool
from orders.flash import redemption as flash
from orders.flash import sessions as flash_sessions
from orders.models import FlashClaim, Order
from points import ledger
from tests.factories import flash as factory
from tests.factories.flash import grab
from tests.factories.orders import give_points

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]
THREADS = 64
RUSH_THREADS = 32
MEMBERS, ITEMS = 200, 10
ROUND_SECONDS = 60
NO_REDIS = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "rush"}
}


@pytest.fixture(autouse=True)
def _nothing_remembered():
    pool._sold_out.clear()
    caches["default"].clear()
    yield
    pool._sold_out.clear()


def members(count, *, points=1000):
    made = [
        register(username=f"rusher{n}", email=f"rusher{n}@example.com", password="x" * 12)
        for n in range(count)
    ]
    for user in made:
        give_points(user, points)
    return made


def tally(outcomes):
    """Count what became of the attempts; an error nobody expects ends the test."""
    counted = Counter()
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        counted.update(outcome)
    return counted


def attempt(user, item, key, *, quantity=1):
    """One press of the button, as (word) what came of it. Busy would be a 503: it is let through as
    a failure.
    """
    try:
        return "replayed" if grab(user, item, key=key, quantity=quantity).replayed else "got"
    except OutOfStock:
        return "sold out"
    except FlashLimitReached:
        return "already"


def assert_sold_exactly(items):
    """Every item sold its stock, nobody has more than the limit, every piece has its order."""
    for item in items:
        claims = FlashClaim.objects.filter(item=item, is_live=True)
        assert sum(claims.values_list("quantity", flat=True)) == item.stock
        per_member = Counter(claims.values_list("user_id", flat=True))
        assert max(per_member.values()) <= item.limit_per_person
    assert {
        pool: sum(left) for pool, left in stock_buckets.levels([item.pk for item in items]).items()
    } == dict.fromkeys((item.pk for item in items), 0)
    assert verify_flash() == []


# --- T0: the harness sees -----------------------------------------------------
def test_harness_when_the_guard_is_off_then_the_race_does_oversell(run_threads, monkeypatch):
    """Look first, decrease after: what the bucket's conditional UPDATE is there to prevent."""

    meeting = threading.Barrier(16)

    def take_unguarded(pool, place, quantity):
        enough = stock_buckets.levels([pool])[pool][place] >= quantity
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(5)  # everybody has looked
        if enough:
            with connection.cursor() as cursor:
                sql = (
                    "UPDATE catalog_stockbucket SET quantity = GREATEST(quantity - %s, 0) "
                    "WHERE id = %s"
                )
                cursor.execute(sql, [quantity, pool * 256 + place])
        return enough

    racers = members(16)
    item = factory.item(stock=8, buckets=1)
    gate.fill(item.pk, 100)
    monkeypatch.setattr(stock_buckets, "take_one", take_unguarded)

    counted = tally(run_threads(16, lambda n: [attempt(racers[n], item, "key")]))

    assert counted["got"] > 8
    (finding,) = verify_flash()  # and the books say so
    assert (finding.expected, finding.found) == (8, counted["got"])
    monkeypatch.undo()
    for order in Order.objects.all():
        lifecycle.cancel(order, actor="test")
    with connection.cursor() as cursor:  # leave the books closed, as every race here must
        cursor.execute("UPDATE catalog_stockbucket SET quantity = 8")


class Unlocked:
    """An account nobody holds while the pieces are counted: it is locked only to be posted to."""

    seen, row = None, SimpleNamespace(available=1000)

    def __init__(self, user_id):
        self.user_id = user_id

    def spend(self, *, fresh, **words):
        return ledger.spend(self.user_id, **words)


def test_harness_when_the_members_lock_is_off_then_the_limit_is_seen_to_break(
    member, run_threads, monkeypatch, settings
):
    """T0: without the mutex two tabs count the same pieces, so the race below is able to fail."""
    settings.CACHES = NO_REDIS
    give_points(member, 1000)
    broken = 0
    for _ in range(10):
        meeting, met = threading.Barrier(8), threading.local()

        def open_nothing(user_id, meeting=meeting, met=met, **asked):
            if not hasattr(met, "here"):
                met.here = meeting.wait(30)
            return Unlocked(user_id)

        monkeypatch.setattr(flash, "ledger", SimpleNamespace(open=open_nothing))
        item = factory.item(stock=64, points=1)
        run_threads(8, lambda n, item=item: attempt(member, item, f"key-{item.pk}-{n}"))
        broken += FlashClaim.objects.filter(item=item).count() > 1
        if broken:
            break
    assert broken


# --- one item -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("has_gate", "buckets"),
    [
        (True, 16),  # as a shop sells
        (False, 1),  # and where everybody meets at one row
        *(pytest.param(*one, marks=pytest.mark.long) for one in ((True, 1), (False, 16))),
    ],
)
def test_redeem_when_64_threads_rush_one_item_then_exactly_its_stock(
    run_threads, settings, has_gate, buckets
):
    if not has_gate:
        settings.CACHES = NO_REDIS
    racers, item = members(THREADS), factory.item(stock=150, limit=99, buckets=buckets, points=1)
    wishes = itertools.count()

    def rush(number):
        counted = Counter()
        while (wish := next(wishes)) < 500:
            counted[attempt(racers[number], item, f"wish-{wish}")] += 1
        return counted

    counted = tally(run_threads(THREADS, rush))

    assert counted == {"got": 150, "sold out": 350}
    assert_sold_exactly([item])


# Trap 15: limits that are not counted under a lock.
def test_redeem_when_one_member_presses_64_times_then_the_limit_holds(member, run_threads):
    give_points(member, 1000)
    item = factory.item(stock=64, limit=3)

    counted = Counter(run_threads(THREADS, lambda n: attempt(member, item, f"key-{n}")))

    assert counted == {"got": 3, "already": 61}


def test_redeem_when_one_key_is_sent_64_times_then_one_order_answers_all(member, run_threads):
    item = factory.item(stock=1)

    counted = Counter(run_threads(THREADS, lambda: attempt(member, item, "one-time-key")))

    assert counted == {"got": 1, "replayed": 63}
    assert_sold_exactly([item])


# Trap 16: what times out goes to somebody else, once.
def test_cancel_when_pieces_come_back_during_the_rush_then_each_is_sold_again_once(run_threads):
    racers = members(48)
    item = factory.item(stock=16, points=1, cash="5.00")
    first = [grab(user, item, key="first") for user in racers[:16]]

    def shop(number):
        if number < 16:
            lifecycle.cancel(first[number], actor="test")
            return {"cancelled": 1}
        counted, until = Counter(), time.monotonic() + 20
        while (
            not counted["got"]
            and time.monotonic() < until
            and FlashClaim.objects.filter(item=item, is_live=True).count() < 16
        ):
            counted[attempt(racers[number], item, f"try-{counted.total()}")] += 1
        return counted

    tally(run_threads(48, shop))
    # who had looked while all were taken looks again
    tally(shop(number) for number in range(16, 48))

    assert Order.objects.filter(status="cancelled").count() == 16
    assert_sold_exactly([item])


def test_settle_due_when_the_end_meets_the_rush_and_cancels_then_pieces_are_constant(run_threads):
    """Takes, cancels and the closing sweep at one pool: nothing is stranded in a closed bucket."""
    racers = members(32)
    item = factory.item(stock=40)
    early = [grab(user, item, key="early") for user in racers[:16]]

    def act(number):
        if number < 16:
            lifecycle.cancel(early[number], actor="test")
        elif number < 30:
            attempt(racers[number], item, "late")
        else:
            flash_sessions.settle_due(item.session.ends_at)

    outcomes = run_threads(32, act)

    assert outcomes == [None] * 32
    live = sum(FlashClaim.objects.filter(is_live=True).values_list("quantity", flat=True))
    assert (
        sum(stock_buckets.levels([item.pk])[item.pk]),
        stock.available([item.sku_id])[item.sku_id],
    ) == (0, 40 - live)
    assert verify_flash() == []


def test_cancel_when_sent_by_16_at_once_then_pieces_return_once(member, run_threads):
    give_points(member, 100)
    item = factory.item(stock=5)
    order = grab(member, item)

    def cancel():
        try:
            lifecycle.cancel(order, actor="test")
        except IllegalTransition:
            return "too late"
        return "cancelled"

    assert Counter(run_threads(16, cancel)) == {"cancelled": 1, "too late": 15}
    assert sum(stock_buckets.levels([item.pk])[item.pk]) == 5


# --- the whole sale -----------------------------------------------------------
def right(items):
    for item in items:
        gate.fill(item.pk, item.stock)


def too_high(items):
    for item in items:
        gate.fill(item.pk, item.stock + 50)


def too_low(items):
    for item in items:
        gate.fill(item.pk, item.stock - 50)


def empty(items):
    caches["default"].clear()


GATES = {"right": right, "plus 50": too_high, "minus 50": too_low, "flushed": empty}


def run_sale(run_threads, *, stock_each, attempts, gate_state, threads=RUSH_THREADS):
    """Let 200 members press ``attempts`` times at 10 items; returns (what became of it,
    seconds).
    """
    racers = members(MEMBERS)
    sale = factory.session()
    items = [
        factory.item(of=sale, stock=stock_each, announced=False, points=1) for _ in range(ITEMS)
    ]
    factory.announce(sale)
    items = [flash.find(item.pk) for item in items]
    GATES[gate_state](items)
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - replays a failure
    wishes = itertools.count()

    def press(number):
        mine = racers[number::threads]  # a person presses, reads the answer, and presses again
        chance, counted, until = (
            random.Random(seed + number),
            Counter(),
            time.monotonic() + ROUND_SECONDS,
        )
        while time.monotonic() < until and (wish := next(wishes)) < attempts:
            if gate_state == "flushed" and wish % (attempts // 4) == attempts // 8:
                caches["default"].clear()
            counted[attempt(chance.choice(mine), chance.choice(items), f"wish-{wish}")] += 1
        return counted

    begun, counted = time.monotonic(), Counter()
    # in rounds: all threads of one must end within the harness' patience
    while counted.total() < attempts:
        counted.update(tally(run_threads(threads, press)))
    seconds = time.monotonic() - begun
    # A gate that was too low mends itself within two seconds: what it held back is still there for
    # the next.
    until = time.monotonic() + 30
    while (
        sum(map(sum, stock_buckets.levels([item.pk for item in items]).values()))
        and time.monotonic() < until
    ):
        counted[
            attempt(random.choice(racers), random.choice(items), f"late-{time.monotonic_ns()}")
        ] += 1
    print(dict(counted), f"{seconds:.1f} s, {attempts / seconds:.0f} attempts/s")  # noqa: T201
    assert_sold_exactly(items)
    assert counted["got"] == stock_each * ITEMS
    return counted, seconds


@pytest.mark.parametrize(
    "gate_state",
    [
        "flushed",
        *(pytest.param(n, marks=pytest.mark.long) for n in ("right", "plus 50", "minus 50")),
    ],
)
def test_sale_when_200_members_rush_10_items_then_exactly_the_stock_is_sold(
    run_threads, gate_state
):
    run_sale(run_threads, stock_each=12, attempts=1200, gate_state=gate_state)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("gate_state", [*GATES, "off"])
def test_sale_when_attempts_are_100_times_the_stock_then_exactly_the_stock_is_sold(
    run_threads, settings, gate_state
):
    if gate_state == "off":
        settings.CACHES = NO_REDIS
        GATES["off"] = right
    run_sale(run_threads, stock_each=10, attempts=10_000, gate_state=gate_state, threads=64)


def test_sale_when_sold_out_is_known_then_the_database_is_left_alone(
    run_threads, member, django_assert_max_num_queries
):
    item = flash.find(factory.item(stock=1).pk)
    other = register(username="other", email="other@example.com", password="x" * 12)
    give_points(other, 100)
    grab(member, item)
    with pytest.raises(SoldOut):
        grab(other, item, key="first")

    with django_assert_max_num_queries(1):  # did this key place an order before?
        for _ in range(1):
            with pytest.raises(SoldOut):
                flash.redeem(other, item=item, quantity=1, key="second")
