"""What counts for a leaderboard: points that rules credited for something a member did, on the shop
day it was done. Pure but for one reading of entries.

What was taken back does not count, and what expired does not either: of a lot that expires, the
points earned last are taken to be those that nobody spent. Spending never lowers a score. Gifts
(signing up, birthdays, prizes), operators' corrections and balances that were moved in are nothing
a member did. Source: docs/product.md "Leaderboards" and its trap 20; decision 0097.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from points import rules
from points.models import LedgerEntry
from points.statement import entries_of_all

ACTIONS = frozenset(
    {
        "login",
        "checkin",
        "checkin_milestone",
        "purchase",
        "first_order",
        "repurchase",
        "review",
        "share",
        "profile",
        "referral",
        "mission",
    }
)
EVENT = "event:"  # reported by another system
Kind = LedgerEntry.Kind
READ = (
    "account_id",
    "seq",
    "kind",
    "rule",
    "delta",
    "debt_delta",
    "biz_date",
    "reverses_seq",
    "alloc",
)


@dataclass(slots=True)
class _Credit:
    on: date
    left: int
    lots: dict = field(default_factory=dict)


def counted_rules() -> set[str]:
    """Return the codes of the rules whose points count."""
    return {
        version.rule.code
        for version in rules.versions()
        if version.rule.action in ACTIONS or version.rule.action.startswith(EVENT)
    }


def earned_since(user_ids, first: date) -> dict[int, dict[date, int]]:
    """Return {member: {shop day: points}} of what counts from a day on; one query."""
    kinds = [Kind.ACCRUE, Kind.CLAWBACK, Kind.EXPIRE]
    rows = entries_of_all(user_ids).filter(biz_date__gte=first, kind__in=kinds)
    counted, credits = counted_rules(), defaultdict(dict)
    for user_id, seq, kind, rule, delta, debt, on, reverses, alloc in rows.order_by(
        "pk"
    ).values_list(*READ):
        own = credits[user_id]
        if kind == Kind.ACCRUE and rule in counted:
            own[seq] = _Credit(on, delta - debt, dict(alloc.get("lots", ())))
        elif kind == Kind.CLAWBACK and reverses in own:
            own[reverses].left += delta - debt
        elif kind == Kind.EXPIRE:
            _expire(own, alloc.get("lots", ()))
    return {user_id: _by_day(own.values()) for user_id, own in credits.items()}


def _expire(credits, lots):
    """Take expired points from what was earned last into their lot."""
    for day, points in lots:
        gone = -points
        for credit in reversed(credits.values()):
            taken = min(gone, credit.left, credit.lots.get(day, 0))
            if taken > 0:
                credit.left -= taken
                credit.lots[day] -= taken
                gone -= taken


def _by_day(credits) -> dict[date, int]:
    days = defaultdict(int)
    for credit in credits:
        days[credit.on] += max(0, credit.left)
    return dict(days)
