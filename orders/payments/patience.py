"""How long a sweep goes on asking providers: one that hangs holds up neither the others nor the
worker.
"""

import time
from collections import Counter

SECONDS = 60  # the worker ends a task after 90 (settings, CELERY_TASK_SOFT_TIME_LIMIT)
SILENT_ANSWERS = 3


class Patience:
    """What one sweep has left. A row skipped is met by the next sweep."""

    def __init__(self):
        self._until = time.monotonic() + SECONDS
        self._silent = Counter()

    def has_for(self, provider: str) -> bool:
        """Say whether a provider is asked once more."""
        return self._silent[provider] < SILENT_ANSWERS and time.monotonic() < self._until

    def note_silence(self, provider: str) -> None:
        """Count that a provider did not answer."""
        self._silent[provider] += 1
