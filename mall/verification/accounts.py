"""Every account against its own entries.

Account and entries are read without a lock while the shop runs. Entries are append-only, so the
entries up to the seq an account showed are exactly what that account must answer for; what lies
beyond is only a finding when the account, read again, still does not know of it.

Source: docs/ledger.md, "verify_ledger".
"""

import itertools
from collections import Counter
from datetime import date

from mall.core import keyset
from mall.verification import check_ins, facts, promises
from mall.verification.finding import Finding
from points import chain
from points.models import SEQ_SPAN, LedgerEntry, PointAccount
from points.postings import asked

BATCH = 200
ENTRIES = 10_000  # in memory at once, unless one account alone has more
UNREADABLE = "the account or one of its entries cannot be read"
# What reading a cell ends in that holds JSON of another shape than the ledger writes.
_SHAPELESS = (TypeError, ValueError, KeyError, IndexError, AttributeError)


def verify_accounts(account: int | None = None, *, on_batch=None) -> list[Finding]:
    """Compare all accounts, or one, with their entries; returns every mismatch.

    ``on_batch`` is called with the number of accounts compared so far.
    """
    findings, done = [], 0
    for accounts in _batches(account):
        rows = list(_with_entries(accounts))
        readable = []
        for row, entries in rows:
            found = compare(row, entries)
            findings += found
            if UNREADABLE not in {finding.check for finding in found}:
                readable.append((row, entries))
        findings += promises.compare(readable)
        findings += check_ins.compare(readable)
        findings += facts.compare(accounts)
        done += len(accounts)
        if on_batch:
            on_batch(done)
    return findings


def compare(account: PointAccount, entries: list[LedgerEntry]) -> list[Finding]:
    """Compare one account with all of its entries, in order of seq."""
    known = [entry for entry in entries if entry.seq <= account.seq]
    beyond = len(entries) - len(known)
    if beyond and PointAccount.objects.get(pk=account.pk).seq < entries[-1].seq:
        return [
            Finding(
                account.pk,
                "entries beyond the account's seq",
                str(account.seq),
                str(entries[-1].seq),
            )
        ]
    try:
        return [
            *_balances(account, known),
            *_lots(account, known),
            *_returns(account, known),
            *_chain(account, known),
        ]
    except _SHAPELESS as error:
        return [Finding(account.pk, UNREADABLE, "", f"{type(error).__name__}: {error}")]


def _balances(account, entries):
    seqs = [entry.seq for entry in entries]
    if seqs != list(range(1, account.seq + 1)):
        missing = sorted(set(range(1, account.seq + 1)) - set(seqs))
        yield Finding(
            account.pk,
            "entries are missing",
            str(account.seq),
            f"{len(seqs)}, first gap at {missing[:1]}",
        )
    sums = {"balance": 0, "held": 0, "debt": 0}
    for entry in entries:
        for name, delta in zip(
            sums, (entry.delta, entry.held_delta, entry.debt_delta), strict=True
        ):
            sums[name] += delta
            after = getattr(entry, f"{name}_after")
            if after != sums[name]:
                yield Finding(
                    account.pk, f"{name} after entry {entry.seq}", str(sums[name]), str(after)
                )
    credited = sum(max(entry.delta, 0) for entry in entries)
    facts = {
        "available": (sums["balance"], account.available),
        "held": (sums["held"], account.held),
        "debt": (sums["debt"], account.debt),
        "credited": (credited, account.credited),
        "debited": (credited - sums["balance"], account.debited),
    }
    for name, (expected, found) in facts.items():
        if expected != found:
            yield Finding(
                account.pk, f"{name} is not the sum of its entries", str(expected), str(found)
            )


def _lots(account, entries):
    lots, holds = Counter(), {}
    for entry in entries:
        for day, points in itertools.chain(entry.alloc["lots"], entry.alloc.get("merged", ())):
            lots[day] += points
        if entry.kind == "hold":
            holds[entry.key] = {"seq": entry.seq, "amount": entry.held_delta}
        elif entry.kind in ("capture", "release"):
            closed = [key for key, hold in holds.items() if hold["seq"] == entry.reverses_seq]
            if not closed:
                yield Finding(account.pk, f"entry {entry.seq} closes a hold that is not open")
            for key in closed:
                del holds[key]
    replayed = sorted(
        ([day, points] for day, points in lots.items() if points), key=lambda lot: lot[0] or "~"
    )
    if replayed != [list(lot) for lot in account.lots]:
        yield Finding(
            account.pk, "lots are not the replay of the entries", str(replayed), str(account.lots)
        )
    first = replayed[0][0] if replayed else None
    if account.next_expiry != (first and date.fromisoformat(first)):
        yield Finding(
            account.pk,
            "next expiry is not the first lot's day",
            str(first),
            str(account.next_expiry),
        )
    kept = {
        key: {"seq": hold["seq"], "amount": sum(points for _, points in hold["lots"])}
        for key, hold in account.holds.items()
    }
    if kept != holds:
        yield Finding(account.pk, "open holds are not those of the entries", str(holds), str(kept))


def _returns(account, entries):
    taken, returned = {}, Counter()
    for entry in entries:
        if entry.kind in ("refund", "clawback"):
            returned[entry.reverses_seq] += asked(entry)
            if returned[entry.reverses_seq] > taken.get(entry.reverses_seq, 0):
                yield Finding(
                    account.pk,
                    f"entry {entry.seq} goes back to more than there was",
                    str(taken.get(entry.reverses_seq, 0)),
                    str(returned[entry.reverses_seq]),
                )
        elif entry.kind in ("spend", "capture", "accrue", "adjust"):
            taken[entry.seq] = asked(entry)


def _chain(account, entries):
    head = ""
    for entry in entries:
        if chain.seal(head, entry) != entry.hash:
            yield Finding(account.pk, f"the seal of entry {entry.seq} is broken")
            return
        head = entry.hash
    if head != account.head:
        yield Finding(account.pk, "the account's head is not the last seal", head, account.head)


def _batches(account):
    accounts = PointAccount.objects.all()
    if account is not None:
        return [list(accounts.filter(pk=account))]
    return itertools.chain.from_iterable(map(_bearable, keyset.batches(accounts, BATCH)))


def _bearable(accounts):
    """Yield accounts in parts whose entries fit into memory together."""
    part, entries = [], 0
    for account in accounts:
        if part and entries + account.seq > ENTRIES:
            yield part
            part, entries = [], 0
        part.append(account)
        entries += account.seq
    yield part


def _with_entries(accounts):
    """Yield (account, its entries): the accounts are read first, so their entries are all there."""
    if not accounts:
        return
    first, last = accounts[0].pk * SEQ_SPAN, (accounts[-1].pk + 1) * SEQ_SPAN
    rows = (
        LedgerEntry.objects.filter(pk__gt=first, pk__lt=last)
        .order_by("pk")
        .iterator(chunk_size=2000)
    )
    grouped = itertools.groupby(rows, key=lambda entry: entry.account_id)
    of_account, entries = next(grouped, (None, ()))
    for account in accounts:
        while of_account is not None and of_account < account.pk:
            of_account, entries = next(grouped, (None, ()))
        yield account, list(entries) if of_account == account.pk else []
