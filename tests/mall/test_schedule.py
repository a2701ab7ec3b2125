"""The schedule: one page, one run a period, and the same list without a broker."""

import time
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from celery.schedules import crontab
from celery.utils.imports import symbol_by_name
from django.core.management import CommandError, call_command
from django.utils.module_loading import import_string
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from mall import schedule, tasks
from mall.celery import app
from mall.core import clock
from mall.core.models import JobRun
from mall.jobs import runs
from tests.waiting import eventually

NOON = "2026-11-20T12:00:00+08:00"


def counting(monkeypatch, *, fails=0):
    """Put one job into the schedule that counts its runs, and fails the first few."""
    runs = []

    class Counting(schedule.Job):
        def run(self):
            runs.append(self.name)
            if len(runs) <= fails:
                raise RuntimeError("broken")
            return {"runs": len(runs)}

    monkeypatch.setattr(schedule, "JOBS", (Counting("counting", "-", crontab()),))
    return runs


# --- the page -----------------------------------------------------------------
@pytest.mark.parametrize("job", schedule.JOBS, ids=lambda job: job.name)
def test_schedule_when_read_then_each_line_names_a_task(job):
    assert callable(import_string(job.task).delay)


@pytest.mark.parametrize(
    "job",
    [job for job in schedule.JOBS if job.name != "remind-streaks" and job.once_a],
    ids=lambda job: job.name,
)
def test_schedule_when_the_shop_is_off_at_night_then_every_job_still_knocks_by_day(job):
    assert 12 in job.when.hour


@pytest.mark.django_db(transaction=True)  # beat closes the connections it finds
def test_schedule_when_beat_starts_then_database_holds_every_line():
    scheduler = symbol_by_name(app.conf.beat_scheduler)(app=app)
    scheduler.setup_schedule()

    rows = {row.name: row for row in PeriodicTask.objects.filter(task="mall.run_job")}
    assert set(rows) == {job.name for job in schedule.JOBS}
    assert rows["expire-points"].args == '["expire-points"]'
    assert (
        rows["send-mails"].interval.every,
        rows["send-mails"].interval.period,
        rows["send-mails"].expire_seconds,
    ) == (5, "seconds", 10)
    assert str(rows["expire-points"].crontab.timezone) == "Asia/Shanghai"
    assert (
        rows["cancel-unpaid-orders"].crontab.minute,
        rows["cancel-unpaid-orders"].crontab.hour,
    ) == ("*", "*")


# --- one run a period ------------------------------------------------------------
@pytest.mark.django_db
def test_run_job_when_two_beats_knock_then_it_runs_once(monkeypatch):
    runs = counting(monkeypatch)

    with time_machine.travel(NOON):
        answers = [tasks.run_job("counting"), tasks.run_job("counting")]

    assert answers == ["{'runs': 1}", "already run"]
    assert runs == ["counting"]
    row = JobRun.objects.get()
    assert (row.job, row.period, row.attempts, row.outcome) == (
        "counting",
        "2026-11-20",
        1,
        "{'runs': 1}",
    )
    assert row.finished_at is not None


@pytest.mark.django_db
def test_run_job_when_its_line_left_the_schedule_then_beat_stops_knocking(monkeypatch):
    counting(monkeypatch)
    every = IntervalSchedule.objects.create(every=1, period="hours")
    for name in ("gone", "counting"):
        PeriodicTask.objects.create(
            name=name, task="mall.run_job", interval=every, args=f'["{name}"]'
        )

    assert tasks.run_job("gone") == "retired"

    assert dict(PeriodicTask.objects.values_list("name", "enabled")) == {
        "gone": False,
        "counting": True,
    }
    assert not JobRun.objects.exists()


@pytest.mark.django_db
def test_run_job_when_shop_day_turns_then_it_runs_again(monkeypatch):
    runs = counting(monkeypatch)

    for moment in ("2026-11-20T23:59:59+08:00", "2026-11-21T00:00:01+08:00"):
        with time_machine.travel(moment):
            tasks.run_job("counting")

    assert len(runs) == 2


@pytest.mark.django_db
def test_run_job_when_it_failed_then_the_next_knock_mends_it(monkeypatch):
    counting(monkeypatch, fails=1)

    with time_machine.travel(NOON):
        with pytest.raises(RuntimeError):
            tasks.run_job("counting")
        answer = tasks.run_job("counting")

    assert answer == "{'runs': 2}"
    assert JobRun.objects.get().attempts == 2


@pytest.mark.django_db
def test_run_job_when_it_keeps_failing_then_set_aside_after_five_tries(monkeypatch):
    made = counting(monkeypatch, fails=99)

    with time_machine.travel(NOON):
        for _knock in range(runs.TRIES):
            with pytest.raises(RuntimeError):
                tasks.run_job("counting")
        answer = tasks.run_job("counting")

    assert (answer, len(made)) == ("already run", runs.TRIES)


@pytest.mark.django_db
def test_claim_when_a_worker_died_then_free_again_after_its_lease():
    with time_machine.travel(NOON, tick=False) as now:
        assert runs.claim("a", "2026-11-20")
        now.shift(runs.LEASE - timedelta(seconds=1))
        assert not runs.claim("a", "2026-11-20")
        now.shift(timedelta(seconds=1))
        assert runs.claim("a", "2026-11-20")


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_claim_when_many_workers_at_once_then_one_has_it(run_threads, deadlocks):
    outcomes = run_threads(16, lambda: runs.claim("a", "2026-11-20"))

    assert sorted(outcomes) == [False] * 15 + [True]
    assert JobRun.objects.count() == 1
    assert deadlocks() == 0


@pytest.mark.django_db
def test_forget_job_runs_when_old_then_only_they_go():
    with time_machine.travel(clock.now() - runs.KEEP - timedelta(days=1)):
        runs.claim("old", "p")
    runs.claim("new", "p")

    assert tasks.forget_job_runs() == {"forgotten": 1}
    assert JobRun.objects.get().job == "new"


# --- a real worker --------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_run_job_when_sent_five_times_then_a_real_worker_runs_it_once(celery_worker):
    for _delivery in range(5):
        tasks.run_job.delay("forget-job-runs")

    assert eventually(lambda: JobRun.objects.filter(finished_at__isnull=False).exists())
    time.sleep(1)  # the other four are taken and refused
    assert list(JobRun.objects.values_list("job", "attempts", "outcome")) == [
        ("forget-job-runs", 1, "{'forgotten': 0}")
    ]


# --- nightly ----------------------------------------------------------------------
@pytest.mark.django_db
def test_nightly_when_run_twice_then_every_job_says_its_numbers_and_nothing_changes(member):
    from points.models import PointAccount

    first, again = StringIO(), StringIO()
    call_command("nightly", stdout=first)
    before = PointAccount.objects.values().get(pk=member.pk)

    call_command("nightly", stdout=again)

    names = [line.split(":")[0] for line in again.getvalue().splitlines()]
    assert names == [job.name for job in schedule.JOBS]
    assert PointAccount.objects.values().get(pk=member.pk) == before


@pytest.mark.django_db
def test_nightly_when_one_job_fails_then_the_others_run_and_it_is_named(monkeypatch):
    runs = counting(monkeypatch, fails=1)
    (broken,) = schedule.JOBS
    monkeypatch.setattr(schedule, "JOBS", (broken, type(broken)("second", "-", crontab())))
    said, complained = StringIO(), StringIO()

    with pytest.raises(CommandError, match="failed: counting$"):
        call_command("nightly", stdout=said, stderr=complained)

    assert runs == ["counting", "second"]
    assert "counting: FAILED RuntimeError: broken" in complained.getvalue()
    assert "second: runs=2" in said.getvalue()
