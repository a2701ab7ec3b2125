"""Waiting for what another process or thread does."""

import time

PATIENCE_SECONDS = 100  # a busy machine takes half a minute to start a program


def eventually(happened, seconds=PATIENCE_SECONDS, pause=0.1):
    """Return whether it happened in time; asks every ``pause`` seconds."""
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True
