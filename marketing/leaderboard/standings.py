"""A board as it is read: the first members, masked, and one's own place. Reads only."""

from dataclasses import dataclass
from datetime import date

from accounts.privacy import mask_name
from marketing.badges import shelf
from marketing.badges.words import Words
from marketing.leaderboard import ranks
from marketing.models import Board, BoardScore, Contestant

SHOWN = 50
PAST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a board; members with equal points share a rank."""

    rank: int
    name: str
    points: int
    is_own: bool
    badges: list[Words]

    @property
    def titles(self) -> list[str]:
        return [str(words.title) for words in self.badges]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member stands: ``missing`` points to the next place above, whose rank is ``next``."""

    rank: int
    points: int
    missing: int
    next: int | None


@dataclass(frozen=True, slots=True)
class Standings:
    """A board for one reader; ``own`` is None for who has no points, or takes no part."""

    board: Board
    rows: list[Row]
    own: Place | None
    members: int
    is_shown: bool


def of(board: Board, user) -> Standings:
    """Return a board as a member sees it."""
    scores = list(board.scores.select_related("user").order_by("-points", "-user")[:SHOWN])
    badges = shelf.of_all([score.user_id for score in scores])
    return Standings(
        board=board,
        rows=[
            Row(
                rank,
                mask_name(score.user.display_name),
                score.points,
                score.user_id == user.pk,
                badges.get(score.user_id, []),
            )
            for rank, score in _ranked(scores)
        ],
        own=_place_of(board, user),
        members=ranks.members_of(board),
        is_shown=is_shown(user),
    )


def is_shown(user) -> bool:
    """Say whether a member takes part; who chose nothing does."""
    return not Contestant.objects.filter(pk=user.pk, is_shown=False).exists()


def _ranked(scores):
    """Yield scores with their ranks, from the first one on."""
    rank, before = 0, None
    for number, score in enumerate(scores, 1):
        if score.points != before:
            rank, before = number, score.points
        yield rank, score


def _place_of(board, user) -> Place | None:
    own = BoardScore.objects.filter(board=board, user=user).first()
    if own is None:
        return None
    aim = board.scores.filter(points__gt=own.points).order_by("points").first()
    if aim is None:
        return Place(1, own.points, 0, None)
    rank, before = ranks.rank_of(board, own.points), ranks.rank_of(board, aim.points)
    return Place(rank, own.points, aim.points - own.points, before)


def past_board(period: str, begins: str) -> Board | None:
    """Return the board of a period that began on a day as an address says it; None for none."""
    try:
        return board_from(period, date.fromisoformat(begins))
    except ValueError:
        return None


def board_from(period: str, first: date) -> Board | None:
    """Return the board of a period that began on a day; None for none."""
    return Board.objects.filter(period=period, starts_on=first).first()


def past(period: str, *, before: date) -> list[Board]:
    """Return the boards before the one that begins on a day, the newest first."""
    found = Board.objects.filter(period=period, starts_on__lt=before)
    return list(found.order_by("-starts_on")[:PAST_SHOWN])
