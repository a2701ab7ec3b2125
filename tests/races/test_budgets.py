"""Many threads, one budget: what is given never passes it, and what is left is given."""

import pytest

from points import budgets

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
THREADS = 64


def test_take_when_sixty_four_threads_want_the_last_points_then_never_more_than_there_are(
    run_threads, closed_books
):
    budgets.set_up("draw:spring", 1_000)

    outcomes = run_threads(THREADS, lambda n: budgets.take("draw:spring", 30 + n % 3))

    given = [30 + n % 3 for n, outcome in enumerate(outcomes) if outcome is True]
    budget = budgets.of("draw:spring")
    assert set(map(type, outcomes)) == {bool}
    assert budget.taken == sum(given) <= 1_000
    assert budget.taken > 1_000 - 33 and budget.paused_at is not None
