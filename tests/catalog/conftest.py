import pytest
from django.core.cache import cache

from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory


@pytest.fixture
def shelve(db):
    """shelve(points=100, stock=1, **product) -> a product on sale with one SKU."""

    def put(*, points=100, cash=0, stock=1, **product):
        made = ProductFactory(**product)
        SkuFactory(product=made, points_price=points, cash_price=cash, stock=stock)
        return made

    return put


@pytest.fixture
def tea(db):
    """The category tea, which stands in food."""
    food = CategoryFactory(slug="food", name_zh_hans="食品", name_en="Food")
    return CategoryFactory(slug="tea", name_zh_hans="茶", name_en="Tea", parent=food)


@pytest.fixture
def purse_of(member):
    """purse_of(points): let ``member`` own exactly so many points."""
    from points import balance, ledger

    def fill(points):
        owned = balance.of(member).available
        if points != owned:
            ledger.adjust(
                member.pk,
                points=points - owned,
                key=f"adjust:test-{points}",
                actor="test",
                note="test",
            )
        cache.clear()
        return member

    return fill
