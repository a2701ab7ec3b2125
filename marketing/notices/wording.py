"""How notices read: a sentence per kind, filled with the notice's numbers in the reader's
language.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from mall.core import clock
from mall.core.templatetags.mall import signed_points
from marketing.badges import words as badge_words
from marketing.notices.sentences import (
    EARNED_FOR,
    LOT_CALLED_OFF,
    PAUSED,
    PAUSES,
    RESUMED,
    UNKNOWN,
    WORDINGS,
)
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


def worded(kind, params) -> Wording:
    """Return a notice in the language that is active now; numbers a row does not have leave their
    place empty, and a kind nobody knows here says that there is news.
    """
    is_called_off = kind == "lot_lost" and "because" in params
    title, text, icon = LOT_CALLED_OFF if is_called_off else WORDINGS.get(kind, UNKNOWN)
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
        places["signed"] = signed_points(params["points"])
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
