"""Tiers: from V1 to V5 by the points credited within twelve months.

What counts is what rules credited (missions, orders, check-ins …), less what a refund or a
withdrawn fact took back of those very points, and what a member earned at an earlier shop within
twelve months before moving in, from that day on. Spending, expiry, points returned to their owner
and operators' corrections neither raise nor lower a tier. A tier rises in the transaction of the
points; it falls one step at a time, after 30 days of grace.

Points credited on a shop day count until the day before the same day of the next year.

Source: docs/product.md "Tiers" and its traps 12 and 20.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from mall.core import clock, keyset, rows
from mall.core.events import tell
from mall.core.kept import kept
from mall.core.transactions import transactional
from points import events, ledger
from points.ladder import Place, assess, due_on, first_counted
from points.models import MemberTier, PointAccount, TierLevel
from points.models.tiers import PLAIN_PERCENT
from points.tier_credits import credits_of

BATCH = 200
NEVER = 1 << 62  # nobody earns so many: the highest tier rises no more


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's tier as pages and the API show it; points are those credited within twelve
    months.
    """

    tier: TierLevel
    credited: int
    since: date
    next: TierLevel | None
    kept_until: date | None

    @property
    def missing(self) -> int:
        """Return how many more points reach the next tier; 0 on the highest."""
        return self.next.threshold - self.credited if self.next else 0

    @property
    def missing_to_stay(self) -> int:
        """Return how many more points keep this tier; 0 when it is not in danger."""
        return max(0, self.tier.threshold - self.credited)


# --- reading -----------------------------------------------------------------------


def level_of(user_id: int) -> int:
    """Return the tier a member has now, as it was put down last; the first without any."""
    row = row_of(user_id)
    return row.level if row else 1


def row_of(user_id: int) -> MemberTier | None:
    """Return where a member stands, as it was put down last; None without any."""
    return rows.find(rows.Wanted(MemberTier, {"account_id": user_id}))


def levels_of(user_ids: Iterable[int]) -> dict[int, int]:
    """Return the tiers of some members who have a row, as ``level_of`` does for one."""
    return dict(MemberTier.objects.filter(pk__in=user_ids).values_list("pk", "level"))


def perks_of(level: int, among: list[TierLevel] | None = None) -> TierLevel:
    """Return what a tier gives; nothing for a visitor, whose tier is 0. To be read, not changed."""
    among = _ladder() if among is None else among
    found = next((tier for tier in among if tier.level == level), None)
    return found or TierLevel(level=level)


def is_any_generous(among: list[TierLevel]) -> bool:
    """Say whether any of all tiers earns more than the rules say, or did."""
    return any(tier.earn_percent != PLAIN_PERCENT or tier.former for tier in among)


def earn_percent_of(level: int, at: datetime, among: list[TierLevel]) -> int:
    """Return what a tier, of all there are, earned in percent at an instant."""
    return perks_of(level, among).as_of(at).earn_percent


def ladder() -> list[TierLevel]:
    """Return all tiers, the lowest first. To be read, not changed."""
    return _ladder()


def standing_of(user_id: int, *, on: date | None = None) -> Standing:
    """Return a member's tier now, by the entries themselves: right also when the nightly job is
    late.
    """
    on = on or clock.today()
    ladder = _ladder()
    row = row_of(user_id)
    counted = _days_of(row, credits_of([user_id])[user_id])
    credited = sum(points for day, points in counted.items() if day >= first_counted(on))
    place = assess(_place_of(row), credited, _thresholds(ladder), on=on)
    above = next((tier for tier in ladder if tier.level == place.level + 1), None)
    return Standing(ladder[place.level - 1], credited, place.since, above, place.grace_until)


def level_before(days: Mapping[date, int], on: date) -> int:
    """Return the tier that the points credited in the twelve months before a day reach."""
    points = sum(points for day, points in days.items() if first_counted(on) <= day < on)
    return max(tier.level for tier in _ladder() if tier.threshold <= max(0, points))


def _days_of(row, days) -> dict:
    """Return the days of credits with what a member brought along from an earlier shop."""
    if row is None or not row.brought:
        return days
    return {**days, row.brought_on: days.get(row.brought_on, 0) + row.brought}


@kept
def _ladder() -> list[TierLevel]:
    """Return all tiers, the lowest first."""
    return list(TierLevel.objects.all())


def _thresholds(ladder):
    return [tier.threshold for tier in ladder]


def _place_of(row):
    return Place(row.level, row.since, row.grace_until) if row else Place()


# --- writing -----------------------------------------------------------------------


@transactional
def note_earned(user_id: int, points: int) -> None:
    """Count points a rule just credited, in their transaction; the tier rises with the very points
    that reach it.

    One statement as long as the next tier cannot be reached: the limit stands in its filter.
    """
    sql = (
        f"UPDATE {rows.table(MemberTier)} SET earned = earned + %s "
        f"WHERE account_id = %s AND rises_at > earned + %s"
    )
    # so many awards ask it that it is written out
    if not rows.execute(sql, [points, user_id, points]):
        reassess(user_id)


@transactional
def note_earned_all(points: Mapping[int, int], known: Mapping | None = None) -> None:
    """Count what rules just credited to some members ({member: points}), as ``note_earned`` does
    for one; whoever cannot reach the next tier costs no statement of their own, nor who does.
    ``known`` are their rows, where the caller has read them under the locks.
    """
    if len(points) == 1:
        note_earned(*next(iter(points.items())))
        return
    found = MemberTier.objects.in_bulk(points) if known is None else known
    mine = [row for row in found.values() if row.pk in points]
    staying = [row for row in mine if row.rises_at > row.earned + points[row.pk]]
    for row in staying:
        row.earned += points[row.pk]
    rows.write_over(staying, "earned")
    rising = set(points) - {row.pk for row in staying}
    if rising:
        reassess_all(rising)


@transactional
def reassess(user_id: int) -> MemberTier:
    """Draw a member's sums anew and put down where they stand; harmless when repeated."""
    reassess_all([user_id])
    return MemberTier.objects.get(pk=user_id)


@transactional
def reassess_all(user_ids: Iterable[int], on: date | None = None) -> None:
    """Do as ``reassess`` for some members, as it is on a shop day (default: today)."""
    # Somebody may earn at this moment: whoever is second sees what the first did.
    ledger.open_all(user_ids)
    _reassess(sorted(user_ids), on)


@transactional
def bring(points: Mapping[int, int], *, anew: bool = False) -> None:
    """Add to what some members earned at an earlier shop within twelve months ({member: points};
    below 0: taken back). All of it counts for their tier from today on, for a year. ``anew``: where
    they stood before is forgotten.
    """
    ledger.open_all(points)
    _reassess(sorted(points), brought=points, anew=anew)


def reassess_due(on: date | None = None, *, on_batch=None) -> int:
    """Look again at everybody whose tier time may have changed, a tier was changed for, or nobody
    looked at yet.

    BATCH members a transaction; ``on_batch`` is called with the number so far. Late, twice or four
    times at once: each place is a matter of the entries and the day. Returns how many members were
    looked at.
    """
    on = on or clock.today()
    newest = max(tier.changed_at for tier in _ladder())
    is_due = (
        Q(tier__due_on__lte=on) | Q(tier__ladder_of__lt=newest) | Q(tier__isnull=True, seq__gt=0)
    )
    due = PointAccount.objects.filter(is_due).values_list("pk", flat=True)
    count = 0
    for batch in keyset.batches(due, BATCH):
        reassess_all(batch, on)
        count += len(batch)
        if on_batch:
            on_batch(count)
    return count


def _reassess(user_ids, on=None, brought=None, *, anew=False):
    """Put down where some members stand; their accounts are locked."""
    on = on or clock.today()
    ladder = _ladder()
    thresholds, as_of = _thresholds(ladder), max(tier.changed_at for tier in ladder)
    known = MemberTier.objects.in_bulk(user_ids)
    before = {user_id: row.level for user_id, row in known.items()}
    credits = credits_of(user_ids)
    for user_id in user_ids:
        place = _place_of(None if anew else known.get(user_id))
        row = known.setdefault(user_id, MemberTier(account_id=user_id))
        if brought is not None:
            _add_brought(row, brought[user_id], on)
        every = _days_of(row, credits[user_id])
        days = {day: points for day, points in every.items() if day >= first_counted(on)}
        credited = sum(days.values())
        place = assess(place, credited, thresholds, on=on)
        row.level, row.since, row.grace_until, row.due_on = (
            place.level,
            place.since,
            place.grace_until,
            due_on(place, days, thresholds),
        )
        row.earned, row.ladder_of = sum(every.values()), as_of
        # The next sum that changes the place: the tier above, or this one's own when it is only
        # kept.
        aims = [threshold for threshold in thresholds if threshold > credited]
        row.rises_at = row.earned + aims[0] - credited if aims else NEVER
    moving = ["level", "since", "grace_until", "due_on", "earned", "rises_at", "ladder_of"]
    if brought is not None:
        moving += ["brought", "brought_on"]
    rows.write_over(list(known.values()), *moving)
    if brought is None:  # who moves in has not risen
        _tell_risen(known.values(), before)


def _tell_risen(rows_now, before):
    """Tell who stands higher than they did; whom nobody had looked at stood nowhere."""
    risen = [row for row in rows_now if row.pk in before and row.level > before[row.pk]]
    tell(*(events.tier_risen(row, before[row.pk]) for row in risen))


def _add_brought(row, points, on):
    still = row.brought_on is not None and row.brought_on >= first_counted(on)
    row.brought = max(0, (row.brought if still else 0) + points)
    if points > 0:
        row.brought_on = on
