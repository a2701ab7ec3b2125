"""Where the builds are measured: now, the one it is compared with, and the text-book, on one
MariaDB and one Redis, each furnished once for the whole run.

Of the three only one is awake at a time; the others' processes are stopped, so that a round has the
machine to itself.
"""

import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from benchmarks import house, wrk
from benchmarks.servers import servers

BASE = os.environ.get("BENCH_BASE", "bench-base")
NOW, TODAY, TEXT_BOOK = "now", "today", "text-book"
PLENTY = 10**7


@dataclass(frozen=True)
class Size:
    """How much is made and how long it is knocked: the whole thing, or just enough to see that
    every part works.
    """

    seconds: int = 6
    rounds: int = 3
    warm_up: int = 1  # seconds before the first round: what a process does once in its life
    members: int = 12_000
    goods: int = 100
    readers: int = 40
    shelf: int = 100_000
    accounts: int = 20_000
    lines: int = 100_000
    mails: int = 1_000
    orders: int = 1_000_000  # of the shop whose back office is looked at
    durable: bool = True  # commits that survive a crash


TINY = Size(
    seconds=2,
    rounds=1,
    warm_up=0,
    members=200,
    goods=3,
    readers=2,
    shelf=20,
    accounts=20,
    lines=60,
    mails=4,
    orders=2_000,
    durable=False,
)


class Stage:
    """Builds that are furnished when first asked for and served while the stage stands."""

    def __init__(self, stack, size):
        self.stack, self.size = stack, size

    @cached_property
    def servers(self):
        return self.stack.enter_context(servers(durable=self.size.durable))

    @cached_property
    def houses(self) -> dict:
        """Return {name: house} of all builds there are, furnished and served, asleep."""
        found = {NOW: house.ours(self.servers, name=NOW, root=house.ROOT, number=1)}
        base = house.checked_out(BASE, self.servers.folder)
        if base is None:
            sys.stderr.write(f"git knows no {BASE}: nothing is compared with it.\n")
        else:
            found[TODAY] = house.ours(self.servers, name=TODAY, root=base, number=2)
        found[TEXT_BOOK] = house.text_book(self.servers)
        for wait in [one.furnish(**self.furniture) for one in found.values()]:
            wait()
        for one in found.values():
            self.stack.callback(one.close)
            one.open()
            one.sleep()
        return found

    @contextmanager
    def threads(self, number):
        """Have every house serve with so many threads a process meanwhile."""
        self._open_anew(number)
        try:
            yield
        finally:
            self._open_anew(house.THREADS)

    def _open_anew(self, threads):
        for one in self.houses.values():
            one.close()
            one.open(threads)
            one.sleep()

    @property
    def furniture(self):
        """What a house is furnished with."""
        return {
            "members": self.size.members,
            "goods": self.size.goods,
            "readers": self.size.readers,
            "plenty": PLENTY,
            "price": 10,
            "points": 1_000_000,
            "password": "a-long-bench-password",
        }

    @property
    def builds(self) -> list:
        """Return our builds: now, and the one it is compared with."""
        return [one for name, one in self.houses.items() if name != TEXT_BOOK]

    def compare(self, requests, *, houses=None, connections=32, seconds=None) -> dict:
        """Knock at each house in turn, round by round; return {house: its middle round}, errors of
        all rounds added up.

        ``requests`` is {house: Request, or a function of the round that returns one}.
        """
        houses = houses or self.houses
        rounds = {name: [] for name in requests}
        for name, asked in requests.items():
            if self.size.warm_up and not callable(asked):
                self.knock(houses[name], asked, connections, self.size.warm_up)
        for turn in range(self.size.rounds):
            for name, asked in requests.items():
                request = asked(turn) if callable(asked) else asked
                found = self.knock(houses[name], request, connections, seconds)
                rounds[name].append(found)
        return {name: _middle(found) for name, found in rounds.items()}

    def knock(self, house, request, connections=32, seconds=None) -> dict:
        """Wake a house, knock, and let it sleep again."""
        seconds = min(seconds or self.size.seconds, self.size.seconds)
        house.wake()
        try:
            return wrk.load(
                house.url,
                request,
                seconds=seconds,
                connections=connections,
                watched=house.watched,
            )
        finally:
            house.sleep()

    def take_turns(self, module, **words) -> dict:
        """Run a module in each of our builds in turn; return {build: what its middle round
        answered}, by its seconds.
        """
        self.verify()  # nothing of an earlier part may wait
        rounds = {one.name: [] for one in self.builds}
        for turn in range(self.size.rounds):
            for one in self.builds:
                rounds[one.name].append(one.ask(module, turn=turn, **words))
        return {
            name: sorted(found, key=lambda one: one["seconds"])[len(found) // 2]
            for name, found in rounds.items()
        }

    def verify(self) -> float:
        """Let our builds do what they put off, then compare all books; returns the seconds ours of
        now took. Raises: SystemExit when any do not close: a figure of such books is none.
        """
        for one in self.builds:
            one.wake()
        asked = [one.start_asking("benchmarks.inside.verify") for one in self.builds]
        took = [one.answer(told) for one, told in zip(self.builds, asked, strict=True)]
        for one in self.builds:
            one.sleep()
        wrong = self.houses[TEXT_BOOK].ask("benchmarks.textbook.verify", plenty=PLENTY)
        if wrong:
            raise SystemExit(f"The text-book's books do not close: {wrong} rows.")
        return took[0]

    @contextmanager
    def on_slow_disk(self):
        """Have the database on a slow disk with its binary log on, every house connected anew."""
        self._each("close")
        with self.servers.on_slow_disk():
            self._each("open", "sleep")
            yield
            self._each("close")
        self._each("open", "sleep")

    def _each(self, *acts):
        for one in self.houses.values():
            for act in acts:
                getattr(one, act)()


@contextmanager
def standing(size):
    """Yield a stage; everything is gone afterwards."""
    with ExitStack() as stack:
        yield Stage(stack, size)


def _middle(rounds) -> dict:
    by_pace = sorted(rounds, key=lambda one: one["ok_per_second"])
    middle = by_pace[len(rounds) // 2]
    return middle | {
        "ok_per_second": median(one["ok_per_second"] for one in rounds),
        "errors": sum(one["errors"] for one in rounds),
        "said": " ".join(one["said"] for one in rounds)[-300:],
    }
