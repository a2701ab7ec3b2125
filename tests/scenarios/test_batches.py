"""Facts of many members that are heard together: the same rows as one by one, and statements that
do not grow with their number.
"""

from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.registration import note_sign_in, register
from mall.core import events
from mall.core.transactions import transactional
from marketing.models import MissionProgress
from orders import lifecycle
from orders.models import Order
from points import ledger
from points.models import Grant, LedgerEntry, MemberTier
from tests.factories.marketing import MissionFactory
from tests.factories.orders import pay, place, received, refund, virtual_sku
from tests.listening import withheld
from tests.scenarios.books import books_close

pytestmark = pytest.mark.django_db
# Two members or more are locked, looked up and counted for their tiers otherwise than one is.
STATEMENTS = {
    1: {
        "registered": 7,
        "signed_in": 14,
        "order_paid": 35,
        "order_shipped": 5,
        "order_completed": 22,
        "refund_requested": 3,
        "refund_approved": 7,
        "order_cancelled": 10,
    },
}
STATEMENTS[10] = STATEMENTS[1] | {"registered": 8, "signed_in": 15, "order_paid": 36}
# MySQL does not tell the ids of several rows, so they are asked for where they are wanted.
ON_MYSQL = {
    1: {"order_paid": 36},
    10: {"signed_in": 16, "order_paid": 37, "order_completed": 23},
}
NOON = datetime(2026, 12, 4, 4, tzinfo=UTC)


def told_by(number):
    """Let so many members sign up, come in, buy, receive, send back and cancel; return what they
    told, by kind, and nothing of it was heard.
    """
    sku, kinds = virtual_sku(cash="20.00", stock=1000), attrgetter("kind")
    with withheld() as told:
        for n in range(number):
            user = register(username=f"m{n}", email=f"m{n}@example.com", password=None)
            note_sign_in(user)
            refund(received(pay(place(user, sku, quantity=2))), 1)
            lifecycle.cancel(pay(place(user, sku)), actor="staff:1")
    return {kind: list(some) for kind, some in groupby(sorted(told, key=kinds), key=kinds)}


@transactional
def deliver(told):
    """Let what follows from facts follow with their members' accounts locked, as a sweep does;
    return how many statements that was.
    """
    ledger.open_all({event.member for event in told})
    with CaptureQueriesContext(connection) as statements:
        events.hand_over(told)
    return len(statements)


@pytest.fixture
def _missions():
    with time_machine.travel(NOON, tick=False):
        MissionFactory(code="paid", event="order_paid", points=5)
        MissionFactory(code="spent", event="spend_cash", target=1000, points=5)
        MissionFactory(code="login", kind="daily", event="login", points=8)
        done = MissionFactory(code="done", event="order_completed", points=20, is_automatic=False)
        MissionFactory(code="next", kind="chain", event="review", prerequisite=done, points=9)
        yield


@pytest.mark.usefixtures("_missions")
@pytest.mark.parametrize("number", [1, 10])
def test_listeners_when_many_members_are_heard_together_then_no_statement_more(number):
    told = told_by(number)

    counts = {kind: deliver(some) for kind, some in told.items()}

    is_mysql = connection.vendor == "mysql" and not connection.mysql_is_mariadb
    assert counts == STATEMENTS[number] | (ON_MYSQL[number] if is_mysql else {})
    books_close()


@pytest.mark.usefixtures("_missions")
def test_listeners_when_ten_members_are_heard_together_then_each_has_what_one_alone_has():
    told = told_by(11)
    alone = told["registered"][0].member

    for some in told.values():
        for mine in (True, False):
            deliver([event for event in some if (event.member == alone) is mine])

    for user_id in {event.member for event in told["registered"]}:
        assert standing(user_id) == standing(alone)
    books_close()


def standing(user_id):
    """Return what follows from a member's facts, without names."""
    names = {
        order.reference: f"order {n}"
        for n, order in enumerate(Order.objects.filter(user=user_id).order_by("pk"))
    }
    grants = Grant.objects.filter(account_id=user_id).order_by("pk")
    entries = LedgerEntry.objects.filter(account_id=user_id).order_by("pk")
    return {
        "grants": [(names[one.reference], one.action, one.left, one.status) for one in grants],
        "entries": [(one.kind, one.rule, one.delta, one.balance_after) for one in entries],
        "earned": MemberTier.objects.get(pk=user_id).earned,
        "missions": set(
            MissionProgress.objects.filter(user=user_id).values_list(
                "mission__code", "period", "count", "paid", "completed_at", "rewarded_at"
            )
        ),
    }
