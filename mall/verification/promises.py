"""Points on the way: what arrived is exactly one entry, and what was taken back adds up; and what
was multiplied is what its factors say.

Read without a lock while the shop runs: what does not fit is read again under the member's lock,
for a promise that is taken back on its way moves no entry. Only what still does not fit then is a
finding.
"""

from collections import Counter, defaultdict

from mall.core.transactions import transactional
from mall.verification.finding import Finding
from points import ledger, making
from points.models import Grant, LedgerEntry, PointAccount, TakeBack
from points.postings import asked


def compare(rows: list[tuple[PointAccount, list[LedgerEntry]]]) -> list[Finding]:
    """Compare the promises of some accounts with their entries; returns every mismatch."""
    suspects = sorted({finding.account for finding in _compare(rows)})
    return [finding for user_id in suspects for finding in _compare_locked(user_id)]


def _compare(rows) -> list[Finding]:
    ids = [account.pk for account, _entries in rows]
    grants, taken = defaultdict(list), defaultdict(Counter)
    for grant in Grant.objects.filter(account_id__in=ids):
        grants[grant.account_id].append(grant)
    for row in TakeBack.objects.filter(account_id__in=ids):
        taken[row.account_id][row.reference] += row.pending + row.points + row.debt
    return [
        finding
        for account, entries in rows
        for finding in _of_account(account, entries, grants[account.pk], taken[account.pk])
    ]


@transactional
def _compare_locked(user_id) -> list[Finding]:
    account = ledger.open(user_id).row
    entries = LedgerEntry.objects.filter(account_id=user_id).order_by("pk")
    return _compare([(account, list(entries))])


def _of_account(account, entries, grants, taken):
    by_key = {entry.key: entry for entry in entries if entry.key.startswith("grant:")}
    clawed, returned = Counter(), Counter()
    for entry in entries:
        if entry.kind == "clawback":
            clawed[entry.reverses_seq] += asked(entry)
        elif "made" in entry.alloc:
            yield from _of_made(account, f"entry {entry.seq}", entry.alloc["made"], asked(entry))
    for grant in grants:
        if grant.made:
            yield from _of_made(account, f"promise {grant.pk}", grant.made, grant.points)
        yield from _of_grant(account, grant, by_key.pop(f"grant:{grant.pk}", None), clawed)
        returned[grant.reference] += grant.taken_back
    for key, entry in by_key.items():
        yield Finding(account.pk, f"entry {entry.seq} belongs to no promise", key)
    for reference in returned | taken:
        if returned[reference] != taken[reference]:
            check = f"what refunds of {reference} took is not what its promises lost"
            yield Finding(account.pk, check, str(taken[reference]), str(returned[reference]))


def _of_made(account, what, made, points):
    """Compare how points were made with what they are."""
    said = making.points_of(making.of_rows(made))
    if said != points:
        check = f"{what} is not what multiplied it says"
        yield Finding(account.pk, check, str(said), str(points))


def _of_grant(account, grant, entry, clawed):
    if grant.status != Grant.Status.MATURED:
        left = 0 if grant.status == Grant.Status.VOID else None
        if entry is not None:
            yield Finding(
                account.pk,
                f"promise {grant.pk} has not arrived but has an entry",
                grant.status,
                str(entry.seq),
            )
        elif left is not None and grant.left != left:
            yield Finding(
                account.pk,
                f"promise {grant.pk} fell away but not all of it was taken back",
                "0",
                str(grant.left),
            )
        return
    if entry is None or entry.seq != grant.entry_seq:
        yield Finding(
            account.pk,
            f"promise {grant.pk} has no entry",
            str(grant.entry_seq),
            str(entry and entry.seq),
        )
        return
    if asked(entry) != grant.matured_points:
        yield Finding(
            account.pk,
            f"promise {grant.pk} arrived with other points",
            str(grant.matured_points),
            str(asked(entry)),
        )
    lost = grant.points - grant.matured_points + clawed[entry.seq]
    if lost != grant.taken_back:
        yield Finding(
            account.pk,
            f"promise {grant.pk} lost other points than were taken back",
            str(grant.taken_back),
            str(lost),
        )
