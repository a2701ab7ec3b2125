"""The scores of the open boards, drawn anew from a member's entries whenever those have grown.

A board is one shop week or month; it is frozen an hour after its last day. The member's number of
entries says whether there is something to count, so nothing is added to any posting and no fact can
be missed: late, twice or at once, the same entries give the same scores.
"""

import time
from datetime import date, datetime, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef

from mall.core import clock, keyset, replica, rows
from mall.core.transactions import transactional
from marketing.badges import awarding as badges
from marketing.leaderboard import scoring
from marketing.models import Board, BoardScore, Contestant
from points import ledger
from points.models import PointAccount

BATCH = 50  # members wait behind it
SWEEP_SECONDS = 20  # a shop that counts for the first time leaves the rest to the next knock
FREEZE_AFTER = timedelta(hours=1)  # facts of the last evening are heard by then
MOST_PODIUM = 3


# --- boards -----------------------------------------------------------------------
def bounds(period: str, on: date) -> tuple[date, date]:
    """Return the first and the last day of the week or month that a shop day lies in."""
    if period == Board.Period.WEEK:
        first = on - timedelta(days=on.weekday())
        return first, first + timedelta(days=6)
    first = on.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def board_of(period: str, on: date) -> Board:
    """Return the board of the week or month that a shop day lies in; made when it is asked for
    first.
    """
    first, last = bounds(period, on)
    board = Board.objects.filter(period=period, starts_on=first).first()
    return board or _made(period, first, last)


def _made(period, first, last):
    words = {"period": period, "starts_on": first}
    Board.objects.bulk_create([Board(**words, ends_on=last)], ignore_conflicts=True)
    return Board.objects.get(**words)


def open_boards(on: date) -> list[Board]:
    """Return the boards that still count: those of today, and of days before until they are
    frozen.
    """
    todays = [board_of(period, on) for period in Board.Period.values]
    known = [board.pk for board in todays]
    return [*Board.objects.filter(frozen_at__isnull=True).exclude(pk__in=known), *todays]


# --- counting -----------------------------------------------------------------------
def count_due(*, on_batch=None) -> int:
    """Count everybody whose entries have grown since they were counted, and freeze what is over;
    return how many members were counted. May run late, twice or at once.
    """
    until, count = time.monotonic() + SWEEP_SECONDS, 0
    for batch in keyset.batches(_behind().values_list("pk", flat=True), BATCH):
        _count_free(batch)
        count += len(batch)
        if on_batch:
            on_batch(count)
        if time.monotonic() > until:
            return count
    drop_inactive()
    freeze_due(clock.now())
    return count


def _behind():
    """The accounts of those with more entries, or fewer, than were counted."""
    counted = Contestant.objects.filter(pk=OuterRef("pk"), counted_seq=OuterRef("seq"))
    return PointAccount.objects.filter(~Exists(counted), seq__gt=0)


def count_if_behind(user_id: int) -> None:
    """Count one member before they look, where they have entries that were not counted."""
    if not replica.is_reading() and _behind().filter(pk=user_id).exists():
        count_members([user_id])


@transactional
def count_members(user_ids) -> None:
    """Draw the scores of some members on all open boards anew; harmless when repeated."""
    # Two may count one member at once: the second must see what the first wrote.
    _count(ledger.open_all(user_ids))


@transactional
def _count_free(user_ids) -> None:
    """Do so for those whose account nobody holds: a redemption waits for no sweep of ours, and the
    next one finds the others.
    """
    _count(ledger.open_free(user_ids))


def _count(accounts):
    boards, contestants = open_boards(clock.today()), _contestants(accounts)
    _write(drawn(_taking_part(contestants), boards), boards, list(accounts))
    for contestant in contestants:
        contestant.counted_seq = accounts[contestant.pk].row.seq
    rows.write_over(contestants, "counted_seq")


def _contestants(accounts) -> list[Contestant]:
    """Return the rows of members whose accounts are open, with new ones for who had none."""
    known = list(Contestant.objects.filter(pk__in=accounts))
    fresh = [Contestant(pk=pk) for pk in accounts.keys() - {one.pk for one in known}]
    Contestant.objects.bulk_create(fresh)
    return known + fresh


def _taking_part(contestants) -> list[int]:
    shown = [one.pk for one in contestants if one.is_shown]
    members = get_user_model().objects.filter(pk__in=shown, is_active=True)
    return list(members.values_list("pk", flat=True))


def drawn(user_ids, boards) -> dict[tuple[int, int], int]:
    """Return {(board, member): points} as the entries say; members without points are left out."""
    first = min((board.starts_on for board in boards), default=None)
    earned = scoring.earned_since(user_ids, first) if user_ids and boards else {}
    scores = {}
    for user_id, days in earned.items():
        for board in boards:
            points = sum(
                points for on, points in days.items() if board.starts_on <= on <= board.ends_on
            )
            if points > 0:
                scores[board.pk, user_id] = points
    return scores


def _write(scores, boards, user_ids):
    known = BoardScore.objects.filter(board__in=boards, user__in=user_ids)
    changed = []
    for row in known:
        points = scores.pop((row.board_id, row.user_id), 0)
        if not points:
            BoardScore.objects.filter(pk=row.pk).delete()
        elif points != row.points:
            row.points = points
            changed.append(row)
    rows.write_over(changed, "points")
    BoardScore.objects.bulk_create(
        BoardScore(board_id=board, user_id=user_id, points=points)
        for (board, user_id), points in scores.items()
    )


def drop_inactive() -> None:
    """Take those who may not sign in any more off every board."""
    gone = BoardScore.objects.filter(user__is_active=False).values_list("pk", flat=True)
    for batch in keyset.batches(gone, BATCH):
        BoardScore.objects.filter(pk__in=batch).delete()


# --- taking part --------------------------------------------------------------------
@transactional
def take_part(user_id: int, is_shown: bool) -> None:
    """Show a member on the boards from now on, or take them off every board, past ones too."""
    # A sweep may count them at this moment: it sees the choice, or is undone by it.
    [contestant] = _contestants({user_id: ledger.open(user_id)})
    if contestant.is_shown == is_shown:
        return
    contestant.is_shown = is_shown
    contestant.save(update_fields=["is_shown"])
    if is_shown:
        count_members([user_id])
    else:
        BoardScore.objects.filter(user=user_id).delete()


def forget(user) -> None:
    """Take a member who leaves off every board."""
    BoardScore.objects.filter(user=user).delete()
    Contestant.objects.filter(user=user).delete()


# --- freezing -----------------------------------------------------------------------
def freeze_due(now: datetime) -> int:
    """Freeze every board that is over, and give the first of a month their badge; return how many
    boards were frozen.
    """
    over = clock.day_of(now - FREEZE_AFTER)
    due = Board.objects.filter(frozen_at__isnull=True, ends_on__lt=over).order_by("pk")
    for board in due:
        _freeze(board.pk, now)
    return len(due)


@transactional
def _freeze(board_id, now):
    board = Board.objects.select_for_update().get(pk=board_id)
    if board.frozen_at is not None:
        return
    board.frozen_at = now
    board.save(update_fields=["frozen_at"])
    if board.period == Board.Period.MONTH:
        badges.give(_podium(board), "top_three", on=board.ends_on)


def _podium(board) -> list[int]:
    """Return who has one of the first three ranks; members with equal points share one."""
    first = list(board.scores.order_by("-points")[:MOST_PODIUM])
    if not first:
        return []
    return list(board.scores.filter(points__gte=first[-1].points).values_list("user", flat=True))
