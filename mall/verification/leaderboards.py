"""Leaderboards: each score on an open board is what its member's entries say, and nobody stands
there who takes no part.

Members with entries that were not counted yet are left to the sweep. Read without a lock while the
shop runs: what does not fit is read again under the member's lock, and only what still does not
fit is a finding. A frozen board is history: what is taken back later changes it no more.
"""

from django.db.models import Exists, OuterRef

from mall.core import keyset
from mall.core.transactions import transactional
from mall.verification.finding import Finding
from marketing.leaderboard import counting
from marketing.models import Board, BoardScore, Contestant
from points import ledger
from points.models import PointAccount

BATCH = 500


def verify_leaderboards() -> list[Finding]:
    """Compare the scores of open boards with the entries; returns every mismatch."""
    boards = list(Board.objects.filter(frozen_at__isnull=True))
    if not boards:
        return []
    return [
        finding
        for batch in keyset.batches(_counted().values_list("pk", flat=True), BATCH)
        for suspect in sorted({finding.account for finding in _compare(batch, boards)})
        for finding in _compare_locked(suspect, boards)
    ]


def _counted():
    account = PointAccount.objects.filter(pk=OuterRef("pk"), seq=OuterRef("counted_seq"))
    return Contestant.objects.filter(Exists(account))


@transactional
def _compare_locked(user_id, boards) -> list[Finding]:
    ledger.open(user_id)
    is_counted = _counted().filter(pk=user_id).exists()
    return list(_compare([user_id], boards)) if is_counted else []


def _compare(user_ids, boards):
    shown = Contestant.objects.filter(pk__in=user_ids, is_shown=True, user__is_active=True)
    expected = counting.drawn(list(shown.values_list("pk", flat=True)), boards)
    found = {
        (board, user_id): points
        for board, user_id, points in BoardScore.objects.filter(
            board__in=boards, user__in=user_ids, user__is_active=True
        ).values_list("board", "user", "points")
    }
    for board, user_id in sorted(expected.keys() | found.keys()):
        said, kept = expected.get((board, user_id), 0), found.get((board, user_id), 0)
        if said != kept:
            yield Finding(user_id, f"score on leaderboard {board}", str(said), str(kept))
