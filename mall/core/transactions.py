"""The one retry wrapper around every writing verb.

Source: docs/ledger.md. Only the outermost transaction is retried: catching a deadlock
inside ``atomic`` would lose the earlier writes of the transaction without a word.
"""

import random
import threading
import time
from contextlib import contextmanager
from functools import partial, wraps

from django.db import DatabaseError, InterfaceError, connection, transaction

from mall.core import faults
from mall.core.errors import Busy

TRIES = 6
# the last try may wait another second for a lock: a visitor is told within three
PATIENCE_SECONDS = 2.0
_LAST_ACTS = "acts before commit"
_here = threading.local()


def transactional(verb=None, *, tries: int = TRIES):
    """Run a verb in one transaction, joining the caller's when there is one.

    The outermost call retries with full jitter, at most ``tries`` times within PATIENCE_SECONDS.
    After a lost connection the outcome of COMMIT is unknown; trying again is safe because every
    fact carries a natural key.

    Raises: Busy when the database stayed contended or unreachable.
    """
    if verb is None:
        return partial(transactional, tries=tries)

    @wraps(verb)
    def outermost_or_joined(*args, **kwargs):
        if has_memory():
            return verb(*args, **kwargs)
        if connection.in_atomic_block:
            with _remembering():
                return verb(*args, **kwargs)
        deadline = time.monotonic() + PATIENCE_SECONDS
        for attempt in range(1, tries + 1):
            try:
                with transaction.atomic(durable=True), _remembering():
                    return verb(*args, **kwargs)
            except (DatabaseError, InterfaceError) as error:
                if not faults.is_passing(error):
                    raise
                if faults.is_lost(error):
                    connection.close()
                pause = random.uniform(0, 0.02 * 2**attempt)
                if attempt == tries or time.monotonic() + pause > deadline:
                    raise Busy from error
                time.sleep(pause)
        raise AssertionError("unreachable")

    return outermost_or_joined


def memory() -> dict:
    """Return what the verbs of one transaction remember together (an account they hold, say).

    It begins with the outermost verb and ends with it: a retry, the next verb and whatever runs on
    commit start with nothing. A savepoint takes nothing back here; ``still_stands`` tells.
    Raises: RuntimeError outside a writing verb.
    """
    kept = getattr(_here, "memory", None)
    if kept is None:
        raise RuntimeError("Only inside a verb that is transactional; elsewhere nothing is held.")
    return kept


def before_commit(act) -> None:
    """Have ``act`` run at the end of the outermost verb, still in its transaction; the same act
    once, unless it is asked for again after it ran. Raises: RuntimeError outside a writing verb.
    """
    acts = memory().setdefault(_LAST_ACTS, [])
    if act not in acts:
        acts.append(act)


def has_memory() -> bool:
    """Say whether a writing verb is running in this thread."""
    return getattr(_here, "memory", None) is not None


def is_running(remembered: dict) -> bool:
    """Say whether what was remembered is the memory of the verb that runs in this thread."""
    return getattr(_here, "memory", None) is remembered


def still_stands(hook) -> bool:
    """Say whether what was done when ``hook`` was given to ``transaction.on_commit`` was not taken
    back since by an ``atomic`` block inside the verb.

    Source: django.db.backends.base, ``savepoint_rollback`` drops the hooks given inside the block
    (Django 5.2); it knows nothing of savepoints set by hand with ``transaction.savepoint``.
    """
    return any(kept is hook for _savepoints, kept, _robust in reversed(connection.run_on_commit))


@contextmanager
def _remembering():
    _here.memory = {}
    try:
        yield
        acts = _here.memory.setdefault(_LAST_ACTS, [])
        while acts:
            acts.pop(0)()
    finally:
        _here.memory = None
