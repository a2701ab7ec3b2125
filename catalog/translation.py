"""Which texts exist in both languages, and which rows keep their history.

History is registered here and not in models.py: simple-history copies the fields a model has at
that moment, and the translated ones exist only from here on.
"""

import simple_history
from modeltranslation.translator import TranslationOptions, translator

from catalog.models import Category, Product, ProductImage, Sku


class NamedOptions(TranslationOptions):
    fields = ("name",)


class ProductOptions(TranslationOptions):
    fields = ("name", "summary", "description", "attributes")


class PictureOptions(TranslationOptions):
    fields = ("alt",)


translator.register(Category, NamedOptions)
translator.register(Product, ProductOptions)
translator.register(ProductImage, PictureOptions)
translator.register(Sku, NamedOptions)

# what the shop counts and draws by itself is nobody's edit
DRAWN = ["popularity", "sold", "choices", "lowest_points", "lowest_cash", "price_varies"]
DRAWN += ["is_yuan_priced"]
simple_history.register(Product, excluded_fields=DRAWN)
simple_history.register(Sku)
