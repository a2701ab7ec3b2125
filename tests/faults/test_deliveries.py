"""T10: Celery delivers a job never, once, five times, in any order, to a worker that dies; four
beats knock at once.

Every line of mall.schedule.JOBS is tested, also the one that is added tomorrow.
"""

import os
import random
import signal
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps

from accounts.registration import register
from mall import schedule, tasks, verification
from mall.core import clock
from mall.core.models import JobRun
from mall.jobs import runs
from marketing.checkin import streak
from orders import lifecycle
from orders.models import Order
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from points import ledger
from points.models import LedgerEntry, PointAccount
from tests.factories.orders import give_points, place, virtual_sku
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
ROOMS = ("accounts", "points", "catalog", "orders", "marketing", "account")
EVENING = timedelta(hours=20)
# Figures counted anew from all facts: they depend on which facts came before the last count, and
# heal with the next.
COUNTED = {
    "marketing.Affinity",
    "marketing.CoPurchase",
    "marketing.DailyRollup",
    "marketing.RuleDay",
    "marketing.MemberDay",
    "marketing.CohortDay",
    "marketing.RepurchaseForecast",
    "marketing.ShelfDay",
}
NAMES = [job.name for job in schedule.JOBS]


def live():
    """Yesterday people came, earned and ordered; tonight something is due for most jobs of the
    schedule.
    """
    today = clock.today()
    yesterday = clock.start_of(today - timedelta(days=1)) + EVENING
    with time_machine.travel(yesterday, tick=False):
        members = [
            register(username=f"m{n}", email=f"m{n}@example.com", password="x" * 12)
            for n in range(3)
        ]
        mixed = virtual_sku(points=10, cash="9.90", stock=50)
        for member in members:
            streak.check_in(member)
            give_points(member, 40, expires_on=today - timedelta(days=1))
            waiting = place(member, mixed)
            assert waiting.status == "pending"
            late = place(member, mixed)
            message = sandbox.write_notice(cash_in.start(late, "sandbox"), "paid")
            lifecycle.cancel(late, actor="test")
            cash_in.receive_notice("sandbox", *message)
            place(member, virtual_sku(points=5))
    return members


def facts():
    """All that a second effect would change: rows of every table, the books, the orders, the
    shelves.
    """
    models = [model for room in ROOMS for model in apps.get_app_config(room).get_models()]
    return {
        "rows": {model._meta.label: model._base_manager.count() for model in models},
        "entries": list(
            LedgerEntry.objects.order_by("pk").values_list("pk", "kind", "key", "delta")
        ),
        "accounts": list(
            PointAccount.objects.order_by("pk").values_list(
                "pk", "available", "held", "debt", "status"
            )
        ),
        "orders": list(Order.objects.order_by("pk").values_list("pk", "status")),
    }


@pytest.fixture
def evening():
    """Tonight at eight, so that the evening's jobs have something to do; the clock stands still."""
    with time_machine.travel(clock.start_of(clock.today()) + EVENING, tick=False) as traveller:
        live()
        yield traveller


@pytest.mark.parametrize("name", NAMES)
def test_job_when_delivered_five_times_and_taken_over_from_a_dead_worker_then_one_effect(
    evening, name
):
    job = schedule.find(name)
    tasks.run_job(name)
    once = facts()

    for _delivery in range(4):
        tasks.run_job(name)
    for _rescue in range(2):  # the lease of a worker that died after its work and before saying so
        JobRun.objects.update(
            finished_at=None, claimed_until=clock.now() - timedelta(seconds=1), attempts=1
        )
        tasks.run_job(name)

    assert facts() == once
    if job.once_a:
        assert JobRun.objects.filter(job=name, finished_at__isnull=True).count() == 0
    assert verification.verify() == []


def test_jobs_when_done_in_any_order_then_nothing_is_lost(evening):
    """Each job again and again in a random order: what is due is done, whoever comes first, and
    once.
    """
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - replays a failure
    deliveries = NAMES * 3
    random.Random(seed).shuffle(deliveries)

    for name in deliveries:
        schedule.find(name).run()
    done = facts()
    for job in schedule.JOBS:
        job.run()

    assert changed(done).keys() <= COUNTED
    assert set(Order.objects.values_list("status", flat=True)) <= {"paid", "cancelled"}
    assert PointAccount.objects.filter(held__gt=0).count() == 0
    dead = LedgerEntry.objects.filter(kind="expire").values_list("delta", flat=True)
    # five of the forty were spent in time; what lay in holds died on its return
    assert sum(dead) == 3 * (5 - 40)
    assert LedgerEntry.objects.filter(kind="release").count() == 6
    assert verification.verify() == []


@pytest.mark.mariadb
def test_jobs_when_four_workers_do_each_at_once_then_one_effect(evening, run_threads):
    """Four beats, and leases that do not protect: the job itself must not do anything twice."""
    for job in schedule.JOBS:
        outcomes = run_threads(4, job.run)
        together = facts()
        job.run()

        assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == [], (
            job.name
        )
        assert changed(together) == {}, job.name
    assert verification.verify() == []


@pytest.mark.mariadb
def test_jobs_when_a_real_worker_is_killed_amid_them_then_the_next_one_mends_it(
    celery_worker, another_worker
):
    """Two to five messages per job in any order; kill -9 after the first few; leases run out; beat
    knocks again.
    """
    live()
    chance = random.Random(10)
    messages = [name for name in NAMES for _ in range(chance.randint(2, 5))]
    chance.shuffle(messages)
    for name in messages:
        tasks.run_job.delay(name)
    assert eventually(lambda: JobRun.objects.filter(attempts__gt=0).count() >= 3)
    os.kill(celery_worker.pid, signal.SIGKILL)
    celery_worker.wait()

    JobRun.objects.filter(finished_at__isnull=True).update(
        claimed_until=clock.now() - timedelta(seconds=1)
    )
    another_worker()
    for name in NAMES:
        tasks.run_job.delay(name)

    once_a_day = {job.name for job in schedule.JOBS if job.once_a}
    assert eventually(lambda: once_a_day <= finished(), seconds=60), once_a_day - finished()
    assert set(Order.objects.values_list("status", flat=True)) <= {"paid", "cancelled"}
    assert LedgerEntry.objects.filter(kind="release").count() == 6
    done = facts()
    for job in schedule.JOBS:
        job.run()
    assert changed(done).keys() <= COUNTED
    assert verification.verify() == []


def changed(before):
    """What differs from the facts of before."""
    now = facts()
    rows = {
        name: (before["rows"][name], count)
        for name, count in now["rows"].items()
        if before["rows"][name] != count
    }
    return rows | {
        name: (before[name], now[name])
        for name in now
        if name != "rows" and before[name] != now[name]
    }


def finished():
    return set(JobRun.objects.filter(finished_at__isnull=False).values_list("job", flat=True))


def test_lease_when_a_worker_died_then_five_tries_in_all(evening):
    assert [runs.claim("a", "p") for _ in range(2)] == [True, False]
    for _ in range(runs.TRIES - 1):
        evening.shift(runs.LEASE)
        assert runs.claim("a", "p")
    evening.shift(runs.LEASE)
    assert not runs.claim("a", "p")


def test_outage_when_the_broker_was_away_for_ten_minutes_then_the_first_knock_catches_up(evening):
    """Nobody knocked from 20:00 to 20:10; members ordered meanwhile, and one more payment window
    closed.
    """
    member = register(username="late", email="late@example.com", password="x" * 12)
    with time_machine.travel(clock.now() - timedelta(minutes=10), tick=False):
        order = place(member, virtual_sku(points=10, cash="1.00"))
        Order.objects.filter(pk=order.pk).update(pay_by=clock.now() + timedelta(minutes=5))

    for name in NAMES:
        tasks.run_job(name)

    assert Order.objects.get(pk=order.pk).status == "cancelled"
    assert PointAccount.objects.get(pk=member.pk).available == 100
    assert ledger.sweep(member.pk) is None
    assert verification.verify() == []
