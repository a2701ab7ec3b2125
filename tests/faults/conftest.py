"""Fixtures of tests in which a part fails or somebody is refused."""

import pytest
from django.db import connection

from tests.faults import users as database_users
from tests.faults.users import MIGRATOR, grant_tables, signed_in_as


@pytest.fixture(scope="module")
def made(request, django_db_setup, django_db_blocker):
    """The three users of a shop that was just migrated, or of one whose users could do everything
    before.
    """
    with django_db_blocker.unblock():
        database_users.make(upgraded=getattr(request, "param", "") == "upgraded")
        with signed_in_as(MIGRATOR):
            grant_tables()
        yield
        database_users.drop()
        connection.close()
