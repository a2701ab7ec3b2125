"""What rules would have paid for facts that happened: the valuation and the limits of the live path
on values alone. Nothing is read and nothing written here.

A rule that pays takes slots of its day, week, month and life, and keeps its distance in days;
facts before the first one replayed took some already (``Before``). Rules are replayed as if they
had been in force all the time; whoever is paused, and every budget, is left aside: when a budget
would have run out is told by the sums of the days.
"""

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from points import conditions, making, valuation
from points.grant_limits import has_room
from points.models import Rule, RuleVersion

LONG_AGO = datetime.min.replace(tzinfo=UTC)
LIFE = date.min  # the day under which stands what a rule paid long before


@dataclass
class Before:
    """What had happened to some members before the first fact: on which days the rules had paid
    ({(member, rule code): Counter of days}), and for which actions ({member: actions}).
    """

    days: dict = field(default_factory=dict)
    paid: dict = field(default_factory=dict)


@dataclass
class Sums:
    """What a set of rules would have paid: points, facts, members, facts that a limit refused; the
    points of each day; and of the one rule that is looked at its own points of each day, and the
    facts that fit it and another rule paid for.
    """

    points: int = 0
    facts: int = 0
    refused: int = 0
    shadowed: int = 0
    members: set = field(default_factory=set)
    days: Counter = field(default_factory=Counter)
    own: Counter = field(default_factory=Counter)

    def add(self, fact, worth, own) -> None:
        """Count a fact that is paid."""
        self.points += worth.points
        self.facts += 1
        self.members.add(fact.user_id)
        self.days[fact.day] += worth.points
        if own:
            self.own[fact.day] += own


class Then:
    """What is known of members at the time of each fact: their tier of that day and whether it was
    the first; the segments as they are now. Reads as ``conditions.Known`` does.
    """

    def __init__(self, before: Before, level_at, percents, in_segment):
        self._paid = defaultdict(set, {user: set(paid) for user, paid in before.paid.items()})
        self._level_at, self._percents, self._in_segment = level_at, percents, in_segment

    def note_paid(self, fact) -> None:
        """Take over that a fact was paid."""
        self._paid[fact.user_id].add(fact.action)

    def level_of(self, fact) -> int:
        """Return the tier the member had."""
        return self._level_at(fact)

    def percent_of(self, fact) -> tuple[int, int]:
        """Return that, and what it earns in percent today."""
        level = self.level_of(fact)
        return level, self._percents[level]

    def is_first(self, fact) -> bool:
        """Say whether no rule had paid the member for the action of the fact."""
        return fact.action not in self._paid[fact.user_id]

    def is_in(self, segment: str, user_id: int, at: datetime) -> bool:
        """Say whether the member belongs to a segment."""
        return self._in_segment(segment, user_id)


def as_ever(version: RuleVersion, **numbers) -> RuleVersion:
    """Return a version, with other numbers where these are named, as if it and its rule had been in
    force all the time; not for saving.
    """
    then = copy.copy(version)
    then.rule = copy.copy(version.rule)
    then.rule.status, then.rule.changed_at = Rule.Status.ACTIVE, None
    then.rule.starts_at = then.rule.ends_at = None
    then.rule.budget = None
    then.created_at = LONG_AGO
    for name, said in numbers.items():
        setattr(then, name, said)
    return then


def replay(
    facts: Iterable, rules: list[RuleVersion], known: Then, before: Before, sums: Sums, looked: str
) -> None:
    """Add what rules would have paid for facts to ``sums``; a member's facts come together, in
    their order. ``looked`` is the code of the rule that is looked at.
    """
    days = defaultdict(Counter, {key: Counter(found) for key, found in before.days.items()})
    own = next((one for one in rules if one.rule.code == looked), None)
    for fact in facts:
        worth = valuation.value(fact, known, among=rules)
        if own is not None and _is_shadowed(own, worth, fact, known):
            sums.shadowed += 1
        if worth is None:
            continue
        taken = days[fact.user_id, worth.version.rule.code]
        if not has_room(worth.version, taken, fact.day):
            sums.refused += 1
            continue
        taken[fact.day] += 1
        known.note_paid(fact)
        sums.add(fact, worth, _own_points(worth, looked))


def _own_points(worth, looked) -> int:
    costs = making.costs(worth.parts)
    return costs[""] if worth.version.rule.code == looked else costs.get(looked, 0)


def _is_shadowed(own, worth, fact, known) -> bool:
    """Say whether a fact fits the rule that is looked at, and another one paid for it instead."""
    if own.rule.action != fact.action or (worth and worth.version.rule_id == own.rule_id):
        return False
    has_its_day = not own.weekdays or fact.day.isoweekday() in own.weekdays
    return worth is not None and has_its_day and conditions.fits(own, fact, known)
