"""Is it any good? Three ways to recommend, asked about the past and compared with what people
bought next.

Everything before the split is known, everything from it on is to be guessed. Asked about is
everybody who bought on both sides. Hit rate @k: the share of those people for whom one of the first
k suggestions is an item they went on to buy. Coverage: the share of all known items that anybody
was shown among the first ten.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from marketing.recommendations import ranking

CUTS = (5, 10)
KNOWN_SHARE = 0.8


@dataclass(frozen=True)
class Result:
    """How one way did: hit rates by cut and coverage, each 0…1."""

    name: str
    hits: dict[int, float]
    coverage: float


@dataclass(frozen=True)
class Evaluation:
    """All ways, asked about the same people."""

    split: date
    people: int
    items: int
    results: list[Result]


def evaluate(purchases, *, split: date | None = None) -> Evaluation:
    """Compare popular, last category and ours; without ``split`` the day by which four fifths were
    bought.
    """
    purchases = sorted(purchases, key=lambda purchase: purchase.on)
    if split is None:
        split = purchases[int(len(purchases) * KNOWN_SHARE)].on if purchases else date.max
    known = [purchase for purchase in purchases if purchase.on < split]
    own, bought_next = defaultdict(list), defaultdict(set)
    for purchase in reversed(known):
        own[purchase.person].append(purchase)
    for purchase in purchases[len(known) :]:
        bought_next[purchase.person].add(purchase.item)
    asked = sorted(own.keys() & bought_next.keys(), key=str)
    knowledge = ranking.learn(known, as_of=split)
    ways = {"popular": _popular, "last category": _last_category, "ours": _ours}
    results = [
        _measure(name, way, knowledge, asked, own, bought_next, split) for name, way in ways.items()
    ]
    return Evaluation(split, len(asked), len(knowledge.category_of), results)


def _measure(name, way, knowledge, asked, own, bought_next, split) -> Result:
    hits, shown = dict.fromkeys(CUTS, 0), set()
    for person in asked:
        suggested = way(knowledge, own[person], split, max(CUTS))
        shown.update(suggested)
        for cut in CUTS:
            hits[cut] += not bought_next[person].isdisjoint(suggested[:cut])
    people, items = len(asked) or 1, len(knowledge.category_of) or 1
    return Result(name, {cut: count / people for cut, count in hits.items()}, len(shown) / items)


def _ours(knowledge, own, split, limit):
    return [
        suggestion.item for suggestion in ranking.rank(knowledge, own, as_of=split, limit=limit)
    ]


def _popular(knowledge, own, split, limit):
    return _by_popularity(knowledge, knowledge.category_of, own, split)[:limit]


def _last_category(knowledge, own, split, limit):
    same = [item for item, category in knowledge.category_of.items() if category == own[0].category]
    first = _by_popularity(knowledge, same, own, split)
    return list(
        dict.fromkeys([*first, *_by_popularity(knowledge, knowledge.category_of, own, split)])
    )[:limit]


def _by_popularity(knowledge, items, own, split):
    """Return the items, most popular first; what was just bought is left out, as it is by ours."""
    just_bought = {purchase.item for purchase in own if purchase.on > split - ranking.JUST_BOUGHT}
    fresh = (item for item in items if item not in just_bought)
    return sorted(fresh, key=lambda item: (-knowledge.popularity.get(item, 0.0), str(item)))
