"""Twenty seconds of faults in every run, ten minutes with ``make test-long``; the seed of a run is
its first line.
"""

import json
import os
import random
import tempfile
import time
from collections import Counter

import pytest

from tests.chaos import faults
from tests.chaos.members import LONGEST_ANSWER_SECONDS, Caller
from tests.chaos.shop import Shop

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db(transaction=True)]
CALLERS, MEMBERS_OF_EACH = 4, 12


@pytest.fixture
def shop():
    with tempfile.TemporaryDirectory(prefix="chaos", dir="/tmp") as folder:
        opened = Shop(folder)
        try:
            yield opened
        finally:
            opened.close()


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(20, marks=pytest.mark.timeout(600)),
        pytest.param(
            int(os.environ.get("CHAOS_SECONDS", "600")),
            marks=[pytest.mark.long, pytest.mark.timeout(3600)],
        ),
    ],
    ids=["short", "long"],
)
def test_shop_when_faults_hail_then_every_answer_was_true_and_the_books_close(shop, seconds):
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(2**32))

    def say(line):
        print(f"{shop.clock():6.1f} s  {line}", flush=True)  # noqa: T201 - replays a failure

    say(f"CHAOS_SEED={seed} CHAOS_SECONDS={seconds}")
    stood = shop.furnish(
        f"import json\nfrom tests.chaos import "
        f"books\nprint(json.dumps(books.furnish({CALLERS * MEMBERS_OF_EACH})))"
    )
    shelf = [sku for sku, _pieces in stood["shelf"]]
    callers = [Caller(n, shop, stood["members"][n::CALLERS], shelf, seed) for n in range(CALLERS)]
    shop.open()

    for caller in callers:
        caller.start()
    shop.begin()
    faults.happen(shop, random.Random(seed), time.monotonic() + seconds, say)
    for caller in callers:
        caller.enough.set()
    for caller in callers:
        caller.join(60)
    healed = shop.heal()

    facts = [fact for caller in callers for fact in caller.facts]
    answers = sum((caller.answers for caller in callers), Counter())
    say(f"{len(facts)} facts {dict(Counter(fact[0] for fact in facts))}, answers {dict(answers)}")
    say(
        f"slowest answer {max(caller.slowest for caller in callers):.1f} s, parts started "
        f"{shop.starts()}"
    )
    say(f"errors in the web's log {shop.wounds()}")
    assert healed == {"missing": [], "owed": 0}
    seen = shop.ask(LOOK, feed=json.dumps({"facts": facts, "shelf": stood["shelf"]}))
    seen = json.loads(seen.splitlines()[-1])
    say(f"orders {seen['statuses']}")
    assert seen["wrong"] == []
    assert [fault for caller in callers for fault in caller.faults] == []
    assert not any(caller.is_alive() for caller in callers)
    assert max(caller.slowest for caller in callers) < LONGEST_ANSWER_SECONDS
    assert len(facts) > seconds / 3  # somebody was served


LOOK = """
import json, sys
from tests.chaos import books
said = json.loads(sys.stdin.read())
print(json.dumps(books.look(said["facts"], said["shelf"]), default=str))
"""
