"""What beat asks for every few seconds in production, here and now: consequences that are put off
are paid for while the load lasts. What runs each minute or less often is left alone, and so are the
mails, which no side but ours sends and which have a part of their own.
"""

import sys
import time


def sweep(*, times):
    """Run each of them some times over."""
    for _turn in range(times):
        for job in _jobs():
            job.run()


def keep_sweeping():
    """Run each whenever its seconds are over, until somebody ends the process; what a database away
    or a lock too long in coming spoils is left to the next time, as a worker would.
    """
    import django

    django.setup()
    from django.db import Error, connection

    due = {job.name: time.monotonic() for job in _jobs()}
    while True:
        for job in _jobs():
            if due[job.name] <= time.monotonic():
                try:
                    job.run()
                except Error as error:
                    sys.stderr.write(f"{job.name}: {error}\n")
                    connection.close()
                due[job.name] = time.monotonic() + job.when.run_every.total_seconds()
        time.sleep(0.1)


def _jobs():
    from mall.schedule import JOBS

    # a crontab is no schedule of seconds
    seconds = [job for job in JOBS if hasattr(job.when, "run_every") and not job.once_a]
    return [job for job in seconds if job.name != "send-mails"]


if __name__ == "__main__":
    keep_sweeping()
