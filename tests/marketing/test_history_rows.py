"""Rows of earlier orders come as texts in one parameter: what a column does not take is refused,
not changed until it fits.

MariaDB's JSON_TABLE would change it, ERROR ON ERROR or not, were its columns not texts
(findings/mariadb-json-table-on-error-hears-no-bad-value.sh).
"""

from types import SimpleNamespace

import pytest
from django.db import DatabaseError, transaction

from marketing.analytics import history_rows
from marketing.models import HistoryLine

pytestmark = [pytest.mark.django_db, pytest.mark.mariadb]

LINE = {"sku": "TEA", "product": "Green tea", "category": "drinks", "quantity": 2, "price": "12.50"}


def written(**changed):
    order = SimpleNamespace(lines=[tuple((LINE | changed).values())])
    return history_rows.write_lines({"A1": order}, {"A1": 1})


def stored():
    return [
        (one.sku, one.product, one.quantity, str(one.unit_price))
        for one in HistoryLine.objects.all()
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"quantity": "two"},
        {"quantity": "2 pieces"},
        {"quantity": 99_999_999_999},
        {"price": "99999999999.00"},
        {"product": "x" * 130},
        {"product": "x" * 300},
    ],
    ids=["no number", "half a number", "too many", "too dear", "too long", "much too long"],
)
def test_line_when_a_column_does_not_take_a_value_then_nothing_is_written(changed):
    with pytest.raises(DatabaseError), transaction.atomic():
        written(**changed)

    assert stored() == []


def test_line_when_every_value_fits_then_written_as_it_came():
    assert written() == 1

    assert stored() == [("TEA", "Green tea", 2, "12.50")]
