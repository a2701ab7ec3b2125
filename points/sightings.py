"""What the rules of risk saw. In force, a rule opens a case or holds what it is about; in the
shadow it only writes down what it would have held, so that an operator can try a bound first.

Written by whoever looks: points/velocity.py, orders/velocity.py, marketing/referral/rings.py.
Source: docs/product.md "points", Risk: "shadow mode for new rules".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from accounts.traces import BATCH, oldest_kept
from mall.core import clock, keyset
from mall.core.blind_index import mark_of
from mall.core.kept import kept
from mall.core.transactions import transactional
from points import risk
from points.models import PointAccount, RiskCase, RiskRule, RiskSighting

MEMBERS_SHOWN = 200
DAYS_COUNTED = 30


@dataclass(frozen=True, slots=True)
class Sighting:
    """Several members with one mark: whose they are, when the first and the last was seen."""

    mark: str
    members: tuple[int, ...]
    since: datetime
    until: datetime

    @property
    def key(self) -> str:
        """The name of the fact: once a shop day, and nothing that the mark can be read off."""
        return mark_of("sighting", f"{self.mark}:{clock.day_of(self.since)}")


def rule(code: str) -> RiskRule | None:
    """Return the rule of a code, None while it is off."""
    found = _rules().get(code)
    return found if found is not None and found.mode != RiskRule.Mode.OFF else None


@kept
def _rules() -> dict[str, RiskRule]:
    return {one.code: one for one in RiskRule.objects.all()}


def bursts(of: RiskRule, seen: Iterable[tuple[str, int, datetime]]) -> list[Sighting]:
    """Return for each mark the first time that as many different members as the bound says were
    seen within the rule's minutes; ``seen``: mark, member and time, in any order.
    """
    window, marks = timedelta(minutes=of.window_minutes), {}
    for mark, member, at in sorted(seen, key=lambda one: one[2]):
        marks.setdefault(mark, []).append((member, at))
    found = (_burst(mark, came, of.bound, window) for mark, came in marks.items())
    return [one for one in found if one is not None]


def _burst(mark, came, bound, window) -> Sighting | None:
    first = 0
    for last, (_member, at) in enumerate(came):
        while at - came[first][1] > window:
            first += 1
        if last - first + 1 >= bound and len({m for m, _at in came[first : last + 1]}) >= bound:
            since = came[first][1]
            # all who came until the window was over, for whoever reads it later
            within = [one for one in came[first:] if one[1] - since <= window]
            members = tuple(dict.fromkeys(member for member, _at in within))
            return Sighting(mark, members, since, within[-1][1])
    return None


@transactional
def note(of: RiskRule, account_id: int, key: str, *, count: int, seen: dict) -> bool:
    """Write down what a rule saw of a member, once per ``key``; says whether it is new.

    ``seen``: plain values, no marks: evidence outlives them.
    """
    words = {"account_id": account_id, "count": count, "seen": seen, "at": clock.now()}
    words["is_shadow"] = of.mode == RiskRule.Mode.SHADOW
    _row, is_new = RiskSighting.objects.get_or_create(code=of.code, key=key, defaults=words)
    return is_new


@transactional
def note_burst(of: RiskRule, found: Sighting, *, kind: str) -> bool:
    """Write down a burst, and in force open a case of the first of its members who has an account;
    says whether that is new.
    """
    accounts = PointAccount.objects.filter(pk__in=found.members).values_list("pk", flat=True)
    known = set(accounts)
    account_id = next((member for member in found.members if member in known), None)
    if account_id is None:  # nobody has been heard of yet: the next look finds them
        return False
    count = len(found.members)
    seen = {
        "code": of.code,
        "count": count,
        "bound": of.bound,
        "minutes": of.window_minutes,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "members": list(found.members[:MEMBERS_SHOWN]),
    }
    is_new = note(of, account_id, found.key, count=count, seen=seen)
    if is_new and of.mode == RiskRule.Mode.ON:
        open_case(of, account_id, kind=kind, key=f"{of.code}:{found.key}", seen=seen)
    return is_new


def open_case(of: RiskRule, account_id: int, *, kind: str, key: str, seen: dict) -> RiskCase:
    """Open the case of what a rule in force saw; it pauses what the rule says."""
    note_of = f"{of.code}: {seen['count']} (bound {of.bound})"
    return risk.open_case(account_id, kind=kind, scope=of.scope, key=key, note=note_of, seen=seen)


def counts(since: datetime | None = None) -> dict[str, tuple[int, int]]:
    """Return for each code how often its rule held something, and would have, in the last
    DAYS_COUNTED days.
    """
    since = since or clock.now() - timedelta(days=DAYS_COUNTED)
    is_shadow = Count("pk", filter=Q(is_shadow=True))
    rows = RiskSighting.objects.filter(at__gte=since).order_by().values_list("code")
    found = rows.annotate(all=Count("pk"), shadow=is_shadow)
    return {code: (everything - shadow, shadow) for code, everything, shadow in found}


def forget_old() -> int:
    """Forget what was seen so long ago that the marks are forgotten; returns how many. Cases
    stay.
    """
    old, forgotten = RiskSighting.objects.filter(at__lt=oldest_kept()), 0
    for keys in keyset.batches(old.values_list("pk", flat=True), BATCH):
        forgotten += RiskSighting.objects.filter(pk__in=keys).delete()[0]
    return forgotten
