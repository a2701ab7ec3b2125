"""What an action is worth. A client never names an action; the shop calls ``award`` for a fact it
saw.

Limits are slots: the n-th award of a rule in a day, week, month or life takes slot n, counted in
the member's locked row, so two doors at once cannot take the same one.
"""

import copy
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Subquery

from mall.core import clock
from mall.core.events import tell
from mall.core.kept import kept
from mall.core.transactions import transactional
from points import errors, events, ledger, machine, risk, set_aside, spacing, tiers, validity
from points.models import LedgerEntry, PointsPolicy, Rule, RuleVersion, SetAside
from points.postings import as_text


@dataclass(frozen=True, slots=True)
class Award:
    """One fact that earns: its member, the action whose rule says how much, and the fact's key.

    ``at`` is when it happened, ``on`` its shop day (default: the day of ``at``). ``amount`` is yuan
    paid (per-yuan rules) or the points the fact itself is worth, ``step`` the day or count of a
    table.
    """

    user_id: int
    action: str
    key: str
    at: datetime
    on: date | None = None
    amount: Decimal | None = None
    step: int | None = None
    reference: str = ""
    description: str = ""
    # False: whoever awards has a notice of its own for it, or it is the member's daily habit
    is_told: bool = True
    # True: nobody can have posted under the key yet, so nobody looks
    fresh: bool = False

    @property
    def day(self) -> date:
        """The shop day the fact belongs to."""
        return self.on or clock.day_of(self.at)


def award(
    user_id: int, action: str, *, key: str, at: datetime | None = None, **words
) -> LedgerEntry | None:
    """Credit what the active rule of an action is worth, once per ``key``; ``at`` is now where it
    is not named, ``words`` are the rest of an ``Award``.

    Returns the entry, the first one again on a repeat, or None: no rule is active, it is worth
    nothing, a limit is used up, or the account may not earn. What a paused account earns is set
    aside and decided with its case (points/set_aside.py).
    """
    return award_all([Award(user_id, action, key, at or clock.now(), **words)])[0]


@transactional
def award_all(awards: list[Award]) -> list[LedgerEntry | None]:
    """Credit what facts are worth; for each what ``award`` returns, in as many statements for many
    members (at most ledger.BATCH_MAX) as for two.
    """
    everything, paying = versions(), []
    for place, one in enumerate(awards):
        found = active_ones([one.action], as_of=one.at, on=one.on, among=everything)
        version = found.get(one.action)
        if version and worth(version, amount=one.amount, step=one.step) > 0:
            paying.append((place, one, version))
    paying = spacing.spaced(paying)
    postings = [_posting(one, version) for _place, one, version in paying]
    results, new, waiting = [None] * len(awards), {}, []
    entries = ledger.post_many(postings, tolerant=True) if postings else []
    for (place, one, version), entry in zip(paying, entries, strict=True):
        if isinstance(entry, errors.AccountFrozen):
            waiting.append(_set_aside(one, version))
            continue
        if isinstance(entry, errors.LimitReached):
            continue
        if isinstance(entry, Exception):
            raise entry
        results[place] = entry
        if entry.is_new:
            new[entry.pk] = (one, entry)
    if waiting:
        set_aside.keep(waiting)
    note_new(entry for _one, entry in new.values())
    told = [(one.action, entry) for one, entry in new.values() if one.is_told]
    tell(*(events.points_awarded(action, entry) for action, entry in told))
    return results


def note_new(entries: Iterable[LedgerEntry]) -> None:
    """Do what goes with points rules have just credited, in their transaction: look at the day's
    limit, count them for the tiers.
    """
    earned = Counter()
    for entry in entries:
        risk.watch(entry)
        earned[entry.account_id] += entry.worth
    tiers.note_earned_all(earned)


def _posting(one, version) -> ledger.Posting:
    command = machine.Accrue(
        worth(version, amount=one.amount, step=one.step),
        as_text(_still_good(expires_on(version, one.day))),
        version.rule.code,
        version.limits,
        one.step,
        # What was paid for by the yuan is no sign of somebody who collects.
        None if version.value == RuleVersion.Value.PER_YUAN else earned_max(version),
    )
    return ledger.Posting(
        one.user_id,
        command,
        key=one.key,
        rule=version.rule.code,
        rule_version=version.number,
        reference=one.reference,
        description=one.description,
        on=one.day,
        same_fact=True,
        fresh=one.fresh,
    )


def _set_aside(one, version) -> SetAside:
    last = expires_on(version, one.day)
    return SetAside(
        account_id=one.user_id,
        version=version,
        action=one.action,
        key=one.key,
        reference=one.reference,
        description=one.description[:200],
        points=worth(version, amount=one.amount, step=one.step),
        step=one.step,
        on=one.day,
        expires_on=validity.standard(one.day) if last == ledger.DEFAULT else last,
    )


def preview(action, *, amount=None, step=None, as_of: datetime | None = None) -> int:
    """Return how many points an action would earn now; limits and the member's standing aside."""
    version = active(action, as_of=as_of)
    return worth(version, amount=amount, step=step) if version else 0


def active(action, *, as_of: datetime | None = None, on: date | None = None) -> RuleVersion | None:
    """Return the version in force of the rule for an action; of several that fit the day the one of
    the smallest priority.
    """
    at = as_of or clock.now()
    return active_ones([action], as_of=at, on=on).get(action)


def active_ones(
    actions, *, as_of: datetime, on: date | None = None, among: list[RuleVersion] | None = None
) -> dict[str, RuleVersion]:
    """Return the version in force at an instant for each of these actions that has one, as
    ``active`` does; ``among`` the ``versions`` of a caller who asks for many instants.
    """
    weekday, found = (on or clock.day_of(as_of)).isoweekday(), {}
    for version in _in_force(versions() if among is None else among, as_of, actions):
        if not version.weekdays or weekday in version.weekdays:
            found.setdefault(version.rule.action, version)
    return found


def in_force(as_of: datetime | None = None, *, actions=None) -> list[RuleVersion]:
    """Return the version in force of every rule (of these actions) that was open at an instant, in
    order of priority then.
    """
    return _in_force(versions(), as_of or clock.now(), actions)


def _in_force(among, at, actions) -> list[RuleVersion]:
    newest = {}
    for version in among:
        was_there = version.created_at <= at or version.number == 1  # the first always was
        is_asked = actions is None or version.rule.action in actions
        if was_there and is_asked and version.rule_id not in newest:
            newest[version.rule_id] = _as_of(version, at)
    opened = (version for version in newest.values() if version.rule.is_open(at))
    return sorted(opened, key=lambda version: (version.rule.priority, version.rule_id))


def _as_of(version, at) -> RuleVersion:
    """Return a kept version with its rule as that was at an instant."""
    then = version.rule.as_of(at)
    if then is version.rule:
        return version
    version = copy.copy(version)
    version.rule = then
    return version


@kept
def versions() -> list[RuleVersion]:
    """Return every version of every rule, the newest first."""
    # The day's limit rides along: an award asks for the rule and the policy in one go.
    limit = Subquery(PointsPolicy.objects.order_by("pk").values("earned_per_day_max")[:1])
    found = RuleVersion.objects.select_related("rule").annotate(limit_of_day=limit)
    return list(found.order_by("-number", "rule_id"))


def worth(version: RuleVersion, *, amount=None, step=None) -> int:
    """Return the points of one award; parts of a point are dropped, a step past the table earns its
    last number; where only certain steps earn, every other earns nothing.
    """
    if version.value == RuleVersion.Value.PER_YUAN:
        return min(int(Decimal(amount or 0) * version.points), machine.POINTS_MAX)
    if version.value == RuleVersion.Value.GIVEN:
        return int(amount or 0)
    if version.value == RuleVersion.Value.TABLE:
        return version.table[min(step or 1, len(version.table)) - 1] if version.table else 0
    if version.value == RuleVersion.Value.STEPS:
        return dict(map(tuple, version.table)).get(step, 0)
    return version.points


def expires_on(version: RuleVersion, on: date) -> date | str | None:
    """Return the last day of points earned on ``on`` under this version; None when they never
    expire.
    """
    return {
        RuleVersion.Validity.STANDARD: ledger.DEFAULT,
        RuleVersion.Validity.MONTH_END: validity.month_end(on),
        RuleVersion.Validity.YEAR_END: validity.year_end(on),
        RuleVersion.Validity.DAYS: on + timedelta(days=version.validity_days),
        RuleVersion.Validity.NEVER: None,
    }[version.validity]


def _still_good(day: date | str | None) -> date | str | None:
    """Return a last day that is not over yet: what is heard late is good for the day it is heard
    on.
    """
    return max(day, clock.today()) if isinstance(day, date) else day


def earned_max(version: RuleVersion) -> int:
    """Return how many points a member may earn in a day before earning is paused."""
    return version.limit_of_day or PointsPolicy().earned_per_day_max


def numbers_of(version: RuleVersion | None) -> dict:
    """Return what a version says, by field; nothing for none."""
    names = (
        "value",
        "points",
        "table",
        "validity",
        "validity_days",
        "per_day",
        "per_week",
        "per_month",
        "per_life",
    )
    more = ("every_days", "matures_after_days", "weekdays")
    return {name: getattr(version, name) for name in (*names, *more)} if version is not None else {}


@transactional
def publish(rule: Rule, *, actor: str, **numbers) -> RuleVersion:
    """Add a version to a rule; entries of the old one keep naming it. The same numbers again add
    nothing.
    """
    # Two operators may publish at once; the second must number its version after the first's.
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    last = rule.versions.first()
    if last is not None and all(getattr(last, name) == value for name, value in numbers.items()):
        return last
    number = last.number + 1 if last else 1
    return RuleVersion.objects.create(
        rule=rule, number=number, created_by=actor, created_at=clock.now(), **numbers
    )
