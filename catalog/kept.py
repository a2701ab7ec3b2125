"""What this process keeps of the shelves: facts, and whole answers as bytes, until an edit.

The versions stand in the cache and are read together, in one round trip: that of the facts changes
with every edit (``forget``), that of the stock when a SKU sells out, comes back or is counted
(``stock_turned``), that of the shop's rules and policies with theirs (``mall.core.kept``). What was
read is kept under the versions from before. Without the cache nothing is kept. Entries are shared
by all requests of the process: nobody changes one.

Should the process die between a commit and its new version, facts end by themselves after
KEPT_SECONDS, and what says anything about stock after ANSWER_SECONDS.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from django.core.cache import cache
from django.db import connection, transaction
from django.utils.translation import get_language

from catalog.models import Product, ScheduledPrice
from mall.core import clock, rows, shared_redis
from mall.core.kept import VERSION_KEY as RULES_VERSION_KEY  # pages tell what rules give
from mall.core.memory import Memory

KEPT_SECONDS = 60
ANSWER_SECONDS = 5
MOST_FACTS = 2000  # pages of facts and products, a few kB each
MOST_STOCKED = 20_000  # products known to have pieces left or none, a hundred bytes each
MOST_BYTES = 16 * 1024 * 1024
VERSION_KEY = "catalog:version"
STOCK_VERSION_KEY = "catalog:stock-version"
VERSION_KEYS = (VERSION_KEY, STOCK_VERSION_KEY, RULES_VERSION_KEY)


_facts, _answers, _stocked = Memory(MOST_FACTS), Memory(MOST_BYTES), Memory(MOST_STOCKED)


def fact(key, read):
    """Return what ``read()`` finds, kept by language until an edit, KEPT_SECONDS, or until a sale
    or a scheduled price starts or ends. None is not kept.

    The version is read before the rows: facts found while an edit commits end up under the old one.
    """
    found = versions()
    return _fact(key, read, found[0]) if found else read()


def highest_tier() -> int:
    """Return the highest tier that goods on sale ask for; 0 where all are for everybody."""
    found, now = versions(), clock.now()
    return (_turns_after(now, found[0]) if found else _read_turns(now)).tier


@dataclass(frozen=True, slots=True)
class Moment:
    """Before the rows of an answer were read: the instant, and the ``versions`` of then."""

    at: datetime
    versions: tuple | None


def now_is() -> Moment:
    """Return this moment, before rows are read for an answer."""
    return Moment(clock.now(), versions())


def end_after(moment: Moment, until: datetime | None = None, *, seconds=ANSWER_SECONDS) -> datetime:
    """Return when an answer made of rows that were read after a moment ends at the latest: after
    so many ``seconds``, when a sale or a price starts or ends, or at ``until``.
    """
    ends = [moment.at + timedelta(seconds=seconds)]
    if moment.versions:
        ends += _bounds_after(moment.at, moment.versions[0])
    return min(ends if until is None else [*ends, until])


def keep(key, answer, size: int, moment: Moment, until: datetime) -> None:
    """Keep an answer made of rows that were read after ``moment``: until an edit, until a SKU sells
    out, comes back or is counted, and at the latest ``until`` (``end_after``).

    The key names everything else the answer depends on. Never for a member's answers.
    """
    if moment.versions:
        _answers.put(key, moment.versions, moment.at, until, answer, size=size)


def known(key, moment: Moment):
    """Return the answer kept under a key that is true at a moment, or None."""
    return moment.versions and _answers.get(key, moment.versions, moment.at)


def last(key):
    """Return the answer kept under a key, true or no longer, or None."""
    return _answers.peek(key)


def versions() -> tuple | None:
    """Return the versions of facts, stock and rules; None when the cache cannot tell."""
    found = shared_redis.as_stored(VERSION_KEYS)
    if not _is_whole(found):
        for key in (VERSION_KEY, STOCK_VERSION_KEY):
            cache.add(key, uuid4().hex, None)
        found = shared_redis.as_stored(VERSION_KEYS)
    return found if _is_whole(found) else None


def _is_whole(found) -> bool:
    return None not in found[:2]


def stocked(product_ids, read) -> dict[int, bool]:
    """Return for each product whether pieces are left, as ``read(ids)``, the set of those that have
    any, told for it; kept until a SKU sells out or comes back, an edit, or ANSWER_SECONDS.

    Inside a transaction the database is asked: what it changed itself nobody else may see yet.
    """
    version = None if transaction.get_connection().in_atomic_block else versions()
    now = clock.now()
    known = {pk: _stocked.get(pk, version, now) for pk in product_ids} if version else {}
    unknown = [pk for pk in product_ids if known.get(pk) is None]
    left = read(unknown) if unknown else set()
    until = now + timedelta(seconds=ANSWER_SECONDS)
    for pk in unknown:
        known[pk] = pk in left
        if version:
            _stocked.put(pk, version, now, until, known[pk])
    return known


def forget() -> None:
    """Let everything be read anew, once the present transaction is committed."""
    transaction.on_commit(lambda: cache.set(VERSION_KEY, uuid4().hex, None))


def stock_turned() -> None:
    """Let kept answers end, once the present transaction is committed: a SKU sold out, came back,
    or was counted.
    """
    transaction.on_commit(lambda: cache.set(STOCK_VERSION_KEY, uuid4().hex, None))


def _fact(key, read, version):
    key, now = (get_language(), key), clock.now()
    kept = _facts.get(key, version, now)
    if kept is not None:
        return kept
    until = min([now + timedelta(seconds=KEPT_SECONDS), *_bounds_after(now, version)])
    found = read()
    if found is not None:
        _facts.put(key, version, now, until, found)
    return found


class _Turns(NamedTuple):
    """When the shelves change by themselves next, and the highest tier that goods on sale ask
    for.
    """

    bounds: list[datetime]
    tier: int


def _bounds_after(now, version) -> list:
    """Return when the next sale or scheduled price starts and when the next one ends."""
    return _turns_after(now, version).bounds


def _turns_after(now, version) -> _Turns:
    """Return the next turns, themselves kept until then."""
    turns = _facts.get("turns", version, now)
    if turns is None:
        turns = _read_turns(now)
        until = min([now + timedelta(seconds=KEPT_SECONDS), *turns.bounds])
        _facts.put("turns", version, now, until, turns)
    return turns


def _read_turns(now) -> _Turns:
    """Ask for the next turns: one statement of five seeks, each the end of an index."""
    sale = f"FROM {rows.table(Product)} WHERE status = %s"
    planned = f"FROM {rows.table(ScheduledPrice)} WHERE"
    sql = (
        f"SELECT (SELECT MIN(sale_starts_at) {sale} AND sale_starts_at > %s), "
        f"(SELECT MIN(sale_ends_at) {sale} AND sale_ends_at > %s), "
        f"(SELECT MIN(starts_at) {planned} starts_at > %s), "
        f"(SELECT MIN(ends_at) {planned} ends_at > %s), "
        f"(SELECT MAX(tier_to_redeem) {sale})"
    )
    at, on = connection.ops.adapt_datetimefield_value(now), Product.Status.ON.value
    [(*bounds, tier)] = rows.fetch(sql, [on, at, on, at, at, at, on])
    found = [rows.as_read(Product, "sale_starts_at", bound) for bound in bounds if bound]
    return _Turns(found, tier or 0)
