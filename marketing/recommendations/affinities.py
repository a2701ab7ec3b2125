"""What having one good says about others, learned from who had what.

For each good its NEIGHBOURS closest others by cosine over people, shrunk so that two chance buyers
prove little, and one ridge regression on these: which of them, had, make it likely that this one is
had too. That is EASE^R within a neighbourhood; the penalty grows with the mean number of buyers of
a good, for no fixed one fits two shops. Source: docs/decisions/0104-two-shelves.md; H. Steck,
Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019.
"""

from dataclasses import dataclass

import numpy as np

from marketing.recommendations.incidence import Incidence

NEIGHBOURS = 50
SHRINK = 5.0  # so many imaginary people had both items' owners apart
PENALTY = 12.0  # times the mean number of buyers of a good


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another good: how close it is (0…1), how many people had both, and its weight for this
    one.
    """

    item: object
    closeness: float
    people: int
    weight: float


def learn(known: Incidence):
    """Yield (good, its neighbours, closest first), good by good: memory holds one of them."""
    if not known.lines:
        return
    buyers, items = known.buyers, known.items
    penalty = PENALTY * known.lines / len(items)
    roots = np.sqrt(buyers)
    for good, item in enumerate(items):
        both = known.together(good)
        close, closeness = _closest(both, roots[good] * roots + SHRINK)
        weights = _ridge(known.pairs(close), both[close], penalty)
        yield (
            item,
            [
                Neighbour(items[other], near, people, weight)
                for other, near, people, weight in zip(
                    close.tolist(),
                    closeness.tolist(),
                    both[close].tolist(),
                    weights.tolist(),
                    strict=True,
                )
            ],
        )


def _closest(both, lengths):
    """Return the numbers of the closest goods and how close they are; of equals the first."""
    some = np.flatnonzero(both)
    closeness = both[some] / lengths[some]
    if len(some) > NEIGHBOURS:
        least = np.partition(closeness, -NEIGHBOURS)[-NEIGHBOURS]
        some, closeness = some[closeness >= least], closeness[closeness >= least]
    order = np.argsort(-closeness, kind="stable")[:NEIGHBOURS]
    return some[order], closeness[order]


def _ridge(pairs, both, penalty):
    """Return the weights by which having these goods predicts having the one."""
    return np.linalg.solve(pairs + penalty * np.eye(len(both)), both)
