"""Which words of the orders app an operator writes in both languages, and which rows keep their
history.

History is registered here and not in the models: simple-history copies the fields a model has at
that moment, and the translated ones exist only from here on.
"""

import simple_history
from modeltranslation.translator import TranslationOptions, translator

from orders.models import Carrier, CouponCode, CouponTemplate, FlashSession


class CarrierOptions(TranslationOptions):
    fields = ("name",)


class CouponTemplateOptions(TranslationOptions):
    fields = ("name",)


class FlashSessionOptions(TranslationOptions):
    fields = ("name", "cancellation_reason")


translator.register(Carrier, CarrierOptions)
translator.register(CouponTemplate, CouponTemplateOptions)
translator.register(FlashSession, FlashSessionOptions)
simple_history.register(CouponTemplate, excluded_fields=["issued"])
simple_history.register(CouponCode, excluded_fields=["uses"])
