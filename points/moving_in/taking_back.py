"""A file of members is taken back: whoever nobody touched since gives the balance back by entries
the other way. The accounts stay, empty; a mended file fills them anew.

Touched is whose account has an entry after the last one of the file, and who came in since.
"""

from collections import Counter

from django.db.models import F

from mall.core import clock, file_jobs, keyset
from mall.core.transactions import transactional
from points import ledger, machine, tiers
from points.models import MemberImport, MovedMember
from points.moving_in import people
from points.moving_in.imports import CHUNK
from points.moving_in.keys import key_of, reference_of


def carry_back(row: MemberImport) -> None:
    """Take a file back as far as nobody touched what it brought."""
    live = MovedMember.objects.filter(file=row, undone_at=None)
    for some in keyset.batches(live.values_list("pk", flat=True), CHUNK):
        _take_back(row, some)
    left = live.count()
    done = MovedMember.objects.filter(file=row).count() - left
    file_jobs.end(row, MemberImport.Status.UNDONE, undone=done, untouchable=left, problem="")


@transactional
def _take_back(row, pks):
    """Take back some members of a file that nobody touched."""
    found = list(MovedMember.objects.filter(pk__in=pks, undone_at=None).select_related("user"))
    accounts = ledger.open_all(one.user_id for one in found)
    free = [one for one in found if _is_untouched(one, accounts[one.user_id].row)]
    postings = [posting for one in free for posting in _postings(row, one)]
    if postings:
        ledger.post_many(postings)
    for is_new in (True, False):
        theirs = Counter()
        for one in free:
            theirs[one.user_id] -= one.tier_points if one.is_new == is_new else 0
        if theirs := {user_id: points for user_id, points in theirs.items() if points}:
            tiers.bring(theirs, anew=is_new)
    MovedMember.objects.filter(pk__in=[one.pk for one in free]).update(
        undone_at=clock.now(), identity=None, mail_at=None
    )
    file_jobs.go_on(row, undone=F("undone") + len(free))


def _is_untouched(moved, account) -> bool:
    came_in = moved.is_new and not people.is_unclaimed(moved.user)
    return not came_in and account.seq == (moved.last_seq or account.seq)


def _postings(row, moved):
    for day, points in moved.lots:
        key = key_of(row, moved.identity, day)
        yield ledger.Posting(
            moved.user_id,
            machine.Clawback(points, None),
            key=f"{key}:undo",
            of_key=key,
            reference=reference_of(row),
            actor=f"staff:{row.undo_by_id}",
            note=row.undo_note,
        )
