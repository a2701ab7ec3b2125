"""What notices say, kind by kind: title, text and picture, to be filled by wording.py."""

from django.utils.translation import gettext_lazy as _

# Title, text, and the picture beside them; the %(places)s are the params of the row and what
# `_places` makes of them.
WORDINGS = {
    "order_paid": (
        _("Your order is paid"),
        _("Order %(no)s. %(paid)sWe are getting it ready for you."),
        "bag-check",
    ),
    "order_shipped": (
        _("Your order is on its way"),
        _("Order %(no)s. %(parcel)sTell us when it has arrived."),
        "truck",
    ),
    "order_completed": (
        _("Your order is complete"),
        _("Order %(no)s. Enjoy it! Thank you for shopping with us."),
        "check-circle",
    ),
    "order_cancelled": (
        _("Your order was cancelled"),
        _("Order %(no)s. The points and goods it held went back where they came from."),
        "arrow-counterclockwise",
    ),
    "order_note": (
        _("A note about your order"),
        _("Order %(no)s. %(note)s"),
        "chat-left-text",
    ),
    "refund_requested": (
        _("We have your refund request"),
        _("Order %(no)s. We look at it and tell you soon."),
        "hourglass-split",
    ),
    "refund_approved": (
        _("Your refund is approved"),
        _("Order %(no)s. You get back %(amount)s: points at once, money in some days."),
        "check-circle",
    ),
    "refund_rejected": (
        _("Your refund request was declined"),
        _("Order %(no)s. %(reason)s"),
        "exclamation-circle",
    ),
    "order_refunded": (
        _("Your refund has arrived"),
        _("Order %(no)s. %(returned)s"),
        "arrow-counterclockwise",
    ),
    "points_earned": (_("%(points)s points for you"), "%(why)s", "plus-lg"),
    "points_spent": (_("You spent %(points)s points"), "%(why)s", "bag-check"),
    "points_expiring": (
        _("%(points)s points expire %(when)s"),
        _("They are good until %(day)s. %(goods)s"),
        "clock-history",
    ),
    "points_adjusted": (_("Your points were corrected: %(signed)s"), "%(reason)s", "pencil-square"),
    "streak_at_risk": (
        _("Your streak of %(streak)s days ends tonight"),
        _("Check in before midnight to keep it and collect %(points)s points."),
        "fire",
    ),
    "mission_completed": (_("Mission completed: %(mission)s"), "%(reward)s", "trophy"),
    "profile_completed": (_("Your profile is complete"), _("Thank you! %(reward)s"), "person"),
    "birthday": (_("Happy birthday!"), _("All of us wish you a lovely day. %(reward)s"), "gift"),
    "tier_risen": (_("You are V%(level)s %(tier)s now"), "%(perks)s", "award"),
    "badge_earned": (
        _("A new badge: %(badge)s"),
        _("It stands on your page of badges."),
        "patch-check",
    ),
    "review_published": (_("Your review is published"), _("%(product)s. %(reward)s"), "star"),
    "review_rejected": (_("Your review was not published"), _("%(product)s. %(reason)s"), "star"),
    "coupon_granted": (
        _("A coupon for you: %(coupon)s"),
        _("Use it by %(day)s at the checkout."),
        "ticket-perforated",
    ),
    "coupon_expiring": (
        _("Your coupon ends soon: %(coupon)s"),
        _("It is good until %(day)s."),
        "ticket-perforated",
    ),
    "flash_starting": (
        _("Flash redemption: %(session)s"),
        _("It starts at %(moment)s. First come, first served."),
        "hourglass-split",
    ),
    "lot_lost": (
        _("The lots were drawn, without luck this time: %(product)s"),
        _("Your %(points)s points are free again."),
        "ticket-perforated",
    ),
    "prize_waiting": (_("You won: %(prize)s"), _("Say where it goes before %(day)s."), "gift"),
    "back_in_stock": (
        _("Back in stock: %(product)s"),
        _("You asked us to tell you. First come, first served."),
        "box-seam",
    ),
    "referral_joined": (
        _("Somebody came by your invitation"),
        _("Your points come once their first order has arrived and can no longer be sent back."),
        "people",
    ),
    "referral_held": (
        _("An invitation of yours is looked at"),
        _("A colleague has a look before your points come. There is nothing for you to do."),
        "hourglass-split",
    ),
    "referral_not_counted": (_("An invitation of yours does not count"), "%(why)s", "people"),
    "earning_paused": ("%(paused)s", _("%(pause)s You can tell us what happened."), "shield-lock"),
    "earning_resumed": (
        "%(resumed)s",
        _("The review of your account is closed. Thank you for your patience. %(meanwhile)s"),
        "check-circle",
    ),
    "new_sign_in": (
        _("Sign-in on a new device"),
        _(
            "On %(moment)s somebody signed in with %(device)s. If it was not you, change your "
            "password now."
        ),
        "shield-lock",
    ),
    "campaign": ("%(title)s", _("%(text)s %(reason)s"), "gift"),
}
# a lot that was never drawn: its session was called off
LOT_CALLED_OFF = (
    _("Called off, no lots are drawn: %(product)s"),
    _("%(because)s Your %(points)s points are free again."),
    "ticket-perforated",
)
PAUSES = {"earning_paused", "earning_resumed"}
# A kind of a newer release that runs beside this one during an update, or did before a way back.
UNKNOWN = (_("There is news for you"), _("Have a look at it in our shop."), "bell")
PAUSED = {
    "earn": _("Earning points is paused"),
    "spend": _("Spending points is paused"),
    "all": _("Earning and spending points is paused"),
}
RESUMED = {
    "earn": _("You can earn points again"),
    "spend": _("You can spend points again"),
    "all": _("You can earn and spend points again"),
}
EARNED_FOR = {
    "purchase": _("For your order."),
    "first_order": _("For your first order."),
    "repurchase": _("For coming back."),
    "review": _("For your review."),
    "share": _("For sharing."),
    "profile": _("For completing your profile."),
    "birthday": _("Happy birthday!"),
    "referral": _("For inviting a friend."),
    "referred": _("For joining by a friend's invitation."),
}
