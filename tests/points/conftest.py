"""What the tests of points share."""

import pytest


@pytest.fixture
def api_of(api):
    """api_of(member) -> an app client of that member."""

    def sign_in(member):
        api.force_authenticate(member)
        return api

    return sign_in
