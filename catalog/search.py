"""What a search finds, the best first: goods that say all its words, else those that sound so or
nearly say them.

One question reads the narrow rows of catalog/models/words.py (catalog/word_index.py) for their ids,
which counts them; the words of few are read by these. Another is asked only where the first found
nothing, or Latin letters only inside of other words (``ej`` in projector).
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Exists, OuterRef

from catalog import spelling, word_index
from catalog.audience import VISITOR
from catalog.word_index import AskedWords, Says, Sounds

MOST_WORDS = 5
MOST_NAMED = 20_000  # ids: found, counted and shown in their order by one look at all words
MOST_GUESSED = 1000  # rows looked through letter by letter
SOUNDS_SO, TOO_FAR = 1, 4  # how far a row is from a word


@dataclass(frozen=True)
class Found:
    """The ids of what was found, the best first; ``is_guess``: no product says all the words."""

    ids: list[int] = field(default_factory=list)
    is_guess: bool = False


class Search:
    """The goods on sale that fit the words of a search."""

    def __init__(self, search: str, *, tier: int = VISITOR, shelf=None):
        """``tier`` is the reader's (catalog/audience.py), ``shelf`` where the words are sought: by
        default what the process keeps.
        """
        self.words = spelling.words_of(search, most=MOST_WORDS)
        self._ways = [spelling.ways_to_write(word) for word in self.words]
        self._said = [[Says((way,)) for way in ways] for ways in self._ways]
        self._given, self._tier = shelf, tier

    @cached_property
    def _shelf(self):
        return self._given or word_index.current()

    def few(self, most: int) -> Found | None:
        """Return what is found; None when more than ``most`` say all the words."""
        if len(self._hits) > most:
            return None
        rows = self._shelf.of(self._hits)
        rows = [row for row in rows if all(_says(ways, row) for ways in self._ways)]
        rows.sort(key=lambda row: (self._rank(row.pressed), -row.pk))
        first = [row.pk for row in rows if self._is_own_word(row.text)]
        is_guess = False
        if not first and (self._is_latin or not rows):
            close = self._guessed(rows)
            first = [pk for _distance, pk in close]
            is_guess = not rows and any(distance > SOUNDS_SO for distance, _pk in close[:1])
        known = set(first)
        return Found([*first, *(row.pk for row in rows if row.pk not in known)], is_guess)

    def newest(self) -> list[int] | None:
        """Return the ids of all that say all the words, the newest first; None when more than
        MOST_NAMED do.
        """
        return sorted(self._hits, reverse=True) if len(self._hits) <= MOST_NAMED else None

    def count(self) -> int:
        """Return how many say all the words."""
        if len(self._hits) <= MOST_NAMED:
            return len(self._hits)
        return AskedWords().query(self._said, self._tier).count()

    @cached_property
    def _hits(self) -> list[int]:
        """The ids of what says all the words: read without the words, and counted by that."""
        return self._shelf.ids(self._said, MOST_NAMED + 1, self._tier)

    def among(self, products):
        """Return those of the products that say all the words, each looked up by its id as the
        products are gone through: they are so many that a page of them is soon full.
        """
        said = AskedWords().query(self._said, self._tier)
        return products.filter(Exists(said.filter(product=OuterRef("pk"))))

    # --- the best first -----------------------------------------------------------
    def _rank(self, pressed) -> int:
        """Say how well a product fits: its name is what was typed, begins with it, holds it, holds
        the words, or they stand elsewhere.
        """
        *names, _rest = f"{pressed}\n\n".split("\n", 2)
        if not self._wholes.isdisjoint(names):
            return 0
        rank = 3
        for name in names:
            for whole in self._wholes:
                if whole in name:
                    rank = min(rank, 1 if name.startswith(whole) else 2)
        if rank < 3:
            return rank
        return 4 - all(any(way in name for name in names for way in ways) for ways in self._ways)

    @cached_property
    def _wholes(self):
        """What the whole of a search may read, as it was typed and in one way of writing."""
        return {"".join(ways[0] for ways in self._ways), "".join(ways[-1] for ways in self._ways)}

    @cached_property
    def _is_latin(self) -> bool:
        return all(spelling.LATIN.fullmatch(ways[0]) for ways in self._ways)

    def _is_own_word(self, text) -> bool:
        """Whether Latin words begin where a word of the text begins."""
        return self._is_latin and all(re.search(rf"(?<![a-z]){word}", text) for word in self.words)

    @cached_property
    def _written(self):
        """The ways to write each word, an English singular among them."""
        return [list(dict.fromkeys([*w, spelling.singular(w[0])])) for w in self._ways]

    # --- nothing says it so --------------------------------------------------------
    def _guessed(self, rows) -> list[tuple[int, int]]:
        """Return what sounds so; where no rows say the words, what comes closest."""
        if rows:
            return self._close([[Sounds(ways[0])] for ways in self._ways])
        plain = [self._plainly(ways) for ways in self._ways]
        parts = [[Says(group) for group in spelling.parts_of(ways[0])] for ways in self._ways]
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
        written = [*ways, spelling.singular(ways[0])]
        known = ways if len(self._ways) == 1 else ()
        said = [Says((way,)) for way in dict.fromkeys(written) if way not in known]
        return [*said, Sounds(ways[0])] if _is_heard(ways[0]) else said

    def _close(self, asked) -> list[tuple[int, int]]:
        """Return (distance, id) of the rows that hold all words or nearly, the nearest first."""
        fits = []
        for row in self._shelf.rows(asked, MOST_GUESSED, self._tier):
            distance = max(_distance(ways, row) for ways in self._written)
            if distance < TOO_FAR:
                fits.append((distance, -row.pk))
        return [(distance, -pk) for distance, pk in sorted(fits)]


def _says(ways, row) -> bool:
    """Whether a row that holds a way to write a word says it: 15kg does not say 5kg."""
    said = [way for way in ways if way in row.pressed]
    return any(spelling.is_whole_number(way, row.text) for way in said)


def _is_heard(word) -> bool:
    return len(word) > 1 and spelling.LATIN.fullmatch(word) is not None


def _distance(ways, row) -> int:
    """Say how far a row is from a word."""
    word = ways[0]
    if _says(ways, row):
        return 0
    if _is_heard(word) and f"\n{word}" in row.sounds:
        return SOUNDS_SO
    if spelling.is_covered(word, row.pressed):
        return 2
    return 3 if spelling.is_misspelt(word, row.pressed) else TOO_FAR
