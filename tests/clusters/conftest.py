"""Folders, clusters and shops of these tests."""

import tempfile

import pytest

from tests.chaos.shop import Shop
from tests.clusters import load


@pytest.fixture
def folder():
    """A folder with a name short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="cluster", dir="/tmp") as made:
        yield made


@pytest.fixture
def open_shop(folder):
    """open_shop(database) -> (a shop that serves, what was furnished in it)."""
    opened = []

    def open_it(database=None, kind=Shop, **more):
        shop = kind(folder, database, **more)
        opened.append(shop)
        stood = shop.furnish(load.FURNISH)
        shop.open()
        return shop, stood

    yield open_it
    for shop in opened:
        shop.close()
