"""Back-tests: a draft of a rule replayed over the facts of the last 30 or 90 days, beside the rules
as they are today and beside what the books say was paid.

The clock carries them out, some members at a time; each goes over the facts once. What is found is
kept with the row, as it was then.

Source: docs/product.md "points", Rule back-test; docs/decisions/0101-a-back-test-replays-facts.md.
"""

from collections import Counter
from datetime import date, timedelta

from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext

from mall.core import audit, clock, file_jobs, keyset, replica
from mall.core.transactions import transactional
from points import conditions, past_facts, rates, rulebook, tiers
from points.models import LEVELS, BackTest, PointAccount, Rule, RuleVersion
from points.models.rules import MULTIPLIER
from points.replay import Sums, Then, as_ever, replay

BATCH = 500
ONE_DAY = timedelta(days=1)


@transactional
def ask(rule: Rule, numbers: dict, *, days: int, operator) -> BackTest:
    """Have numbers of a rule tried on the facts of so many days until yesterday; the clock does
    it.
    """
    test = BackTest.objects.create(
        rule=rule,
        numbers=_plain(numbers),
        days=days,
        until=clock.today() - ONE_DAY,
        status=BackTest.Status.QUEUED,
        language=translation.get_language() or "",
        made_by=operator,
        made_at=clock.now(),
    )
    audit.note(operator, "points.back_test", target=rule, after={"days": days})
    return test


def carry_on(only: int | None = None) -> int:
    """Carry out back-tests that wait (or ``only`` this one); returns how many."""
    return file_jobs.carry_on(KIND, only=only)


def _run(test) -> None:
    found = _Run(test)
    members = PointAccount.objects.filter(seq__gt=0).values_list("pk", flat=True)
    for batch in keyset.batches(members, BATCH):
        found.add(list(batch))
        file_jobs.go_on(test, facts=found.facts)
    file_jobs.end(test, BackTest.Status.DONE, facts=found.facts, result=found.result())


KIND = file_jobs.Kind(BackTest, _run)


class _Run:
    """A back-test on its way: its rules, and what it has counted so far."""

    def __init__(self, test):
        self.since, self.until = test.until - (test.days - 1) * ONE_DAY, test.until
        self.looked = test.rule.code
        today = [as_ever(one) for one in rulebook.in_force()]
        draft = as_ever(version_of(test))
        others = [one for one in today if one.rule_id != test.rule_id]
        self.rules = {"draft": [*others, draft], "today": today}
        self.sums = {side: Sums() for side in self.rules}
        self.actions = _actions(draft, today)
        self.paid, self.facts, self.partial = Counter(), 0, set()
        self._test, self._draft, self._versions = test, draft, rulebook.versions()
        self._percents = {
            level: tiers.perks_of(level).earn_percent for level in range(1, LEVELS + 1)
        }

    def add(self, members) -> None:
        """Go over the facts of some members."""
        for action in self.actions:
            batch = replica.ask(
                lambda action=action: past_facts.of(
                    action, members, self.since, self.until, self._versions
                )
            )
            self.facts += len(batch.facts)
            self.paid.update(batch.paid)
            if not batch.is_whole:
                self.partial.add(action)
            segments = conditions.Known(batch.facts, is_locking=False)
            for side, rules in self.rules.items():
                known = Then(batch.before, batch.level_at, self._percents, _segment(segments))
                replay(batch.facts, rules, known, batch.before, self.sums[side], self.looked)

    def result(self) -> dict:
        """Return what was found, as plain values."""
        rate = rates.current()
        days = [self.since + n * ONE_DAY for n in range(self._test.days)]
        draft, today = self.sums["draft"], self.sums["today"]
        budget = self._test.numbers.get("budget_points")
        return {
            **{side: _figures(sums) for side, sums in self.sums.items()},
            "books": sum(self.paid.values()),
            "points_per_yuan": rate.points_per_yuan if rate else None,
            "days": [
                [day.isoformat(), draft.days[day], today.days[day], self.paid[day]] for day in days
            ],
            "budget": budget,
            "runs_out_on": _runs_out(draft.own, days, budget),
            "partial": sorted(self.partial),
            "by_segment": bool(self._draft.segment),
        }


def _figures(sums) -> dict:
    return {
        "points": sums.points,
        "own": sum(sums.own.values()),
        "facts": sums.facts,
        "members": len(sums.members),
        "refused": sums.refused,
        "shadowed": sums.shadowed,
    }


def _runs_out(own: Counter, days: list[date], budget: int | None) -> str | None:
    """Return the day on which a budget would have run out."""
    taken = 0
    for day in days:
        taken += own[day]
        if budget and taken >= budget:
            return day.isoformat()
    return None


def _actions(draft, today) -> list[str]:
    """Return the actions whose facts a draft is for."""
    if draft.rule.action != MULTIPLIER:
        return [draft.rule.action]
    if draft.actions:
        return list(draft.actions)
    return sorted({one.rule.action for one in today if one.is_multiplied} - {MULTIPLIER})


def _segment(known):
    at = clock.now()
    return lambda segment, user_id: known.is_in(segment, user_id, at)


def version_of(test) -> RuleVersion:
    """Return the numbers that are tried as a version that is not saved."""
    newest = test.rule.versions.aggregate(n=Max("number"))["n"] or 0
    known = {name: test.numbers[name] for name in rulebook.NUMBERS if name in test.numbers}
    version = RuleVersion(rule=test.rule, number=newest + 1, created_at=clock.now(), **known)
    version.clean_fields(exclude=["rule"])  # amounts were kept as text
    return version


def _plain(numbers) -> dict:
    return {name: said if _is_plain(said) else str(said) for name, said in numbers.items()}


def _is_plain(said) -> bool:
    return said is None or isinstance(said, (bool, int, str, list))


def said_of(test: BackTest) -> list[str]:
    """Return what a person should know before believing a back-test, as sentences."""
    result, said = test.result or {}, []
    if result.get("partial"):
        said.append(
            gettext(
                "Of %(actions)s only what was paid is known: what a limit refused left no trace, "
                "so a looser limit costs more than this."
            )
            % {"actions": ", ".join(result["partial"])}
        )
    if result.get("by_segment"):
        said.append(gettext("Members belong to the segment as they do today."))
    if result.get("draft", {}).get("shadowed"):
        said.append(
            gettext("For %(n)s facts that fit it another rule pays first, by its priority.")
            % {"n": result["draft"]["shadowed"]}
        )
    said.append(
        gettext(
            "Rules are replayed as if they had been in force all the time, with what the tiers "
            "earn today; budgets, pauses and refunds are left aside."
        )
    )
    return said
