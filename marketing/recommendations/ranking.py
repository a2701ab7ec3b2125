"""What goes with what, and what a person may like next: pure arithmetic over purchases.

Three signs are added up for every candidate, each between 0 and 1: how often the same people had it
together with what this person had lately (cosine over people, shrunk so that two chance buyers
prove little), how recently the person bought from its category, and how many bought it lately. The
strongest sign is the reason shown. The shop's pages and the offline evaluation call the same
functions, so what is measured is what is shown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import merge
from itertools import combinations, islice
from math import sqrt

NEIGHBOURS = 20  # kept per item
SHRINK = 5.0  # so many imaginary people had both items' owners apart
BASKET = 50  # of one person's items, the latest count
RECENT = 20  # of one person's purchases, the latest speak
FADE = 0.85  # what each purchase before the last still says
JUST_BOUGHT = timedelta(days=30)
POPULAR_DAYS = timedelta(days=30)
WEIGHT_TOGETHER, WEIGHT_CATEGORY, WEIGHT_POPULAR = 0.6, 0.3, 0.1


@dataclass(frozen=True, slots=True)
class Purchase:
    """Somebody got one item on a day. Items and categories are ids or names, whatever the source
    has.
    """

    person: object
    item: object
    category: object
    on: date


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item and why: ``together`` names the item it goes with, ``category`` and ``popular`` speak
    for themselves.
    """

    item: object
    score: float
    reason: str
    because_of: object = None


@dataclass
class Knowledge:
    """What a shop's purchases say: neighbours of each item, best first, how popular it is (0…1),
    its category. ``in_order`` are all items, the most popular first: by category, and under None
    all together.
    """

    neighbours: dict = field(default_factory=dict)
    popularity: dict = field(default_factory=dict)
    category_of: dict = field(default_factory=dict)
    in_order: dict | None = None

    def __post_init__(self):
        if self.in_order is None:
            self.in_order = defaultdict(list)
            for item in sorted(self.category_of, key=self._place):
                self.in_order[None].append(item)
                self.in_order[self.category_of[item]].append(item)

    def _place(self, item):
        return -self.popularity.get(item, 0.0), str(item)


class Together:
    """Counts people who had two items; fed person by person, so nobody's basket is kept."""

    def __init__(self):
        self.people = Counter()
        self.pairs = Counter()

    def add(self, items):
        """Count one person's items, latest first; each once."""
        basket = sorted(dict.fromkeys(items[:BASKET]), key=str)
        self.people.update(basket)
        self.pairs.update(combinations(basket, 2))

    def neighbours(self) -> dict:
        """Return {item: [(other, score, people)]}, the NEIGHBOURS closest of each, closest
        first.
        """
        close = defaultdict(list)
        for (one, other), people in self.pairs.items():
            score = people / (sqrt(self.people[one] * self.people[other]) + SHRINK)
            close[one].append((other, score, people))
            close[other].append((one, score, people))
        return {
            item: sorted(others, key=lambda other: (-other[1], str(other[0])))[:NEIGHBOURS]
            for item, others in close.items()
        }


def learn(purchases, *, as_of: date) -> Knowledge:
    """Return what purchases before ``as_of`` say."""
    baskets, buyers, category_of = defaultdict(list), defaultdict(set), {}
    for purchase in sorted(purchases, key=lambda purchase: purchase.on, reverse=True):
        baskets[purchase.person].append(purchase.item)
        category_of.setdefault(purchase.item, purchase.category)
        if purchase.on > as_of - POPULAR_DAYS:
            buyers[purchase.item].add(purchase.person)
    together = Together()
    for items in baskets.values():
        together.add(items)
    most = max((len(people) for people in buyers.values()), default=1)
    popularity = {item: len(buyers[item]) / most if item in buyers else 0.0 for item in category_of}
    return Knowledge(together.neighbours(), popularity, category_of)


def ranked(knowledge: Knowledge, own: list[Purchase], *, as_of: date) -> Iterator[Suggestion]:
    """Yield suggestions for somebody with these purchases (latest first), best first.

    What was bought within JUST_BOUGHT is not suggested. Without purchases the popular items come.
    Only as much is weighed as is asked for: but for what goes with their purchases, the items of a
    category stand in the order of their popularity, whoever asks.
    """
    passed = {purchase.item for purchase in own if purchase.on > as_of - JUST_BOUGHT}
    category_of, together, tastes = knowledge.category_of, _together(knowledge, own), _tastes(own)

    def weighed(items, others=()):
        for item in items:
            if item not in passed and category_of[item] not in others:
                taste = tastes.get(category_of[item], 0.0)
                yield _weigh(item, knowledge, together.get(item), taste)

    close = [item for item in together if item in category_of]
    streams = [sorted(weighed(close), key=_rank)]
    passed |= set(close)
    streams += [weighed(knowledge.in_order.get(category, ())) for category in tastes]
    streams.append(weighed(knowledge.in_order.get(None, ()), others=tastes))
    yield from merge(*streams, key=_rank)


def rank(knowledge: Knowledge, own: list[Purchase], *, as_of: date, limit: int) -> list[Suggestion]:
    """Return the first ``limit`` of ``ranked``."""
    return list(islice(ranked(knowledge, own, as_of=as_of), limit))


def _rank(suggestion):
    return -suggestion.score, str(suggestion.item)


def _together(knowledge, own) -> dict:
    """Return {candidate: (strength 0…1, the own item that says most)}."""
    strength, best = Counter(), {}
    for age, purchase in enumerate(own[:RECENT]):
        for other, score, *_people in knowledge.neighbours.get(purchase.item, ()):
            said = score * FADE**age
            strength[other] += said
            if said > best.get(other, (0.0, None))[0]:
                best[other] = (said, purchase.item)
    most = max(strength.values(), default=1.0)
    return {item: (said / most, best[item][1]) for item, said in strength.items()}


def _tastes(own) -> dict:
    """Return {category: 0…1}, the category bought from last and most first."""
    taste = Counter()
    for age, purchase in enumerate(own[:RECENT]):
        taste[purchase.category] += FADE**age
    most = max(taste.values(), default=1.0)
    return {category: said / most for category, said in taste.items()}


def _weigh(item, knowledge, together, taste) -> Suggestion:
    strength, because_of = together or (0.0, None)
    signs = {
        "together": WEIGHT_TOGETHER * strength,
        "category": WEIGHT_CATEGORY * taste,
        "popular": WEIGHT_POPULAR * knowledge.popularity.get(item, 0.0),
    }
    reason = max(signs, key=signs.get) if any(signs.values()) else "popular"
    return Suggestion(
        item, sum(signs.values()), reason, because_of if reason == "together" else None
    )
