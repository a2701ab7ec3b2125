"""Members who shop while something dies, and the figures they bring home."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.members import Caller
from tests.chaos.test_chaos import LOOK

CALLERS, MEMBERS_OF_EACH = 6, 25
FURNISH = (
    "import json\nfrom tests.chaos import books\n"
    f"print(json.dumps(books.furnish({CALLERS * MEMBERS_OF_EACH})))"
)


class Shopper(Caller):
    """A caller who notes when each of its wishes was answered, and how (0: not at all)."""

    def __init__(self, *given):
        super().__init__(*given)
        self.told = []  # (time.monotonic, status) of what writes

    def _knock(self, method, path, raw, headers):
        answer = super()._knock(method, path, raw, headers)
        if method == "POST" and "/auth/" not in path:
            status = 0 if answer is None else answer.status_code
            self.told.append((time.monotonic(), status))
        return answer


@dataclass
class Figures:
    """What was written a second before and after; ``gap_seconds`` is the longest time in which
    nobody succeeded, from the death on.
    """

    before: float = 0.0
    after: float = 0.0
    gap_seconds: float = 0.0
    answers: Counter = field(default_factory=Counter)  # before the death
    answers_after: Counter = field(default_factory=Counter)
    reading: Counter = field(default_factory=Counter)  # all answers, of reading too
    facts: Counter = field(default_factory=Counter)
    slowest_seconds: float = 0.0


def shop_while(shop, stood, happens, *, seconds: float, seed="1") -> tuple[Figures, list[str]]:
    """Let members shop, ``happens()`` in the middle; return the figures and what was wrong, in the
    books or with an answer.
    """
    shelf = [sku for sku, _pieces in stood["shelf"]]
    parts = [stood["members"][n::CALLERS] for n in range(CALLERS)]
    callers = [Shopper(n, shop, part, shelf, seed) for n, part in enumerate(parts)]
    for caller in callers:
        caller.start()
    shop.begin()
    time.sleep(seconds / 2)  # all sign in
    begun = time.monotonic()
    time.sleep(seconds)
    died = time.monotonic()
    happens()
    time.sleep(max(0.0, died + seconds * 2 - time.monotonic()))
    ended = time.monotonic()
    for caller in callers:
        caller.enough.set()
    for caller in callers:
        caller.join(90)
    figures = _figures(callers, begun, died, ended)
    healed = shop.heal()
    facts = [fact for caller in callers for fact in caller.facts]
    said = shop.ask(LOOK, feed=json.dumps({"facts": facts, "shelf": stood["shelf"]}))
    wrong = json.loads(said.splitlines()[-1])["wrong"]
    wrong += [] if healed == {"missing": [], "owed": 0} else [f"not healed: {healed}"]
    wrong += [fault for caller in callers for fault in caller.faults]
    wrong += [f"{caller.name} hangs" for caller in callers if caller.is_alive()]
    return figures, wrong


def _figures(callers, begun, died, ended) -> Figures:
    told = sorted(one for caller in callers for one in caller.told if begun <= one[0] <= ended)
    good = [at for at, status in told if 200 <= status < 300]
    later = [died, *(at for at in good if at > died), ended]
    gaps = [(after - before, before) for before, after in zip(later, later[1:], strict=False)]
    gap, since = max(gaps)
    back = since + gap  # when writing went on
    return Figures(
        before=round(sum(at <= died for at in good) / (died - begun), 1),
        after=round(sum(at > back for at in good) / max(ended - back, 0.1), 1),
        gap_seconds=round(gap, 1),
        answers=Counter(status for at, status in told if at <= died),
        answers_after=Counter(status for at, status in told if at > died),
        reading=sum((caller.answers for caller in callers), Counter()),
        facts=Counter(fact[0] for caller in callers for fact in caller.facts),
        slowest_seconds=round(max(caller.slowest for caller in callers), 1),
    )
