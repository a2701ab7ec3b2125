"""The books of one account while a command is carried out: what is posted, swept and given back.

Pure arithmetic for points/machine.py.
"""

from points import slots
from points.lots import late, put, sum_of, take, tidy
from points.machine_state import SPENDING, Entry, Refused, State


class WorkingCopy:
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
        """Add an entry and move what it says: balances (``delta``, ``held``, ``debt``) and lots
        (``added``, ``taken``); further words are kept in its ``alloc``.
        """
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
        self.need_points(points)

    def need_points(self, points):
        """Refuse unless the account has this many points."""
        if points > self.available:
            raise Refused(
                "insufficient_points",
                available=self.available,
                needed=points,
                missing=points - self.available,
            )

    def closed(self) -> State:
        """Return the account as it is now."""
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
