"""A board of 200,000 members: what a page reads of it."""

from datetime import date

import pytest
from django.db import connection

from marketing.leaderboard import standings
from marketing.models import Board, BoardScore

pytestmark = [pytest.mark.long, pytest.mark.mariadb, pytest.mark.django_db]
MEMBERS = 200_000
FEW = 15_000  # of the 600,000 that counting would read


@pytest.fixture
def board():
    made = Board.objects.create(
        period="week", starts_on=date(2026, 11, 16), ends_on=date(2026, 11, 22)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {BoardScore._meta.db_table} (board_id, user_id, points) "
            f"SELECT %s, seq, 1 + seq * 7919 %% 4999 FROM seq_1_to_{MEMBERS}",
            [made.pk],
        )
        cursor.execute(f"ANALYZE TABLE {BoardScore._meta.db_table}")
    return made


def rows_read(act):
    """Return how many rows the server read for what ``act`` asks."""
    with connection.cursor() as cursor:
        cursor.execute("FLUSH STATUS")
        act()
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%%'")
        return sum(int(number) for _name, number in cursor.fetchall())


def test_standings_when_a_board_is_large_then_a_page_reads_few_rows_of_it(board, member):
    scores = BoardScore.objects.filter(board=board)
    BoardScore.objects.filter(user_id=member.pk).delete()
    BoardScore.objects.create(board=board, user=member, points=2_500)  # in the middle

    found = standings.of(board, member)  # adds the board up, once a minute
    read = rows_read(lambda: standings.of(board, member))
    place = found.own

    assert place.rank == scores.filter(points__gt=2_500).count() + 1
    assert place.next == scores.filter(points__gt=2_501).count() + 1
    assert found.members == MEMBERS
    assert read < FEW
