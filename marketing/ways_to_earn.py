"""What a member can do for points, as the active rules say it; a page never names a number
itself.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from marketing.checkin import streak
from points import rulebook, rules


@dataclass(frozen=True)
class Way:
    """One way to earn: what to do, what it gives, and up to how much it grows (0: it does not)."""

    icon: str
    title: str
    text: str
    points: int
    up_to: int = 0


def ways() -> list[Way]:
    """Return the ways that pay at present; a paused rule leaves its way out."""
    # One query for all actions; of several rules for one action the first is the one that pays.
    plain = [version for version in rules.in_force() if not rulebook.is_choosy(version)]
    versions = {version.rule.action: version for version in reversed(plain)}

    def worth(action, step=None):
        return rules.worth(versions[action], step=step) if action in versions else 0

    offered = [
        Way(
            "person-plus",
            _("Sign up"),
            _("A welcome gift for every new member."),
            worth("register"),
        ),
        Way(
            "box-arrow-in-right", _("Come by"), _("Your first sign-in of each day."), worth("login")
        ),
        Way(
            "calendar-check",
            _("Check in"),
            _("More every day in a row, up to a whole week."),
            worth(streak.ACTION, step=1),
            worth(streak.ACTION, step=streak.STRIP_DAYS),
        ),
        Way(
            "chat-square-heart",
            _("Review"),
            _("For words about something that has arrived."),
            worth("review"),
        ),
        Way(
            "share",
            _("Share"),
            _("When somebody opens your link, a few times a day."),
            worth("share"),
        ),
        Way(
            "people",
            _("Invite friends"),
            _("Once their first order has arrived and stays."),
            worth("referral"),
        ),
        Way(
            "person-check",
            _("Introduce yourself"),
            _("A nickname, your birthday and a verified e-mail."),
            worth("profile"),
        ),
        Way("cake", _("Have a birthday"), _("A present every year."), worth("birthday")),
    ]
    return [way for way in offered if way.points]
