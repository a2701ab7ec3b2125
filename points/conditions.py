"""What a rule may ask for before it pays: the member's tier, a first time, a segment, and of the
fact its yuan and the categories of its things. Weekday and window are the rulebook's.

``Known`` is what is known of the members of some facts: read once for all of them, and only when a
rule asks. What a member belongs to is asked of the rooms above (``IN_SEGMENT``).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from mall.core import rows
from mall.core.events import Question
from points import ledger, making, rulebook, tiers
from points.models import Grant, MemberTier, PointAccount, RuleVersion, TierLevel
from points.postings import Posting

# (code of a segment, ids of members, instant): which of them belong to it
IN_SEGMENT = Question()
# (): [(code of a segment, its name)]
SEGMENTS = Question()
# (): [(id of a category, its name with those around it)], as they stand in each other
CATEGORIES = Question()


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing a fact is about: the ids of its category and of those around it, the yuan that were
    paid for it, and its name among the things of the fact.
    """

    categories: frozenset[int] = frozenset()
    amount: Decimal | None = None
    of: str = ""


class Known:
    """What is known of the members of some facts (``user_id``, ``action``, ``key``)."""

    def __init__(self, facts: Iterable, *, is_locking: bool = True):
        self._facts, self._is_locking = list(facts), is_locking
        self._segments = {}

    @property
    def members(self) -> list[int]:
        """Return the members' ids."""
        return sorted({fact.user_id for fact in self._facts})

    @property
    def read(self) -> dict[int, MemberTier] | None:
        """Return where the members stand, if that was read under their locks."""
        return self.__dict__.get("tiers") if self._is_locking else None

    def percent_of(self, fact) -> tuple[int, int]:
        """Return the tier of the member of a fact, and what that earned in percent then."""
        if not tiers.is_any_generous(self._ladder):
            return 1, making.WHOLE
        level = self.level_of(fact)
        return level, tiers.earn_percent_of(level, fact.at, self._ladder)

    def level_of(self, fact) -> int:
        """Return the tier the member of a fact had: as it was put down last, or, where it changed
        after the day of the fact, by the points of the twelve months before.
        """
        row = self.tiers.get(fact.user_id)
        if row is None or row.since <= fact.day:
            return row.level if row else 1
        credited = tiers.credits_of([fact.user_id]).get(fact.user_id, {})
        return tiers.level_before(credited, fact.day)

    def is_first(self, fact) -> bool:
        """Say whether no rule has paid a member for the action of a fact, or promised to."""
        return fact.action not in self._paid[fact.user_id]

    def is_in(self, segment: str, user_id: int, at: datetime) -> bool:
        """Say whether a member belonged to a segment at an instant; nobody to one that is not."""
        asked = segment, at
        if asked not in self._segments:
            answers = IN_SEGMENT.ask(segment, self.members, at)
            self._segments[asked] = set().union(*answers)
        return user_id in self._segments[asked]

    @cached_property
    def _ladder(self) -> list[TierLevel]:
        return tiers.ladder()

    @cached_property
    def tiers(self) -> dict[int, MemberTier]:
        """Return where members stand, by member. The only member's comes with the lock, where that
        is not taken yet.
        """
        members = self.members
        if not self._is_locking:
            return MemberTier.objects.in_bulk(members)
        if len(members) > 1:
            ledger.open_all(members)
            found = rows.find_all([tier_row(user_id) for user_id in members])
            return {row.pk: row for row in found}
        seen = self._seen_with_lock(*members)
        return {seen.pk: seen} if seen else {}

    def _seen_with_lock(self, user_id) -> MemberTier | None:
        for account in ledger.opened():
            if account.user_id == user_id and isinstance(account.seen, MemberTier):
                return account.seen
        keys = [Posting(user_id, None, key=fact.key) for fact in self._facts]
        return ledger.open(user_id, seen=tier_row(user_id), postings=keys).seen

    @cached_property
    def _paid(self) -> dict[int, set[str]]:
        """Return for what actions members were paid, or are promised points."""
        found = defaultdict(set)
        actions = {one.rule.code: one.rule.action for one in rulebook.versions()}
        for user_id, account in self._accounts().items():
            for code, used in account.day_counts.get("rules", {}).items():
                if used[-1]:
                    found[user_id].add(actions.get(code))
        promised = Grant.objects.filter(account_id__in=self.members).order_by()
        mine = {(fact.user_id, fact.key) for fact in self._facts}
        for user_id, action, key in promised.values_list("account_id", "action", "key"):
            if (user_id, key) not in mine:
                found[user_id].add(action)
        return found

    def _accounts(self):
        if self._is_locking:
            opened = ledger.open_all(self.members)
            return {user_id: account.row for user_id, account in opened.items()}
        return PointAccount.objects.in_bulk(self.members)


def open_all(facts: Iterable) -> None:
    """Lock the accounts of the members of some facts; the only member's tier comes along."""
    members = sorted({fact.user_id for fact in facts})
    if len(members) == 1:
        ledger.open(*members, seen=tier_row(*members))
    else:
        ledger.open_all(members)


def tier_row(user_id: int) -> rows.Wanted:
    """Return what is read with a member's lock, so that what their tier earns costs no statement of
    its own.
    """
    return rows.Wanted(MemberTier, {"account_id": user_id})


def fits(version: RuleVersion, fact, known: Known) -> bool:
    """Say whether a fact is one that a version asks for; of its things one is enough."""
    if version.amount_min is not None and (fact.amount or 0) < version.amount_min:
        return False
    if version.categories and not any(concerns(version, thing) for thing in fact.things):
        return False
    if rulebook.asks_for_tier(version):
        level = known.level_of(fact)
        if not version.tier_from <= level <= version.tier_to:
            return False
    if version.first_time and not known.is_first(fact):
        return False
    return not version.segment or known.is_in(version.segment, fact.user_id, fact.at)


def concerns(version: RuleVersion, thing: Thing) -> bool:
    """Say whether a thing is in one of a version's categories, if it names any."""
    return not version.categories or not thing.categories.isdisjoint(version.categories)


def factor_of(version: RuleVersion) -> making.Factor:
    """Return what a multiplier multiplies by."""
    return making.Factor(version.rule.code, version.number, version.percent)
