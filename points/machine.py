"""The points core as arithmetic: a state and a command in, a new state and entries out, or a
refusal.

Pure Python: no Django, no clock, no database. Days are ISO strings ("2027-11-30"), which compare
as text; None is a day that never comes. Lots are ((day, points), ...) ascending, never-expiring
last. Every command sweeps dead lots first, and again when it brought back lots whose day is past.

Source: docs/ledger.md.
"""

from dataclasses import dataclass, field
from datetime import date

from points import slots, validity
from points.lots import BUCKETS_MAX, InvariantBroken, late, put, sum_of, take, take_latest, tidy

HOLDS_MAX = 20
POINTS_MAX = 1_000_000_000
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


@dataclass(frozen=True, slots=True)
class Sweep:
    """Let dead lots die; with ``as_of`` later than the business day, also those that will be dead
    by then.
    """

    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class Accrue:
    """Credit points; debt is repaid first. ``limits`` are per day, week, month, life; ``step`` and
    ``made`` are kept for the wording.

    With ``earned_max`` points of a rule count as earned today, and the posting that brings them
    past it is the last one before earning is paused. ``day`` is the earlier day of points that were
    set aside: the entry is dated by it, and takes slots of the spans only that it lies in.
    """

    points: int
    expires_on: str | None
    rule: str = ""
    limits: tuple | None = None
    step: int | None = None
    earned_max: int | None = None
    day: str | None = None
    made: list | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """Take points for good."""

    points: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Move points into escrow; sufficiency is decided now."""

    points: int
    key: str
    until: str


@dataclass(frozen=True, slots=True)
class Capture:
    """Use all or part of a hold; the rest goes back."""

    hold_key: str
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Give a hold back."""

    hold_key: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Return spent points to the days they had; a past day gets a grace lot only if the shop was at
    fault.
    """

    points: int
    original: Original | None
    at_fault: bool = False


@dataclass(frozen=True, slots=True)
class Clawback:
    """Take earned points back; what is missing becomes debt."""

    points: int
    original: Original | None


@dataclass(frozen=True, slots=True)
class Adjust:
    """An operator's correction, plus or minus."""

    points: int
    expires_on: str | None = None


def run(state: State, command, *, on: str) -> tuple[State, list[Entry]]:
    """Carry out one command on the business day ``on`` and return the new state and its entries.

    A day before the account's own day counts as that day: a clock that steps back reopens nothing.
    A sweep that finds nothing leaves the state as it is, its day included.

    Raises: Refused (state untouched), InvariantBroken (a defect; write nothing).
    """
    books = _Books(state, on)
    books.sweep()
    _VERBS[type(command)](books, command)
    books.sweep()
    if not books.entries:
        return state, []
    new = books.closed()
    check(new)
    _check_entries(state, new, books.entries)
    return new, books.entries


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


def _check_entries(old, new, entries):
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


# --- the working copy --------------------------------------------------------


class _Books:
    """A working copy of one account; nothing of it leaves when a command is refused."""

    def __init__(self, state, on):
        self.day = on if state.day is None or on > state.day else state.day
        self.available, self.held, self.debt = state.available, state.held, state.debt
        self.credited, self.debited = state.credited, state.debited
        self.lots, self.holds, self.seq, self.status = (
            state.lots,
            dict(state.holds),
            state.seq,
            state.status,
        )
        self.counts = slots.roll(state.counts, state.day, self.day)
        self.entries = []

    def post(
        self,
        kind,
        delta,
        *,
        held=0,
        debt=0,
        added=(),
        taken=(),
        reverses=None,
        key=None,
        day=None,
        **alloc,
    ):
        lots = tuple((lot_day, -points) for lot_day, points in taken) + tuple(added)
        if taken:
            left = dict(self.lots)
            for lot_day, points in taken:
                left[lot_day] -= points
            self.lots = tidy(left)
        if added:
            self.lots, merged = put(self.lots, added)
            if merged:
                alloc["merged"] = merged
        self.available += delta
        self.held += held
        self.debt += debt
        self.credited += max(delta, 0)
        self.debited += max(-delta, 0)
        self.seq += 1
        alloc["lots"] = lots
        self.entries.append(
            Entry(
                self.seq,
                kind,
                delta,
                held,
                debt,
                self.available,
                self.held,
                self.debt,
                alloc,
                day or self.day,
                reverses,
                key,
            )
        )

    def sweep(self, as_of=None):
        """Post one expire entry for all lots whose day has passed."""
        day = as_of or self.day
        dead = tuple(lot for lot in self.lots if lot[0] is not None and lot[0] < day)
        if dead:
            # The first sweep of a day leaves nothing for a second one, except what a command brings
            # back after its day.
            key = f"expire:{day}:{self.seq + 1}" if as_of or self.entries else f"expire:{day}"
            self.post("expire", -sum_of(dead), taken=dead, key=key)

    def give_back(self, kind, lots, **kwargs):
        """Credit lots at their own days. Living points repay debt first; dead ones pay nothing."""
        living = tuple(lot for lot in lots if late(lot[0]) >= self.day)
        repaid = min(self.debt, sum_of(living))
        used, _ = take(living, repaid)
        paid = dict(used)
        added = tidy({day: points - paid.get(day, 0) for day, points in lots})
        self.post(kind, sum_of(lots) - repaid, debt=-repaid, added=added, **kwargs)

    def need(self, points):
        """Refuse unless the account may spend and has this many points."""
        if self.status not in SPENDING:
            raise Refused("account_frozen")
        if points > self.available:
            raise Refused(
                "insufficient_points",
                available=self.available,
                needed=points,
                missing=points - self.available,
            )

    def closed(self):
        moved = (
            self.available,
            self.held,
            self.debt,
            self.credited,
            self.debited,
            self.lots,
            self.holds,
        )
        return State(*moved, self.seq, self.day, self.counts, self.status)


def _amount(points):
    if type(points) is not int or not 0 < points <= POINTS_MAX:
        raise Refused("invalid_amount")
    return points


# --- the commands -----------------------------------------------------------


def _sweep(books, command):
    if command.as_of is not None and command.as_of > books.day:
        books.sweep(command.as_of)


def _accrue(books, command):
    points = _amount(command.points)
    if books.status not in EARNING:
        raise Refused("account_frozen")
    if late(command.expires_on) < books.day:
        raise Refused("invalid_amount")
    if command.rule:
        taken = slots.taken(books.counts, command.rule, on=command.day or books.day, day=books.day)
        for span, slot, limit in zip(slots.SPANS, taken, command.limits or (), strict=False):
            if limit is not None and slot > limit:
                raise Refused("limit_reached", limit=limit, span=span)
        books.counts["rules"][command.rule] = taken
    words = {name: said for name in ("step", "made") if (said := getattr(command, name))}
    words |= {"day": command.day, "set_aside": True} if command.day else {}
    words |= _count(books, command) if command.rule else {}
    if points <= books.debt:
        words["expires_on"] = command.expires_on  # no lot of its own tells the day
    books.give_back("accrue", ((command.expires_on, points),), **words)


def _count(books, command):
    """Count what a rule pays today; crossing the limit pauses earning, once: a person who releases
    it is not overruled.
    """
    before, most = books.counts["earned"], command.earned_max
    if most is None:
        return {}
    books.counts["earned"] = now = before + command.points
    if not before <= most < now:
        return {}
    books.status = EARNING_PAUSED[books.status]
    return {"crossed": most}


def _spend(books, command):
    points = _amount(command.points)
    books.need(points)
    taken, _ = take(books.lots, points)
    books.post("spend", -points, taken=taken)


def _hold(books, command):
    points = _amount(command.points)
    books.need(points)
    if len(books.holds) >= HOLDS_MAX:
        raise Refused("too_many_holds", limit=HOLDS_MAX)
    taken, _ = take(books.lots, points)
    books.post("hold", -points, held=points, taken=taken, until=command.until)
    books.holds[command.key] = {"seq": books.seq, "lots": taken, "until": command.until}


def _capture(books, command):
    hold = _pop(books, command.hold_key)
    amount = sum_of(hold["lots"])
    points = amount if command.points is None else _amount(command.points)
    if points > amount:
        raise Refused("over_refund", left=amount, asked=points)
    used, back = take(hold["lots"], points)
    books.give_back("capture", back, held=-amount, reverses=hold["seq"], used=used)


def _release(books, command):
    hold = _pop(books, command.hold_key)
    books.give_back("release", hold["lots"], held=-sum_of(hold["lots"]), reverses=hold["seq"])


def _pop(books, key):
    if key not in books.holds:
        raise Refused("hold_closed")
    return books.holds.pop(key)


def _refund(books, command):
    original = _original(command, kinds=("spend", "capture"))
    back, left = take_latest(original.left, command.points)
    if command.at_fault:
        grace = validity.grace(date.fromisoformat(books.day)).isoformat()
        moved = {}
        for day, points in back:
            day = grace if late(day) < books.day else day
            moved[day] = moved.get(day, 0) + points
        back = tidy(moved)
    books.give_back("refund", back, reverses=original.seq, left=left)


def _clawback(books, command):
    original = _original(command, kinds=("accrue", "adjust"))
    points = command.points
    _, left = take(original.left, points)
    taken_now = min(books.available, points)
    taken, _ = take(books.lots, taken_now, first=(original.left[0][0],))
    books.post(
        "clawback",
        -taken_now,
        debt=points - taken_now,
        taken=taken,
        reverses=original.seq,
        left=left,
    )


def _original(command, *, kinds):
    points = _amount(command.points)
    original = command.original
    if original is None or original.kind not in kinds:
        raise Refused("unknown_entry")
    if points > sum_of(original.left):
        raise Refused("over_refund", left=sum_of(original.left), asked=points)
    return original


def _adjust(books, command):
    if books.status == "closed":
        raise Refused("account_frozen")
    points = _amount(abs(command.points) if type(command.points) is int else command.points)
    if command.points > 0:
        if late(command.expires_on) < books.day:
            raise Refused("invalid_amount")
        words = {"expires_on": command.expires_on} if points <= books.debt else {}
        books.give_back("adjust", ((command.expires_on, points),), **words)
        return
    if points > books.available:
        raise Refused(
            "insufficient_points",
            available=books.available,
            needed=points,
            missing=points - books.available,
        )
    taken, _ = take(books.lots, points)
    books.post("adjust", -points, taken=taken)


_VERBS = {
    Sweep: _sweep,
    Accrue: _accrue,
    Spend: _spend,
    Hold: _hold,
    Capture: _capture,
    Release: _release,
    Refund: _refund,
    Clawback: _clawback,
    Adjust: _adjust,
}
