"""Ranks on boards of any size: the number of members with more points, plus one.

On a small board they are counted. On a large one that would read half of the index for each who
looks, so the board is added up once a minute, and a rank is a step of that sum and the few members
between it and the one asked for.
"""

from bisect import bisect_left

from django.core.cache import cache
from django.db.models import Count

from marketing.models import Board

SMALL = 2_000  # members
KEPT_SECONDS = 60


def members_of(board: Board) -> int:
    """Return how many members have points on a board."""
    few = board.scores.order_by()[: SMALL + 1].count()
    return few if few <= SMALL else _steps_of(board)[0]


def rank_of(board: Board, points: int) -> int:
    """Return the rank of a number of points on a board."""
    above = board.scores.filter(points__gt=points).order_by()
    few = above[: SMALL + 1].count()
    if few <= SMALL:
        return few + 1
    _members, steps = _steps_of(board)
    place = bisect_left(steps, (points, 0))
    if place == len(steps):
        return few + 1
    step, more = steps[place]
    return more + above.filter(points__lte=step).count() + 1


def _steps_of(board) -> tuple[int, list[tuple[int, int]]]:
    """Return the members of a board, and (points, members with more than those) of some of its
    scores, the smallest first.
    """
    key = f"leaderboard:{board.pk}:steps"
    known = cache.get(key)
    if known is None:
        known = _added_up(board)
        cache.set(key, known, KEPT_SECONDS)
    return known


def _added_up(board):
    members, steps, last = 0, [], None
    counts = board.scores.order_by("-points").values_list("points").annotate(n=Count("pk"))
    for points, number in counts.iterator(chunk_size=2000):
        if last is None or members - last >= SMALL // 2:
            steps.append((points, members))
            last = members
        members += number
    return members, steps[::-1]
