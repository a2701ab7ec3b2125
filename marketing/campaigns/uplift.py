"""What a campaign did, from two random arms: plain arithmetic that knows neither database nor shop.

Rates are compared by Newcombe's hybrid score interval (Newcombe 1998, "Interval estimation for the
difference between independent proportions", method 10), which holds for few and for no successes;
means by Welch's interval, and only where both arms have LEAST_BUYERS who are not zero: sales are
mostly nothing and sometimes much, and of fewer such values no interval says what it promises.

Each figure is read once, on a day that was fixed before it began, so looking every day adds no
chance to be wrong. Source: docs/decisions/0103-one-look-a-figure.md.
"""

from dataclasses import dataclass
from math import ceil, sqrt

Z_95 = 1.959963984540054
Z_POWER = 0.8416212335729143  # four times of five it is claimed
LEAST_BUYERS = 100
Z_CLAIM = 2.241402727604947  # 97.5 of 100: what is claimed needs more than what is shown


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: how many members, how many of them did it, and the sum and the sum of squares of
    their values (of a rate: the same as ``did``).
    """

    size: int
    did: int
    total: float = 0.0
    squares: float = 0.0

    @property
    def rate(self) -> float:
        """The share that did it."""
        return self.did / self.size if self.size else 0.0

    @property
    def mean(self) -> float:
        """The value of a member."""
        return self.total / self.size if self.size else 0.0

    @property
    def variance(self) -> float:
        """The variance of a member's value, unbiased."""
        if self.size < 2:
            return 0.0
        return max(0.0, (self.squares - self.total**2 / self.size) / (self.size - 1))


@dataclass(frozen=True, slots=True)
class Uplift:
    """Treated less held out, and the interval that holds the true difference 95 times of 100.

    ``claims`` says more: +1 or −1 where an interval of 97.5 of 100 leaves out that there is no
    difference, else 0. So a campaign that does nothing is praised or blamed at most 5 times of 100
    also where few members make the interval err a little more often than it says.
    """

    difference: float
    low: float
    high: float
    claims: int = 0


def of_rates(treated: Arm, held_out: Arm) -> Uplift | None:
    """Return the difference of two rates by Newcombe's interval; None while an arm is empty."""
    if not treated.size or not held_out.size:
        return None
    low, high = _newcombe(treated, held_out, Z_95)
    return Uplift(
        treated.rate - held_out.rate, low, high, _side(*_newcombe(treated, held_out, Z_CLAIM))
    )


def _newcombe(treated, held_out, z):
    one, other = treated.rate, held_out.rate
    one_low, one_high = wilson(treated.did, treated.size, z)
    other_low, other_high = wilson(held_out.did, held_out.size, z)
    low = sqrt((one - one_low) ** 2 + (other_high - other) ** 2)
    high = sqrt((one_high - one) ** 2 + (other - other_low) ** 2)
    return one - other - low, one - other + high


def _side(low, high) -> int:
    return (low > 0) - (high < 0)


def wilson(did: int, size: int, z: float = Z_95) -> tuple[float, float]:
    """Return Wilson's score interval of one rate."""
    rate, square = did / size, z * z
    middle = did + square / 2
    half = z * sqrt(size * rate * (1 - rate) + square / 4)
    # at none and at all the ends are exact, whatever the rounding
    low = 0.0 if did == 0 else (middle - half) / (size + square)
    high = 1.0 if did == size else (middle + half) / (size + square)
    return low, high


def of_means(treated: Arm, held_out: Arm, scale: float = 1.0, cost: float = 0.0) -> Uplift | None:
    """Return the difference of two means by Welch's interval, times ``scale`` and less what a
    treated member cost; None where an arm has too few who are not zero.
    """
    if min(treated.did, held_out.did) < LEAST_BUYERS:
        return None
    shares = [arm.variance / arm.size for arm in (treated, held_out)]
    spread = sum(shares)
    if not spread:
        return None
    freedom = spread**2 / sum(
        share**2 / (arm.size - 1) for share, arm in zip(shares, (treated, held_out), strict=True)
    )
    middle = (treated.mean - held_out.mean) * scale - cost
    half, claim = (student(freedom, z) * sqrt(spread) * scale for z in (Z_95, Z_CLAIM))
    return Uplift(middle, middle - half, middle + half, _side(middle - claim, middle + claim))


def student(freedom: float, z: float = Z_95) -> float:
    """Return the quantile of Student's t that belongs to the normal one ``z``, by the first terms
    of Cornish and Fisher's expansion; right to 0.001 from 20 degrees of freedom on.
    """
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


# --- how many it takes -----------------------------------------------------------
def spread_of_rates(treated: float, held_out: float, held_out_share: float) -> float:
    """Return the variance of the difference of two rates for one member in all."""
    return treated * (1 - treated) / (1 - held_out_share) + held_out * (1 - held_out) / (
        held_out_share
    )


def spread_of_means(treated: float, held_out: float, held_out_share: float) -> float:
    """Return the same of two means, from the variances of a member's value."""
    return treated / (1 - held_out_share) + held_out / held_out_share


def members_needed(spread: float, difference: float) -> int:
    """Return how many members in all it takes to claim a difference four times of five."""
    return ceil(spread * ((Z_CLAIM + Z_POWER) / difference) ** 2)


def smallest_seen(spread: float, members: int) -> float:
    """Return the smallest difference that so many members in all prove four times of five."""
    return (Z_CLAIM + Z_POWER) * sqrt(spread / members)
