"""How points are made: what a rule says, times the member's tier, times the multipliers. Pure.

Everything is multiplied exactly, and parts of a point are dropped once, at the end: 20 × 1.2 × 2 is
48. A fact of several things (the lines of an order) has a part for each, because a multiplier may
be for some of them. What is written down (``as_rows``) is all a refund and an explanation need: it
names the rules, their versions and their percents as they were.

Source: docs/decisions/0100-rules-an-operator-can-say.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from points import machine

TIER = "tier"
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Factor:
    """What multiplies: the code and version of a rule, or the tier and its level; 200 percent is
    double.
    """

    code: str
    number: int
    percent: int


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a fact is about: what its rule says it is worth, and what multiplies that. ``of``
    names it, an order's line, where there are several.
    """

    base: Fraction
    factors: tuple[Factor, ...] = ()
    of: str = ""


def points_of(parts: Iterable[Part]) -> int:
    """Return the points of all parts together."""
    return min(int(sum(_exact(part) for part in parts)), machine.POINTS_MAX)


def left_of(parts: Iterable[Part], kept: Mapping[str, Fraction], share: Fraction) -> int:
    """Return the points of what is kept: of a part its own share in ``kept``, by name, and of one
    that is not named there what ``share`` (refunded) leaves.
    """
    return points_of(replace(one, base=one.base * kept.get(one.of, 1 - share)) for one in parts)


def costs(parts: Iterable[Part]) -> dict[str, int]:
    """Return which points each multiplier brings, by the code of its rule, in the order in which
    they multiply; under the empty code what the rule itself brings, its member's tier included.
    They add up to ``points_of``.
    """
    parts = list(parts)
    codes = dict.fromkeys(
        factor.code for part in parts for factor in part.factors if factor.code != TIER
    )
    said, before, brought = {TIER}, 0, {}
    for code in ("", *codes):
        said.add(code)
        now = points_of(
            replace(part, factors=tuple(one for one in part.factors if one.code in said))
            for part in parts
        )
        brought[code] = max(0, now - before)
        before = now
    return brought


def _exact(part) -> Fraction:
    exact = part.base
    for factor in part.factors:
        exact = exact * factor.percent / WHOLE
    return exact


# --- as it is written down ------------------------------------------------------------
def as_rows(parts: Iterable[Part], *, is_partial: bool = False) -> list | None:
    """Return parts as plain values for a row; None where nothing multiplies and (``is_partial``:
    the rule pays for some things only) the version itself says it all.
    """
    parts = list(parts)
    if not is_partial and not any(part.factors for part in parts):
        return None
    return [
        [_text(one.base), [[two.code, two.number, two.percent] for two in one.factors], one.of]
        for one in parts
    ]


def _text(base) -> str:
    """Return what yuan times points is, which is never periodic."""
    return f"{Decimal(base.numerator) / Decimal(base.denominator):f}"


def of_rows(rows: list) -> list[Part]:
    """Return the parts a row was written of."""
    return [
        Part(Fraction(base), tuple(Factor(*factor) for factor in factors), of)
        for base, factors, of in rows
    ]
