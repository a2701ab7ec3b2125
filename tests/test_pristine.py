"""What every test stands on: its database is the migrated one, also after a test that committed."""

import re
import subprocess

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from mall.celery import app
from points.models import Rule
from tests import broker, pristine, processes


def photograph(name):
    """Each table's definition and rows in the database or file ``name``, but not where its numbers
    stand.
    """
    with pristine.within(name) as schema, connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"SELECT name, sql FROM {schema}.sqlite_master WHERE name NOT LIKE 'sqlite_%%' "
                f"ORDER BY name"
            )
            shapes = dict(cursor.fetchall())
            tables = [table for table, sql in shapes.items() if sql.startswith("CREATE TABLE")]
        else:
            cursor.execute(f"SHOW TABLES FROM {schema}")
            tables = [table for (table,) in cursor.fetchall()]
            shapes = {}
            for table in tables:
                cursor.execute(f"SHOW CREATE TABLE {schema}.`{table}`")
                shapes[table] = re.sub(r" AUTO_INCREMENT=\d+", "", cursor.fetchone()[1])
        rows = {}
        for table in tables:
            cursor.execute(f"SELECT * FROM {schema}.{connection.ops.quote_name(table)}")
            rows[table] = sorted(cursor.fetchall(), key=repr)
    return shapes, rows


@pytest.mark.django_db(transaction=True)
def test_database_when_copied_then_it_is_the_migrated_one():
    shapes, rows = photograph(pristine.original())

    mine = photograph(connection.settings_dict["NAME"])

    assert len(rows["django_migrations"]) > 80 and rows["points_rule"] and rows["auth_permission"]
    assert mine == (shapes, rows)


@pytest.mark.django_db(transaction=True)
def test_put_back_when_a_test_has_committed_then_as_migrations_left_it(member):
    Group.objects.all().delete()
    Rule.objects.update(status=Rule.Status.PAUSED)
    changed = photograph(connection.settings_dict["NAME"])

    pristine.put_back()

    assert changed != photograph(pristine.original())
    assert photograph(connection.settings_dict["NAME"]) == photograph(pristine.original())
    assert not type(member).objects.exists()


# --- what outlives a test that kills ------------------------------------------
def test_broker_when_emptied_then_what_a_killed_worker_had_taken_is_gone_too():
    broker.empty()
    app.send_task("mall.run_job", ("forget-job-runs",))
    with app.connection() as dead_worker:
        queue = dead_worker.SimpleQueue(app.conf.task_default_queue)
        assert queue.get(timeout=5) is not None
        redis = dead_worker.default_channel.client
        assert redis.hlen("unacked") == 1

        broker.empty()

        assert redis.keys("*") == []


def test_processes_when_one_ended_meanwhile_then_nothing_is_read_of_it():
    with subprocess.Popen(["true"]) as ended:
        pass

    assert (
        processes.children(ended.pid),
        processes.command_of(ended.pid),
        processes.open_files(ended.pid),
    ) == (set(), "", set())
