"""Beat keeps what an operator chose, and daily jobs nobody ran are made up: rules, back office, and
a real beat with a real worker.
"""

import subprocess
import sys
from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from celery.schedules import crontab
from celery.utils.imports import symbol_by_name
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from mall import schedule, tasks
from mall.celery import app
from mall.core import clock
from mall.core.models import JobRun
from mall.jobs import due, runs
from tests.conftest import ROOT
from tests.mall.test_schedule import counting
from tests.processes import end
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)  # beat closes the connections it finds
LIST = "admin:django_celery_beat_periodictask_changelist"
CHANGE = "admin:django_celery_beat_periodictask_change"


def start_beat():
    """Do what beat does at its start; returns its scheduler."""
    scheduler = symbol_by_name(app.conf.beat_scheduler)(app=app)
    scheduler.setup_schedule()
    return scheduler


def line(name="expire-points"):
    return PeriodicTask.objects.get(name=name)


def at(hour, minute="0", **more):
    more.setdefault("timezone", "Asia/Shanghai")
    return CrontabSchedule.objects.create(minute=str(minute), hour=str(hour), **more)


def choose(name="expire-points", **fields):
    """Change a line as an operator does; an interval takes the crontab's place."""
    row = line(name)
    for field, value in fields.items():
        setattr(row, field, value)
    row.save()
    return row


@pytest.fixture
def administrator(client, member):
    member.is_staff = member.is_superuser = True
    member.save(update_fields=["is_staff", "is_superuser"])
    client.force_login(member)
    return member


# --- what an operator chose -----------------------------------------------------
def its_own_crontab():
    return {"crontab": at(3, 30)}


def an_interval():
    return {"crontab": None, "interval": IntervalSchedule.objects.create(every=2, period="hours")}


def later(**fields):
    return lambda: fields


@pytest.mark.parametrize(
    "chosen",
    [
        its_own_crontab,
        an_interval,
        later(enabled=False),
        later(
            one_off=True,
            start_time=datetime(2030, 1, 1, tzinfo=ZoneInfo("UTC")),
            expires=datetime(2031, 1, 1, tzinfo=ZoneInfo("UTC")),
            description="after the backup",
        ),
    ],
    ids=["crontab", "interval", "enabled", "the rest"],
)
def test_beat_when_an_operator_chose_and_it_starts_again_then_the_choice_stays(chosen):
    start_beat()
    fields = chosen()
    choose(**fields)

    start_beat()
    start_beat()

    row = line()
    assert {field: getattr(row, field) for field in fields} == fields


def test_beat_when_an_operator_edits_the_shared_crontab_then_that_stays_too():
    start_beat()
    CrontabSchedule.objects.filter(pk=line().crontab_id).update(hour="4")

    start_beat()

    assert (line().crontab.minute, line().crontab.hour) == ("10", "4")


def test_beat_when_a_job_is_told_something_else_then_the_next_start_mends_it():
    start_beat()
    choose(args='["verify-ledger"]', task="mall.forget_job_runs")

    start_beat()

    assert (line().args, line().task) == ('["expire-points"]', "mall.run_job")


def test_beat_when_a_release_changes_jobs_then_the_tables_follow_and_an_operators_line_stays(
    monkeypatch,
):
    counting(monkeypatch)
    start_beat()
    every = IntervalSchedule.objects.create(every=1, period="hours")
    PeriodicTask.objects.create(
        name="at noon too", task="mall.run_job", interval=every, args='["counting"]'
    )
    monkeypatch.setattr(schedule, "JOBS", (schedule.Job("fresh", "-", crontab(minute=7)),))
    monkeypatch.setitem(app.conf.beat_schedule, "fresh", schedule.beat_schedule()["fresh"])

    start_beat()

    names = set(PeriodicTask.objects.filter(task="mall.run_job").values_list("name", flat=True))
    assert "fresh" in names and "at noon too" in names
    assert "counting" not in names and "expire-points" in app.conf.beat_schedule


def test_beat_when_a_release_moves_a_job_then_only_a_time_nobody_chose_follows(monkeypatch):
    start_beat()
    choose("verify-ledger", crontab=at(5))
    for name in ("expire-points", "verify-ledger"):
        monkeypatch.setitem(
            app.conf.beat_schedule,
            name,
            {**app.conf.beat_schedule[name], "schedule": crontab(minute=33)},
        )

    start_beat()

    assert (line().crontab.minute, line().crontab.hour) == ("33", "*")
    assert (line("verify-ledger").crontab.minute, line("verify-ledger").crontab.hour) == ("0", "5")


def test_beat_when_an_old_worker_retired_a_new_job_then_the_release_switches_it_on_again(
    monkeypatch,
):
    start_beat()
    with monkeypatch.context() as old_release:
        old_release.setattr(schedule, "JOBS", ())
        assert tasks.run_job("expire-points") == "retired"
    assert not line().enabled

    start_beat()

    assert line().enabled


def test_beat_when_nothing_changed_then_its_start_writes_no_line():
    start_beat()
    before = list(PeriodicTask.objects.values_list("name", "date_changed", "crontab", "interval"))

    start_beat()

    assert (
        list(PeriodicTask.objects.values_list("name", "date_changed", "crontab", "interval"))
        == before
    )


# --- the back office ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "fixed"), [("en", "what it does is fixed"), ("zh-hans", None)]
)
def test_periodic_job_when_opened_then_says_what_may_be_chosen_and_offers_nothing_else(
    client, administrator, language, fixed
):
    start_beat()
    client.cookies["mall_language"] = language

    page = client.get(reverse(CHANGE, args=[line().pk]))

    words = page.content.decode()
    assert page.status_code == 200
    assert fixed is None or fixed in words
    offered = set(page.context["adminform"].form.fields)
    assert {"enabled", "crontab", "interval", "one_off", "start_time", "description"} == offered


def test_periodic_job_when_its_time_is_chosen_in_the_form_then_it_stays_and_the_action_undoes_it(
    client, administrator
):
    start_beat()
    row, three = line(), at(3, 30)
    form = {
        "enabled": "on",
        "crontab": three.pk,
        "interval": "",
        "start_time_0": "",
        "start_time_1": "",
        "description": "",
        "args": "[]",
    }

    saved = client.post(reverse(CHANGE, args=[row.pk]), form)
    start_beat()

    assert saved.status_code == 302, saved.context["adminform"].form.errors
    assert (line().crontab, line().name, line().args) == (
        three,
        "expire-points",
        '["expire-points"]',
    )

    choose(enabled=False, one_off=True)
    client.post(reverse(LIST), {"action": "back_to_default", "_selected_action": [row.pk]})
    start_beat()

    row = line()
    assert (row.crontab.minute, row.crontab.hour, row.enabled, row.one_off) == (
        "10",
        "*",
        True,
        False,
    )


def test_periodic_job_when_deleted_then_refused_alone_in_the_list_and_with_its_crontab(
    client, administrator
):
    start_beat()
    row = line()

    alone = client.post(
        reverse("admin:django_celery_beat_periodictask_delete", args=[row.pk]), {"post": "yes"}
    )
    client.post(
        reverse(LIST), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    )
    client.post(
        reverse("admin:django_celery_beat_crontabschedule_delete", args=[row.crontab_id]),
        {"post": "yes"},
    )

    assert alone.status_code == 403
    assert line() == row


def test_periodic_task_when_it_is_an_operators_own_then_all_of_it_is_theirs(client, administrator):
    own = PeriodicTask.objects.create(
        name="at noon too", task="mall.run_job", crontab=at(12), args='["expire-points"]'
    )

    page = client.get(reverse(CHANGE, args=[own.pk]))
    deleted = client.post(
        reverse("admin:django_celery_beat_periodictask_delete", args=[own.pk]), {"post": "yes"}
    )

    assert {"name", "task", "args"} <= set(page.context["adminform"].form.fields)
    assert (deleted.status_code, PeriodicTask.objects.filter(pk=own.pk).exists()) == (302, False)


def test_back_to_default_when_no_job_is_the_shops_own_then_only_that_is_said(client, administrator):
    own = PeriodicTask.objects.create(
        name="at noon too", task="mall.run_job", crontab=at(12), args='["expire-points"]'
    )
    client.cookies["mall_language"] = "en"

    page = client.post(
        reverse(LIST), {"action": "back_to_default", "_selected_action": [own.pk]}, follow=True
    )

    assert [str(said) for said in page.context["messages"]] == [
        "Jobs that are not the shop's own have no default."
    ]


def test_back_to_default_when_the_reader_may_only_look_then_not_offered(client, member):
    start_beat()
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    member.user_permissions.add(Permission.objects.get(codename="view_periodictask"))
    client.force_login(member)
    choose(crontab=at(3))

    client.post(reverse(LIST), {"action": "back_to_default", "_selected_action": [line().pk]})

    assert line().crontab.hour == "3"


# --- when a job was due ---------------------------------------------------------------
SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"


@pytest.mark.parametrize(
    ("when", "as_of", "wanted"),
    [
        ({"hour": 3}, "2026-11-20T12:00:00+08:00", "2026-11-20T03:00:00+08:00"),
        ({"hour": 3}, "2026-11-20T03:00:00+08:00", "2026-11-20T03:00:00+08:00"),
        ({"hour": 3}, "2026-11-20T02:59:59+08:00", "2026-11-19T03:00:00+08:00"),
        ({"hour": 3, "day_of_week": "1"}, "2026-11-20T12:00:00+08:00", "2026-11-16T03:00:00+08:00"),
        ({"hour": 3, "day_of_month": "1"}, "2026-11-20T12:00:00+08:00", None),
        (
            {"hour": 20, "timezone": NEW_YORK},
            "2026-11-20T12:00:00+08:00",
            "2026-11-20T09:00:00+08:00",
        ),
        # The hour that summer time leaves out, and the one it has twice.
        (
            {"hour": 2, "minute": 30, "timezone": NEW_YORK},
            "2026-03-08T12:00:00-04:00",
            "2026-03-08T03:30:00-04:00",
        ),
        (
            {"hour": 1, "minute": 30, "timezone": NEW_YORK},
            "2026-11-01T12:00:00-05:00",
            "2026-11-01T01:30:00-04:00",
        ),
    ],
)
def test_last_due_when_asked_then_the_latest_moment_in_the_crontabs_own_zone(when, as_of, wanted):
    moment = due.last_due(at(**when).schedule, datetime.fromisoformat(as_of))

    assert (
        moment == (wanted and datetime.fromisoformat(wanted))
        or moment.timestamp() == datetime.fromisoformat(wanted).timestamp()
    )


def choose_three(**fields):
    start_beat()
    return choose(crontab=at(3), **fields)


def ran(period, **fields):
    return JobRun.objects.create(job="expire-points", period=period, attempts=1, **fields)


@pytest.mark.parametrize(
    ("as_of", "period"),
    [
        ("2026-11-20T12:00:00+08:00", "2026-11-20"),  # off over its hour
        ("2026-11-21T01:00:00+08:00", "2026-11-20"),  # off for a day, on again before the next hour
        ("2026-11-23T02:59:00+08:00", "2026-11-22"),  # off for three days: once, not three times
    ],
)
def test_daily_job_when_the_machine_was_off_over_its_hour_then_run_for_the_day_it_was_due(
    as_of, period
):
    choose_three()
    ran("2026-11-19", finished_at=clock.now())

    with time_machine.travel(as_of, tick=False):
        assert due.overdue(clock.now()) == ["expire-points"]
        tasks.run_job("expire-points")
        assert due.overdue(clock.now()) == []

    assert JobRun.objects.get(finished_at__isnull=False, period=period).attempts == 1


def test_daily_job_when_made_up_at_night_then_its_own_hour_still_runs():
    choose_three()

    for moment in ("2026-11-21T01:00:00+08:00", "2026-11-21T03:00:01+08:00"):
        with time_machine.travel(moment, tick=False):
            tasks.run_job("expire-points")

    assert set(JobRun.objects.values_list("period", flat=True)) == {"2026-11-20", "2026-11-21"}


@pytest.mark.parametrize(
    "fields", [{"enabled": False}, {"start_time": datetime(2030, 1, 1, tzinfo=ZoneInfo("UTC"))}]
)
def test_daily_job_when_switched_off_or_not_begun_then_never_overdue(fields):
    choose_three(**fields)

    with time_machine.travel("2026-11-20T12:00:00+08:00", tick=False):
        assert due.overdue(clock.now()) == []


def test_daily_job_when_moved_to_another_hour_then_once_a_day_all_the_same():
    choose_three()
    with time_machine.travel("2026-11-20T03:00:00+08:00", tick=False):
        tasks.run_job("expire-points")

    choose(crontab=at(10))

    with time_machine.travel("2026-11-20T12:00:00+08:00", tick=False):
        assert due.overdue(clock.now()) == []
        assert tasks.run_job("expire-points") == "already run"
    with time_machine.travel("2026-11-21T12:00:00+08:00", tick=False):
        assert due.overdue(clock.now()) == ["expire-points"]


def test_daily_job_when_it_fails_then_tried_again_an_hour_apart_and_five_times():
    choose_three()
    tries = []

    with time_machine.travel("2026-11-20T03:00:00+08:00", tick=False) as now:
        for _ten_minutes in range(6 * 20):
            if due.overdue(clock.now()):
                tries.append(clock.now().astimezone(clock.SHOP_ZONE).hour)
                assert runs.claim("expire-points", "2026-11-20")
                runs.give_back("expire-points", "2026-11-20", outcome="failed")
            now.shift(timedelta(minutes=10))

    assert tries == [3, 4, 5, 6, 7]


def test_jobs_that_knock_each_hour_when_the_last_knock_was_lost_then_their_next_knock_is_enough():
    start_beat()

    assert due.overdue(clock.now()) == []


# --- beat after an outage ------------------------------------------------------------
def far_hour(hours_ago=5):
    """A plain hour that passed today or yesterday, and is more than two hours away from now."""
    return (clock.now().astimezone(clock.SHOP_ZONE) - timedelta(hours=hours_ago)).hour


def missed(name, hours_ago, since):
    row = choose(name, crontab=at(far_hour(hours_ago)))
    PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=clock.now() - since)


def test_beat_when_a_reminder_was_missed_then_not_at_night():
    start_beat()
    yesterday = datetime.fromisoformat("2026-11-19T12:00:00+08:00")
    PeriodicTask.objects.update(last_run_at=yesterday)

    with time_machine.travel("2026-11-20T02:00:00+08:00", tick=False):
        night = {name: entry.is_due().is_due for name, entry in start_beat().schedule.items()}
    with time_machine.travel("2026-11-20T09:00:01+08:00", tick=False):
        morning = {name: entry.is_due().is_due for name, entry in start_beat().schedule.items()}

    assert (night["remind-expiring"], night["remind-coupons"], night["expire-points"]) == (
        False,
        False,
        True,
    )
    assert (morning["remind-expiring"], morning["remind-streaks"]) == (True, False)


@pytest.fixture
def beat_process(environment_of_test, tmp_path):
    """beat_process() -> a real `celery beat` on this test's database; it ends with the test."""
    made = []

    def start():
        command = [sys.executable, "-m", "celery", "-A", "mall", "beat", "--pidfile=", "-l", "info"]
        with (tmp_path / f"beat{len(made)}.log").open("wb") as words:
            made.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=environment_of_test,
                    stdout=words,
                    stderr=words,
                    process_group=0,
                )
            )
        return made[-1]

    yield start
    end(*made)


def test_beat_when_started_after_an_outage_then_each_daily_job_is_made_up_once_by_a_real_worker(
    celery_worker, beat_process, tmp_path
):
    """One was missed by hours, one by a day, one by two; one is off. All at plain hours far from
    now.

    And one that beat knocked for in time, while the broker forgot the message: the sweep finds it.
    """
    start_beat()
    hour = far_hour()  # the clock's may end meanwhile
    missed("expire-points", 5, timedelta(hours=20))
    missed("reassess-tiers", 9, timedelta(days=1, hours=10))
    missed("expire-coupons", 14, timedelta(days=2, hours=15))
    choose("refresh-popularity", crontab=at(hour), enabled=False)
    wanted = {"expire-points", "reassess-tiers", "expire-coupons"}
    missed("verify-ledger", 5, timedelta(hours=4))
    PeriodicTask.objects.exclude(name__in=wanted | {"verify-ledger"}).update(enabled=False)

    beat_process()
    beat_process()  # two are harmless

    done = JobRun.objects.filter(finished_at__isnull=False)
    # Three programs start for this; on a busy machine each takes half a minute.
    in_time = eventually(lambda: set(done.values_list("job", flat=True)) == wanted, seconds=180)
    assert in_time, [*JobRun.objects.values(), *(log.read_text() for log in tmp_path.glob("*.log"))]
    assert list(JobRun.objects.values_list("attempts", flat=True)) == [1, 1, 1]
    assert int(line().crontab.hour) == hour

    tasks.run_job.delay("make-up-jobs")

    assert eventually(lambda: done.filter(job="verify-ledger").exists())
    assert tasks.run_job("make-up-jobs") == "{'asked': 0}"
    assert not JobRun.objects.filter(job="refresh-popularity").exists()


# --- nightly ----------------------------------------------------------------------------
def test_nightly_when_an_operator_switched_a_job_off_then_it_says_so_and_the_rest_is_recorded():
    from mall.monitoring.readiness import _ledger

    start_beat()
    choose("expire-points", enabled=False)
    JobRun.objects.create(job="verify-ledger", period="2026-11-01", attempts=1)
    assert _ledger() != "ok"
    said = StringIO()

    call_command("nightly", stdout=said)

    lines = dict(told.split(": ", 1) for told in said.getvalue().splitlines())
    assert lines["expire-points"] == "switched off in the back office"
    daily = {job.name for job in schedule.JOBS if job.once_a}
    assert set(
        JobRun.objects.filter(finished_at__isnull=False).values_list("job", flat=True)
    ) == daily - {"expire-points"}
    assert _ledger() == "ok"
