"""The rules and their versions: what was in force when, and how a version is added.

Read by points/rules.py, which pays by them; kept in the process, never stale.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Subquery

from mall.core import clock
from mall.core.kept import kept
from mall.core.transactions import transactional
from points import budgets
from points.models import LEVELS, PointsPolicy, Rule, RuleVersion
from points.models.rules import MULTIPLIER

NUMBERS = (
    "value",
    "points",
    "table",
    "validity",
    "validity_days",
    "per_day",
    "per_week",
    "per_month",
    "per_life",
    "every_days",
    "matures_after_days",
    "weekdays",
    "with_tier",
    "percent",
    "actions",
    "stackable",
    "tier_from",
    "tier_to",
    "categories",
    "first_time",
    "segment",
    "amount_min",
)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The versions that may have a say in what one fact is worth, the smallest priority first:
    one of ``bases`` pays, ``multipliers`` come on top.
    """

    bases: tuple[RuleVersion, ...] = ()
    multipliers: tuple[RuleVersion, ...] = ()

    @property
    def all(self) -> tuple[RuleVersion, ...]:
        """Return both."""
        return self.bases + self.multipliers


@kept
def versions() -> list[RuleVersion]:
    """Return every version of every rule, the newest first."""
    # The day's limit rides along: an award asks for the rule and the policy in one go.
    limit = Subquery(PointsPolicy.objects.order_by("pk").values("earned_per_day_max")[:1])
    found = RuleVersion.objects.select_related("rule__budget").annotate(limit_of_day=limit)
    return list(found.order_by("-number", "rule_id"))


def candidates(
    action: str, as_of: datetime, *, on: date | None = None, among: list[RuleVersion] | None = None
) -> Candidates:
    """Return the versions in force at an instant for what happens on a shop day; ``among`` the
    ``versions`` of a caller who asks for many instants.
    """
    weekday = (on or clock.day_of(as_of)).isoweekday()
    found = _in_force(versions() if among is None else among, as_of, [action, MULTIPLIER])
    found = [one for one in found if not one.weekdays or weekday in one.weekdays]
    return Candidates(
        tuple(one for one in found if one.rule.action == action),
        tuple(one for one in found if one.rule.action == MULTIPLIER and multiplies(one, action)),
    )


def multiplies(version: RuleVersion, action: str) -> bool:
    """Say whether a multiplier is for an action: one that names none is for all that a tier
    multiplies, too.
    """
    return action in version.actions if version.actions else True


def active(action, *, as_of: datetime | None = None, on: date | None = None) -> RuleVersion | None:
    """Return the version in force of the rule for an action that asks nothing of the member; of
    several that fit the day the one of the smallest priority.
    """
    found = candidates(action, as_of or clock.now(), on=on).bases
    return next((version for version in found if not is_choosy(version)), None)


def is_choosy(version: RuleVersion) -> bool:
    """Say whether a version asks who the member is, or what the fact is about."""
    return bool(
        asks_for_tier(version)
        or version.categories
        or version.first_time
        or version.segment
        or version.amount_min
    )


def asks_for_tier(version: RuleVersion) -> bool:
    """Say whether a version is for some tiers only."""
    return version.tier_from > 1 or version.tier_to < LEVELS


def is_any_for_categories() -> bool:
    """Say whether any rule ever asked for a category, so that facts must say what they are
    about.
    """
    return any(version.categories for version in versions())


def in_force(
    as_of: datetime | None = None, *, actions: Iterable[str] | None = None
) -> list[RuleVersion]:
    """Return the version in force of every rule (of these actions) that was open at an instant, in
    order of priority then.
    """
    return _in_force(versions(), as_of or clock.now(), actions)


def short_of_budget(action: str, as_of: datetime) -> bool:
    """Say whether a rule for an action was open at an instant, and has nothing left to give now."""
    rules = [one.rule for one in _opened(versions(), as_of, [action])]
    codes = [rule.budget.code for rule in rules if rule.budget is not None]
    return any(budgets.is_out(budgets.of(code), clock.now()) for code in codes)


def _in_force(among, at, actions) -> list[RuleVersion]:
    opened = _opened(among, at, actions)
    paying = (one for one in opened if not budgets.is_out(one.rule.budget, at))
    return sorted(paying, key=lambda version: (version.rule.priority, version.rule_id))


def _opened(among, at, actions) -> list[RuleVersion]:
    """Return the version of every rule (of these actions) that was open at an instant, whatever its
    budget has left.
    """
    newest = {}
    for version in among:
        was_there = version.created_at <= at or version.number == 1  # the first always was
        is_asked = actions is None or version.rule.action in actions
        if was_there and is_asked and version.rule_id not in newest:
            newest[version.rule_id] = _as_of(version, at)
    return [one for one in newest.values() if one.rule.is_open(at)]


def _as_of(version, at) -> RuleVersion:
    """Return a kept version with its rule as that was at an instant."""
    then = version.rule.as_of(at)
    if then is version.rule:
        return version
    version = copy.copy(version)
    version.rule = then
    return version


def budget_code(rule: Rule) -> str:
    """Return what the budget of a rule is called: the one it has, maybe a campaign's, or its
    own.
    """
    return rule.budget.code if rule.budget is not None else f"rule:{rule.code}"


def codes_of(action: str, among: list[RuleVersion]) -> frozenset[str]:
    """Return the codes of all rules that ever paid for an action."""
    return frozenset(one.rule.code for one in among if one.rule.action == action)


@kept
def budgeted() -> dict[str, str]:
    """Return the codes of rules that have a budget, and what that is called."""
    rules = Rule.objects.filter(budget__isnull=False)
    return dict(rules.values_list("code", "budget__code"))


def numbers_of(version: RuleVersion | None) -> dict:
    """Return what a version says, by field; nothing for none."""
    return {name: getattr(version, name) for name in NUMBERS} if version is not None else {}


@transactional
def publish(rule: Rule, *, actor: str, **numbers) -> RuleVersion:
    """Add a version to a rule; entries of the old one keep naming it. The same numbers again add
    nothing.
    """
    # Two operators may publish at once; the second must number its version after the first's.
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    last = rule.versions.first()
    if last is not None and all(_same(getattr(last, name), numbers[name]) for name in numbers):
        return last
    number = last.number + 1 if last else 1
    return RuleVersion.objects.create(
        rule=rule, number=number, created_by=actor, created_at=clock.now(), **numbers
    )


def _same(one, other) -> bool:
    """Compare numbers; an empty list of an earlier release is none."""
    return (one or None) == (other or None)
