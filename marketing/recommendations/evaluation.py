"""Is it any good? Ways to recommend, asked about the past and measured by what people bought next.

Everything before the split is known, everything from it on is to be guessed. A purchase is one
person, good and day. Asked about is everybody who bought on both sides, on each shelf those who
then bought something that belongs there: *new* are only goods the person never had before the
split, *again* only goods the person had, *all* is one mixed list without what was bought in the
thirty days before. Hit rate @k: the share of those people for whom one of the first k suggestions
is a good they went on to buy. NDCG @10 counts each good bought as one, the ideal is ten of them, or
as many as were bought. Coverage: the share of all known goods that anybody was shown among the
first ten. Source: docs/decisions/0104-two-shelves.md.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from math import log2

from marketing.recommendations import knowledge as knowing
from marketing.recommendations.ways import AGAIN, ALL, NEW, SHELVES, WAYS, Asked, Ours

CUTS = (5, 10)
KNOWN_SHARE = 0.8
WORTH_SAYING = 0.005  # a difference of hit rates below half a point is none


@dataclass
class Tally:
    """How one way fared on one shelf."""

    people: int = 0
    hits: dict = field(default_factory=lambda: dict.fromkeys(CUTS, 0))
    gain: float = 0.0
    shown: set = field(default_factory=set)

    def count(self, suggested: list, wanted: set) -> None:
        """Take in what one person was shown and went on to buy."""
        self.people += 1
        self.shown.update(suggested)
        found = [item in wanted for item in suggested]
        for cut in CUTS:
            self.hits[cut] += any(found[:cut])
        ideal = sum(1 / log2(place + 2) for place in range(min(max(CUTS), len(wanted))))
        self.gain += sum(1 / log2(place + 2) for place, hit in enumerate(found) if hit) / ideal

    def figures(self, items: int) -> dict:
        """Return the figures as the contract names them, each 0…1."""
        people = self.people or 1
        return {
            **{f"hit@{cut}": hits / people for cut, hits in self.hits.items()},
            f"ndcg@{max(CUTS)}": self.gain / people,
            "coverage": len(self.shown) / (items or 1),
        }


@dataclass(frozen=True)
class Evaluation:
    """All ways, asked about the same people: {shelf: {way: figures}}, and of how many people each
    shelf tells.
    """

    split: date
    people: int
    items: int
    asked: dict[str, int]
    shelves: dict[str, dict]

    def losses(self) -> list[str]:
        """Say in words where another way finds more than ours."""
        said, first = [], f"hit@{max(CUTS)}"
        for shelf, ways in self.shelves.items():
            ours = ways[Ours.name][first]
            for name, figures in ways.items():
                if figures[first] - ours >= WORTH_SAYING:
                    said.append(
                        f"{shelf}: {name} finds more than ours, "
                        f"{first} {figures[first]:.1%} against {ours:.1%}."
                    )
        return said


def evaluate(purchases, *, split: date | None = None, ways=WAYS) -> Evaluation:
    """Compare ways; without ``split`` the day by which four fifths were bought."""
    purchases = sorted(purchases, key=lambda purchase: purchase.on)
    if split is None:
        split = purchases[int(len(purchases) * KNOWN_SHARE)].on if purchases else date.max
    histories, bought_next = defaultdict(list), defaultdict(set)
    for purchase in reversed(purchases):
        if purchase.on < split:
            histories[purchase.person].append(purchase)
        else:
            bought_next[purchase.person].add(purchase.item)
    known = knowing.learn(histories, as_of=split)
    people = sorted(histories.keys() & bought_next.keys(), key=str)
    ways = [way(known) for way in ways]
    tallies = {shelf: {way.name: Tally() for way in ways} for shelf in SHELVES}
    for person in people:
        asked = Asked(histories[person], split)
        _ask(ways, asked, bought_next[person], tallies)
    items = len(known.category_of)
    return Evaluation(
        split,
        len(people),
        items,
        {shelf: found[Ours.name].people for shelf, found in tallies.items()},
        {
            shelf: {name: tally.figures(items) for name, tally in found.items()}
            for shelf, found in tallies.items()
        },
    )


def _ask(ways, asked, bought, tallies):
    wanted = {NEW: bought - asked.habits.keys(), AGAIN: bought & asked.habits.keys(), ALL: bought}
    for way in ways:
        suggested = way.suggest(asked, max(CUTS))
        for shelf, goods in wanted.items():
            if goods:
                tallies[shelf][way.name].count(suggested[shelf], goods)
