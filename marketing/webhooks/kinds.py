"""Which facts can be heard from outside, and what they are called: every kind of every app's
``events.py``.
"""

from importlib import import_module
from pkgutil import walk_packages

from django.utils.translation import gettext_lazy as _

from orders.models import OrderEvent

APPS = ("accounts", "points", "catalog", "orders", "marketing")
TEST = "test"  # what the button in the back office sends

WORDS = {
    "registered": _("Somebody became a member"),
    "signed_in": _("Signed in"),
    "new_device": _("Signed in on a new device"),
    "profile_completed": _("Profile completed"),
    "points_awarded": _("Points earned"),
    "points_adjusted": _("Points corrected by the shop"),
    "case_opened": _("Account paused for a review"),
    "case_decided": _("Review of an account decided"),
    "review_published": _("Review published"),
    "review_rejected": _("Review not published"),
    "refund_settled": _("Refund sent back by the provider"),
    "coupon_granted": _("New coupon"),
    "lot_settled": _("Lot of a flash session drawn"),
    "tier_risen": _("New tier"),
    "ticket_drawn": _("A ticket of a lucky draw was drawn"),
    "flash_starting": _("Flash redemption starts"),
    "back_in_stock": _("Back in stock"),
    **dict(OrderEvent.Kind.choices),
}


def all_kinds() -> list[str]:
    """Return every kind of fact an app tells, in alphabetical order."""
    found = set(OrderEvent.Kind.values)
    for module in _modules():
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str) and value == value.lower():
                found.add(str(value))
    return sorted(found)


def in_words(kind: str) -> str:
    """Return what a kind is called; one that nobody named goes by its code."""
    return str(WORDS.get(kind, kind))


def _modules():
    """Yield the modules that say what is told: ``events.py`` of each app and room."""
    for app in APPS:
        package = import_module(app)
        for found in walk_packages(package.__path__, f"{app}."):
            if found.name.endswith(".events") and ".models." not in found.name:
                yield import_module(found.name)
