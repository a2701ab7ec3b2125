"""Refusals of the checkout, the order's life and its payments."""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError


class InvalidLines(DomainError):
    """The wanted lines are no order: empty, too many, an unknown SKU, a quantity outside 1–99."""

    code = "invalid"
    field = "lines"
    status = 400
    message = _("Please choose between 1 and 99 pieces of at most 20 items that are in our shop.")


class NotInShop(InvalidLines):
    """A SKU that there is not, or not any more: an old bookmark, a basket of last year."""

    message = _("Something you chose is not in our shop any more. Please look at the goods anew.")


class NothingChosen(InvalidLines):
    """No lines at all: a bookmark of the checkout, or a page that lost them."""

    message = _("Nothing is chosen yet. Look at the goods and choose what you would like.")


class InvalidCheckout(DomainError):
    """A form field holds what no shopper could have chosen."""

    code = "invalid"
    status = 400
    message = _(
        "Something on this page was not filled in as expected. Please check it and try again."
    )


class NotForSale(DomainError):
    """A product is not on sale now; numbers: product."""

    code = "not_for_sale"
    message = _("“%(product)s” is not on sale right now.")


class PurchaseLimitReached(DomainError):
    """More pieces than one order may have; numbers: product, limit."""

    code = "limit_reached"
    message = _("“%(product)s” is limited to %(limit)s per order.")


class PersonLimitReached(PurchaseLimitReached):
    """Together with earlier orders this is more than one person may have; numbers: product, limit,
    had.
    """

    message = _("“%(product)s” is limited to %(limit)s per person, and you have had %(had)s.")


class PeriodLimitReached(PersonLimitReached):
    """Together with earlier orders of the day, week or month this is more than one person may have
    in it; numbers: product, limit, period, had, opens.
    """

    message = _(
        "“%(product)s” is limited to %(limit)s per person %(period)s, and you have had %(had)s. "
        "More can be had from %(opens)s on."
    )


class TierNeeded(DomainError):
    """The goods are for members from a higher tier on; numbers: product, tier."""

    code = "tier_needed"
    message = _("“%(product)s” is for members from V%(tier)s on.")


class PointsNotUsable(DomainError):
    """These points cannot be used as a discount here; numbers: min, step, max."""

    code = "invalid"
    field = "points_to_use"
    status = 400
    message = _("Here you can use %(min)s to %(max)s points, in steps of %(step)s.")


class NotPayable(DomainError):
    """It costs yuan, and the shop has no payment provider; numbers: cash."""

    code = "not_payable"
    message = _("This costs ¥%(cash)s, and we take no payments at the moment.")


class PriceChanged(DomainError):
    """The quote is not what the shopper agreed to; ``extra`` carries the new one."""

    code = "price_changed"
    message = _("The price has changed since you opened this page. Please look at the new total.")

    def __init__(self, quote):
        super().__init__()
        self.quote = quote
        self.extra = {"quote": quote.as_dict()}


class IdempotencyConflict(DomainError):
    """This one-time key already placed another order."""

    code = "idempotency_conflict"
    status = 422
    message = _("This key was already used for another order.")


class InvalidKey(DomainError):
    """The one-time key is missing or not 1 to 64 plain characters."""

    code = "invalid_key"
    field = "Idempotency-Key"
    status = 400
    message = _(
        "Send a one-time key of 1 to 64 letters, digits, dots, colons, dashes or underscores."
    )


class AddressNeeded(DomainError):
    """Goods to deliver, and no address of the member's own."""

    code = "required"
    field = "address"
    status = 400
    message = _("Please choose where we should deliver.")


class AddressUnclear(DomainError):
    """Freight depends on where goods go, and the address does not say its province for certain."""

    code = "unclear"
    field = "address"
    status = 400
    message = _(
        "We cannot tell the province and city of this address, and freight depends on them. Please "
        "edit the address and choose them."
    )


class NotDelivered(DomainError):
    """Goods that are not sent to where the order goes; numbers: product, region."""

    code = "not_delivered"
    message = _("“%(product)s” is not delivered to %(region)s.")


class IllegalTransition(DomainError):
    """The order is not in a state this step starts from; numbers: status."""

    code = "illegal_transition"
    message = _("This order has moved on, so that is no longer possible.")


class CarrierNeeded(DomainError):
    """A parcel needs its carrier and number."""

    code = "required"
    status = 400
    message = _("Please enter the carrier and the tracking number.")


class NoSuchProvider(DomainError):
    """This payment provider is not offered."""

    code = "invalid"
    field = "provider"
    status = 400
    message = _("Please choose one of the payment methods shown.")


class NoSuchWay(DomainError):
    """The provider is not paid in this way, or not without what is missing."""

    code = "invalid"
    field = "way"
    status = 400
    message = _("This payment method cannot be used in this way.")


class ProviderSilent(DomainError):
    """A provider that did not answer, or not as it must; ``said`` is its code, for the log."""

    code = "provider_unavailable"
    message = _(
        "The payment service does not answer right now. You were not charged; please try again in "
        "a moment, or pay another way."
    )
    retry_after_seconds = 5

    def __init__(self, said=""):
        super().__init__()
        self.said = str(said)[:120]


class ProviderRefused(ProviderSilent):
    """A provider that answered no."""

    code = "provider_refused"
    message = _("The payment service did not accept this. Please pay another way.")
    retry_after_seconds = None


class BadSignature(DomainError):
    """A notice that the provider did not sign, or not now."""

    code = "bad_signature"
    status = 403
    message = _("The signature does not match.")


class BadNotice(DomainError):
    """A signed notice that fits none of our payments: wrong amount, currency, merchant or shape."""

    code = "bad_notice"
    status = 400
    message = _("This notice fits none of our payments.")


class NoticeConflict(BadNotice):
    """The provider told this event, or this money, before: of another payment, or otherwise."""

    code = "idempotency_conflict"
    status = 422
    message = _("This was already recorded with different details.")


class NoticeTooLarge(DomainError):
    """A notice above 64 KiB."""

    code = "too_large"
    status = 413
    message = _("This notice is too large.")


class NoSuchFlashItem(DomainError):
    """No announced session offers this."""

    code = "not_found"
    status = 404
    message = _("We do not offer this in a flash sale.")


class FlashNotStarted(DomainError):
    """The session has not begun; numbers: starts_at."""

    code = "not_started"
    message = _("This has not started yet. It begins at %(starts_at)s.")


class FlashForHigherTiers(FlashNotStarted):
    """Members of higher tiers are let in already; numbers: tier, starts_at."""

    message = _(
        "This has not started yet. Members from V%(tier)s on are let in early; for you it begins "
        "at %(starts_at)s."
    )


class FlashOver(DomainError):
    """The session is over or was called off."""

    code = "over"
    message = _("This flash sale is over.")


class FlashLimitReached(PurchaseLimitReached):
    """The member has all the pieces one person may have here; numbers: product, limit, had."""

    message = _("“%(product)s” is already yours: %(limit)s per person, and you have %(had)s.")


class FlashNotReady(DomainError):
    """A session that cannot be opened as it stands; the message says why."""

    code = "not_ready"
    message = _("This session cannot be opened.")
