"""The migrations of issue 10 backwards and forth again: whoever must go back to the release before
can, and comes forward to the same tables and the same first rows.
"""

import pytest
from django.core.management import call_command
from django.db import connection

from marketing.models import Campaign, ContactPolicy
from points.models import Rule, TierLevel
from tests import pristine

pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]
BEFORE = {"marketing": "0018", "points": "0017"}
NEW = {"marketing_draw", "marketing_campaign", "marketing_webhookendpoint", "marketing_referral"}
NEW |= {"marketing_digestchoice", "points_budget", "points_backtest", "points_risksighting"}


def columns():
    """Return {table: its columns and whether each may be null}."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {
            table: sorted(
                (one.name, one.null_ok)
                for one in connection.introspection.get_table_description(cursor, table)
            )
            for table in tables
        }


def first_rows():
    return (
        sorted(Rule.objects.values_list("code", "action", "status")),
        sorted(Campaign.objects.values_list("code", "status")),
        sorted(TierLevel.objects.values_list("level", "earn_percent", "shields_a_month")),
        list(ContactPolicy.objects.values_list("per_day", "per_week", "daily_digest")),
    )


def test_migrate_when_back_and_forth_then_the_same_tables_and_first_rows(transactional_db):
    before, rows = columns(), first_rows()
    assert set(before) >= NEW
    try:
        for app, name in BEFORE.items():
            call_command("migrate", app, name, verbosity=0)
        assert not NEW & set(columns())
        call_command("migrate", verbosity=0)
        assert columns() == before
        assert first_rows() == rows
    finally:
        call_command("migrate", verbosity=0)
        pristine.copy_anew()
