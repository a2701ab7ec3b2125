"""What every order test may ask for."""

import pytest

from catalog import stock
from mall import verification
from points.models import PointAccount


@pytest.fixture
def standing():
    """standing(user) -> (available, held) as the account row has it."""
    return lambda user: PointAccount.objects.values_list("available", "held").get(pk=user.pk)


@pytest.fixture
def pieces():
    """pieces(sku) -> how many lie on the shelf."""
    return lambda sku: stock.available([sku.pk])[sku.pk]


@pytest.fixture(autouse=True)
def _books_close(request):
    """After each scenario the ledger's invariants hold."""
    yield
    if {"db", "transactional_db"} & set(request.fixturenames):
        assert verification.verify() == []
