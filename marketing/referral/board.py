"""Where a member's invitations stand, as the page and the API show them: nobody is named, and what
is on the way is asked of the orders as they stand now.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Sum
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.privacy import mask_name
from mall.core import clock
from marketing.models import Referral
from marketing.referral.reasons import why
from marketing.referral.referrals import INVITEE_RULE, INVITER_RULE, return_window
from orders.models import Order
from points import rules

JOINED, ORDERED, WAITING, HELD = "joined", "ordered", "waiting", "held"
PAID, NOT_COUNTED = "paid", "not_counted"
STATES = [JOINED, ORDERED, WAITING, HELD, PAID, NOT_COUNTED]
ENDS = {
    Referral.Status.HELD: HELD,
    Referral.Status.PAID: PAID,
    Referral.Status.VOID: NOT_COUNTED,
}


@dataclass(frozen=True)
class Invited:
    """One member who came by an invitation: masked, in which state, since when; ``until``: when the
    return window of their order is over; ``words``: the same as a sentence.
    """

    name: str
    state: str
    joined_at: datetime
    until: datetime | None
    points: int
    reason: str
    words: str


@dataclass(frozen=True)
class Terms:
    """What an invitation brings: the inviter, the new member, and how many a month are paid; 0
    where nothing is paid at present.
    """

    points: int
    welcome: int
    per_month: int


@dataclass(frozen=True)
class Sums:
    """How many came, how many of this month are paid, and the points of all that were."""

    invited: int
    paid_this_month: int
    points: int


def terms() -> Terms:
    """Return what an invitation brings now."""
    own, welcome = rules.active(INVITER_RULE), rules.active(INVITEE_RULE)
    return Terms(
        rules.worth(own) if own else 0,
        rules.worth(welcome) if welcome else 0,
        own.per_month if own else 0,
    )


def sums(user) -> Sums:
    """Return a member's figures."""
    mine = Referral.objects.filter(inviter=user).order_by()
    all_of = mine.aggregate(invited=Count("pk"), points=Sum("inviter_points"))
    month = clock.today().replace(day=1)
    paid = mine.filter(status=Referral.Status.PAID, settled_at__gte=clock.start_of(month))
    return Sums(all_of["invited"], paid.count(), all_of["points"] or 0)


def of(user):
    """Return a member's invitations, the newest first; ``shown`` makes lines of some of them."""
    mine = Referral.objects.filter(inviter=user).order_by("-pk")
    return mine.select_related("invitee")


def shown(rows: list[Referral]) -> list[Invited]:
    """Return referrals as lines; one query for the orders of all."""
    open_ones = [row.invitee_id for row in rows if row.status == Referral.Status.OPEN]
    received = _received(open_ones) if open_ones else {}
    return [_line(row, received) for row in rows]


def _received(invitees) -> dict[int, datetime | None]:
    """Return of those who have a paid order that stands when its first arrived, None for not
    yet.
    """
    standing = Order.objects.purchases().filter(user_id__in=invitees, paid_at__isnull=False)
    standing = standing.filter(refunded_at__isnull=True).exclude(status=Order.Status.CANCELLED)
    found = {}
    for member, at in standing.order_by("pk").values_list("user_id", "completed_at"):
        earlier = found.setdefault(member, at)
        if at is not None and (earlier is None or at < earlier):
            found[member] = at
    return found


def _line(row, received) -> Invited:
    state, until = ENDS.get(row.status, JOINED), None
    if row.status == Referral.Status.OPEN and row.invitee_id in received:
        at = received[row.invitee_id]
        state, until = (WAITING, at + return_window()) if at is not None else (ORDERED, None)
    return Invited(
        mask_name(row.invitee.display_name),
        state,
        row.joined_at,
        until,
        row.inviter_points,
        str(row.reason),
        _words(row, state, until),
    )


def _words(row, state, until) -> str:
    if state == WAITING and until <= clock.now():
        return _("The return window is over: your points come within minutes.")
    return {
        JOINED: lambda: _("Signed up. Their first order is still to come."),
        ORDERED: lambda: _("Ordered. It counts once the order has arrived."),
        WAITING: lambda: (
            _("Their order has arrived. Your points come on %(day)s, unless it is sent back.")
            % {"day": date_format(localtime(until), "DATE_FORMAT")}
        ),
        PAID: lambda: _("Paid."),
        HELD: lambda: why(row.reason),
        NOT_COUNTED: lambda: why(row.reason),
    }[state]()
