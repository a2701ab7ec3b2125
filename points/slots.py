"""How often a rule has paid in the day, week, month and life of a member: its limits are slots.

Pure Python, like the machine that counts them: counts are {"earned": points, "rules": {rule:
[day, week, month, life]}} as of one day; days are ISO strings.
"""

from datetime import date

SPANS = ("day", "week", "month", "life")
NONE = (0, 0, 0, 0)


def roll(counts: dict, old: str | None, new: str) -> dict:
    """Drop the counts of spans that ended between two days; life never ends."""
    rules = counts.get("rules", {})
    if old == new:
        return {"earned": counts.get("earned", 0), "rules": dict(rules)}
    shared = _shared(old or new, new)
    rolled = {
        rule: [count * is_same for count, is_same in zip(used, shared, strict=True)]
        for rule, used in rules.items()
    }
    return {"earned": 0, "rules": rolled}


def taken(counts: dict, rule: str, *, on: str, day: str) -> list[int]:
    """Return the counts of a rule, which are as of ``day``, once it has paid for the day ``on``
    too: in the spans that both lie in.
    """
    used = counts["rules"].get(rule, NONE)
    return [count + is_same for count, is_same in zip(used, _shared(on, day), strict=True)]


def used(counts: dict, rule: str, *, on: str, day: str | None) -> tuple[int, ...]:
    """Return how many slots of a rule are taken in the spans that the day ``on`` lies in, as far as
    counts as of ``day`` know: of spans that are over by then they know nothing.
    """
    known = counts.get("rules", {}).get(rule, NONE)
    return tuple(
        count * is_same for count, is_same in zip(known, _shared(day or on, on), strict=True)
    )


def _shared(one, other):
    """Say of each span whether two days lie in the same one."""
    first, second = date.fromisoformat(one), date.fromisoformat(other)
    is_same_week = first.isocalendar()[:2] == second.isocalendar()[:2]
    is_same_month = (first.year, first.month) == (second.year, second.month)
    return one == other, is_same_week, is_same_month, True
