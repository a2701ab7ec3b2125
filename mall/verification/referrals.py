"""Invitations against the books: who was paid for has exactly the entries that the row says, nobody
else has any.
"""

from mall.core import keyset
from mall.core.transactions import transactional
from mall.verification.finding import Finding
from marketing.models import Referral
from marketing.referral.referrals import INVITEE_RULE, award_key
from points import ledger
from points.models import LedgerEntry

BATCH = 500


def verify_referrals() -> list[Finding]:
    """Compare invitations with the entries of both members; returns every mismatch. What does not
    fit is read again under both members' locks.
    """
    found = []
    for rows in keyset.batches(Referral.objects.all(), BATCH):
        suspects = sorted({row.pk for row, _finding in _compare(rows)})
        found += [finding for pk in suspects for finding in _compare_locked(pk)]
    return found


@transactional
def _compare_locked(pk) -> list[Finding]:
    row = Referral.objects.get(pk=pk)
    for member in sorted({row.inviter_id, row.invitee_id}):  # in everybody's order
        ledger.open(member)
    return [finding for _row, finding in _compare([Referral.objects.get(pk=pk)])]


def _compare(rows):
    members = {member for row in rows for member in (row.inviter_id, row.invitee_id)}
    keys = {INVITEE_RULE, *(award_key(row) for row in rows)}
    entries = LedgerEntry.objects.filter(account_id__in=members, key__in=keys)
    worth = {(entry.account_id, entry.key): max(0, entry.worth) for entry in entries}
    for row in rows:
        sides = (
            (row.inviter_id, award_key(row), row.inviter_points),
            (row.invitee_id, INVITEE_RULE, row.invitee_points),
        )
        for member, key, points in sides:
            if worth.get((member, key), 0) != points:
                booked = str(worth.get((member, key), 0))
                check = f"invitation {row.pk} says other points than its entry"
                yield row, Finding(member, check, str(points), booked)
