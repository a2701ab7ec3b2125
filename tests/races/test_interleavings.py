"""T14: two short transactions in every order of their statements; each outcome is one of the two
serial ones.
"""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from catalog import stock
from mall import verification
from mall.core import clock
from mall.core.errors import DomainError
from orders import lifecycle
from orders.models import Order
from points import ledger
from points.models import LedgerEntry, PointAccount
from tests.factories.orders import place, virtual_sku
from tests.factories.points import member_with

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
BLOCKED_SECONDS = 0.02  # whoever has not ended a statement by then waits for the other's lock
MOST_ORDERS = 18  # of the statements, per pair, unless the sweep is long


class Hand:
    """One thread that does a verb statement by statement, each when it is told to; COMMIT is one of
    them.
    """

    def __init__(self, verb):
        self.verb, self.outcome = verb, None
        self.go, self.at_rest, self.freely = threading.Semaphore(0), threading.Event(), False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.at_rest.wait(10)

    def _run(self):
        connection.ensure_connection()
        commit = connection._commit
        connection._commit = lambda: (self._pause(), commit())[1]
        try:
            self._pause()
            with connection.execute_wrapper(self._step):
                self.outcome = type(self.verb()).__name__
        except DomainError as refusal:
            self.outcome = type(refusal).__name__
        except BaseException as error:  # noqa: BLE001 - the test judges it
            self.outcome = repr(error)
        finally:
            connections.close_all()
            self.at_rest.set()

    def _step(self, execute, sql, params, many, context):
        self._pause()
        return execute(sql, params, many, context)

    def _pause(self):
        if not self.freely:
            self.at_rest.set()
            self.go.acquire()

    def step(self):
        """Do one statement; returns when it is done, or when it seems to wait for a lock."""
        if self.thread.is_alive() and self.at_rest.is_set():
            self.at_rest.clear()
            self.go.release()
            self.at_rest.wait(BLOCKED_SECONDS)

    def finish(self):
        self.freely = True
        self.go.release()


def alone(verb):
    """Do a verb with nobody beside it; returns what became of it."""
    try:
        return type(verb()).__name__
    except DomainError as refusal:
        return type(refusal).__name__


def together(first, second, order):
    """Do two verbs in an order of steps, a string of 0s and 1s; returns what became of each."""
    hands = [Hand(first), Hand(second)]
    for turn in order:
        hands[turn].step()
    for hand in hands:
        hand.finish()
    for hand in hands:
        hand.thread.join(20)
        assert not hand.thread.is_alive()
    return tuple(hand.outcome for hand in hands)


class Points:
    """A member with 100 points, 30 of them held."""

    def __init__(self):
        self.member = member_with(100, key="gift")
        ledger.hold(
            self.member.pk,
            points=30,
            key="sale:H:hold",
            reference="sale:H",
            expires_at=clock.now() + timedelta(hours=1),
        )

    def accrue(self):
        return ledger.accrue(self.member.pk, points=50, key="gift:more")

    def spend(self):
        return ledger.spend(self.member.pk, points=60, key="sale:A:spend", reference="sale:A")

    def spend_too(self):
        return ledger.spend(self.member.pk, points=60, key="sale:B:spend", reference="sale:B")

    def capture(self):
        return ledger.capture(self.member.pk, hold_key="sale:H:hold", key="sale:H:capture")

    def release(self):
        return ledger.release(self.member.pk, hold_key="sale:H:hold", key="sale:H:release")

    def state(self):
        account = PointAccount.objects.get(pk=self.member.pk)
        entries = (
            LedgerEntry.objects.filter(account_id=self.member.pk)
            .order_by("seq")
            .values_list("kind", "key", "delta", "held_delta")
        )
        return account.available, account.held, account.lots, list(entries)


class Dying(Points):
    """The same member a day after half of the points died, with nobody's touch since."""

    def __init__(self):
        self.member = member_with(
            40,
            key="gift",
            expires_on=clock.today() - timedelta(days=1),
            on=clock.today() - timedelta(days=9),
        )
        ledger.accrue(
            self.member.pk, points=70, key="gift:alive", on=clock.today() - timedelta(days=9)
        )

    def sweep(self):
        return ledger.sweep(self.member.pk)


class Unpaid:
    """An order that holds points and waits for cash, its time just over."""

    def __init__(self):
        self.member, self.sku = (
            member_with(100, key="gift"),
            virtual_sku(points=40, cash="1.00", stock=5),
        )
        self.order = place(self.member, self.sku)
        Order.objects.filter(pk=self.order.pk).update(pay_by=clock.now() - timedelta(seconds=1))

    def cancel(self):
        return lifecycle.cancel(Order.objects.get(pk=self.order.pk), actor="test")

    def time_out(self):
        return lifecycle.cancel_due(clock.now())

    def state(self):
        account = PointAccount.objects.get(pk=self.member.pk)
        kinds = list(
            LedgerEntry.objects.filter(account_id=self.member.pk)
            .order_by("seq")
            .values_list("kind", flat=True)
        )
        return (
            account.available,
            account.held,
            Order.objects.get(pk=self.order.pk).status,
            stock.available([self.sku.pk])[self.sku.pk],
            kinds,
        )


PAIRS = [
    (Points, "accrue", "spend"),
    (Points, "spend", "spend_too"),
    (Points, "capture", "release"),
    (Points, "spend", "release"),
    (Dying, "sweep", "spend"),
    (Unpaid, "cancel", "time_out"),
]


def all_orders(a, b):
    """Every order of ``a`` steps of the first and ``b`` of the second."""
    for places in itertools.combinations(range(a + b), b):
        yield [int(place in places) for place in range(a + b)]


def spread(orders, most):
    """At most so many of them, evenly taken."""
    orders = list(orders)
    return orders[:: max(1, len(orders) // most)]


@pytest.mark.parametrize(
    "most", [MOST_ORDERS, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
)
@pytest.mark.parametrize(("world", "first", "second"), PAIRS, ids=[f"{a}-{b}" for _, a, b in PAIRS])
def test_verbs_when_their_statements_mingle_in_any_order_then_it_is_as_if_one_came_first(
    world, first, second, most
):
    serial = []
    for order in ([first, second], [second, first]):
        made = world()
        became = {verb: alone(getattr(made, verb)) for verb in order}
        serial.append(((became[first], became[second]), made.state()))
    assert serial[0] != serial[1] or world is Points  # the pair is worth the trouble

    for order in spread(all_orders(5, 5), most):
        made = world()
        outcome = together(getattr(made, first), getattr(made, second), order), made.state()
        assert outcome in serial, order
    assert verification.verify() == []
