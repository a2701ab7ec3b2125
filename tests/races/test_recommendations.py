"""Two sweeps that count what goods say of others at the same moment."""

import threading

import pytest

from marketing.models import Affinity, CoPurchase
from marketing.recommendations import nightly
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]


def test_refresh_when_two_count_at_once_then_each_good_is_there_once(
    member, other_member, run_threads, monkeypatch, deadlocks
):
    goods = [virtual_sku(points=1) for _n in range(3)]
    for user in (member, other_member):
        give_points(user, 100)
        place(user, *goods)
    nightly.refresh()
    counted = Affinity.objects.count(), CoPurchase.objects.count()
    CoPurchase.objects.all().delete()
    Affinity.objects.all().delete()
    both_deleted, insert = threading.Barrier(2), nightly._insert
    waited = threading.local()

    def insert_after_both(rows):
        if not getattr(waited, "done", False):
            waited.done = True
            both_deleted.wait(10)
        insert(rows)

    monkeypatch.setattr(nightly, "_insert", insert_after_both)

    outcomes = run_threads(2, nightly.refresh)

    assert outcomes[0] == outcomes[1] == counted[1] > 0
    assert (Affinity.objects.count(), CoPurchase.objects.count()) == counted
    assert deadlocks() == 0
