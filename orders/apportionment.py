"""Sharing an amount out over the lines of an order, exact to the fen."""

from decimal import Decimal


def fen_of(cash: Decimal) -> int:
    """Return yuan as whole fen."""
    return int(cash * 100)


def share_out(total: int, weights: list[int]) -> list[int]:
    """Split ``total`` in proportion to ``weights``, whole and exact; leftovers go to the largest
    remainders.

    No share exceeds its weight as long as the total does not exceed the sum of the weights.
    """
    whole = sum(weights)
    if total == 0 or whole == 0:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares
