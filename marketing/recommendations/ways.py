"""The ways to recommend that ours is measured beside, and ours: each answers for a person with the
goods of each shelf.

Source of EASE^R: H. Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019.
"""

from functools import cached_property
from itertools import islice

import numpy as np

from marketing.recommendations import ranking
from marketing.recommendations.affinities import PENALTY

NEW, AGAIN, ALL = SHELVES = ("new", "again", "all")
MOST_DENSE = 6_000  # goods, those with most buyers: a matrix of all of them is inverted
AT_ONCE = 1_000  # people


class Asked:
    """Somebody who is asked about: what they had until the split, latest first."""

    def __init__(self, own, split):
        self.own, self.habits = own, ranking.habits_of(own)
        since = split - ranking.POPULAR_DAYS
        self.lately = {item for item, habit in self.habits.items() if habit.last > since}


class Ours:
    """What the shop shows: the same functions."""

    name = "ours"

    def __init__(self, knowledge):
        self.knowledge = knowledge

    def suggest(self, asked: Asked, limit: int) -> dict[str, list]:
        """Return the goods of each shelf."""
        knows, habits = self.knowledge, asked.habits
        again = [one.item for one in ranking.again(habits, knows.popularity)]
        says = {item: knows.says[item] for item in habits if item in knows.says}
        taste = ranking.Taste(says, knows.popularity, knows.per_buyer)
        best = list(islice(taste.ranked(habits), limit))
        once_more = [item for item in again if item not in asked.lately]
        shelves = {NEW: best, AGAIN: again[:limit], ALL: [*once_more, *best][:limit]}
        return shelves | {NEW: self.new_shelf(best, taste.called_alike(habits), limit)}

    def new_shelf(self, best, newcomers, limit):
        """Return what fits best, without a place for what has just come: who bought what cannot
        tell what would have become of it.
        """
        return best


class OursWithNewcomers(Ours):
    """The same with the place that the shop keeps for a new good."""

    name = "ours, one place for new goods"

    def new_shelf(self, best, newcomers, limit):
        return ranking.shelf(best, newcomers, limit)


class ByScore:
    """A way that gives every good a number, ties by popularity."""

    def __init__(self, knowledge):
        self.known, self.knowledge = knowledge.known, knowledge
        items = self.known.items
        self.popularity = np.array([knowledge.popularity[item] for item in items], dtype=float)
        self.names = np.argsort(np.argsort(np.array([str(item) for item in items])))

    def suggest(self, asked: Asked, limit: int) -> dict[str, list]:
        """Return the goods of each shelf."""
        scores = self.scores(asked)
        had, lately = self._marked(asked.habits), self._marked(asked.lately)
        return {
            shelf: self._best(scores, np.flatnonzero(wanted), limit)
            for shelf, wanted in ((NEW, ~had), (AGAIN, had), (ALL, ~lately))
        }

    def _marked(self, items):
        marks = np.zeros(len(self.known.items), dtype=bool)
        marks[[self.known.number(item) for item in items]] = True
        return marks

    def _best(self, scores, goods, limit):
        if len(goods) > limit:
            least = np.partition(scores[goods], -limit)[-limit]
            goods = goods[scores[goods] >= least]
        keys = (self.names[goods], -self.popularity[goods], -scores[goods])
        return [self.known.items[good] for good in goods[np.lexsort(keys)][:limit]]


class Popular(ByScore):
    name = "popular"

    def scores(self, asked):
        return self.popularity


class LastCategory(ByScore):
    name = "last category"

    def scores(self, asked):
        last = asked.own[0].category
        category_of = self.knowledge.category_of
        return np.array([category_of[item] == last for item in self.known.items], dtype=float)


class OwnFrequency(ByScore):
    name = "own frequency"

    def scores(self, asked):
        days = np.zeros(len(self.known.items))
        for item, habit in asked.habits.items():
            days[self.known.number(item)] = habit.days
        return days


class Dense(ByScore):
    """A way by one matrix of goods × goods, of those with most buyers."""

    @cached_property
    def goods(self):
        return np.sort(np.argsort(-self.known.buyers, kind="stable")[:MOST_DENSE])

    @cached_property
    def place_of(self):
        return {int(good): place for place, good in enumerate(self.goods)}

    def scores(self, asked):
        numbers = map(self.known.number, asked.habits)
        had = [self.place_of[number] for number in numbers if number in self.place_of]
        scores = np.zeros(len(self.known.items))
        scores[self.goods] = self.matrix[had].sum(axis=0)
        return scores

    def together(self):
        """Return how many people had each two goods."""
        both = np.zeros((len(self.goods), len(self.goods)), dtype=np.float32)
        for start in range(0, self.known.people, AT_ONCE):
            people = range(start, min(start + AT_ONCE, self.known.people))
            had = np.zeros((len(people), len(self.known.items)), dtype=np.float32)
            for row, person in enumerate(people):
                had[row, self.known.goods_of(person)] = 1
            had = had[:, self.goods]
            both += had.T @ had
        return both


class ItemKnn(Dense):
    name = "item-knn"

    @cached_property
    def matrix(self):
        both = self.together()
        roots = np.sqrt(np.diag(both))
        cosine = both / np.outer(roots, roots)
        np.fill_diagonal(cosine, 0)
        return cosine


class Ease(Dense):
    name = "ease"

    @cached_property
    def matrix(self):
        both = self.together().astype(np.float64)
        penalty = PENALTY * np.diag(both).mean()
        inverse = np.linalg.inv(both + penalty * np.eye(len(both)))
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        return weights.astype(np.float32)


WAYS = (Popular, LastCategory, OwnFrequency, ItemKnn, Ease, Ours, OursWithNewcomers)
