"""What a fact is worth: of the rules in force the one that pays for it, times the member's tier,
times the multipliers it meets; and from which budgets that is taken.

Of the rules that pay, one does: the first by priority that the fact fits. Of the multipliers, the
first by priority too; if that one may go together with others, so do all of those. For each line of
an order they are chosen on their own. A rule whose budget has no room steps aside for the next.

Source: docs/decisions/0100-rules-an-operator-can-say.md.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from points import budgets, conditions, making, rulebook
from points.machine import POINTS_MAX
from points.models import RuleVersion


@dataclass(frozen=True, slots=True)
class Valuation:
    """What a fact is worth: the version that pays, and how its points are made. ``takes`` is what
    they take from which budgets, ``budgets`` whose those are, by the codes of rules.
    """

    version: RuleVersion
    parts: tuple[making.Part, ...]
    points: int
    takes: dict[str, int]
    budgets: dict[str, str]

    @property
    def made(self) -> list | None:
        """Return how they are made, for a row; None where the version says it all."""
        return making.as_rows(self.parts, is_partial=bool(self.version.categories))


@dataclass(frozen=True, slots=True)
class Paid:
    """What a fact brought, as a row says it: the code of its rule, its points, how they were made,
    and its shop day.
    """

    rule: str
    points: int
    made: list | None
    on: date

    @classmethod
    def of(cls, row) -> "Paid":
        """Return what a promise says, or something set aside."""
        return cls(row.version.rule.code, row.points, row.made, row.on)


def value(
    fact,
    known: conditions.Known,
    *,
    among: list[RuleVersion] | None = None,
    without: frozenset[str] = frozenset(),
) -> Valuation | None:
    """Return what a fact is worth, None when nothing; ``among`` are the versions of a caller who
    values many, ``without`` the codes of rules that step aside.
    """
    found = rulebook.candidates(fact.action, fact.at, on=fact.day, among=among)
    return of_candidates(found, fact, known, without=without)


def of_candidates(
    found: rulebook.Candidates, fact, known, *, without: frozenset[str] = frozenset()
) -> Valuation | None:
    """Return the same where the versions in force are at hand."""
    bases = (one for one in found.bases if one.rule.code not in without)
    base = next((one for one in bases if conditions.fits(one, fact, known)), None)
    if base is None:
        return None
    if fact.exactly is not None:
        parts = (making.Part(Fraction(fact.exactly)),)
        return _valued(base, parts, [base]) if fact.exactly else None
    multipliers = [
        one
        for one in found.multipliers
        if one.rule.code not in without
        and (one.actions or base.is_multiplied)
        and conditions.fits(one, fact, known)
    ]
    parts = _parts(base, fact, known, multipliers)
    return _valued(base, parts, [base, *multipliers]) if making.points_of(parts) else None


def _valued(base, parts, versions) -> Valuation:
    owners = {one.rule.code: one.rule.budget.code for one in versions if _is_kept(one)}
    takes = _takes(base, parts, owners)
    return Valuation(base, parts, making.points_of(parts), takes, owners)


def worth(version: RuleVersion, *, amount=None, step=None) -> int:
    """Return the points of one award by the rule alone; parts of a point are dropped, a step past
    the table earns its last number; where only certain steps earn, every other earns nothing.
    """
    return making.points_of([making.Part(_base(version, amount, step))])


def within_budgets(
    valued: Iterable[tuple[object, Valuation]], known: conditions.Known, among: list[RuleVersion]
) -> list[Valuation | None]:
    """Take what facts are worth from the budgets of their rules, and return what each is worth
    then: as much, less where a multiplier's budget has no room, None where nothing pays any more.

    One statement a budget, where there is room for all of them; locked after the members'
    accounts.
    """
    valued, sums = list(valued), Counter()
    for _fact, valuation in valued:
        sums.update(valuation.takes)
    if not sums or budgets.take_all(sums, pausing=False) is None:
        return [valuation for _fact, valuation in valued]
    return [_taken(fact, valuation, known, among) for fact, valuation in valued]


def give_back(valuations: Iterable[Valuation]) -> None:
    """Put back what was taken for facts that were not paid after all."""
    sums = Counter()
    for valuation in valuations:
        sums.update(valuation.takes)
    budgets.give_back_all(sums)


def freed(
    paid: Paid, before: int, points: int, owners: dict[str, str]
) -> dict[tuple[str, str], int]:
    """Return what goes back to which budgets, ``{(code, month): points}``, when ``points`` of what
    was paid, promised or set aside are taken back, after ``before`` of them: all together what it
    took, until then in proportion. ``owners`` are the rules that have a budget.
    """
    made = making.of_rows(paid.made) if paid.made else [making.Part(Fraction(paid.points))]
    back = Counter()
    for code, cost in making.costs(made).items():
        budget = owners.get(code or paid.rule)
        due = cost * (before + points) // paid.points - cost * before // paid.points
        if budget and due:
            back[budget, f"{paid.on:%Y-%m}"] += due
    return dict(back)


def _taken(fact, valuation, known, among) -> Valuation | None:
    without = frozenset()
    while valuation is not None:
        refused = budgets.take_all(valuation.takes)
        if refused is None:
            return valuation
        without |= {rule for rule, code in valuation.budgets.items() if code == refused}
        valuation = value(fact, known, among=among, without=without)
    return None


# --- its parts ------------------------------------------------------------------
def _parts(base, fact, known, multipliers) -> tuple[making.Part, ...]:
    """Return what a fact's points are made of: a part for each of its things where they are counted
    by the yuan and not all alike, one otherwise.
    """
    tier = _tier(base, fact, known)
    things = [one for one in fact.things if conditions.concerns(base, one)]
    if base.value == RuleVersion.Value.PER_YUAN and things and (multipliers or base.categories):
        parts = [
            making.Part(
                _base(base, thing.amount, None), tier + _factors(multipliers, [thing]), thing.of
            )
            for thing in things
        ]
        if len(parts) < len(fact.things) or len({part.factors for part in parts}) > 1:
            return tuple(parts)
        return (replace(parts[0], base=sum(part.base for part in parts), of=""),)
    whole = _base(base, fact.amount, fact.step)
    return (making.Part(whole, tier + _factors(multipliers, things)),)


def _tier(base, fact, known) -> tuple[making.Factor, ...]:
    if not base.is_multiplied:
        return ()
    level, percent = known.percent_of(fact)
    return (making.Factor(making.TIER, level, percent),) if percent != making.WHOLE else ()


def _factors(multipliers, things) -> tuple[making.Factor, ...]:
    """Return the multipliers of some things of one part: the first by priority, and with it all
    others, if they and it may go together.
    """
    met = [
        one
        for one in multipliers
        if not one.categories or any(conditions.concerns(one, thing) for thing in things)
    ]
    if met and met[0].stackable:
        chosen = [one for one in met if one.stackable]
    else:
        chosen = met[:1]
    return tuple(conditions.factor_of(one) for one in chosen)


def _is_kept(version) -> bool:
    return version.rule.budget_id is not None


def _takes(base, parts, owners) -> dict[str, int]:
    """Return what is taken from budgets, ``owners`` by the codes of their rules."""
    takes = Counter()
    for code, points in making.costs(parts).items() if owners else ():
        budget = owners.get(code or base.rule.code)
        if budget and points:
            takes[budget] += points
    return dict(takes)


def _base(version, amount, step) -> Fraction:
    if version.value == RuleVersion.Value.PER_YUAN:
        return min(Fraction(Decimal(amount or 0)) * version.points, Fraction(POINTS_MAX))
    if version.value == RuleVersion.Value.GIVEN:
        return Fraction(int(amount or 0))
    if version.value == RuleVersion.Value.TABLE:
        table = version.table
        return Fraction(table[min(step or 1, len(table)) - 1] if table else 0)
    if version.value == RuleVersion.Value.STEPS:
        return Fraction(dict(map(tuple, version.table)).get(step, 0))
    return Fraction(version.points)
