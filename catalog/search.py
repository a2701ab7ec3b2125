"""What a search finds, the best first: goods that say all its words, else those that sound so or
nearly say them.

One statement reads the narrow rows of catalog/models/words.py; a second one only where the first
found nothing, or Latin letters only inside of other words (``ej`` in projector).
"""

import re
from dataclasses import dataclass, field

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, Value

from catalog import spelling
from catalog.models import ProductWords, is_within_sale
from mall.core import clock

MOST_WORDS = 5
MOST_GUESSED = 1000  # rows looked through letter by letter


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
        own = [pk for pk, _pressed, text in rows if self._is_own_word(text)]
        if own or (rows and not self._is_latin):
            return Found([*own, *(pk for pk, *_rest in rows if pk not in set(own))])
        guessed = self._guessed(only_sounds=bool(rows))
        known = set(guessed)
        return Found([*guessed, *(pk for pk, *_rest in rows if pk not in known)], not rows)

    def count(self) -> int:
        """Return how many say all the words."""
        return self._said().count()

    def among(self, products):
        """Return those of the products that say all the words, each looked up by its id as the
        products are gone through: they are so many that a page of them is soon full.
        """
        return products.filter(Exists(self._said().filter(product=OuterRef("pk"))))

    def _said(self):
        return self._where([[("pressed", way) for way in ways] for ways in self._ways])

    def _where(self, asked):
        """Return the rows on sale of which, for each word, one of its (column, text) is said."""
        rows = ProductWords.objects.filter(is_within_sale(clock.now()), is_offered=True).order_by()
        for number, ways in enumerate(asked):
            places = {
                f"said{number}_{n}": Place(F(column), Value(text.encode()))
                for n, (column, text) in enumerate(ways)
            }
            said = Q.create([Q(**{f"{name}__gt": 0}) for name in places], connector=Q.OR)
            rows = rows.alias(**places).filter(said)
        return rows

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
    def _guessed(self, *, only_sounds) -> list[int]:
        asked = [self._guesses(ways[0], only_sounds) for ways in self._ways]
        if not all(asked):
            return []
        rows = self._where(asked).values_list("pk", "pressed", "sounds")[:MOST_GUESSED]
        fits = []
        for pk, pressed, sounds in rows:
            read = bytes(pressed).decode(), bytes(sounds or b"").decode()
            rank = max(self._misses(ways[0], *read) for ways in self._ways)
            if rank < 4:
                fits.append((rank, -pk))
        return [-pk for _rank, pk in sorted(fits)]

    def _guesses(self, word, only_sounds):
        """Return the (column, text) of which one is in every row that may fit a word."""
        heard = [("sounds", f"\n{word}")] if _is_heard(word) else []
        if only_sounds:
            return heard
        written = dict.fromkeys((word, spelling.singular(word), *spelling.parts_of(word)))
        return [*heard, *(("pressed", text) for text in written)]

    def _misses(self, word, pressed, sounds) -> int:
        """Say how far a row is from a word; 4 is too far."""
        if word in pressed or spelling.singular(word) in pressed:
            return 0
        if _is_heard(word) and f"\n{word}" in sounds:
            return 1
        if spelling.is_covered(word, pressed):
            return 2
        return 3 if spelling.is_misspelt(word, pressed) else 4


def _is_heard(word) -> bool:
    return len(word) > 1 and spelling.LATIN.fullmatch(word) is not None
