"""What a member sees of their points: display only, no decision reads it.

Redis keeps the last committed balance of an account for a short while. A script writes it and only
moves forward (``_version``), so a slow writer cannot overwrite a newer balance. Without Redis, or
when it is down, slow or lying about its type, the account's row is read.

Source: docs/ledger.md.
"""

import json
from dataclasses import dataclass, field
from datetime import date

from mall.core import clock, rows, shared_redis
from points import pending
from points.models import PointAccount

TTL_SECONDS = 30
_FORWARD = """
for n, key in ipairs(KEYS) do
    local version, seen = ARGV[2 * n], redis.call('HGET', key, 'seq')
    if not (seen and tonumber(seen) and tonumber(seen) > tonumber(version)) then
        redis.call('HSET', key, 'seq', version, 'doc', ARGV[2 * n + 1])
        redis.call('EXPIRE', key, ARGV[1])
    end
end
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """A member's points: spendable, reserved, on the way, owed, and what expires when (soonest
    first).
    """

    available: int = 0
    held: int = 0
    debt: int = 0
    expiring: tuple = ()
    lasting: int = 0
    status: str = "active"
    user_id: int | None = field(default=None, compare=False)

    @property
    def pending(self) -> int:
        """Points on the way; asked of the database each time, because few pages show them."""
        return pending.points_of(self.user_id) if self.user_id is not None else 0


def of(user, as_of: date | None = None) -> Balance:
    """Return a member's balance for display; lots whose day has passed are left out even before the
    sweep.
    """
    as_of = as_of or clock.today()
    return _shown(user.pk, _from_redis(user.pk) or _from_row(user.pk), as_of)


def of_account(account: PointAccount, as_of: date | None = None) -> Balance:
    """Return the balance for display of a row that is at hand."""
    return _shown(account.pk, _doc(account), as_of or clock.today())


def is_waiting(user_id: int) -> bool:
    """Say whether facts of a member wait to be heard by now."""
    hear_at = (_from_redis(user_id) or _from_row(user_id))["hear_at"]
    return hear_at is not None and hear_at <= clock.now().timestamp()


def remember(*accounts: PointAccount) -> None:
    """Keep committed balances for display, each unless a newer one is there; one round trip."""
    keys, said = [_key(account.user_id) for account in accounts], []
    for account in accounts:
        said += [_version(account), json.dumps(_doc(account))]
    shared_redis.ask(lambda redis: redis.eval(_FORWARD, len(keys), *keys, TTL_SECONDS, *said))


def forget(user_id: int) -> None:
    """Drop a kept balance, after a change that moves no points."""
    shared_redis.ask(lambda redis: redis.delete(_key(user_id)))


def _shown(user_id, doc, as_of):
    today = as_of.isoformat()
    living = [(day, points) for day, points in doc["lots"] if day is None or day >= today]
    dated = tuple((date.fromisoformat(day), points) for day, points in living if day is not None)
    lasting = sum(points for day, points in living if day is None)
    available = sum(points for _, points in living)
    return Balance(available, doc["held"], doc["debt"], dated, lasting, doc["status"], user_id)


def _doc(account):
    return {
        "lots": list(account.lots),
        "held": account.held,
        "debt": account.debt,
        "status": account.status,
        "hear_at": account.hear_at and account.hear_at.timestamp(),
    }


def _version(account) -> int:
    """Return a number that grows with each change: postings and facts only add up, and vain tries
    (fewer than eight) begin anew when a fact was heard.
    """
    return account.seq + 8 * (account.told + account.heard) + account.hear_tries


def _from_row(user_id):
    account = rows.find(rows.Wanted(PointAccount, {"user_id": user_id}))
    if account is None:
        return {"lots": [], "held": 0, "debt": 0, "status": "active", "hear_at": None}
    remember(account)
    return _doc(account)


def _from_redis(user_id):
    kept = shared_redis.ask(lambda redis: redis.hget(_key(user_id), "doc"))
    try:
        doc = json.loads(kept)
        return doc if set(doc) == {"lots", "held", "debt", "status", "hear_at"} else None
    except (TypeError, ValueError):
        return None


def _key(user_id):
    return f"points:balance:{user_id}"
