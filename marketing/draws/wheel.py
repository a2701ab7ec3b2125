"""The wheel: an ornament with a slice for each prize; the odds stand in the table, not in angles.
Plain geometry for an SVG of 200 × 200, written as SVG reads it.
"""

from dataclasses import dataclass
from math import cos, pi, sin

CENTRE, RADIUS, WORDS_AT = 100, 96, 60
WORDS_MOST = 7  # characters that a slice has room for


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice: its outline, where its words stand and how they are turned, and its tone."""

    path: str
    x: str
    y: str
    turn: str
    tone: int
    words: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """The slices, the first at the top, and how far the wheel was turned; empty while nobody has
    drawn.
    """

    slices: list[Slice]
    turn: str


def of(prizes, won=None) -> Wheel:
    """Return the wheel of these prizes, turned so that the one that was won stands at the top."""
    number = len(prizes)
    turn = "" if won is None else f"{-360 * prizes.index(won) / number:.1f}"
    return Wheel([_slice(prize, place, number) for place, prize in enumerate(prizes)], turn)


def _slice(prize, place, number) -> Slice:
    middle, half = 2 * pi * place / number, pi / number
    (from_x, from_y), (to_x, to_y) = (_point(middle + side, RADIUS) for side in (-half, half))
    arc = f"A{RADIUS} {RADIUS} 0 {int(number == 1)} 1 {to_x} {to_y}"
    path = f"M{CENTRE} {CENTRE}L{from_x} {from_y}{arc}Z"
    x, y = _point(middle, WORDS_AT)
    tone = 3 if place == number - 1 and number % 2 else place % 2 + 1
    words = prize.name if len(prize.name) <= WORDS_MOST else f"{prize.name[: WORDS_MOST - 1]}…"
    return Slice(path, x, y, f"{360 * place / number - 90:.1f}", tone, words)


def _point(angle, radius) -> tuple[str, str]:
    """Return the point at an angle, clockwise from the top."""
    return f"{CENTRE + radius * sin(angle):.2f}", f"{CENTRE - radius * cos(angle):.2f}"
