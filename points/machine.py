"""The points core as arithmetic: a state and a command in, a new state and entries out, or a
refusal.

Pure Python: no Django, no clock, no database. Days are ISO strings ("2027-11-30"), which compare
as text; None is a day that never comes. Lots are ((day, points), ...) ascending, never-expiring
last. Every command sweeps dead lots first, and again when it brought back lots whose day is past.

Source: docs/ledger.md.
"""

from dataclasses import dataclass
from datetime import date

from points import slots, validity
from points.lots import late, sum_of, take, take_latest, tidy
from points.machine_state import (
    EARNING,
    EARNING_PAUSED,
    Entry,
    Original,
    Refused,
    State,
    check,
    check_entries,
)
from points.working_copy import WorkingCopy

HOLDS_MAX = 20
POINTS_MAX = 1_000_000_000


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
    """Give a hold back; ``at_fault`` as for a refund."""

    hold_key: str
    at_fault: bool = False


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
    books = WorkingCopy(state, on)
    books.sweep()
    _VERBS[type(command)](books, command)
    books.sweep()
    if not books.entries:
        return state, []
    new = books.closed()
    check(new)
    check_entries(state, new, books.entries)
    return new, books.entries


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
    back = _with_grace(books, hold["lots"]) if command.at_fault else hold["lots"]
    books.give_back("release", back, held=-sum_of(hold["lots"]), reverses=hold["seq"])


def _pop(books, key):
    if key not in books.holds:
        raise Refused("hold_closed")
    return books.holds.pop(key)


def _refund(books, command):
    original = _original(command, kinds=("spend", "capture"))
    back, left = take_latest(original.left, command.points)
    if command.at_fault:
        back = _with_grace(books, back)
    books.give_back("refund", back, reverses=original.seq, left=left)


def _with_grace(books, lots):
    """Return lots with a later day for those whose own has passed."""
    grace, moved = validity.grace(date.fromisoformat(books.day)).isoformat(), {}
    for day, points in lots:
        day = grace if late(day) < books.day else day
        moved[day] = moved.get(day, 0) + points
    return tidy(moved)


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
    books.need_points(points)
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
