"""Goods that are called alike: for those so new that nobody's choices say anything yet.

Words of a name are its Latin words and numbers, and of Chinese each two characters in a row; rare
words say more. Shared words told new goods better than category and price together
(docs/decisions/0104-two-shelves.md).
"""

import re
from collections import Counter, defaultdict
from itertools import pairwise
from math import log, sqrt

from catalog.spelling import CHINESE, folded

FEW_BUYERS = 20  # fewer, and a good is known by its name
MOST_ALIKE = 20  # of each new good
LEAST_ALIKE = 0.25
SPREAD = 0.1  # a word in more than this share of many names says nothing
MANY = 50
WORD = re.compile(r"[^\W_]+")


def words_of(*names: str) -> set[str]:
    """Return the words of a good's names."""
    found = set()
    for run in WORD.findall(folded(" ".join(filter(None, names)))):
        for part in re.split(f"({CHINESE.pattern}+)", run):
            if CHINESE.match(part):
                found.update(map("".join, pairwise(part)))
            elif len(part) > 1 or part.isdigit():
                found.add(part)
    return found


def alike(names: dict, wanted) -> dict:
    """Return {good: {other: 0…1}} for the goods ``wanted`` of ``names`` (good -> words): MOST_ALIKE
    others whose names share rare words with its own, each at least LEAST_ALIKE.
    """
    holders = defaultdict(list)
    for item, words in names.items():
        for word in words:
            holders[word].append(item)
    most = len(names) * SPREAD if len(names) >= MANY else len(names)
    worth = {word: log(1 + len(names) / len(held)) ** 2 for word, held in holders.items()}
    length = {item: sqrt(sum(worth[word] for word in said)) for item, said in names.items()}
    return {item: _alike(item, names[item], holders, worth, length, most) for item in wanted}


def _alike(item, words, holders, worth, length, most) -> dict:
    shared = Counter()
    for word in words:
        if len(holders[word]) <= most:
            for other in holders[word]:
                shared[other] += worth[word]
    shared.pop(item, None)
    near = {other: said / (length[item] * length[other]) for other, said in shared.items()}
    best = sorted(near, key=lambda other: (-near[other], str(other)))[:MOST_ALIKE]
    return {other: near[other] for other in best if near[other] >= LEAST_ALIKE}
