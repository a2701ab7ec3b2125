"""The two shelves as arithmetic: what somebody may like to have again, and what for the first time.

*Buy again* are one's own goods by the days on which they were bought, ties by how popular they are.
*New for you* are goods never had: the sum of the weights that one's own goods have for it
(affinities), plus how popular it is. The shop's pages and the offline evaluation call the same
functions, so what is measured is what is shown. Source: docs/decisions/0104-two-shelves.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import heapify, heappop, merge
from itertools import islice

POPULAR_DAYS = timedelta(days=30)
LEAST_SHARE = 0.2  # of all that speaks for a good: less is no reason
SLOT = 10  # places, one of them for a new good


@dataclass(frozen=True, slots=True)
class Purchase:
    """Somebody got one item on a day. Items and categories are ids or names, whatever the source
    has; ``name`` is what people call it, where the source says so.
    """

    person: object
    item: object
    category: object
    on: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class Habit:
    """On how many days somebody got an item, and the last of them."""

    days: int
    last: date


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item and why: ``together`` and ``alike`` name the item of one's own that speaks for it;
    ``several`` (of them), ``popular`` and ``again`` speak for themselves.
    """

    item: object
    reason: str
    because_of: object = None


@dataclass(frozen=True, slots=True)
class Says:
    """What one good says about others: a weight for each, and the new goods that are called like
    it.
    """

    weights: Mapping = field(default_factory=dict)  # {item: weight}
    alike: Mapping = field(default_factory=dict)  # {item: 0…1}


def habits_of(own: Iterable[Purchase]) -> dict[object, Habit]:
    """Return the habits that purchases show, by item."""
    days: dict = {}
    for purchase in own:
        days.setdefault(purchase.item, set()).add(purchase.on)
    return {item: Habit(len(on), max(on)) for item, on in days.items()}


def again(habits: Mapping, popularity: Mapping) -> list[Suggestion]:
    """Return one's own goods, the most habitual first."""
    order = sorted(
        habits, key=lambda item: (-habits[item].days, -popularity.get(item, 0), str(item))
    )
    return [Suggestion(item, "again") for item in order]


class Taste:
    """What somebody's own goods say about all others. ``says`` are their ``Says`` by item,
    ``popularity`` tells how many bought a good lately, the most popular first, and ``per_buyer``
    what one of these adds to its score.
    """

    def __init__(self, says: Mapping[object, Says], popularity: Mapping, per_buyer: float):
        self.says, self.popularity, self.per_buyer = says, popularity, per_buyer
        self.scores = scores = {}
        for said in says.values():
            for item, weight in said.weights.items():
                scores[item] = scores.get(item, 0.0) + weight

    def ranked(self, without=frozenset()) -> Iterator:
        """Yield goods, the one that fits best first. Only as much is sorted as is asked for: goods
        nobody's weight speaks of stand in the order of their popularity.
        """
        others = (
            self._placed(item)
            for item in self.popularity
            if item not in self.scores and item not in without
        )
        weighed = [self._placed(item) for item in self.scores if item not in without]
        heapify(weighed)
        ahead = (heappop(weighed) for _each in range(len(weighed)))
        return (item for *_place, item in merge(ahead, others))

    def called_alike(self, without=frozenset()) -> list:
        """Return new goods called like one's own, the most alike first."""
        near: dict = {}
        for said in self.says.values():
            for item, closeness in said.alike.items():
                near[item] = max(near.get(item, 0.0), closeness)
        near = {item: closeness for item, closeness in near.items() if item not in without}
        return sorted(near, key=lambda item: (-near[item], str(item)))

    def score(self, item) -> float:
        """Return how well a good fits."""
        return self.scores.get(item, 0.0) + self.per_buyer * self.popularity.get(item, 0)

    def suggestion(self, item) -> Suggestion:
        """Return a good with the reason that holds: one's own good where it carries enough of what
        speaks for it. What speaks against it is never a reason.
        """
        if self.scores.get(item, 0.0) <= 0:
            return Suggestion(item, "popular")
        speaking = self._speaking(item, "weights")
        strongest = max(speaking, key=lambda own: (speaking[own], str(own)))
        if speaking[strongest] >= LEAST_SHARE * sum(speaking.values()):
            return Suggestion(item, "together", strongest)
        return Suggestion(item, "several")

    def newcomer(self, item) -> Suggestion:
        """Return a new good with one's own that is called most like it."""
        near = self._speaking(item, "alike")
        return Suggestion(item, "alike", max(near, key=lambda own: (near[own], str(own))))

    def _speaking(self, item, how) -> dict:
        """Return what each own good says for an item: above 0 only."""
        said = {own: getattr(says, how).get(item, 0.0) for own, says in self.says.items()}
        return {own: weight for own, weight in said.items() if weight > 0}

    def _placed(self, item):
        return -self.score(item), str(item), item


def shelf(best: Iterable, newcomers: Iterable, limit: int) -> list:
    """Return up to ``limit`` goods of those that fit ``best``; the last place of each SLOT is kept
    for one of the ``newcomers``.
    """
    newcomers = list(islice(newcomers, round(limit / SLOT)))
    kept = [item for item in islice(best, limit) if item not in newcomers]
    return [*kept[: limit - len(newcomers)], *newcomers]
