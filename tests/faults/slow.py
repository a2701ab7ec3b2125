"""Tasks of a worker under test (``--include tests.faults.slow``)."""

import time
from pathlib import Path

from celery import shared_task


@shared_task(name="tests.slow")
def slow(seconds, began, done):
    """Write one file at the beginning and another at the end."""
    Path(began).touch()
    time.sleep(seconds)
    Path(done).touch()
