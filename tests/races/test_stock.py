"""Many at one shelf, on a real MariaDB."""

import random

import pytest
from django.db import connection
from django.db.models import Sum

from catalog import stock
from catalog.errors import OutOfStock
from catalog.models import StockMovement
from mall.core.transactions import transactional
from tests.factories.catalog import SkuFactory

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
THREADS = 64


def logged(skus):
    sums = StockMovement.objects.filter(sku__in=skus).values_list("sku").annotate(Sum("delta"))
    return {sku.pk: dict(sums).get(sku.pk, 0) for sku in skus}


def test_take_when_64_want_one_of_50_then_exactly_50_get_one(run_threads, deadlocks):
    sku = SkuFactory(stock=50)

    outcomes = run_threads(THREADS, lambda n: stock.take([(sku.pk, 1)], reference=f"order:{n}"))

    assert [type(outcome) for outcome in outcomes].count(type(None)) == 50
    assert [type(outcome) for outcome in outcomes].count(OutOfStock) == 14
    assert stock.available([sku.pk]) == logged([sku]) == {sku.pk: 0}
    assert deadlocks() == 0


def test_take_when_the_guard_is_off_then_the_race_does_oversell(run_threads, mariadb_only):
    """T0: the harness sees. Look first, decrease after: what the conditional UPDATE is there to
    prevent.
    """
    sku = SkuFactory(stock=50)

    @transactional
    def take_unguarded():
        if stock.available([sku.pk])[sku.pk] < 1:
            return 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT SLEEP(0.01)")
            cursor.execute(
                "UPDATE catalog_stock SET quantity = GREATEST(quantity - 1, 0) WHERE sku_id = %s",
                [sku.pk],
            )
        return 1

    sold = sum(run_threads(THREADS, take_unguarded))

    assert sold > 50


def test_take_when_the_guard_lost_its_condition_then_the_check_still_refuses(
    run_threads, mariadb_only
):
    """The second line: the CHECK of the table, should the first line ever be lost."""
    sku = SkuFactory(stock=50)

    @transactional
    def take_unconditionally():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE catalog_stock SET quantity = quantity - 1 WHERE sku_id = %s", [sku.pk]
            )
        return 1

    outcomes = run_threads(THREADS, take_unconditionally)

    assert outcomes.count(1) == 50
    assert stock.available([sku.pk]) == {sku.pk: 0}


def test_take_when_orders_hold_many_skus_in_any_order_then_no_deadlock_and_the_log_is_the_stock(
    run_threads, deadlocks
):
    """T3: 32 threads, five random SKUs each in random order, some cancelled; Σ stock + Σ taken is
    constant.
    """
    seed = random.randrange(2**32)
    skus = [SkuFactory(stock=60) for _ in range(8)]

    def shop(number):
        rng = random.Random(seed + number)
        for turn in range(10):
            lines = [(sku.pk, rng.randint(1, 3)) for sku in rng.sample(skus, 5)]
            try:
                stock.take(lines, reference=f"order:{number}.{turn}")
            except OutOfStock:
                continue
            if rng.random() < 0.5:
                rng.shuffle(lines)
                stock.put_back(lines, reference=f"order:{number}.{turn}")

    outcomes = run_threads(32, shop)

    assert outcomes == [None] * 32, f"seed {seed}"
    left = stock.available([sku.pk for sku in skus])
    assert left == logged(skus), f"seed {seed}"
    assert min(left.values()) >= 0
    assert deadlocks() == 0, f"seed {seed}"


def test_put_back_when_64_orders_of_one_sku_are_cancelled_then_no_deadlock(run_threads, deadlocks):
    sku = SkuFactory(stock=THREADS)
    for number in range(THREADS):
        stock.take([(sku.pk, 1)], reference=f"order:{number}")

    outcomes = run_threads(THREADS, lambda n: stock.put_back([(sku.pk, 1)], reference=f"order:{n}"))

    assert outcomes == [None] * THREADS
    assert stock.available([sku.pk]) == logged([sku]) == {sku.pk: THREADS}
    assert deadlocks() == 0


def test_put_back_when_64_cancel_one_order_then_once(run_threads, mariadb_only):
    sku = SkuFactory(stock=5)
    stock.take([(sku.pk, 2)], reference="order:A")

    outcomes = run_threads(THREADS, lambda: stock.put_back([(sku.pk, 2)], reference="order:A"))

    assert outcomes == [None] * THREADS
    assert stock.available([sku.pk]) == logged([sku]) == {sku.pk: 5}


def test_take_when_one_order_is_sent_64_times_then_taken_once(run_threads, mariadb_only):
    sku = SkuFactory(stock=50)

    outcomes = run_threads(THREADS, lambda: stock.take([(sku.pk, 2)], reference="order:A"))

    assert outcomes == [None] * THREADS
    assert stock.available([sku.pk]) == logged([sku]) == {sku.pk: 48}


def test_receive_when_the_first_deliveries_race_then_all_count(run_threads, deadlocks):
    sku = SkuFactory()

    outcomes = run_threads(THREADS, lambda: stock.receive(sku.pk, quantity=2, actor="operator"))

    assert outcomes == [None] * THREADS
    assert stock.available([sku.pk]) == logged([sku]) == {sku.pk: 2 * THREADS}
    assert deadlocks() == 0
