"""The displayed balance: Redis flushed, down, slow or lying changes what is shown at most, never
what is decided.
"""

import json
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django_redis import get_redis_connection

from mall.core import clock
from mall.redis.circuit_breaker import BreakerRedis
from mall.settings.databases import CACHE_OPTIONS
from points import balance, errors, ledger
from points.balance import Balance
from points.models import PointAccount
from tests.factories.points import MemberFactory, member_with

pytestmark = pytest.mark.django_db(transaction=True)


def kept(member):
    return get_redis_connection("default").hgetall(f"points:balance:{member.pk}")


def test_of_when_a_posting_commits_then_the_new_balance_is_kept():
    member = member_with(100)

    ledger.spend(member.pk, points=30, key="s", reference="order:A")

    assert kept(member)[b"seq"] == b"2"
    assert balance.of(member).available == 70


def test_of_when_member_has_no_account_then_all_is_nothing():
    assert balance.of(MemberFactory()) == Balance()


def test_of_when_kept_then_no_query_is_needed(django_assert_num_queries):
    member = member_with(100)

    with django_assert_num_queries(0):
        assert balance.of(member).available == 100


def test_of_when_a_transaction_is_rolled_back_then_the_old_balance_stays():
    """Trap 14: the Redis balance was wrong after a rollback."""
    member = member_with(100)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ledger.spend(member.pk, points=30, key="s", reference="order:A")
        raise ZeroDivisionError

    assert balance.of(member).available == 100


def test_remember_when_a_slow_writer_comes_late_then_the_newer_balance_stays():
    member = member_with(100)
    old = PointAccount.objects.get(pk=member.pk)
    ledger.spend(member.pk, points=30, key="s", reference="order:A")

    balance.remember(old)

    assert balance.of(member).available == 70


def test_remember_when_writers_race_then_the_newest_wins(run_threads):
    member = member_with(100)
    rows = []
    for seq in range(2, 40):
        row = PointAccount(user_id=member.pk, seq=seq, lots=[["2099-12-31", seq]])
        rows.append(row)

    run_threads(len(rows), lambda n: balance.remember(rows[(n * 17) % len(rows)]))

    assert balance.of(member).available == 39


@pytest.mark.parametrize(
    "lie",
    [
        {
            "seq": 10**9,
            "doc": json.dumps(
                {"lots": [["2099-12-31", 10**6]], "held": 0, "debt": 0, "status": "active"}
            ),
        },
        {"seq": "not a number", "doc": "not json"},
        {"seq": 3, "doc": "[]"},
        {},
    ],
    ids=["rich", "garbage", "list", "flushed"],
)
def test_spend_when_redis_lies_then_the_decision_is_the_databases(lie):
    """Trap 14: flushed, down or lying, decisions are unchanged."""
    member = member_with(100)
    get_redis_connection("default").delete(f"points:balance:{member.pk}")
    if lie:
        get_redis_connection("default").hset(f"points:balance:{member.pk}", mapping=lie)

    with pytest.raises(errors.InsufficientPoints):
        ledger.spend(member.pk, points=101, key="a", reference="order:A")
    ledger.spend(member.pk, points=100, key="b", reference="order:B")

    assert PointAccount.objects.get(pk=member.pk).available == 0


@pytest.mark.parametrize("kind", ["string", "garbage"])
def test_of_when_redis_holds_something_else_then_the_row_is_read(kind):
    member = member_with(100)
    client, key = get_redis_connection("default"), f"points:balance:{member.pk}"
    client.delete(key)
    client.set(key, "x") if kind == "string" else client.hset(key, mapping={"seq": 1, "doc": "{"})

    assert balance.of(member).available == 100


def test_of_when_redis_is_down_then_the_row_is_read_and_redis_is_left_alone_for_a_while(
    settings, monkeypatch
):
    member = member_with(100)
    settings.CACHES = {
        "default": {
            **settings.CACHES["default"],
            "LOCATION": "unix:///nonexistent/redis.sock?db=0",
            "OPTIONS": CACHE_OPTIONS,
        },
    }
    monkeypatch.setattr(BreakerRedis, "open_until", 0.0)

    assert balance.of(member).available == 100
    ledger.spend(member.pk, points=30, key="s", reference="order:A")
    assert balance.of(member).available == 70
    assert BreakerRedis.open_until > time.monotonic()


def test_of_when_lots_are_overdue_then_they_are_left_out_before_any_sweep():
    member = member_with(100, expires_on=clock.today() + timedelta(days=1))
    ledger.accrue(member.pk, points=5, key="lasting", expires_on=None)
    ledger.accrue(member.pk, points=7, key="later", expires_on=clock.today() + timedelta(days=40))
    assert balance.of(member).available == 112

    with time_machine.travel(clock.end_of(clock.today() + timedelta(days=1)), tick=False):
        shown = balance.of(member)

    assert (shown.available, shown.lasting, [points for _on, points in shown.expiring]) == (
        12,
        5,
        [7],
    )


def test_of_when_points_are_held_or_owed_then_said():
    member = member_with(100, key="gift")
    ledger.hold(member.pk, points=40, key="h", reference="order:A", expires_at=clock.now())
    assert (balance.of(member).available, balance.of(member).held) == (60, 40)

    ledger.clawback(member.pk, of_key="gift", points=100, key="claw", reference="order:A")

    assert (balance.of(member).available, balance.of(member).held, balance.of(member).debt) == (
        0,
        40,
        40,
    )


def test_of_when_account_is_frozen_then_the_status_follows_at_once():
    member = member_with(100)
    balance.of(member)

    ledger.freeze(member.pk, note="risk")

    assert balance.of(member).status == "frozen"


def test_of_when_many_read_while_one_writes_then_nobody_sees_more_than_there_was(run_threads):
    member = member_with(100)
    stop = threading.Event()

    def live(number):
        if number == 0:
            for n in range(20):
                ledger.spend(member.pk, points=5, key=f"s{n}", reference=f"order:{n}")
            stop.set()
            return [100]
        seen = []
        while not stop.is_set():
            seen.append(balance.of(member).available)
        return seen

    outcomes = run_threads(4, live)

    assert all(isinstance(seen, list) and max(seen, default=100) <= 100 for seen in outcomes)
    assert balance.of(member).available == 0
