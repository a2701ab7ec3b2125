"""What a race over points and goods is judged by."""

import pytest
from django.core.management import call_command


@pytest.fixture
def closed_books(transactional_db, deadlocks):
    """After the race the books close and the server counted no deadlock."""
    yield
    call_command("verify_ledger")
    assert deadlocks() == 0
