"""What tests of marketing's rooms share."""

import pytest

from tests.accounts.conftest import _listening, outside  # noqa: F401
from tests.marketing.receiver import Receiver


@pytest.fixture
def receiver():
    """A server on loopback that notes what it is sent."""
    made = Receiver()
    yield made
    made.end()
