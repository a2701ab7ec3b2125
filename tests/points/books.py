"""Two subjects of one state machine: the pure machine, and the ledger on the database, behind the
same small face.
"""

from datetime import UTC, date, datetime, timedelta

from points import errors, ledger, machine, machine_state
from points.models import LedgerEntry, PointAccount
from tests.factories.points import member_with
from tests.points.reference import No

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def text(day):
    return day and day.isoformat()


class OnPaper:
    """The pure machine; what a refund goes back to is kept by the test, as the ledger keeps it in
    its rows.
    """

    def __init__(self):
        self.state = machine_state.State()
        self.left = {}
        self.lines = 0

    def do(self, day, command, key=None):
        before = self.state
        try:
            self.state, entries = machine.run(self.state, command, on=text(day))
        except machine_state.Refused as refusal:
            assert self.state == before
            raise No(refusal.reason) from None
        self.lines += len(entries)
        own = next((entry for entry in entries if entry.key is None), None)
        if own is not None:
            self.remember(own, command, key)
        return entries

    def remember(self, own, command, key):
        kept = {
            "accrue": lambda: ((command.expires_on, command.points),),
            "spend": lambda: tuple((day, -points) for day, points in own.alloc["lots"]),
            "capture": lambda: own.alloc["used"],
        }.get(own.kind)
        if kept is not None:
            self.left[key] = machine_state.Original(own.seq, own.kind, tuple(kept()))

    def back(self, of_key, kinds):
        original = self.left.get(of_key)
        return original if original is not None and original.kind in kinds else None

    def accrue(self, on, key, number, day):
        self.do(on, machine.Accrue(number, text(day)), key)

    def spend(self, on, key, number):
        self.do(on, machine.Spend(number), key)

    def hold(self, on, key, number):
        self.do(on, machine.Hold(number, key, "2030-01-01"))

    def capture(self, on, key, hold, number):
        self.do(on, machine.Capture(hold, number), key)

    def release(self, on, key, hold):
        self.do(on, machine.Release(hold))

    def refund(self, on, key, of_key, number, at_fault):
        entries = self.do(
            on, machine.Refund(number, self.back(of_key, ("spend", "capture")), at_fault)
        )
        self.returned(of_key, entries)

    def clawback(self, on, key, of_key, number):
        entries = self.do(on, machine.Clawback(number, self.back(of_key, ("accrue",))))
        self.returned(of_key, entries)

    def returned(self, of_key, entries):
        own = next(entry for entry in entries if entry.key is None)
        original = self.left[of_key]
        self.left[of_key] = machine_state.Original(
            original.seq, original.kind, tuple(own.alloc["left"])
        )

    def adjust(self, on, key, number, day):
        self.do(on, machine.Adjust(number, text(day)))

    def sweep(self, on):
        self.do(on, machine.Sweep())

    def seen(self):
        return (
            self.state.available,
            self.state.held,
            self.state.debt,
            {day and date.fromisoformat(day): n for day, n in self.state.lots},
        )


class InTheDatabase:
    """The ledger's verbs on a fresh member."""

    def __init__(self):
        self.member = member_with().pk

    def do(self, verb, *args, **kwargs):
        before = self.rows()
        try:
            return verb(*args, **kwargs)
        except errors.DomainError as refusal:
            assert self.rows() == before
            raise No({"refund_exceeds": "over_refund"}.get(refusal.code, refusal.code)) from None

    def rows(self):
        return PointAccount.objects.filter(
            pk=self.member
        ).values().get(), LedgerEntry.objects.filter(account_id=self.member).count()

    def accrue(self, on, key, number, day):
        self.do(ledger.accrue, self.member, points=number, key=key, expires_on=day, on=on)

    def spend(self, on, key, number):
        self.do(ledger.spend, self.member, points=number, key=key, reference=key, on=on)

    def hold(self, on, key, number):
        self.do(
            ledger.hold, self.member, points=number, key=key, reference=key, expires_at=LATER, on=on
        )

    def capture(self, on, key, hold, number):
        self.do(ledger.capture, self.member, hold_key=hold, key=key, points=number, on=on)

    def release(self, on, key, hold):
        self.do(ledger.release, self.member, hold_key=hold, key=key, on=on)

    def refund(self, on, key, of_key, number, at_fault):
        self.do(
            ledger.refund,
            self.member,
            of_key=of_key,
            points=number,
            key=key,
            reference=key,
            at_fault=at_fault,
            on=on,
        )

    def clawback(self, on, key, of_key, number):
        self.do(
            ledger.clawback,
            self.member,
            of_key=of_key,
            points=number,
            key=key,
            reference=key,
            on=on,
        )

    def adjust(self, on, key, number, day):
        self.do(
            ledger.adjust,
            self.member,
            points=number,
            key=key,
            actor="test",
            note="test",
            expires_on=day,
            on=on,
        )

    def sweep(self, on):
        ledger.post_many([ledger.Posting(self.member, machine.Sweep(), on=on)])

    def seen(self):
        account = PointAccount.objects.get(pk=self.member)
        return (
            account.available,
            account.held,
            account.debt,
            {day and date.fromisoformat(day): n for day, n in account.lots},
        )


def soon(day, offset):
    """Return the day so many days on; None stands for ever."""
    return None if offset is None else day + timedelta(days=offset)
