"""Redemption: one hot product, a hundred products, and one that is sold out."""

import json
from contextlib import nullcontext

from benchmarks.figures import door_of_load
from benchmarks.house import THREADS
from benchmarks.stage import TEXT_BOOK
from benchmarks.wrk import Request

REFUSED = 409
RUSH = 32  # threads of each process


def run(stage) -> list[dict]:
    """Return the doors; after each all books are compared."""
    rows = []
    for name, chosen, connections, expected in (
        ("redeem, one hot", hot, 32, 200),
        ("redeem, one hot, 128 connections", hot, 128, 200),
        ("redeem, many products", all_of, 32, 200),
        ("sold-out refusal", sold_out, 32, REFUSED),
    ):
        asked = requests(stage.houses, chosen, expected=expected)
        # Whoever expects a crowd gives the server more threads: every house gets as many.
        with stage.threads(RUSH) if connections > 2 * THREADS else nullcontext():
            rows.append(door_of_load(name, stage.compare(asked, connections=connections)))
        stage.verify()
    return rows


def requests(houses, chosen, *, expected=200) -> dict:
    """Return {side: what redeems one piece of ``chosen(words)``}."""
    return {
        side: _request(side, house, chosen(house.words), expected) for side, house in houses.items()
    }


def hot(words):
    """One product everybody wants."""
    return words["skus"][:1]


def all_of(words):
    """Every product there is."""
    return words["skus"]


def sold_out(words):
    """The one with no piece left."""
    return [words["sold_out"]]


def _request(side, house, skus, expected):
    if side == TEXT_BOOK:
        path, bodies = "/redemptions", [{"item": sku, "quantity": 1} for sku in skus]
    else:
        path = "/api/v1/orders"
        bodies = [{"lines": [{"sku": sku, "quantity": 1}]} for sku in skus]
    words = tuple(json.dumps(body) for body in bodies)
    return Request("POST", path, bodies=words, expected=expected).by(house.callers)
