"""Facts the shop saw that earn something at once: what each is worth, whom it moves on, and what
the member is told.

The rules say what a fact is worth (points/rules.py); every verb is harmless when the same fact is
told again.
"""

from datetime import date, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts import persons
from mall.core import clock
from mall.core.transactions import transactional
from marketing import missions
from marketing.missions import Fact
from marketing.notifications import Kind, notify
from orders.reviews import is_returned
from points import rules
from points.models import LedgerEntry

BATCH = 500
LATE_DAYS = 3  # a shop that was switched off on somebody's birthday still congratulates
LEAP_DAY = (2, 29)


def of_paid(order) -> list[Fact]:
    """Return the facts of a paid order: that it is paid, that it took points, and its whole
    yuan.
    """
    told = [Fact("order_paid", order.reference)]
    if order.points:
        told.append(Fact("redeem", order.reference))
    if order.cash >= 1:
        told.append(Fact("spend_cash", order.reference, int(order.cash)))
    return told


def of_refunded(order) -> list[Fact]:
    """Return what is left of a paid order's facts after its refunds: of one that is back whole,
    nothing.
    """
    is_left = order.refunded_at is None
    return [
        Fact("order_paid", order.reference, int(is_left)),
        Fact("order_completed", order.reference, int(is_left)),
        Fact("redeem", order.reference, int(is_left and order.refunded_points < order.points)),
        Fact(
            "spend_cash", order.reference, int(order.cash - order.refunded_cash) if is_left else 0
        ),
    ]


@transactional
def review_published(review) -> None:
    """Award a published review, once per order line however often it is taken down and published
    again.

    One of goods that went back whole while it waited is shown, and earns nothing any more.
    """
    key, entry = f"review:{review.line}", None
    if not is_returned(review.line):
        entry = rules.award(review.user_id, "review", key=key, reference=key)
        missions.note(review.user_id, "review", key=key)
    _tell_of_review(review, Kind.REVIEW_PUBLISHED, points=_worth(entry))


@transactional
def review_rejected(review) -> None:
    """Tell the author why a review is not shown; each time the shop decides so."""
    _tell_of_review(
        review, Kind.REVIEW_REJECTED, reason=review.reason, nth=f":{review.decided_at:%Y%m%d%H%M%S}"
    )


def _tell_of_review(review, kind, *, nth="", **params):
    product = {
        "zh-hans": review.product.name_zh_hans or review.product.name,
        "en": review.product.name_en or review.product.name,
    }
    key, url = (
        f"review:{review.line}:{kind.removeprefix('review_')}{nth}",
        reverse("orders:reviews"),
    )
    notify(review.user_id, kind=kind, key=key, url=url, product=product, **params)


@transactional
def profile_completed(user) -> None:
    """Award a complete profile, once in a person's lifetime: a second account of the same mailbox
    earns nothing for it.
    """
    entry = (
        rules.award(user.pk, "profile", key="profile", reference="profile")
        if persons.is_first(user.pk)
        else None
    )
    missions.note(user.pk, "profile", key="profile")
    notify(
        user.pk,
        kind=Kind.PROFILE_COMPLETED,
        key="profile",
        url=reverse("accounts:profile"),
        points=_worth(entry),
    )


def congratulate(*, on: date | None = None) -> int:
    """Give everybody whose birthday is today (or was in the last days, and was missed) the present;
    return how many are new.

    Once in 365 days by the rule's spacing, once per birthday by the key ``birthday:<day>``, and in
    one account of a person. Whoever was born on 29 February celebrates on the 28th in other years.
    """
    on, given = on or clock.today(), 0
    for day in (on - timedelta(days=late) for late in range(LATE_DAYS)):
        after = 0
        while batch := list(
            _celebrating(day)
            .filter(pk__gt=after)
            .order_by("pk")
            .values_list("pk", flat=True)[:BATCH]
        ):
            after = batch[-1]
            given += sum(_give_present(user_id, day) for user_id in batch)
    return given


def _celebrating(day):
    """Members born on a day of the year who were here on it and have no present of it yet."""
    given = LedgerEntry.objects.filter(account_id=OuterRef("pk"), key=f"birthday:{day}")
    born = get_user_model().objects.filter(
        _born_on(day), is_active=True, birthday__lt=day, date_joined__lt=clock.end_of(day)
    )
    return born.filter(~Exists(given))


def _born_on(day) -> Q:
    born = Q(birthday__month=day.month, birthday__day=day.day)
    is_last_of_february = (day + timedelta(days=1)).month == 3 and day.month == 2
    if is_last_of_february and (day.month, day.day) != LEAP_DAY:
        born |= Q(birthday__month=LEAP_DAY[0], birthday__day=LEAP_DAY[1])
    return born


@transactional
def _give_present(user_id, day) -> bool:
    if not persons.is_first(user_id):
        return False
    entry = rules.award(user_id, "birthday", key=f"birthday:{day}", reference=f"birthday:{day}")
    if entry is None:
        return False
    notify(
        user_id,
        kind=Kind.BIRTHDAY,
        key=f"birthday:{day}",
        url=reverse("points:statement"),
        points=_worth(entry),
    )
    return True


def _worth(entry) -> int:
    return max(0, entry.worth) if entry else 0
