"""Yuan: Decimal with two places, never a float."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
ZERO = Decimal("0.00")


def yuan(amount) -> Decimal:
    """Return an amount of yuan with exactly two places (half a fen rounds up)."""
    return Decimal(amount).quantize(FEN, rounding=ROUND_HALF_UP)


def yuan_down(amount) -> Decimal:
    """Return an amount of yuan cut to whole fen."""
    return Decimal(amount).quantize(FEN, rounding=ROUND_DOWN)
