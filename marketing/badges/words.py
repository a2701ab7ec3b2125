"""What badges are called, how one earns them, and the picture of each. Knows no row, so that
notices can name them.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Words:
    """A badge in words; ``how`` says what it takes."""

    title: str
    how: str
    icon: str


# in the order of the page
BADGES = {
    "first_order": Words(_("First order"), _("Receive your first order"), "bag-check"),
    "ten_orders": Words(_("Ten orders"), _("Receive ten orders"), "box2-fill"),
    "ten_reviews": Words(_("Ten reviews"), _("Write ten reviews"), "chat-square-heart"),
    "streak_30": Words(_("30 days in a row"), _("Check in 30 days in a row"), "fire"),
    "streak_100": Words(_("100 days in a row"), _("Check in 100 days in a row"), "calendar-check"),
    "year": Words(_("A year together"), _("Be a member for a year"), "cake"),
    "top_three": Words(
        _("Top three of a month"), _("Be among the first three of a month"), "trophy"
    ),
    "top_tier": Words(_("Highest tier"), _("Reach the highest tier"), "gem"),
}
UNKNOWN = Words(_("Badge"), "", "patch-check")  # one of a newer release


def words_of(code: str) -> Words:
    """Return a badge in words, one of a newer release too."""
    return BADGES.get(code, UNKNOWN)


def title_of(code: str) -> str:
    """Return what a badge is called."""
    return str(words_of(code).title)
