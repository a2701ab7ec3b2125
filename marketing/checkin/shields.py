"""Shields: missed days a month that end nobody's streak, as many as the member's tier gives.

They are spent by themselves, on the days missed before a check-in, all of them or none: a shield
that cannot save the streak is kept. What is left of a month is a matter of its rows; a day of an
outage needs none.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from mall.core.kept import kept
from marketing.checkin import outages, runs
from marketing.models import CheckIn
from points import tiers, validity
from points.models import MemberTier, TierLevel


@dataclass(frozen=True)
class Shields:
    """How many shields a month a member's tier gives, and how many are spent by month."""

    a_month: int
    spent: Counter

    def left(self, on: date) -> int:
        """Return how many are left for missed days of the month of a day."""
        return max(0, self.a_month - self.spent[_month(on)])

    def cover(self, missed: list[date]) -> bool:
        """Say whether they cover all of these days."""
        wanted = Counter(map(_month, missed))
        return all(wanted[month] <= self.left(month) for month in wanted)


@kept
def _allowances() -> dict[int, int]:
    return dict(TierLevel.objects.values_list("level", "shields_a_month"))


def of(user_id: int, first: date, last: date, *, known=None, tier=None) -> Shields:
    """Return a member's shields, for days between two; two statements, one where the tier gives
    none or the rows of these months are ``known``, one less where the ``tier``'s row is.
    """
    level = tier.level if tier is not None else tiers.level_of(user_id)
    a_month = _allowances().get(level, 0)
    if not a_month:
        return Shields(0, Counter())
    if known is not None:
        days = [row.on for row in known if row.kind == CheckIn.Kind.SHIELDED]
        return Shields(a_month, Counter(map(_month, days)))
    spent = CheckIn.objects.filter(
        user=user_id,
        on__range=(_month(first), validity.month_end(last)),
        kind=CheckIn.Kind.SHIELDED,
    )
    return Shields(a_month, Counter(map(_month, spent.values_list("on", flat=True))))


def left_of_all(user_ids: Iterable[int], on: date) -> dict[int, int]:
    """Return how many shields some members have left in the month of a day; two statements."""
    allowances = _allowances()
    levels = dict(MemberTier.objects.filter(pk__in=user_ids).values_list("pk", "level"))
    spent = CheckIn.objects.filter(
        user__in=user_ids,
        on__range=(_month(on), validity.month_end(on)),
        kind=CheckIn.Kind.SHIELDED,
    )
    used = Counter(spent.values_list("user_id", flat=True))
    return {
        user_id: max(0, allowances.get(levels.get(user_id, 1), 0) - used[user_id])
        for user_id in user_ids
    }


def carry(user_id: int, latest, on: date) -> tuple[int, list[date]]:
    """Return the streak that reaches up to a day from the youngest row before it, 0 where it is
    over, and the missed days between that shields are to cover for it.
    """
    if latest is None:
        return 0, []
    if latest.on == on - runs.ONE_DAY:
        return latest.streak, []
    missed = runs.missed(latest.on, on, outages.days())
    if missed and not _can_cover(user_id, missed):
        return 0, []
    return latest.streak, missed


def _can_cover(user_id, missed):
    months = len(set(map(_month, missed)))
    if len(missed) > months * max(_allowances().values(), default=0):
        return False  # nobody has so many: nothing is asked
    return of(user_id, missed[0], missed[-1]).cover(missed)


def spend(user_id: int, missed: list[date], streak: int, *, at: datetime) -> None:
    """Write down that shields cover missed days, which carry a streak on; under the member's
    lock.
    """
    kind = CheckIn.Kind.SHIELDED
    CheckIn.objects.bulk_create(
        CheckIn(user_id=user_id, on=day, kind=kind, streak=streak, created_at=at) for day in missed
    )


def _month(day):
    return day.replace(day=1)
