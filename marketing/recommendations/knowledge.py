"""What a shop's purchases say, learned from histories in memory: for the offline evaluation, and in
parts for the nightly count.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from marketing.recommendations import affinities, words
from marketing.recommendations.incidence import Incidence
from marketing.recommendations.ranking import POPULAR_DAYS, Says

# How much of a member's chance to like a good is that of everybody. Where people had few lines, or
# where there are few people, their choices say less.
POPULAR = 0.3
POPULAR_AMONG_FEW, FEW_LINES, FEW_PEOPLE = 1.0, 10, 500
POPULAR_AMONG_YOUNG, YOUNG_LINES = 1.5, 5
MOST_SAID = 300  # weights of one good: what a page adds up is bounded
NEW_DAYS = timedelta(days=90)  # on the shelf, and a good may be known by its name


def per_buyer(known: Incidence) -> float:
    """Return what one recent buyer of a good adds to its score."""
    people = known.people or 1
    if known.lines < YOUNG_LINES * people:
        return POPULAR_AMONG_YOUNG / people
    is_small = known.lines < FEW_LINES * people or people < FEW_PEOPLE
    return (POPULAR_AMONG_FEW if is_small else POPULAR) / people


@dataclass
class Knowledge:
    """What purchases before a day say: ``popularity`` counts who bought a good lately, the most
    popular first; ``category_of`` knows every good.
    """

    known: Incidence
    says: dict
    popularity: dict
    category_of: dict
    per_buyer: float


def learn(histories: dict, *, as_of: date) -> Knowledge:
    """Return what the purchases of people say: {person: purchases before ``as_of``}."""
    known, lately, category_of, names, since = Incidence(), defaultdict(set), {}, {}, {}
    for person, own in histories.items():
        known.add(purchase.item for purchase in own)
        for purchase in own:
            if purchase.item not in category_of:
                category_of[purchase.item] = purchase.category
                names[purchase.item] = words.words_of(purchase.name or str(purchase.item))
            since[purchase.item] = min(since.get(purchase.item, purchase.on), purchase.on)
            if purchase.on > as_of - POPULAR_DAYS:
                lately[purchase.item].add(person)
    order = sorted(category_of, key=lambda item: (-len(lately.get(item, ())), str(item)))
    popularity = {item: len(lately.get(item, ())) for item in order}
    buyers = dict(zip(known.items, known.buyers.tolist(), strict=True))
    new = [item for item in known.items if is_new(buyers[item], since[item], as_of)]
    says = _by_source(known, words.alike(names, new))
    return Knowledge(known, says, popularity, category_of, per_buyer(known))


def is_new(buyers: int, since: date, as_of: date) -> bool:
    """Whether a good is so new that its name says more than who chose it."""
    return buyers < words.FEW_BUYERS and since > as_of - NEW_DAYS


def _by_source(known, alike) -> dict:
    weights, called = defaultdict(dict), defaultdict(dict)
    for item, neighbours in affinities.learn(known):
        for near in neighbours:
            weights[near.item][item] = near.weight
    for item, others in alike.items():
        for other, closeness in others.items():
            called[other][item] = closeness
    return {
        item: Says(strongest(weights.get(item, {})), called.get(item, {}))
        for item in weights.keys() | called.keys()
    }


def strongest(weights: dict) -> dict:
    """Return the MOST_SAID weights that say most, for or against."""
    if len(weights) <= MOST_SAID:
        return weights
    order = sorted(weights, key=lambda item: (-abs(weights[item]), str(item)))
    return {item: weights[item] for item in order[:MOST_SAID]}
