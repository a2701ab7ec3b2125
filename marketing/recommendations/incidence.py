"""Who had what, as numpy wants it: the goods of each person, the buyers of each good, and who had
two goods together. Fed person by person, so that nobody's history is kept.

numpy is imported here, and only the nightly count and the evaluation import this module
(docs/decisions/0104-two-shelves.md).
"""

from array import array
from functools import cached_property

import numpy as np

WORD_BITS = 64


class Incidence:
    """The goods people had, each once a person. Goods are known by numbers, in the order in which
    they came up; ``items`` are their names.
    """

    def __init__(self):
        self._numbers, self._goods, self._ends = {}, array("i"), array("q", [0])

    def add(self, items) -> None:
        """Take in what one person had."""
        for item in dict.fromkeys(items):
            self._goods.append(self._numbers.setdefault(item, len(self._numbers)))
        self._ends.append(len(self._goods))

    @property
    def people(self) -> int:
        return len(self._ends) - 1

    @property
    def lines(self) -> int:
        """How many times somebody had something."""
        return len(self._goods)

    @cached_property
    def items(self) -> list:
        return list(self._numbers)

    def number(self, item) -> int | None:
        """Return the number of a good, None when nobody had it."""
        return self._numbers.get(item)

    @cached_property
    def buyers(self):
        """How many people had each good."""
        return np.bincount(self._flat, minlength=len(self._numbers))

    def buyers_of(self, good: int):
        """Return the people who had a good."""
        return self._people_by_good[self._places[good] : self._places[good + 1]]

    def goods_of(self, person: int):
        """Return what a person had."""
        return self._flat[self._starts[person] : self._starts[person + 1]]

    def together(self, good: int):
        """Return how many people had each good besides this one; of itself none."""
        people = self.buyers_of(good)
        starts = self._starts[people]
        lengths = self._starts[people + 1] - starts
        before = np.cumsum(lengths) - lengths
        places = np.repeat(starts - before, lengths) + np.arange(lengths.sum())
        counted = np.bincount(self._flat[places], minlength=len(self._numbers))
        counted[good] = 0
        return counted

    def pairs(self, goods):
        """Return how many people had each two of these goods, and on the diagonal each."""
        held = self._bits[goods]
        return np.array([np.bitwise_count(held & row).sum(axis=1, dtype=np.int64) for row in held])

    def vector(self, items):
        """Return what somebody had as ones among zeros."""
        had = np.zeros(len(self._numbers), dtype=np.float32)
        had[[self._numbers[item] for item in items if item in self._numbers]] = 1
        return had

    @cached_property
    def _flat(self):
        return np.frombuffer(self._goods, dtype=np.int32)

    @cached_property
    def _starts(self):
        return np.frombuffer(self._ends, dtype=np.int64)

    @cached_property
    def _places(self):
        return np.concatenate([[0], np.cumsum(self.buyers)])

    @cached_property
    def _people_by_good(self):
        people = np.repeat(np.arange(self.people, dtype=np.int32), np.diff(self._starts))
        return people[np.argsort(self._flat, kind="stable")]

    @cached_property
    def _bits(self):
        """One bit a person, one row a good."""
        words = -(-self.people // WORD_BITS)
        packed = np.zeros((len(self._numbers), words), dtype=np.uint64)
        had = np.zeros(words * WORD_BITS, dtype=bool)
        for good in range(len(self._numbers)):
            people = self.buyers_of(good)
            had[people] = True
            packed[good] = np.packbits(had).view(np.uint64)
            had[people] = False
        return packed
