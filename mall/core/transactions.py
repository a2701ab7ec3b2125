"""The one retry wrapper around every writing verb.

Source: ledger.md section 3. Only the outermost transaction is retried: catching a deadlock
inside ``atomic`` would lose the earlier writes of the transaction without a word.
"""

import random
import time
from functools import wraps

from django.db import DatabaseError, InterfaceError, connection, transaction

from mall.core import faults
from mall.core.errors import Busy

TRIES = 6
# the last try may wait another second for a lock: a visitor is told within three
PATIENCE_SECONDS = 2.0


def transactional(verb):
    """Run a verb in one transaction, joining the caller's when there is one.

    The outermost call retries with full jitter, at most TRIES times within PATIENCE_SECONDS.
    After a lost connection the outcome of COMMIT is unknown; trying again is safe because every
    fact carries a natural key.

    Raises: Busy when the database stayed contended or unreachable.
    """

    @wraps(verb)
    def outermost_or_joined(*args, **kwargs):
        if connection.in_atomic_block:
            return verb(*args, **kwargs)
        deadline = time.monotonic() + PATIENCE_SECONDS
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic(durable=True):
                    return verb(*args, **kwargs)
            except (DatabaseError, InterfaceError) as error:
                if not faults.is_passing(error):
                    raise
                if faults.is_lost(error):
                    connection.close()
                pause = random.uniform(0, 0.02 * 2**attempt)
                if attempt == TRIES or time.monotonic() + pause > deadline:
                    raise Busy from error
                time.sleep(pause)
        raise AssertionError("unreachable")

    return outermost_or_joined
