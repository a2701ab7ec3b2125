"""What a race over points and goods is judged by."""

import pytest

from mall import verification
from points import event_delivery


@pytest.fixture(autouse=True)
def _as_in_the_shop(heard_later):
    """What follows from facts is not done under the locks of the fact."""


@pytest.fixture
def member(member):
    """The same, with what registering brings."""
    event_delivery.deliver(member.pk)
    return member


@pytest.fixture
def other_member(other_member):
    """The same, with what registering brings."""
    event_delivery.deliver(other_member.pk)
    return other_member


@pytest.fixture
def closed_books(transactional_db, deadlocks):
    """After the race the books close and the server counted no deadlock."""
    yield
    event_delivery.deliver_due()
    assert verification.verify() == []
    assert deadlocks() == 0
