"""Points on the way: what arrived is exactly one entry, and what was taken back adds up.

Promises are read after their accounts, while the shop runs. A mismatch counts only when the account
has not moved meanwhile; if it has, this run gives up on it and the next one looks again.
"""

from collections import Counter, defaultdict

from mall.verification.finding import Finding
from points.models import Grant, LedgerEntry, PointAccount, TakeBack
from points.postings import asked


def compare(rows: list[tuple[PointAccount, list[LedgerEntry]]]) -> list[Finding]:
    """Compare the promises of some accounts with their entries; returns every mismatch."""
    ids = [account.pk for account, _entries in rows]
    grants, taken = defaultdict(list), defaultdict(Counter)
    for grant in Grant.objects.filter(account_id__in=ids):
        grants[grant.account_id].append(grant)
    for row in TakeBack.objects.filter(account_id__in=ids):
        taken[row.account_id][row.reference] += row.pending + row.points + row.debt
    findings = []
    for account, entries in rows:
        found = list(_of_account(account, entries, grants[account.pk], taken[account.pk]))
        if found and PointAccount.objects.get(pk=account.pk).seq == account.seq:
            findings += found
    return findings


def _of_account(account, entries, grants, taken):
    by_key = {entry.key: entry for entry in entries if entry.key.startswith("grant:")}
    clawed, returned = Counter(), Counter()
    for entry in entries:
        if entry.kind == "clawback":
            clawed[entry.reverses_seq] += asked(entry)
    for grant in grants:
        yield from _of_grant(account, grant, by_key.pop(f"grant:{grant.pk}", None), clawed)
        returned[grant.reference] += grant.taken_back
    for key, entry in by_key.items():
        yield Finding(account.pk, f"entry {entry.seq} belongs to no promise", key)
    for reference in returned | taken:
        if returned[reference] != taken[reference]:
            check = f"what refunds of {reference} took is not what its promises lost"
            yield Finding(account.pk, check, str(taken[reference]), str(returned[reference]))


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
