"""Orders that are written together: whoever falls out of the group, and whatever
happens to its leader, everybody gets an answer of their own, once.

Source: docs/decisions/0043-facts-are-rows.md.
"""

import threading
from contextlib import contextmanager
from uuid import uuid4

import pytest
import structlog
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.signals import connection_created

from accounts.registration import register
from catalog import stock
from catalog.errors import OutOfStock
from catalog.models import Stock
from mall import verification
from mall.core import lane
from mall.core.errors import Busy
from orders import group
from orders.checkout import place_order
from orders.errors import (
    AddressNeeded,
    IdempotencyConflict,
    NotInShop,
    PersonLimitReached,
    PriceChanged,
)
from orders.models import Order, OrderLine
from points import event_delivery, ledger
from points.errors import AccountFrozen, InsufficientPoints
from points.models import Event, PointAccount
from tests.factories.orders import (
    address_of,
    give_points,
    key_sku,
    physical_sku,
    place,
    virtual_sku,
)
from tests.races.line import SECONDS, Line, until
from tests.races.line import stand_in_line as line_up

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("books_close")]


@pytest.fixture
def books_close(transactional_db):
    """Whatever happened, no lane is left, and the books close."""
    yield
    assert lane._lanes == {}
    event_delivery.deliver_due()
    assert verification.verify() == []


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """Nobody is saved by giving up, but where a test says so."""
    monkeypatch.setattr(lane, "PATIENCE_SECONDS", 3 * SECONDS)
    monkeypatch.setattr(lane, "LEAD_SECONDS", 3 * SECONDS)
    yield
    group._alone.clear()
    group._apart.clear()


@pytest.fixture
def members(db):
    """members(n, points) -> so many members with points."""

    def make(count, points=100):
        made = [
            register(username=f"guest{n}", email=f"guest{n}@example.com", password="x" * 12)
            for n in range(count)
        ]
        for user in made:
            give_points(user, points)
        return made

    return make


@pytest.fixture
def groups(monkeypatch):
    """How many were asked for together, of each group, in order."""
    sizes, place_group = [], group.place

    def counted(requests):
        sizes.append(len(requests))
        return place_group(requests)

    monkeypatch.setattr(group, "place", counted)
    return sizes


def line():
    """A line of those who order."""
    return Line(group.ALL_GOODS)


def stand_in_line(verbs):
    """Have those who order wait in this order, and return what came of them."""
    return line_up(group.ALL_GOODS, verbs)


def of(user, sku, **words):
    """Return the wish of a member, to be done in a thread."""
    return lambda: place(user, sku, **words)


def kinds(outcomes):
    return [type(outcome) for outcome in outcomes]


def left_of(sku):
    return stock.available([sku.pk])[sku.pk]


@contextmanager
def held(row):
    """Somebody else has a row locked."""
    is_held, may_go = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            row.select_for_update().get()
            is_held.set()
            may_go.wait(SECONDS)
        connections.close_all()

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert is_held.wait(SECONDS)
    yield
    may_go.set()
    thread.join(SECONDS)


def in_groups(monkeypatch, act):
    """Do ``act`` in each group at the moment its pieces are taken; alone nothing is different."""
    sell = stock.sell

    def sell_after_acting(lines):
        lines = list(lines)
        if len(lines) > 1:
            act()
        sell(lines)

    monkeypatch.setattr(stock, "sell", sell_after_acting)


# --- on the good path ----------------------------------------------------------
@pytest.mark.parametrize("cash", ["0.00", "1.00"])
def test_place_order_when_many_wait_then_one_group_and_each_gets_the_own_order(
    members, groups, cash
):
    guests, sku = members(12), virtual_sku(points=7, cash=cash, stock=40)

    def redeem(n):
        with structlog.contextvars.bound_contextvars(request_id=f"request-{n}"):
            return place(guests[n], sku, quantity=1 + n % 3)

    orders = stand_in_line([lambda n=n: redeem(n) for n in range(12)])

    assert groups == [12]
    for n, (order, user) in enumerate(zip(orders, guests, strict=True)):
        stored = Order.objects.get(user=user)
        line = stored.lines.get()
        assert (stored.pk, stored.no, stored.points) == (order.pk, order.no, 7 * (1 + n % 3))
        assert [(one.pk, one.quantity) for one in order.known_lines] == [(line.pk, 1 + n % 3)]
        assert (line.quantity, order.replayed) == (1 + n % 3, False)
        told = Event.objects.filter(reference=stored.reference).values_list("request_id", flat=True)
        assert set(told) == {f"request-{n}"}
    assert left_of(sku) == 40 - 24


def test_place_order_when_ids_are_not_told_then_they_are_read(members, groups, monkeypatch):
    """As on MySQL, which knows no RETURNING."""
    guests, sku = members(3), virtual_sku(points=7)
    feature = type(connection.features), "can_return_rows_from_bulk_insert"
    monkeypatch.setattr(*feature, False)

    orders = stand_in_line([of(user, sku) for user in guests])

    assert groups == [3]
    assert [Order.objects.get(user=user).pk for user in guests] == [order.pk for order in orders]
    assert [order.known_lines[0].order_id for order in orders] == [order.pk for order in orders]


def test_place_order_when_goods_are_sent_then_each_to_the_own_address(members, groups):
    guests, sku = members(3), physical_sku(points=7)
    homes = [address_of(user) for user in guests[:2]]

    outcomes = stand_in_line([of(user, sku) for user in guests])

    assert groups == [3]
    assert [order.address for order in outcomes[:2]] == [home.snapshot() for home in homes]
    assert isinstance(outcomes[2], AddressNeeded)


@pytest.mark.mariadb
def test_place_order_when_ids_step_by_seven_then_each_line_is_its_orders(members, groups):
    guests, sku = members(5), virtual_sku(points=7, stock=20)

    def step(connection, **_said):
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION auto_increment_increment = 7")

    connection_created.connect(step)
    try:
        orders = stand_in_line(
            [of(user, sku, quantity=n) for n, user in enumerate(guests, start=1)]
        )
    finally:
        connection_created.disconnect(step)

    assert groups == [5]
    assert orders[1].pk - orders[0].pk == 7
    for n, (order, user) in enumerate(zip(orders, guests, strict=True), start=1):
        assert (order.user_id, order.lines.get().quantity) == (user.pk, n)
        assert order.known_lines[0].pk == order.lines.get().pk


def test_place_order_when_several_things_are_wanted_then_one_group_takes_of_each(members, groups):
    guests = members(9)
    skus = [
        virtual_sku(points=3, stock=3),
        virtual_sku(points=5, cash="1.00"),
        virtual_sku(points=1, stock=1),
    ]

    outcomes = stand_in_line([of(user, skus[n % 3]) for n, user in enumerate(guests)])

    assert groups == [9]
    assert kinds(outcomes) == [Order, Order, Order] + [Order, Order, OutOfStock] * 2
    assert [outcomes[n].points for n in (0, 1)] == [3, 5]
    assert [left_of(sku) for sku in skus] == [0, 7, 0]
    for n, user in enumerate(guests):
        bought = OrderLine.objects.filter(order__user=user).values_list("sku_id", flat=True)
        assert list(bought) == ([skus[n % 3].pk] if isinstance(outcomes[n], Order) else [])


def test_place_order_when_one_thing_goes_alone_then_the_rest_of_the_group_goes_on(members, groups):
    """Keys, and what nobody offers any more, fall out; they take nobody along."""
    guests, sku = members(4), virtual_sku(points=3)
    gone = virtual_sku(points=3)
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    skus = [sku, key_sku(points=7, keys=2), gone, sku]

    outcomes = stand_in_line([of(user, one) for user, one in zip(guests, skus, strict=True)])

    assert groups == [4]
    assert kinds(outcomes) == [Order, Order, NotInShop, Order]
    assert outcomes[0].created_at == outcomes[3].created_at  # still of one group


@pytest.mark.mariadb
def test_place_order_when_one_stock_row_is_locked_then_it_holds_up_the_others_once(
    members, groups, monkeypatch
):
    guests, skus = members(5), [virtual_sku(points=3), virtual_sku(points=5)]
    monkeypatch.setattr("mall.core.transactions.PATIENCE_SECONDS", 0.1)

    with held(Stock.objects.filter(pk=skus[0].pk)):
        waiting = line().lead()
        for n, user in enumerate(guests[:4]):
            waiting.join(of(user, skus[n % 2]))
        outcomes = waiting.go()
        alone = [group.lane_of(sku.pk) for sku in skus]

    assert groups == [4]
    assert kinds(outcomes) == [Busy, Order] * 2
    assert alone == [sku.pk for sku in skus]
    beside_others = line().lead()
    assert place(guests[4], skus[0]).status == "paid"  # a lane of its own, with nobody ahead
    beside_others.go()


def test_place_order_when_more_wait_than_a_group_takes_then_the_next_takes_the_rest(
    members, groups, monkeypatch
):
    monkeypatch.setattr(lane, "MOST", 4)
    guests, sku = members(9), virtual_sku(points=7)

    outcomes = stand_in_line([of(user, sku) for user in guests])

    assert kinds(outcomes) == [Order] * 9
    assert groups == [4, 4]  # the last one is alone


# --- who falls out of the group --------------------------------------------------
def test_place_order_when_it_sells_out_within_a_group_then_who_came_first_is_served(
    members, groups
):
    guests, sku = members(6), virtual_sku(points=7, stock=4)

    wishes = zip(guests, (1, 2, 3, 1, 1, 1), strict=True)
    outcomes = stand_in_line([of(user, sku, quantity=n) for user, n in wishes])

    assert groups == [6]
    assert kinds(outcomes) == [Order, Order, OutOfStock, Order, OutOfStock, OutOfStock]
    assert [outcomes[n].numbers["left"] for n in (2, 4, 5)] == [1, 0, 0]
    assert (left_of(sku), OrderLine.objects.count()) == (0, 3)


def test_place_order_when_some_are_refused_then_each_hears_why_and_the_others_go_on(
    members, groups
):
    guests, sku = members(7), virtual_sku(points=60, limit_per_person=1)
    place(guests[1], sku)
    give_points(guests[1], 100)
    place(guests[2], virtual_sku(points=190))
    ledger.freeze(guests[3].pk, note="test")
    first = place(guests[5], sku, key="again")

    outcomes = stand_in_line(
        [
            of(guests[0], sku),
            of(guests[1], sku),
            of(guests[2], sku),
            of(guests[3], sku),
            of(guests[4], sku, expect={"points": 59, "cash": "0.00"}),
            of(guests[5], sku, key="again", quantity=2),
            of(guests[6], sku),
        ],
    )

    assert groups == [7]
    assert kinds(outcomes) == [
        Order,
        PersonLimitReached,
        InsufficientPoints,
        AccountFrozen,
        PriceChanged,
        IdempotencyConflict,
        Order,
    ]
    assert Order.objects.filter(user=guests[5]).get() == first
    assert outcomes[0].created_at == outcomes[6].created_at  # still of one group


def test_place_order_when_one_key_is_sent_twice_then_one_order_answers_both(members, groups):
    (user, other), sku = members(2), virtual_sku(points=7)

    outcomes = stand_in_line(
        [of(other, sku), of(user, sku, key="same"), of(user, sku, key="same"), of(user, sku)],
    )

    assert groups == [2]  # one of each member
    assert outcomes[1].pk == outcomes[2].pk
    assert [order.replayed for order in outcomes] == [False, False, True, False]
    assert Order.objects.filter(user=user).count() == 2


def test_place_order_when_one_asks_again_then_the_group_goes_on_without_it(members, groups):
    guests, sku = members(3), virtual_sku(points=7)
    first = place(guests[1], sku, key="again")

    outcomes = stand_in_line(
        [of(guests[0], sku), of(guests[1], sku, key="again"), of(guests[2], sku)]
    )

    assert groups == [3]
    assert (outcomes[1].pk, outcomes[1].replayed) == (first.pk, True)
    assert outcomes[0].created_at == outcomes[2].created_at  # still of one group


@pytest.mark.mariadb
def test_place_order_when_one_member_is_locked_then_nobody_else_waits(members, groups):
    guests, sku = members(5), virtual_sku(points=7)
    waiting = line().lead()
    with held(PointAccount.objects.filter(pk=guests[2].pk)):
        for user in guests:
            waiting.join(of(user, sku))
        lane.hand_on(group.ALL_GOODS, waiting.leader)
        until(lambda: kinds(waiting.outcomes).count(Order) == 4)

        assert isinstance(waiting.outcomes[2], TimeoutError)

    outcomes = waiting.go()

    assert groups == [5]
    assert kinds(outcomes) == [Order] * 5
    moments = [order.created_at for order in outcomes]  # a group has one
    assert [moments.count(moment) for moment in moments] == [4, 4, 1, 4, 4]


def test_place_order_when_keys_are_handed_over_then_nobody_waits_for_a_group(members, groups):
    guests, sku = members(3), key_sku(points=7, keys=9)

    first = stand_in_line([of(user, sku) for user in guests])
    with_somebody_ahead = line().lead()
    again = place(guests[0], sku)
    with_somebody_ahead.go()

    assert kinds(first) == [Order] * 3
    assert (groups, again.status) == ([3], "completed")


@pytest.mark.parametrize("way", ["inside", "off"])
def test_place_order_when_no_group_may_take_it_then_it_waits_for_nobody(members, settings, way):
    (user,), sku = members(1), virtual_sku(points=7)
    settings.LANES = way != "off"
    waiting = line().lead()

    if way == "inside":
        with transaction.atomic():
            order = place(user, sku)
    else:
        order = place(user, sku)

    waiting.go()
    assert order.status == "paid"


# --- whatever happens to the leader ------------------------------------------------
@pytest.mark.parametrize(
    "fault", [OperationalError(1205, "lock wait"), RuntimeError("a fault"), OutOfStock(sku=1)]
)
def test_place_order_when_a_group_fails_then_each_goes_alone(members, groups, monkeypatch, fault):
    guests, sku, failed = members(4), virtual_sku(points=7), []

    def fail():
        failed.append(fault)
        raise fault

    in_groups(monkeypatch, fail)

    outcomes = stand_in_line([of(user, sku) for user in guests])

    assert failed == [fault]  # a group is tried once
    assert kinds(outcomes) == [Order] * 4
    assert Order.objects.count() == 4
    assert left_of(sku) == 6


def test_place_order_when_the_leader_is_killed_then_the_others_go_on(members, groups, monkeypatch):
    guests, sku = members(4), virtual_sku(points=7)

    def die():
        raise SystemExit

    in_groups(monkeypatch, die)

    outcomes = stand_in_line([of(user, sku) for user in guests])

    assert kinds(outcomes) == [SystemExit, Order, Order, Order]
    assert (Order.objects.count(), left_of(sku)) == (3, 7)


def test_place_order_when_the_leader_is_lost_then_who_comes_leads(members, monkeypatch):
    monkeypatch.setattr(lane, "LEAD_SECONDS", -1.0)
    guests, sku = members(2), virtual_sku(points=7)
    lost = line().lead()

    assert place(guests[0], sku).status == "paid"  # takes the lane over, and leaves it empty
    assert lane._lanes == {}
    lost.go()  # comes back after all: it leads nothing any more
    assert place(guests[1], sku).status == "paid"


def test_wait_when_the_leader_is_lost_then_who_waited_leads_the_others():
    class NeverCalled:
        """The wait is over, and nobody called."""

        def acquire(self, timeout):
            return False

    lost = lane.enter("thing", lane.Ticket(0, None))
    ticket = lane.enter("thing", lane.Ticket(1, None, called=NeverCalled()))
    follower = lane.enter("thing", lane.Ticket(2, "wish"))

    lane._wait("thing", ticket)
    lane.hand_on("thing", lost)
    taken = lane._take("thing", ticket)
    lane.hand_on("thing", ticket)

    assert ticket.place is lane.LEADING
    assert taken == [ticket, follower]


@pytest.mark.mariadb
@pytest.mark.parametrize("end", ["commits", "fails"])
def test_place_order_when_a_follower_gives_up_in_the_midst_of_its_group_then_one_order(
    members, groups, monkeypatch, end
):
    """It asks again under its own key, behind the lock that the group has on its account."""
    monkeypatch.setattr(lane, "PATIENCE_SECONDS", 1.1)
    monkeypatch.setattr(lane, "LEAD_SECONDS", 1.0)
    guests, sku = members(3), virtual_sku(points=7)
    placed_alone = threading.Semaphore(0)
    open_account = ledger.open

    def tell_and_open(*args, **words):
        placed_alone.release()
        return open_account(*args, **words)

    def wait_for_the_followers():
        for _follower in guests[1:]:
            assert placed_alone.acquire(timeout=SECONDS)
        if end == "fails":
            raise RuntimeError("a fault")

    in_groups(monkeypatch, wait_for_the_followers)
    monkeypatch.setattr("orders.checkout.ledger.open", tell_and_open)

    outcomes = stand_in_line([of(user, sku) for user in guests])

    assert kinds(outcomes) == [Order] * 3
    assert [order.replayed for order in outcomes] == [False] + [end == "commits"] * 2
    assert sorted(Order.objects.values_list("pk", flat=True)) == sorted(
        order.pk for order in outcomes
    )


def test_serve_when_called_to_lead_while_giving_up_then_it_leads():
    class TooLate:
        """The call to lead comes when the wait is over."""

        def acquire(self, timeout):
            lane.hand_on("thing", ahead)
            return False

        def release(self):
            """Nobody waits any more."""

    ahead = lane.enter("thing", lane.Ticket(0, None))
    ticket = lane.enter("thing", lane.Ticket(1, None, called=TooLate()))
    follower = lane.enter("thing", lane.Ticket(2, "wish"))

    lane._wait("thing", ticket)
    taken = lane._take("thing", ticket)
    lane.hand_on("thing", ticket)

    assert ticket.place is lane.LEADING
    assert taken == [ticket, follower]


def test_place_order_when_many_rush_for_few_then_no_piece_twice(members, run_threads):
    guests, sku = members(16, points=1_000), virtual_sku(points=3, stock=40)

    def redeem(n):
        done = 0
        for _ in range(4):
            try:
                place_order(guests[n], lines=[(sku.pk, 1)], key=uuid4().hex)
                done += 1
            except OutOfStock:
                continue
        return done

    outcomes = run_threads(16, redeem)

    assert sum(outcomes) == OrderLine.objects.count() == 40
    assert left_of(sku) == 0
    for n, user in enumerate(guests):
        assert Order.objects.filter(user=user).count() == outcomes[n]
