"""What a race over points and goods is judged by."""

import pytest

from mall import verification


@pytest.fixture
def closed_books(transactional_db, deadlocks):
    """After the race the books close and the server counted no deadlock."""
    yield
    assert verification.verify() == []
    assert deadlocks() == 0
