"""How notices read: a sentence per kind, filled with the notice's numbers in the reader's language."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Wording:
    """One notice, ready to read."""

    title: str
    text: str
    icon: str


# Title, text, and the picture beside them; the %(places)s are the params of the row.
WORDINGS = {
    "streak_at_risk": (
        _("Your streak of %(streak)s days ends tonight"),
        _("Check in before midnight to keep it and collect %(points)s points."),
        "fire",
    ),
    "order_paid": (_("Your order is paid"), _("Order %(no)s. We are getting it ready for you."), "bag-check"),
    "order_shipped": (_("Your order is on its way"), _("Order %(no)s. Tell us when it has arrived."), "truck"),
    "order_completed": (_("Your order is complete"), _("Order %(no)s. Enjoy it! Thank you for shopping with us."), "check-circle"),
    "order_cancelled": (
        _("Your order was cancelled"),
        _("Order %(no)s. The points and goods it held went back where they came from."),
        "arrow-counterclockwise",
    ),
}


def worded(kind, params) -> Wording:
    """Return a notice in the language that is active now."""
    title, text, icon = WORDINGS[kind]
    return Wording(str(title) % params, str(text) % params, icon)
