"""T5: a failure after each SQL statement of each verb that moves money leaves all or nothing, and a
retry gives one effect.

Also: the answer is lost after COMMIT; a listener fails; a deadlock strikes once and keeps striking.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from catalog import stock
from mall import verification
from mall.core.errors import Busy
from orders import lifecycle
from orders.models import Order, OrderEvent, OrderLine, Payment, PaymentNotice, PaymentRefund
from orders.payments import cash_in, cash_out
from orders.payments.gateways import sandbox
from points.models import LedgerEntry, PointAccount
from tests.factories.orders import place, virtual_sku

pytestmark = pytest.mark.django_db(transaction=True)
MOST_STATEMENTS = 60


class Struck(Exception):
    """The failure this module puts between two statements."""


@pytest.fixture(autouse=True)
def _books_close(transactional_db):
    yield
    assert verification.verify() == []


class FailAfter:
    """Let ``n`` statements through and fail right after the last of them; counts what it saw."""

    def __init__(self, n, error=Struck, *, only_inside=False):
        self.n, self.error, self.only_inside, self.seen = n, error, only_inside, 0

    def __call__(self, execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        counts = connection.in_atomic_block or not self.only_inside
        if counts and sql.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            self.seen += 1
            if self.seen == self.n:
                raise self.error
        return done


def world(member, sku):
    account = PointAccount.objects.get(pk=member.pk)
    return (
        (account.available, account.held, account.seq, account.lots),
        stock.available([sku.pk]),
        list(Order.objects.order_by("pk").values_list("pk", "status")),
        list(Payment.objects.order_by("pk").values_list("pk", "status", "provider_ref")),
        [
            model.objects.count()
            for model in (OrderLine, OrderEvent, PaymentNotice, PaymentRefund, LedgerEntry)
        ],
    )


def paid(order):
    cash_in.receive_notice(
        "sandbox", *sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
    )
    return Order.objects.get(pk=order.pk)


def placing(member, sku):
    key = uuid4().hex
    return lambda: place(member, sku, quantity=2, key=key)


def paying(member, sku):
    message = sandbox.write_notice(cash_in.start(place(member, sku), "sandbox"), "paid")
    return lambda: cash_in.receive_notice("sandbox", *message)


def late_paying(member, sku):
    order = place(member, sku)
    message = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
    lifecycle.cancel(order, actor="test")
    return lambda: cash_in.receive_notice("sandbox", *message)


def cancelling(member, sku):
    order = place(member, sku)
    return lambda: lifecycle.cancel(order, actor="test")


def cancelling_paid(member, sku):
    order = paid(place(member, sku))
    return lambda: lifecycle.cancel(order, actor="test")


def sweeping(member, sku):
    order = place(member, sku)
    return lambda: lifecycle.cancel_due(order.pay_by + timedelta(seconds=1))


VERBS = [
    pytest.param(placing, {"points": 20}, marks=pytest.mark.long),  # a part of the next one
    (placing, {"points": 20, "cash": "1.00"}),
    (placing, {"cash": "1.00", "limit_per_person": 5}),
    (paying, {"points": 20, "cash": "1.00"}),
    (late_paying, {"points": 20, "cash": "1.00"}),
    pytest.param(cancelling, {"points": 20}, marks=pytest.mark.long),
    (cancelling, {"points": 20, "cash": "1.00"}),
    (cancelling_paid, {"points": 20, "cash": "1.00"}),
    (sweeping, {"points": 20, "cash": "1.00"}),
]


@pytest.mark.parametrize(("prepare", "sku"), VERBS)
def test_verb_when_a_failure_follows_each_statement_then_all_or_nothing_and_the_retry_counts_once(
    member, prepare, sku
):
    sku = virtual_sku(stock=500, **sku)
    undisturbed = _effect(member, prepare(member, sku))
    for n in range(1, MOST_STATEMENTS):
        strike, verb, before = FailAfter(n), prepare(member, sku), world(member, sku)

        def disturbed(strike=strike, verb=verb, before=before):
            try:
                with connection.execute_wrapper(strike):
                    verb()
            except Struck:
                # Between two transactions (a refund is carried out after COMMIT) the first one
                # stands whole.
                if world(member, sku) == before:
                    verb()

        assert _effect(member, disturbed) == undisturbed
        if strike.seen < n:
            break
    else:
        pytest.fail("the verb never ended")
    assert n > 5


def _undo(member):
    """Cancel what can be cancelled, so that the balance lasts for the next round; the sum tells
    that nothing leaked.
    """
    for order in Order.objects.filter(status__in=["pending", "paid"]):
        lifecycle.cancel(order, actor="test")
    account = PointAccount.objects.get(pk=member.pk)
    assert (account.available, account.held) == (100, 0)


@pytest.mark.parametrize(("prepare", "sku"), VERBS)
def test_verb_when_the_database_rolls_back_once_then_it_is_done_once(member, prepare, sku):
    sku = virtual_sku(stock=500, **sku)
    undisturbed = _effect(member, prepare(member, sku))
    for n in (1, 4, 7):
        strike = FailAfter(n, OperationalError(1213, "Deadlock found"), only_inside=True)
        verb = prepare(member, sku)

        def disturbed(verb=verb, strike=strike):
            with connection.execute_wrapper(strike):
                verb()

        assert _effect(member, disturbed) == undisturbed
        assert strike.seen > n


def _effect(member, verb):
    """How many rows of each kind a verb adds, and what it does to the balance; undone
    afterwards.
    """

    def counted():
        account = PointAccount.objects.get(pk=member.pk)
        rows = [
            model.objects.count()
            for model in (Order, OrderLine, OrderEvent, PaymentNotice, PaymentRefund, LedgerEntry)
        ]
        return [account.available, account.held, *rows]

    before = counted()
    verb()
    cash_out.settle_due()
    effect = [after - earlier for after, earlier in zip(counted(), before, strict=True)]
    _undo(member)
    return effect


def test_place_order_when_every_try_is_rolled_back_then_busy_and_no_trace(member):
    sku = virtual_sku(points=20, stock=5)
    before = world(member, sku)

    def always(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if sql.startswith("INSERT"):
            raise OperationalError(1205, "Lock wait timeout exceeded")
        return done

    with connection.execute_wrapper(always), pytest.raises(Busy):
        place(member, sku)

    assert world(member, sku) == before


def test_place_order_when_the_answer_is_lost_after_commit_then_the_retry_answers_the_same_order(
    member,
):
    """The link dies right after COMMIT: the wrapper does it again, the key finds the order."""
    sku = virtual_sku(points=60, stock=5)
    struck = []
    commit = connection.commit

    def commit_and_lose():
        commit()
        if not struck:
            struck.append(1)
            raise OperationalError(2013, "Lost connection to server during query")

    connection.commit = commit_and_lose
    try:
        order = place(member, sku)
    finally:
        del connection.commit

    assert struck
    assert (order.replayed, Order.objects.get().pk) == (True, order.pk)
    assert PointAccount.objects.get(pk=member.pk).available == 40
