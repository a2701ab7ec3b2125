"""The one retry wrapper around every writing verb.

Source: ledger.md section 3. Only the outermost transaction is retried: catching a deadlock
inside ``atomic`` would lose the earlier writes of the transaction without a word.
"""

import random
import time
from functools import wraps

from django.db import DatabaseError, InterfaceError, connection, transaction

from mall.errors import Busy

TRIES = 6
PATIENCE_SECONDS = 3.0
ROLLED_BACK = {1213, 1205, 1020, 3101, 1180}
CONNECTION_LOST = {2002, 2003, 2006, 2013, 2055, 4031, 1047, 1290, 1836}


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
                if not _is_passing(error):
                    raise
                if _code_of(error) in CONNECTION_LOST or isinstance(error, InterfaceError):
                    connection.close()
                pause = random.uniform(0, 0.02 * 2**attempt)
                if attempt == TRIES or time.monotonic() + pause > deadline:
                    raise Busy from error
                time.sleep(pause)
        raise AssertionError("unreachable")

    return outermost_or_joined


def _code_of(error):
    return error.args[0] if error.args and isinstance(error.args[0], int) else None


def _is_passing(error):
    code = _code_of(error)
    if code is not None:
        return code in ROLLED_BACK or code in CONNECTION_LOST
    return isinstance(error, InterfaceError) or "database is locked" in str(error)
