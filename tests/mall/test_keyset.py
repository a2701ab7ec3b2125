"""Rows in batches: each once, in order, whatever happens to them between two batches."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from mall.core import keyset, rows
from marketing.models import Preference

pytestmark = pytest.mark.django_db
BY = ("kind", "user_id")


def prefer(places):
    """Rows that stand at (kind, member)."""
    Preference.objects.bulk_create(
        Preference(kind=kind, user_id=user_id, inbox=True, email=True) for kind, user_id in places
    )


def read(rows, size, **by):
    return list(keyset.batches(rows, size, **by))


@given(
    places=st.sets(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(1, 6)), max_size=12),
    size=st.integers(1, 5),
)
def test_batches_when_of_two_columns_then_each_row_once_and_in_order(places, size):
    Preference.objects.all().delete()
    prefer(places)

    found = read(Preference.objects.values_list(*BY), size, by=BY)

    assert [row for batch in found for row in batch] == sorted(places)
    assert all(len(batch) == size for batch in found[:-1])
    assert [
        (row.kind, row.user_id)
        for batch in read(Preference.objects.all(), size, by=BY)
        for row in batch
    ] == sorted(places)


@pytest.mark.parametrize(("count", "statements"), [(0, 1), (3, 2), (4, 3)])
def test_batches_when_the_last_is_not_full_then_no_statement_more(count, statements):
    prefer(("a", number) for number in range(1, count + 1))

    with CaptureQueriesContext(connection) as seen:
        found = read(Preference.objects.values_list("user_id", flat=True), 2, by=("user_id",))

    assert [row for batch in found for row in batch] == list(range(1, count + 1))
    assert len(seen) == statements


def test_batches_when_rows_go_or_stay_as_they_are_then_the_sweep_ends():
    prefer(("a", number) for number in range(1, 8))
    seen = []

    for batch in keyset.batches(Preference.objects.values_list("pk", "user_id"), 2):
        seen += [user_id for _pk, user_id in batch]
        Preference.objects.filter(pk=batch[0][0]).delete()

    assert seen == list(range(1, 8))
    assert Preference.objects.count() == 3


def test_write_over_when_some_are_new_then_one_statement_and_only_the_named_columns():
    prefer([("a", 1), ("a", 2)])
    wanted = [*Preference.objects.order_by("pk"), Preference(kind="a", user_id=3, inbox=True)]
    wanted[2].pk = wanted[1].pk + 1
    for row in wanted:
        row.inbox = row.email = False

    with CaptureQueriesContext(connection) as seen:
        rows.write_over(wanted, "email")

    told = Preference.objects.order_by("user_id").values_list("user_id", "inbox", "email")
    assert list(told) == [(1, True, False), (2, True, False), (3, False, False)]
    assert len([query for query in seen if "INSERT" in query["sql"]]) == 1
