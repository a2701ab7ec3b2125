"""Explain this number: from a balance to the entries that made it, their lots, their rule version,
and who.

Points in one lot are alike; what is told of them follows the order they came in: the first in is
the first used. That is a way of telling and decides nothing, the ledger itself only knows the lot's
day.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date

from points import pending, statement
from points.models import Adjustment, Grant, LedgerEntry, PointAccount, Rule, RuleVersion

RETRACED_MAX = 20_000  # entries of one member that are read to retrace lots
ORDER = ("accrue", "refund", "adjust", "release", "capture", "hold", "spend", "clawback", "expire")


@dataclass
class Trace:
    """What became of an entry's points: taken by later entries, or still there; and where it took
    its own from.
    """

    used_by: list = field(default_factory=list)  # (seq, points)
    came_from: list = field(default_factory=list)  # (seq, points)
    left: dict = field(default_factory=dict)  # last day (or None) -> points


@dataclass(frozen=True)
class Line:
    """One kind of entries and what they add up to."""

    kind: str
    label: str
    count: int
    points: int


@dataclass(frozen=True)
class LotOrigin:
    """One lot a member has now, and the entries its points came with."""

    expires_on: date | None
    points: int
    sources: list  # (LedgerEntry, points)


@dataclass(frozen=True)
class Explanation:
    """A balance, opened: its sums by kind, its lots with their origins, what is reserved, on the
    way and owed.
    """

    account: PointAccount
    lines: list
    lots: list
    holds: list  # (reference, points, LedgerEntry)
    on_the_way: list
    owed: list
    is_retraced: bool


@dataclass(frozen=True)
class EntryStory:
    """One entry, opened."""

    entry: LedgerEntry
    version: RuleVersion | None
    grant: Grant | None
    adjustment: Adjustment | None
    goes_back_to: LedgerEntry | None
    came_back_in: list
    trace: Trace
    neighbours: dict  # seq -> LedgerEntry


def of_account(account: PointAccount) -> Explanation:
    """Open an account's balance."""
    entries = _entries(account.pk)
    is_retraced = account.seq <= RETRACED_MAX
    traces = retrace(entries) if is_retraced else {}
    by_seq = {entry.seq: entry for entry in entries}
    sums, counts = Counter(), Counter()
    for entry in entries:
        sums[entry.kind] += entry.delta
        counts[entry.kind] += 1
    lines = [
        Line(kind, LedgerEntry.Kind(kind).label, counts[kind], sums[kind])
        for kind in ORDER
        if counts[kind]
    ]
    lots = []
    for day, points in account.lots:
        sources = [
            (by_seq[seq], trace.left[day]) for seq, trace in traces.items() if trace.left.get(day)
        ]
        lots.append(LotOrigin(day and date.fromisoformat(day), points, sources))
    holds = [
        (by_seq.get(hold["seq"]), sum(points for _day, points in hold["lots"]))
        for hold in account.holds.values()
    ]
    owed = [entry for entry in entries if entry.debt_delta] if account.debt else []
    return Explanation(
        account, lines, lots, holds, list(pending.on_the_way(account.pk)), owed, is_retraced
    )


def of_entry(user_id: int, seq: int) -> EntryStory | None:
    """Open one entry of a member; None when there is no such entry."""
    entries = _entries(user_id)
    by_seq = {entry.seq: entry for entry in entries}
    entry = by_seq.get(seq) or statement.entries_of(user_id).filter(seq=seq).first()
    if entry is None:
        return None
    trace = retrace(entries).get(seq, Trace())
    named = {seq for seq, _points in (*trace.used_by, *trace.came_from)}
    return EntryStory(
        entry,
        version_of(entry),
        _grant_of(entry),
        Adjustment.objects.filter(account_id=user_id, entry_seq=seq)
        .select_related("requested_by", "decided_by")
        .first(),
        by_seq.get(entry.reverses_seq),
        [other for other in entries if other.reverses_seq == seq],
        trace,
        {seq: by_seq[seq] for seq in named if seq in by_seq},
    )


def version_of(entry: LedgerEntry) -> RuleVersion | None:
    """Return the version of the rule an entry names."""
    if not entry.rule:
        return None
    rule = Rule.objects.filter(code=entry.rule).first()
    return rule and rule.versions.filter(number=entry.rule_version).select_related("rule").first()


def retrace(entries: list[LedgerEntry]) -> dict[int, Trace]:
    """Follow the points of each entry through the lots; entries in order of seq, from the first."""
    lots, traces = {}, {}
    for entry in entries:
        trace = traces[entry.seq] = Trace()
        for day, points in entry.alloc["lots"]:
            if points > 0:
                lots.setdefault(day, deque()).append([entry.seq, points])
            else:
                for seq, part in _draw(lots.get(day), -points):
                    traces[seq].used_by.append((entry.seq, part))
                    trace.came_from.append((seq, part))
        # Beyond forty lots two become one: the points move, nobody used them.
        moves = entry.alloc.get("merged", ())
        for (earlier, points), (later, _added) in zip(moves[::2], moves[1::2], strict=False):
            lots.setdefault(later, deque()).extend(
                [seq, part] for seq, part in _draw(lots.get(earlier), -points)
            )
    for day, queue in lots.items():
        for seq, points in queue:
            traces[seq].left[day] = traces[seq].left.get(day, 0) + points
    return traces


def _draw(queue, points):
    """Take points off the front of a lot; returns [(seq, points)]. A lot that drifted gives what it
    has.
    """
    drawn = []
    while queue and points:
        seq, there = queue[0]
        part = min(there, points)
        drawn.append((seq, part))
        points -= part
        if part == there:
            queue.popleft()
        else:
            queue[0][1] -= part
    return drawn


def _entries(user_id):
    return list(statement.entries_of(user_id).order_by("pk")[:RETRACED_MAX])


def _grant_of(entry):
    kind, _colon, number = entry.key.partition(":")
    number = number.partition(":")[0]
    if kind not in ("grant", "claw") or not number.isdecimal():
        return None
    return (
        Grant.objects.filter(pk=number, account_id=entry.account_id)
        .select_related("version__rule")
        .first()
    )
