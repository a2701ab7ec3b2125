"""One account as the points core knows it: its state, the entries a command leaves, the invariants
both hold, and what a status allows.

Pure arithmetic for points/machine.py. Source: docs/ledger.md.
"""

from dataclasses import dataclass, field

from points.lots import BUCKETS_MAX, InvariantBroken, late

EARNING = frozenset({"active", "saving"})  # "saving": spending is paused
SPENDING = frozenset({"active", "review"})  # "review": earning is paused
EARNING_PAUSED = {"active": "review", "saving": "frozen"}


class Refused(Exception):
    """The command cannot be carried out; the state is as it was."""

    def __init__(self, reason, **numbers):
        self.reason = reason
        self.numbers = numbers
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class State:
    """One account: balances, lots, open holds ({key: {seq, lots, until}}), and today's counts."""

    available: int = 0
    held: int = 0
    debt: int = 0
    credited: int = 0
    debited: int = 0
    lots: tuple = ()
    holds: dict = field(default_factory=dict)
    seq: int = 0
    day: str | None = None
    counts: dict = field(default_factory=dict)
    status: str = "active"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger; ``key`` is None where the caller's key names the fact."""

    seq: int
    kind: str
    delta: int
    held_delta: int
    debt_delta: int
    available: int
    held: int
    debt: int
    alloc: dict
    biz_date: str
    reverses_seq: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """The entry a refund or clawback goes back to, and what of it is still unreturned."""

    seq: int
    kind: str
    left: tuple


def check(state: State):
    """Check every invariant of one account.

    Raises: InvariantBroken naming the first that does not hold.
    """
    total = 0
    previous = ""
    for day, points in state.lots:
        if points <= 0 or late(day) <= previous:
            raise InvariantBroken(f"lots are not ascending and positive: {state.lots}")
        previous = late(day)
        total += points
    escrow = sum(points for hold in state.holds.values() for _, points in hold["lots"])
    truths = {
        "available is negative": state.available >= 0,
        "held is negative": state.held >= 0,
        "debt is negative": state.debt >= 0,
        "lots do not add up to available": total == state.available,
        "holds do not add up to held": escrow == state.held,
        "credited - debited is not available": state.credited - state.debited == state.available,
        "debt beside available points": state.debt == 0 or state.available == 0,
        "too many buckets": len(state.lots) <= BUCKETS_MAX,
        "a dead lot is left": not state.lots
        or state.day is None
        or late(state.lots[0][0]) >= state.day,
    }
    for name, holds in truths.items():
        if not holds:
            raise InvariantBroken(name)


def check_entries(old: State, new: State, entries: list[Entry]):
    """Check that the entries tell the whole change of an account, one numbered after the other.

    Raises: InvariantBroken naming what does not hold.
    """
    moved = tuple(
        sum(getattr(entry, name) for entry in entries)
        for name in ("delta", "held_delta", "debt_delta")
    )
    if moved != (new.available - old.available, new.held - old.held, new.debt - old.debt):
        raise InvariantBroken("entries do not add up to the change of the balances")
    if [entry.seq for entry in entries] != list(range(old.seq + 1, new.seq + 1)):
        raise InvariantBroken("entry numbers have a gap")
    if new.credited < old.credited or new.debited < old.debited:
        raise InvariantBroken("credited or debited went backwards")
