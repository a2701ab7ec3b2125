"""One posting between its three worlds: what a caller asks, what the row says, what the machine
takes.

No SQL and no arithmetic here: points/ledger.py locks and writes, points/machine.py decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from mall.core import clock, rows
from points import chain, errors, machine, validity
from points.machine_state import Entry, Original, Refused, State
from points.models import SEQ_SPAN, LedgerEntry, PointAccount

DEFAULT = "default"  # the standard validity, counted from the business day of the posting
RETURNING = (machine.Refund, machine.Clawback)


@dataclass(frozen=True, slots=True)
class Posting:
    """One command for one member, with the words that go onto its entry."""

    user_id: int
    command: object
    key: str = ""
    of_key: str = ""
    rule: str = ""
    rule_version: int | None = None
    reference: str = ""
    actor: str = ""
    description: str = ""
    note: str = ""
    on: date | None = None
    # a repeat is recognised by key and rule alone: what a rule pays may have changed meanwhile, and
    # which of the ``rivals`` for the same action pays
    same_fact: bool = False
    rivals: frozenset[str] = frozenset()
    # the key carries a number made in this very transaction: nobody can have posted under it
    fresh: bool = False

    @property
    def is_returning(self) -> bool:
        """Whether it goes back to an earlier entry."""
        return isinstance(self.command, RETURNING)


def to_spend(user_id: int, *, points: int, **words) -> Posting:
    """Return what takes points for good."""
    return Posting(user_id, machine.Spend(points), **words)


def to_hold(user_id: int, *, points: int, key: str, expires_at: datetime, **words) -> Posting:
    """Return what sets points aside under ``key`` until somebody decides."""
    return Posting(user_id, machine.Hold(points, key, expires_at.isoformat()), key=key, **words)


@dataclass(slots=True)
class Past:
    """What was posted before, as far as somebody asked for it; a member's key is (member, key)."""

    entries: dict = field(default_factory=dict)  # {(member, key): entry}
    returns: dict = field(default_factory=dict)  # {(member, seq): last entry that went back to it}
    asked: set = field(default_factory=set)  # keys whose entry is known, there or not
    asked_back: set = field(default_factory=set)  # and those of which returns are known, too

    def unknown(self, postings: Iterable[Posting]) -> tuple[set, bool]:
        """Return the keys that postings name and nobody asked for yet, and whether returns are
        wanted.
        """
        keys = {(one.user_id, one.key) for one in postings if one.key and not one.fresh}
        backs = {(one.user_id, one.of_key) for one in postings if one.of_key} - self.asked_back
        return (keys - self.asked) | backs, bool(backs)

    def add(self, entry: LedgerEntry, back: LedgerEntry | None = None) -> None:
        """Add an entry, with the last one that went back to it."""
        self.entries[entry.account_id, entry.key] = entry
        if back is not None:
            self.returns[entry.account_id, entry.seq] = back

    def learn(self, more: "Past", keys: Iterable, *, returning: bool) -> None:
        """Add what an answer about some keys told."""
        self.entries |= more.entries
        self.returns |= more.returns
        self.asked |= keys
        if returning:
            self.asked_back |= keys

    def copy(self) -> "Past":
        """Return the same to go on with."""
        return Past(dict(self.entries), dict(self.returns), set(self.asked), set(self.asked_back))


def as_text(day: date | str | None) -> str | None:
    """Return a last day as the machine writes it; DEFAULT and None (for ever) as they are."""
    return day.isoformat() if isinstance(day, date) else day


def words_of(posting: Posting) -> dict:
    """Return the words of a posting as columns of its entry."""
    return {
        "rule": posting.rule,
        "rule_version": posting.rule_version,
        "reference": posting.reference,
        "actor": posting.actor,
        "description": posting.description[:200],
        "note": posting.note[:500],
    }


def post_all(
    postings: Iterable[Posting], accounts: dict[int, PointAccount], past: Past, *, tolerant: bool
) -> tuple[list, list[LedgerEntry]]:
    """Carry out commands on accounts that are held, changing these and ``past``; writes nothing.

    Returns each posting's own entry (with ``tolerant``, or its refusal) and all entries made.
    """
    now, made, results = clock.now(), [], []
    for posting in postings:
        try:
            results.append(_post(posting, accounts[posting.user_id], past, made, now))
        except errors.DomainError as refusal:
            if not tolerant:
                raise
            results.append(refusal)
    return results, made


def _post(posting, account, past, made, now) -> LedgerEntry | None:
    """Carry out one command; add its entries to ``made`` and ``past`` and return its own."""
    first = past.entries.get((posting.user_id, posting.key)) if posting.key else None
    if first is not None:
        return first_of(posting, first, past)
    on = max(filter(None, (posting.on or clock.day_of(now), account.day)))
    try:
        new, lines = machine.run(
            state_of(account), command_of(posting, on, past), on=on.isoformat()
        )
    except Refused as refusal:
        raise errors.BY_REASON[refusal.reason](**refusal.numbers) from None
    own = None
    for line in lines:
        words = {} if line.key else words_of(posting)
        entry = entry_of(account, line, now, key=line.key or posting.key, **words)
        account.head = entry.hash = chain.seal(account.head, entry)
        made.append(entry)
        if line.key is None or own is None:
            own = entry
        past.add(entry)
        past.asked.add((entry.account_id, entry.key))
        past.asked_back.add((entry.account_id, entry.key))
        if posting.is_returning and line.key is None:
            past.returns[posting.user_id, entry.reverses_seq] = entry
    carry(new, account)
    return own


def command_of(posting: Posting, on: date, past: Past):
    """Return the command with what it could not know before the lock: the standard validity, the
    entry it reverses.
    """
    command = posting.command
    if isinstance(command, (machine.Accrue, machine.Adjust)) and command.expires_on == DEFAULT:
        return replace(command, expires_on=validity.standard(on).isoformat())
    if posting.is_returning:
        entry = past.entries.get((posting.user_id, posting.of_key))
        back = past.returns.get((posting.user_id, entry.seq)) if entry else None
        return replace(command, original=original_of(entry, back))
    return command


def original_of(entry: LedgerEntry | None, back: LedgerEntry | None = None) -> Original | None:
    """Return what of an entry is still unreturned: the last entry that went back to it kept the
    rest.
    """
    if entry is None:
        return None
    if back is not None:
        left = back.alloc["left"]
    elif entry.kind == "accrue" or (entry.kind == "adjust" and asked(entry) > 0):
        day = entry.alloc["lots"][0][0] if entry.alloc["lots"] else entry.alloc["expires_on"]
        left = [[day, asked(entry)]]
    elif entry.kind == "capture":
        left = entry.alloc["used"]
    else:
        left = [[day, -points] for day, points in entry.alloc["lots"]]
    return Original(entry.seq, entry.kind, _tuples(left))


def first_of(posting: Posting, first: LedgerEntry, past: Past) -> LedgerEntry:
    """Return the first entry of a repeated fact, once it is clear that it is the same fact.

    Raises: KeyConflict.
    """
    command = posting.command
    is_same_rule = first.rule == posting.rule or first.rule in posting.rivals
    same = first.kind == type(command).__name__.lower() and is_same_rule
    if same and not posting.same_fact:
        same = first.reference == posting.reference
        if getattr(command, "points", None) is not None:
            same = same and command.points == asked(first)
        if (
            isinstance(command, (machine.Accrue, machine.Adjust))
            and command.expires_on != DEFAULT
            and first.delta > 0
        ):
            same = same and command.expires_on == first.alloc["lots"][0][0]
        if posting.of_key:
            reversed_entry = past.entries.get((posting.user_id, posting.of_key))
            same = same and reversed_entry is not None and reversed_entry.seq == first.reverses_seq
    if not same:
        raise errors.KeyConflict
    return first


def asked(entry: LedgerEntry) -> int:
    """Return the points a command asked for, from the entry it left."""
    net = entry.worth
    return {
        "spend": -net,
        "hold": entry.held_delta,
        "capture": -entry.held_delta - net,
        "clawback": -net,
    }.get(entry.kind, net)


def _as_read(said):
    """Return what a machine's line says as it will be read back: lists for tuples."""
    if isinstance(said, dict):
        return {name: _as_read(one) for name, one in said.items()}
    return [_as_read(one) for one in said] if isinstance(said, tuple | list) else said


def _tuples(lots):
    return tuple((day, points) for day, points in lots)


def state_of(account: PointAccount) -> State:
    """Return an account's row as the machine's state."""
    holds = {key: {**hold, "lots": _tuples(hold["lots"])} for key, hold in account.holds.items()}
    return State(
        account.available,
        account.held,
        account.debt,
        account.credited,
        account.debited,
        _tuples(account.lots),
        holds,
        account.seq,
        account.day and account.day.isoformat(),
        account.day_counts,
        account.status,
    )


def carry(new: State, account: PointAccount) -> None:
    """Write the machine's new state onto the locked account."""
    account.available, account.held, account.debt = new.available, new.held, new.debt
    account.credited, account.debited, account.seq = new.credited, new.debited, new.seq
    account.lots, account.holds, account.day_counts = new.lots, new.holds, new.counts
    account.lots_total = sum(points for _, points in new.lots)
    account.next_expiry = (
        date.fromisoformat(new.lots[0][0]) if new.lots and new.lots[0][0] else None
    )
    account.day = date.fromisoformat(new.day) if new.seq else account.day
    account.status = new.status


def entry_of(account: PointAccount, line: Entry, at: datetime, **words) -> LedgerEntry:
    """Return a line of the machine as a row of the ledger, yet without its seal."""
    if len(words["key"]) > 100 or not words["key"]:
        raise ValueError("A posting needs a key of 1 to 100 characters that names its fact.")
    values = {
        "id": account.user_id * SEQ_SPAN + line.seq,
        "account_id": account.user_id,
        "seq": line.seq,
        "kind": line.kind,
        "delta": line.delta,
        "held_delta": line.held_delta,
        "debt_delta": line.debt_delta,
        "balance_after": line.available,
        "held_after": line.held,
        "debt_after": line.debt,
        "alloc": _as_read(line.alloc),
        "rule": "",
        "rule_version": None,
        "reference": "",
        "reverses_seq": line.reverses_seq,
        "actor": "",
        "description": "",
        "note": "",
        "biz_date": date.fromisoformat(line.biz_date),
        "created_at": at,
        "hash": "",
        **words,
    }
    entry = rows.known(LedgerEntry, values)
    entry.is_new = True
    return entry
