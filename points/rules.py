"""What an action is worth. A client never names an action; the shop calls ``award`` for a fact it
saw.

Limits are slots: the n-th award of a rule in a day, week, month or life takes slot n, counted in
the member's locked row, so two doors at once cannot take the same one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache

from mall.core import clock
from mall.core.events import tell
from mall.core.transactions import transactional
from points import (
    conditions,
    errors,
    events,
    ledger,
    machine,
    risk,
    rulebook,
    set_aside,
    spacing,
    tiers,
    validity,
    valuation,
)
from points.conditions import Thing
from points.models import LedgerEntry, PointsPolicy, RuleVersion, SetAside
from points.postings import as_text
from points.rulebook import active, in_force, numbers_of, publish, versions
from points.valuation import worth

STEPS = 1000  # of an offer that are remembered
_offers: tuple = (None, {})  # (the versions they are made of, {those in force, tier: an offer})

# named by those who award, and by those who ask what an action is worth
__all__ = ["Thing", "active", "in_force", "numbers_of", "publish", "versions", "worth"]


@dataclass(frozen=True, slots=True)
class Award:
    """One fact that earns: its member, the action whose rule says how much, and the fact's key.

    ``at`` is when it happened, ``on`` its shop day (default: the day of ``at``). ``amount`` is yuan
    paid (per-yuan rules) or the points the fact itself is worth, ``step`` the day or count of a
    table, ``things`` what it is about, for rules that ask for a category.
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
    # points whatever the rule says, and nothing multiplies them: a tier's birthday gift
    exactly: int | None = None
    # False: no sign of somebody who collects (looked at before): the day's limit counts it not
    is_watched: bool = True
    # True: nobody can have posted under the key yet, so nobody looks
    fresh: bool = False
    things: tuple[Thing, ...] = ()

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
    known, among = conditions.Known(awards), versions()
    worths = [valuation.value(one, known, among=among) for one in awards]
    valued = [each for each in zip(range(len(awards)), awards, worths, strict=True) if each[2]]
    paying = spacing.spaced(valued)
    if any(worth_it.takes for _place, _one, worth_it in paying):
        paying = _within_budgets(paying, known, among)
    postings = [_posting(one, worth_it, among) for _place, one, worth_it in paying]
    results, new, waiting, unpaid = [None] * len(awards), {}, [], []
    entries = ledger.post_many(postings, tolerant=True) if postings else []
    for (place, one, worth_it), entry in zip(paying, entries, strict=True):
        if isinstance(entry, errors.AccountFrozen):
            waiting.append((_set_aside(one, worth_it), worth_it))
        elif isinstance(entry, errors.LimitReached):
            unpaid.append(worth_it)
        elif isinstance(entry, Exception):
            raise entry
        else:
            results[place] = entry
            if entry.is_new:
                new[entry.pk] = (one, entry)
    if waiting:
        kept = set(map(id, set_aside.keep(row for row, _worth in waiting)))
        unpaid += [worth_it for row, worth_it in waiting if id(row) not in kept]
    valuation.give_back(unpaid)
    note_new([entry for _one, entry in new.values()], known.read)
    told = [(one.action, entry) for one, entry in new.values() if one.is_told]
    tell(*(events.points_awarded(action, entry) for action, entry in told))
    return results


def _within_budgets(paying, known, among) -> list[tuple]:
    """Return what is still to be posted once budgets were asked: what would be new in the books (or
    set aside) has taken from them, what was posted before takes nothing, and what a limit refuses
    is left out.
    """
    ledger.open_all(one.user_id for _place, one, _worth in paying)
    foreseen = ledger.foresee([_posting(one, worth_it, among) for _place, one, worth_it in paying])
    is_new = [_would_cost(entry) for entry in foreseen]
    wanted = [each for each, new in zip(paying, is_new, strict=True) if new]
    granted = valuation.within_budgets([each[1:] for each in wanted], known, among)
    settled = {
        place: worth_it for (place, _one, _worth), worth_it in zip(wanted, granted, strict=True)
    }
    settled |= {
        place: worth_it
        for (place, _one, worth_it), entry in zip(paying, foreseen, strict=True)
        if place not in settled and not isinstance(entry, Exception)
    }
    return [
        (place, one, settled[place])
        for place, one, _worth in paying
        if settled.get(place) is not None
    ]


def _would_cost(foreseen) -> bool:
    """Say whether a posting would make a new entry, or be set aside until a case is decided."""
    if isinstance(foreseen, Exception):
        return isinstance(foreseen, errors.AccountFrozen)
    return foreseen.is_new


def note_new(entries: Iterable[LedgerEntry], standing: Mapping | None = None) -> None:
    """Do what goes with points rules have just credited, in their transaction: look at the day's
    limit, count them for the tiers (``standing``: the members' rows, where they were read).
    """
    earned = Counter()
    for entry in entries:
        risk.watch(entry)
        earned[entry.account_id] += entry.worth
    tiers.note_earned_all(earned, standing)


def _posting(one, worth_it, among) -> ledger.Posting:
    version = worth_it.version
    command = machine.Accrue(
        worth_it.points,
        as_text(_still_good(expires_on(version, one.day))),
        version.rule.code,
        version.limits,
        one.step,
        # What was paid for by the yuan is no sign of somebody who collects.
        earned_max(version)
        if one.is_watched and version.value != RuleVersion.Value.PER_YUAN
        else None,
        made=worth_it.made,
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
        rivals=rulebook.codes_of(one.action, among),
        fresh=one.fresh,
    )


def _set_aside(one, worth_it) -> SetAside:
    last = expires_on(worth_it.version, one.day)
    return SetAside(
        account_id=one.user_id,
        version=worth_it.version,
        action=one.action,
        key=one.key,
        reference=one.reference,
        description=one.description[:200],
        points=worth_it.points,
        made=worth_it.made,
        step=one.step,
        on=one.day,
        expires_on=validity.standard(one.day) if last == ledger.DEFAULT else last,
    )


def preview(
    action, *, amount=None, step=None, as_of: datetime | None = None, user_id: int | None = None
) -> int:
    """Return how many points an action would earn now: a member, whose tier and what else rules ask
    for counts, or somebody of whom nothing is known. Limits and budgets aside.
    """
    return offer(action, user_id, as_of=as_of)(amount=amount, step=step)


def offer(action, user_id: int | None = None, *, as_of: datetime | None = None, tier=None):
    """Return what an action would earn now, as a function of ``amount`` and ``step``; what is to be
    known of the member is read once for all steps, but for their ``tier`` where it was read.
    """
    at = as_of or clock.now()
    if user_id is None:
        version = active(action, as_of=at)
        return lambda **said: worth(version, **said) if version else 0
    known = conditions.Known([Award(user_id, action, "", at)], is_locking=False)
    if tier is not None:
        known.tiers = {user_id: tier}

    among = versions()
    found = rulebook.candidates(action, at, among=among)

    def worth_of(amount=None, step=None) -> int:
        fact = Award(user_id, action, "", at, amount=amount, step=step)
        worth_it = valuation.of_candidates(found, fact, known)
        return worth_it.points if worth_it else 0

    if tier is None or any(map(rulebook.is_choosy, found.all)):
        return cache(worth_of)
    alike = found, known.percent_of(Award(user_id, action, "", at))
    return _offers_of(among).setdefault(alike, lru_cache(STEPS)(worth_of))


def _offers_of(among) -> dict:
    """Return the offers made so far of these versions, which ask nothing of a member but the tier:
    what they say is the same for all who stand on it, and forgotten when any rule is edited.
    """
    global _offers
    if _offers[0] is not among:
        _offers = among, {}
    return _offers[1]


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
