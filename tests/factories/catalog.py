"""The least valid shelves. Stock comes in through the same door as in life:
catalog.stock.receive.
"""

import factory

from catalog import stock
from catalog.models import Category, Product, Sku


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    slug = factory.Sequence(lambda n: f"shelf-{n}")
    name_zh_hans = factory.Sequence(lambda n: f"货架{n}")
    name_en = factory.Sequence(lambda n: f"Shelf {n}")


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    category = factory.SubFactory(CategoryFactory)
    name_zh_hans = factory.Sequence(lambda n: f"商品{n}")
    name_en = factory.Sequence(lambda n: f"Thing {n}")
    status = Product.Status.ON


class SkuFactory(factory.django.DjangoModelFactory):
    """A SKU for 100 points; ``stock=5`` receives five pieces."""

    class Meta:
        model = Sku
        skip_postgeneration_save = True

    product = factory.SubFactory(ProductFactory)
    points_price = 100

    @factory.post_generation
    def stock(self, create, extracted, **kwargs):
        if create and extracted:
            stock.receive(self.pk, quantity=extracted, actor="factory")
