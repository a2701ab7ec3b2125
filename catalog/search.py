"""What a search finds, the best first: goods that say all its words, else those that sound so or
nearly say them.

One statement reads the narrow rows of catalog/models/words.py; a second one only where the first
found nothing, or Latin letters only inside of other words (``ej`` in projector).
"""

import re
from dataclasses import dataclass, field

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, Value
from django.db.models.lookups import GreaterThan

from catalog import spelling
from catalog.models import ProductWords, is_within_sale
from mall.core import clock

MOST_WORDS = 5
MOST_GUESSED = 1000  # rows looked through letter by letter
SOUNDS_SO, TOO_FAR = 1, 4  # how far a row is from a word


class Place(Func):
    """Where some bytes begin in others; 0 where they are not in them."""

    function = "INSTR"
    output_field = IntegerField()


@dataclass(frozen=True)
class Found:
    """The ids of what was found, the best first; ``is_guess``: no product says all the words."""

    ids: list[int] = field(default_factory=list)
    is_guess: bool = False


class Search:
    """The goods on sale that fit the words of a search."""

    def __init__(self, search: str):
        self.words = spelling.words_of(search, most=MOST_WORDS)
        self._ways = [spelling.ways_to_write(word) for word in self.words]

    def few(self, most: int) -> Found | None:
        """Return what is found; None when more than ``most`` say all the words."""
        rows = list(self._said().values_list("pk", "pressed", "text")[: most + 1])
        if len(rows) > most:
            return None
        rows = [(pk, bytes(pressed).decode(), bytes(text).decode()) for pk, pressed, text in rows]
        rows.sort(key=lambda row: (self._rank(row[1]), -row[0]))
        first = [pk for pk, _pressed, text in rows if self._is_own_word(text)]
        is_guess = False
        if not first and (self._is_latin or not rows):
            close = self._guessed(rows)
            first = [pk for _distance, pk in close]
            is_guess = not rows and any(distance > SOUNDS_SO for distance, _pk in close[:1])
        known = set(first)
        return Found([*first, *(pk for pk, *_rest in rows if pk not in known)], is_guess)

    def count(self) -> int:
        """Return how many say all the words."""
        return self._said().count()

    def among(self, products):
        """Return those of the products that say all the words, each looked up by its id as the
        products are gone through: they are so many that a page of them is soon full.
        """
        return products.filter(Exists(self._said().filter(product=OuterRef("pk"))))

    def _said(self):
        return _where([[_says(way) for way in ways] for ways in self._ways])

    # --- the best first -----------------------------------------------------------
    def _rank(self, pressed) -> int:
        """Say how well a product fits: its name is what was typed, begins with it, holds it, holds
        the words, or they stand elsewhere.
        """
        names = pressed.split("\n", 2)[:2]
        wholes = {"".join(ways[0] for ways in self._ways), "".join(w[-1] for w in self._ways)}
        if not wholes.isdisjoint(names):
            return 0
        if any(name.startswith(whole) for name in names for whole in wholes):
            return 1
        if any(whole in name for name in names for whole in wholes):
            return 2
        return 4 - all(any(way in name for name in names for way in ways) for ways in self._ways)

    @property
    def _is_latin(self) -> bool:
        return all(spelling.LATIN.fullmatch(ways[0]) for ways in self._ways)

    def _is_own_word(self, text) -> bool:
        """Whether Latin words begin where a word of the text begins."""
        return self._is_latin and all(re.search(rf"(?<![a-z]){word}", text) for word in self.words)

    # --- nothing says it so --------------------------------------------------------
    def _guessed(self, rows) -> list[tuple[int, int]]:
        """Return what sounds so; where no rows say the words, what comes closest."""
        if rows:
            return self._close([[_sounds(ways[0])] for ways in self._ways])
        plain = [self._plainly(ways) for ways in self._ways]
        parts = [[_says(*group) for group in spelling.parts_of(ways[0])] for ways in self._ways]
        close = self._close(plain) if all(plain) else []
        if close or not any(parts):
            return close
        if len(parts) > 1:  # of several words some may be said as they stand
            parts = [[*a, *b] for a, b in zip(plain, parts, strict=True)]
        return self._close(parts) if all(parts) else []

    def _plainly(self, ways):
        """Return what a row that has no mistake says, one of these: a way to write the word (alone
        it was not said), its singular, or a name that sounds so.
        """
        written = dict.fromkeys((*ways, spelling.singular(ways[0])))
        known = ways if len(self._ways) == 1 else ()
        said = [_says(way) for way in written if way not in known]
        return [*said, _sounds(ways[0])] if _is_heard(ways[0]) else said

    def _close(self, asked) -> list[tuple[int, int]]:
        """Return (distance, id) of the rows that hold all words or nearly, the nearest first."""
        rows = _where(asked).values_list("pk", "pressed", "sounds")[:MOST_GUESSED]
        fits = []
        for pk, pressed, sounds in rows:
            read = bytes(pressed).decode(), bytes(sounds or b"").decode()
            distance = max(_distance(ways, *read) for ways in self._ways)
            if distance < TOO_FAR:
                fits.append((distance, -pk))
        return [(distance, -pk) for distance, pk in sorted(fits)]


def _where(asked):
    """Return the rows on sale that fulfil one of the conditions of each word."""
    rows = ProductWords.objects.filter(is_within_sale(clock.now()), is_offered=True).order_by()
    for conditions in asked:
        rows = rows.filter(Q.create(conditions, connector=Q.OR))
    return rows


def _says(*parts) -> Q:
    """The condition that a row says all these."""
    return Q(*(GreaterThan(Place(F("pressed"), Value(part.encode())), 0) for part in parts))


def _sounds(word) -> Q:
    """The condition that its name, from one of its syllables on, sounds like a word."""
    return Q(GreaterThan(Place(F("sounds"), Value(f"\n{word}".encode())), 0))


def _is_heard(word) -> bool:
    return len(word) > 1 and spelling.LATIN.fullmatch(word) is not None


def _distance(ways, pressed, sounds) -> int:
    """Say how far a row is from a word."""
    word = ways[0]
    if any(way in pressed for way in (*ways, spelling.singular(word))):
        return 0
    if _is_heard(word) and f"\n{word}" in sounds:
        return SOUNDS_SO
    if spelling.is_covered(word, pressed):
        return 2
    return 3 if spelling.is_misspelt(word, pressed) else TOO_FAR
