"""The wheel: an ornament with a slice for each prize; the odds stand in the table, not in angles.
Plain geometry for an SVG of 200 × 200, written as SVG reads it.
"""

import re
from dataclasses import dataclass
from math import cos, pi, sin
from unicodedata import east_asian_width

CENTRE, RADIUS = 100, 96
LINE_HEIGHT = 8.8
LINE_WIDTH = 14  # of a slice, in Latin letters; a Chinese character is as wide as two
LINES_MOST = 3
# what stays on one line: a Latin word, or as much of it as a line holds, or any other character
PART = re.compile(r"[!-~]{1,14}(?:(?<=-)|(?![!-~]))\s*|[!-~]{14}|\S\s*")


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice: its outline, its tone, how its words are turned about the centre, and its lines:
    (words, how far below the middle they stand), each ending short of the hand.
    """

    path: str
    turn: str
    tone: int
    lines: list[tuple[str, str]]


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
    tone = 3 if place == number - 1 and number % 2 else place % 2 + 1
    # further in a slice is narrower, so where there are many they have fewer lines
    words = lines_of(prize.name, LINES_MOST if number <= 8 else 2)
    first = (1 - len(words)) / 2
    lines = [(line, f"{(first + at) * LINE_HEIGHT:.1f}") for at, line in enumerate(words)]
    return Slice(path, f"{360 * place / number - 90:.1f}", tone, lines)


def lines_of(name: str, most: int) -> list[str]:
    """Return a name in lines a slice has room for, Latin words whole; what does not fit ``most``
    lines ends in "…".
    """
    lines = [""]
    for part in PART.findall(name):
        if _width(lines[-1] + part.rstrip()) <= LINE_WIDTH:
            lines[-1] += part
        else:
            lines.append(part)
    shown = [line.rstrip() for line in lines[:most]]
    return [*shown[:-1], f"{shown[-1]}…"] if len(lines) > most else shown


def _width(words) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)


def _point(angle, radius) -> tuple[str, str]:
    """Return the point at an angle, clockwise from the top."""
    return f"{CENTRE + radius * sin(angle):.2f}", f"{CENTRE - radius * cos(angle):.2f}"
