"""What serves nobody gives way to who serves somebody.

The embedded profile does everything in one process, which has one interpreter lock and one writer:
what the clock asks for (facts heard, mails sent) would take as much of both as all shoppers
together. So a thread that says ``serve_nobody`` rests before it stands in line to write: REST
times the processor it used since it last wrote, as long as others come to write meanwhile. It has
at most one part in REST + 1 of the processor then, all of it a moment after the last shopper, and
stands in line like everybody once it has rested.

Where a sweep writes is between two of its batches: nothing is locked there.
Source: docs/decisions/0118-shoppers-first.md.
"""

import threading
import time

REST = 5  # times as long as it worked
LULL_SECONDS = 0.1  # without a writer: nobody is shopping
MOST_SECONDS = 1.0  # whatever it did before: a rest is no end

_here = threading.local()
_last_served = float("-inf")  # of time.monotonic: when somebody who serves came to write


def serve_nobody() -> None:
    """Have this thread give way from now on."""
    _here.worked = time.thread_time()


def give_way() -> None:
    """Rest, where this thread serves nobody and somebody else is at it; called by whoever is about
    to stand in line and holds nothing.
    """
    global _last_served
    worked = getattr(_here, "worked", None)
    if worked is None:
        _last_served = time.monotonic()
        return
    until = time.monotonic() + min(REST * (time.thread_time() - worked), MOST_SECONDS)
    while (now := time.monotonic()) < until and now < _last_served + LULL_SECONDS:
        time.sleep(min(until, _last_served + LULL_SECONDS) - now)
    _here.worked = time.thread_time()
