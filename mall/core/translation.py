"""Which words of the shop's face an operator writes in both languages, and which keep their
history (registered here: the translated fields exist only from here on).
"""

import simple_history
from modeltranslation.translator import TranslationOptions, translator

from mall.core.models import HomeBlock, ShopFace, ShopPage


class FaceOptions(TranslationOptions):
    fields = ("name", "slogan", "description")


class WordsOptions(TranslationOptions):
    fields = ("title", "body")


class BlockOptions(TranslationOptions):
    fields = ("title", "text")


translator.register(ShopFace, FaceOptions)
translator.register(ShopPage, WordsOptions)
translator.register(HomeBlock, BlockOptions)
simple_history.register(ShopPage)
