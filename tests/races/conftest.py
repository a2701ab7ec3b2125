"""What a race over points and goods is judged by."""

import pytest

from points import reconciliation


@pytest.fixture
def closed_books(transactional_db, deadlocks):
    """After the race the books close and the server counted no deadlock."""
    yield
    assert reconciliation.verify() == []
    assert deadlocks() == 0
