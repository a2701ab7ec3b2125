"""With a million facts the server still reads only those that are asked for."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mall.core import clock
from mall.verification import facts
from points import event_delivery
from points.models import Event, Parked, PointAccount
from tests import pristine
from tests.factories import crowd
from tests.mall.changelists import plan_of, rows_read

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.mariadb,
    pytest.mark.long,
    pytest.mark.timeout(1800),
]
MEMBERS = 25_000
TABLES = {get_user_model(): MEMBERS, PointAccount: MEMBERS, Event: 1_000_000, Parked: 10_000}
A_MEMBER = crowd.FIRST + MEMBERS // 2  # has told 40 facts, as everybody


@pytest.fixture(scope="module", autouse=True)
def grown(django_db_setup, django_db_blocker):
    """A shop of a million facts, all heard but the last two of some hundred members."""
    with django_db_blocker.unblock():
        if not connection.mysql_is_mariadb:
            pytest.skip("the crowd's tables are filled by MariaDB's sequences")
        try:
            crowd.fill(TABLES)
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION check_constraint_checks = 0")
                cursor.execute("UPDATE points_pointaccount SET told = 40, heard = 40")
                cursor.execute(
                    "UPDATE points_pointaccount SET heard = 38, hear_at = %s "
                    "WHERE user_id BETWEEN %s AND %s",
                    [clock.now() - timedelta(seconds=1), A_MEMBER, A_MEMBER + 119],
                )
            crowd.analyze(TABLES)
            yield
        finally:
            connection.close()
            with connection.cursor() as cursor:
                # a DELETE of a million rows takes longer than anybody waits for an answer
                cursor.execute("SET SESSION foreign_key_checks = 0")
                cursor.execute("TRUNCATE TABLE points_event")
            connection.close()
            pristine.put_back()


@pytest.fixture
def looked():
    """looked(call) -> how many rows the server read for it; every SELECT of it goes by an index."""

    def look(call):
        before = rows_read()
        with CaptureQueriesContext(connection) as asked:
            call()
        read = rows_read() - before
        for entry in asked.captured_queries:
            if entry["sql"].startswith("SELECT"):
                plan = plan_of(entry["sql"])
                assert all(step["key"] or not step["table"] for step in plan), (plan, entry["sql"])
                assert "filesort" not in str(plan), (plan, entry["sql"])
        return read

    return look


def test_facts_when_there_are_a_million_then_each_question_reads_what_it_asks_for(looked):
    a_fact = Event.objects.get(pk=(A_MEMBER << 24) + 7)
    accounts = list(PointAccount.objects.filter(pk__gte=A_MEMBER).order_by("pk")[:200])

    assert looked(lambda: list(Event.objects.of(A_MEMBER))) < 60
    assert looked(lambda: list(Event.objects.about(a_fact.reference))) < 20
    assert looked(lambda: list(Event.objects.order_by("-pk")[:50])) < 60
    assert looked(lambda: list(facts.compare(accounts))) < 200 * 45
    assert looked(lambda: Parked.objects.filter(done_at=None).exists()) < 5
    assert looked(lambda: event_delivery.deliver(A_MEMBER)) < 20
    # the 119 others, in three batches: account, facts, account again
    assert looked(event_delivery.deliver_due) < 119 * 12
    assert not PointAccount.objects.filter(hear_at__isnull=False).exists()
    assert looked(event_delivery.deliver_due) < 5
