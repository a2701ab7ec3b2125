"""A shop of a hundred thousand goods: list, search, what the points buy, and picks, asked for the
first time, and asked again.
"""

import time
import urllib.request
from statistics import median
from urllib.parse import quote

from benchmarks.figures import door, figure
from benchmarks.stage import NOW

TRIES = 7
DOORS = {  # name -> (path of try n, whether a member asks)
    "list": (lambda n: f"/api/v1/products?max_points={10_000 + n}", False),
    "search": (lambda n: f"/api/v1/products?search={quote(f'商品{n}')}", False),
    "affordable": (lambda n: f"/api/v1/products?affordable=true&max_points={10_000 + n}", True),
    "picks": (lambda _n: "/api/v1/recommendations", True),
}


def run(stage) -> list[dict]:
    """Return the doors, milliseconds of the middle cold try; each try asks what nobody asked
    before.
    """
    for one in stage.builds:
        one.ask("benchmarks.inside.shelf", goods=stage.size.shelf)
    cold, kept = {}, {}
    for one in stage.builds:
        one.wake()
        one.ask("benchmarks.inside.forget")
        for name, (path, by_member) in DOORS.items():
            callers = one.callers[-TRIES - 1 :] if by_member else [""] * (TRIES + 1)
            _milliseconds(one, path(TRIES), callers[TRIES])  # what a process does once in its life
            took = [
                (_milliseconds(one, path(n), callers[n]), _milliseconds(one, path(n), callers[n]))
                for n in range(TRIES)
            ]
            cold.setdefault(name, {})[one.name] = median(first for first, _again in took)
            kept.setdefault(name, {})[one.name] = median(again for _first, again in took)
        one.sleep()
    rows = [door(f"{name}, a large shop, cold", cold[name], "ms") for name in DOORS]
    return rows + [
        figure(f"{name}, a large shop, asked again", kept[name][NOW], "ms") for name in DOORS
    ]


def _milliseconds(house, path, caller) -> float:
    asked = urllib.request.Request(house.url + path)
    if caller:
        asked.add_header(*caller.split(": ", 1))
    began = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=60) as answer:
        answer.read()
    return 1000 * (time.perf_counter() - began)
