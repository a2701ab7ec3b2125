"""Facts that operators change now and then and every request asks for, kept in the process and
never stale.

What was read is kept under a version that stands in the shared cache, or where there is none in
the SQLite file: one read of it tells whether it still holds, once in a writing verb. Whoever
changes a kept row changes the version as soon as that is committed; until then this transaction
reads the database, as every process does that has neither. The version is random, so one that was
lost or pushed out never comes again.
What nobody tells (SQL by hand, a release that does not know of this) is seen after TRUST_SECONDS.

Source: docs/decisions/0032-kept-facts.md.
"""

import threading
import time
from functools import partial, wraps
from uuid import uuid4

from django.core.cache import cache
from django.db import models, transaction

from mall.core import file_version, replica, shared_redis, transactions

VERSION_KEY = "kept:version"
TRUST_SECONDS = 60
_kept: dict = {}  # {what reads it: (version, until, value)}, replaced whole, shared by all threads
_last: dict = {}  # the same, whether it still holds or not
_untold: set = set()  # changes that Redis did not take
_here = threading.local()


def kept(load):
    """Keep what a function without arguments reads of kept rows. What it returns is shared by all
    threads: to be read, not changed.
    """

    return _keeping(load, version)


def shown(load):
    """The same for what pages show: kept also without a shared cache, where the one process of the
    embedded profile is all there is, and another would see a change after TRUST_SECONDS.
    """
    return _keeping(load, _noted_version)


def _keeping(load, asked):
    @wraps(load)
    def look():
        if _is_changing() or replica.is_reading():
            return load()
        now = asked()
        if now is None:
            return _loaded_once(load)
        known, until, value = _kept.get(load, (None, 0.0, None))
        if known != now or time.monotonic() > until:
            # The version was read before the rows: what an edit changes meanwhile ends up under
            # the old one.
            value = load()
            _kept[load] = _last[load] = (now, time.monotonic() + TRUST_SECONDS, value)
        return value

    look.last = lambda default: _last.get(load, (None, 0.0, default))[2]
    return look


def _loaded_once(load):
    """Load what no process can keep once for all of a writing verb, many orders together say."""
    if not transactions.has_memory():
        return load()
    memory = transactions.memory()
    if load not in memory:
        memory[load] = load()
    return memory[load]


def version() -> bytes | str | None:
    """Return the version kept facts go by now, as it is stored, once for all of a writing verb;
    None where no other process could tell us: without a shared cache and an SQLite file.

    A verb that will hold a lock asks before it takes it.
    """
    if shared_redis.is_there():
        return _noted_version()
    return _noted(file_version.read) if file_version.is_there() else None


def _noted_version():
    return _noted(_shared_version)


def _noted(read):
    if not transactions.has_memory():
        return read()
    memory = transactions.memory()
    if read not in memory:
        memory[read] = read()
    return memory[read]


@transaction.atomic(savepoint=False)
def forget() -> None:
    """Let every process read kept facts anew, once this transaction is committed."""
    if file_version.is_there():
        file_version.renew()
    hook = partial(_bump, uuid4().hex)
    _here.hooks = [*getattr(_here, "hooks", []), hook]
    transaction.on_commit(hook, robust=True)


class KeptQuerySet(models.QuerySet):
    """Rows whose every change is told to those who keep them."""

    @transaction.atomic(savepoint=False)  # told when it is done, not before
    def _told(self, verb, *args, **kwargs):
        forget()
        return verb(*args, **kwargs)

    def update(self, **changes):
        """Change rows, and tell."""
        return self._told(super().update, **changes)

    update.alters_data = True

    def delete(self):
        """Delete rows, and tell."""
        return self._told(super().delete)

    delete.alters_data = delete.queryset_only = True

    def bulk_create(self, *args, **kwargs):
        """Add rows, and tell."""
        return self._told(super().bulk_create, *args, **kwargs)

    def bulk_update(self, *args, **kwargs):
        """Change rows, and tell."""
        return self._told(super().bulk_update, *args, **kwargs)


class KeptRow(models.Model):
    """A row of settings that ``kept`` functions read."""

    objects = KeptQuerySet.as_manager()

    class Meta:
        abstract = True

    @transaction.atomic(savepoint=False)
    def save(self, *args, **kwargs):
        """Save the row, and tell."""
        forget()
        super().save(*args, **kwargs)

    @transaction.atomic(savepoint=False)
    def delete(self, *args, **kwargs):
        """Delete the row, and tell."""
        forget()
        return super().delete(*args, **kwargs)


def _shared_version() -> bytes | str | None:
    if _untold:
        _bump(uuid4().hex)
    [found] = shared_redis.as_stored((VERSION_KEY,))
    if found is None:
        # Lost, pushed out, or no Redis answers: whatever stands there later, what was kept so far
        # is worth nothing.
        _kept.clear()
        cache.add(VERSION_KEY, uuid4().hex, None)
        [found] = shared_redis.as_stored((VERSION_KEY,))
    return found


def _bump(new):
    """Tell all processes; when Redis does not take it, this one tells with its next request."""
    _kept.clear()
    _untold.clear()
    if not cache.set(VERSION_KEY, new, None):
        _untold.add(new)


def _is_changing() -> bool:
    """Say whether this transaction changed a kept row and is not over."""
    hooks = getattr(_here, "hooks", None)
    if not hooks:
        return False
    _here.hooks = [hook for hook in hooks if transactions.still_stands(hook)]
    return bool(_here.hooks)
