"""Run every periodic job here and now, without a broker: one line of numbers each."""

import time

from django.core.management.base import BaseCommand, CommandError

from mall import schedule
from mall.core import clock
from mall.jobs import due, runs


class Command(BaseCommand):
    help = (
        "Run every job of mall/schedule.py once, inline, but those an operator switched off. "
        "Harmless when run twice. Exits non-zero when a job failed."
    )

    def handle(self, *args, **options):
        failed = [job.name for job in schedule.JOBS if not self.run_one(job)]
        if failed:
            raise CommandError(f"failed: {', '.join(failed)}")

    def run_one(self, job) -> bool:
        """Run one job and print its line; a failing one must not keep the others from running."""
        if due.is_switched_off(job.name):
            self.stdout.write(f"{job.name}: switched off in the back office")
            return True
        began = time.monotonic()
        try:
            outcome = run(job)
        except Exception as error:  # noqa: BLE001 - each job is its own; the exit code tells
            self.stderr.write(f"{job.name}: FAILED {type(error).__name__}: {error}")
            return False
        self.stdout.write(f"{job.name}: {_numbers(outcome)} ({time.monotonic() - began:.1f} s)")
        return True


def run(job):
    """Run a job whether or not its period is done, and let its row say so; returns its numbers."""
    if not job.once_a:
        return job.run()
    period = due.period_of(job, clock.now())
    runs.claim(job.name, period)
    return runs.carry_out(job, period)


def _numbers(outcome):
    if isinstance(outcome, dict):
        return " ".join(f"{name}={number}" for name, number in outcome.items())
    return "done" if outcome is None else str(outcome)
