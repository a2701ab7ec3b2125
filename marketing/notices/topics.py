"""What kinds of notices there are to choose from, how urgent each is, and the shop's own choice for
it.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Manner:
    """How a kind reaches a member who chose nothing.

    ``urgent`` mails wait for no morning and no digest; ``fixed_inbox`` and ``fixed_email`` are not
    for choosing.
    """

    topic: str
    email: bool
    urgent: bool = False
    fixed_inbox: bool = False
    fixed_email: bool = False

    @property
    def is_offer(self) -> bool:
        """Whether the shop writes of its own accord, to be counted by the contact policy; what a
        member asked to be told (``urgent``) is none.
        """
        return self.topic in OFFERING and not self.urgent


TOPICS = {
    "orders": _("Orders and refunds"),
    "points": _("Points"),
    "missions": _("Check-ins, missions and reviews"),
    "offers": _("Coupons and flash redemption"),
    "account": _("Account and safety"),
}
OFFERING = {"offers"}
# Money, goods and safety always stand in the inbox; what merely pleases is mailed to those who ask
# for it.
MANNERS = {
    "order_paid": Manner("orders", email=True, urgent=True, fixed_inbox=True),
    "order_shipped": Manner("orders", email=True, fixed_inbox=True),
    "order_completed": Manner("orders", email=False, fixed_inbox=True),
    "order_cancelled": Manner("orders", email=True, fixed_inbox=True),
    "order_note": Manner("orders", email=True, fixed_inbox=True),
    "refund_requested": Manner("orders", email=False, fixed_inbox=True),
    "refund_approved": Manner("orders", email=True, fixed_inbox=True),
    "refund_rejected": Manner("orders", email=True, fixed_inbox=True),
    "order_refunded": Manner("orders", email=True, urgent=True, fixed_inbox=True),
    "points_earned": Manner("points", email=False),
    "points_spent": Manner("points", email=False),
    "points_expiring": Manner("points", email=True),
    "points_adjusted": Manner("points", email=True, fixed_inbox=True),
    "referral_joined": Manner("points", email=False),
    "referral_held": Manner("points", email=False),
    "referral_not_counted": Manner("points", email=False),
    "streak_at_risk": Manner("missions", email=False),
    "mission_completed": Manner("missions", email=False),
    "profile_completed": Manner("missions", email=False),
    "birthday": Manner("missions", email=True),
    "tier_risen": Manner("points", email=False),
    "badge_earned": Manner("missions", email=False),
    "review_published": Manner("missions", email=False),
    "review_rejected": Manner("missions", email=False),
    "coupon_granted": Manner("offers", email=False),
    "coupon_expiring": Manner("offers", email=True),
    # who hears of it asked for it, minutes before
    "flash_starting": Manner("offers", email=True, urgent=True),
    "lot_lost": Manner("offers", email=False),
    "prize_waiting": Manner("offers", email=True, fixed_inbox=True),
    # this too was asked for, and others may be quicker
    "back_in_stock": Manner("offers", email=True, urgent=True),
    "campaign": Manner("offers", email=False),
    "earning_paused": Manner("account", email=True, fixed_inbox=True),
    "earning_resumed": Manner("account", email=True, fixed_inbox=True),
    "new_sign_in": Manner("account", email=True, urgent=True, fixed_inbox=True, fixed_email=True),
}
# a kind of a newer release (marketing/notices/wording.py): as little is decided as can be
UNKNOWN = Manner("account", email=True, fixed_inbox=True, fixed_email=True)


def manner_of(kind: str) -> Manner:
    """Return how a kind reaches members, one of a newer release too."""
    return MANNERS.get(kind, UNKNOWN)


def kinds_of(topic) -> list[str]:
    """Return the kinds of one topic, in the order of the page; none for an unknown one."""
    return [kind for kind, manner in MANNERS.items() if manner.topic == topic]
