"""How notices read: a sentence per kind, filled with the notice's numbers in the reader's
language.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from marketing.badges import words as badge_words
from marketing.referral import reasons
from orders.dispatch import carriers
from points import perks
from points import wording as points_wording


@dataclass(frozen=True)
class Wording:
    """One notice, ready to read; ``goods`` are (name, address) of what it recommends."""

    title: str
    text: str
    icon: str
    goods: tuple = ()


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


def worded(kind, params) -> Wording:
    """Return a notice in the language that is active now; numbers a row does not have leave their
    place empty, and a kind nobody knows here says that there is news.
    """
    title, text, icon = WORDINGS.get(kind, UNKNOWN)
    places, goods = _places(params), _goods(params)
    if kind in PAUSES:
        places |= _pause(params)
    elif kind == "tier_risen":
        places["perks"] = _perks(params)
    elif kind == "badge_earned":
        places["badge"] = badge_words.title_of(params.get("code", ""))
    elif kind == "points_expiring":
        places["goods"] = (
            gettext("You can swap them for these:")
            if goods
            else gettext("Have a look at what they can buy.")
        )
    return Wording(str(title) % places, (str(text) % places).strip(), icon, goods)


def _places(params):
    """Return the params with dates, amounts and names written out for this reader."""
    places = defaultdict(str, {key: _named(value) for key, value in params.items()})
    places["paid"] = (
        gettext("You paid %(amount)s. ") % {"amount": amount} if (amount := _amount(params)) else ""
    )
    places["amount"] = amount
    if amount:
        places["returned"] = gettext("%(amount)s came back to you.") % {"amount": amount}
    if params.get("tracking"):
        places["parcel"] = gettext("%(carrier)s, number %(tracking)s. ") % {
            "carrier": carriers.called(places["carrier"]),
            "tracking": params["tracking"],
        }
    if "coupon" in params and "why" not in places:
        places["why"] = gettext("For the coupon “%(coupon)s”.") % places
    if "no" in params and "why" not in places:
        places["why"] = gettext("For order %(no)s.") % places
    if "referral" in params:
        places["why"] = reasons.why(params["referral"])
    if "action" in params:
        places["why"] = (
            str(EARNED_FOR.get(params["action"], ""))
            or places["description"]
            or gettext("Well earned.")
        )
    if isinstance(params.get("points"), int):
        places["signed"] = f"{params['points']:+d}"
        places["reward"] = (
            ngettext("%(points)s point for you.", "%(points)s points for you.", params["points"])
            % places
            if params["points"]
            else ""
        )
    if "on" in params:
        places["day"] = date_format(date.fromisoformat(params["on"]), "DATE_FORMAT")
    if "at" in params:
        places["moment"] = date_format(
            timezone.localtime(datetime.fromisoformat(params["at"]), clock.SHOP_ZONE),
            "DATETIME_FORMAT",
        )
    if "days" in params:
        places["when"] = (
            gettext("tomorrow") if params["days"] == 1 else gettext("in %(days)s days") % places
        )
    return places


def _pause(params):
    """Say what an account may not do, or may do again, and why; a row of an earlier release knows
    of one reason only.
    """
    scope = params.get("scope", "earn")
    pause = points_wording.of_pause(
        params.get("case", "earned" if scope == "earn" else "manual"), scope
    )
    if params.get("is_kept"):
        pause = gettext("A colleague has had a look, and for now it stays as it is.")
    words = {"paused": str(PAUSED[scope]), "resumed": str(RESUMED[scope])}
    return words | {"pause": f"{pause} {_dropped(params)}".strip(), "meanwhile": _credited(params)}


def _perks(params):
    """Say what a tier gives that the one before it did not."""
    gained = perks.in_words(params.get("gained", {})).values()
    if not gained:
        return gettext("Thank you for staying with us!")
    return gettext("New for you: %(perks)s.") % {"perks": " · ".join(gained)}


def _credited(params):
    points = params.get("credited")
    if not points:
        return ""
    return ngettext(
        "%(points)s point you earned meanwhile was credited.",
        "%(points)s points you earned meanwhile were credited.",
        points,
    ) % {"points": points}


def _dropped(params):
    points = params.get("dropped")
    if not points:
        return ""
    return ngettext(
        "%(points)s point that was set aside meanwhile is not credited.",
        "%(points)s points that were set aside meanwhile are not credited.",
        points,
    ) % {"points": points}


def _named(value):
    """Return a name given in several languages in the reader's."""
    if isinstance(value, dict):
        return value.get(get_language()) or next(iter(value.values()), "")
    return value


def _goods(params):
    return tuple(
        (_named(good["name"]), good["url"])
        for good in params.get("goods", ())
        if isinstance(good, dict)
    )


def _amount(params):
    """Return "500 points and ¥12.50", one of them, or nothing."""
    parts = []
    if params.get("points"):
        parts.append(
            ngettext("%(points)s point", "%(points)s points", abs(params["points"])) % params
        )
    if params.get("cash") and params["cash"] != "0.00":
        parts.append(f"¥{params['cash']}")
    return gettext(" and ").join(parts)
