"""How points were made, in one line: 20 × 1.2 (V4) × 2 (Friday tea)."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.formats import number_format

from points import making

TIMES, PLUS = " × ", " + "


def in_words(made: list | None, names: Mapping[str, str]) -> str:
    """Return how points were made, ``made`` as it stands in a row; nothing where a rule alone made
    them. ``names`` are those of rules, by code.
    """
    return PLUS.join(_part(part, names) for part in making.of_rows(made or ()))


def times(percent: int) -> str:
    """Return what a percentage multiplies by: 120 percent is 1.2."""
    return _number(Decimal(percent) / making.WHOLE)


def _part(part, names) -> str:
    base = Decimal(part.base.numerator) / Decimal(part.base.denominator)
    factors = (f"{times(one.percent)} ({_name(one, names)})" for one in part.factors)
    return TIMES.join((_number(base), *factors))


def _name(factor, names) -> str:
    return (
        f"V{factor.number}" if factor.code == making.TIER else names.get(factor.code, factor.code)
    )


def _number(number) -> str:
    plain = f"{number:f}"
    return number_format(Decimal(plain.rstrip("0").rstrip(".") if "." in plain else plain))
