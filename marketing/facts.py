"""Facts the shop saw that earn something at once: what each is worth, whom it moves on, and what
the member is told.

The rules say what a fact is worth (points/rules.py); every verb is harmless when the same fact is
told again.
"""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts import persons
from catalog import category_tree
from catalog.models import Product, Review
from mall.core import clock, keyset
from mall.core.events import Event
from mall.core.languages import names_of
from mall.core.transactions import transactional
from marketing.analytics import days
from marketing.checkin import streak
from marketing.missions import counting as missions
from marketing.missions import rewards
from marketing.missions.counting import Fact, Moment
from marketing.models import Notification
from marketing.notices.inbox import Kind, notify, notify_many
from orders.models import Order
from orders.reviews.lines import is_returned
from points import perks, rulebook, rules
from points.models import LedgerEntry

BATCH = 200  # members wait behind it
LATE_DAYS = 3  # a shop that was switched off on somebody's birthday still congratulates
LEAP_DAY = (2, 29)
STANDING = (
    "no", "key", "status", "points", "cash", "refunded_at", "refunded_points", "refunded_cash",
)  # fmt: skip


# --- what moves missions ------------------------------------------------------------
def count_registration(events: list[Event]) -> None:
    """Count that somebody became a member."""
    _count(events, lambda _event: [Fact("register", "register")])


def count_sign_in(events: list[Event]) -> None:
    """Count days on which members came in."""
    missions.note_moments(
        [
            Moment(event.member, [Fact("login", f"login:{on}")], event.at, date.fromisoformat(on))
            for event in events
            for on in [event.data["on"]]
        ]
    )


def count_paid_order(events: list[Event]) -> None:
    """Count paid orders: that they are paid, that they took points, and their whole yuan."""
    _count(events, of_paid, left=partial(_left_of, events))


def count_completed_order(events: list[Event]) -> None:
    """Count orders that arrived."""
    left = partial(_left_of, events)
    _count(events, lambda event: [Fact("order_completed", event.reference)], left=left)


def take_back_what_is_undone(events: list[Event]) -> None:
    """Let orders count for what is left of them: after a refund a part, of one that is undone
    nothing. One that was cancelled before it was paid was never counted.
    """
    counted = [event for event in events if event.data.get("was_paid", True)]
    if counted:
        names = [(event.member, event.reference) for event in counted]
        missions.bring_in_line(names, partial(_left_of, counted))


def _count(events, facts_of, *, left=None):
    moments = [Moment(one.member, facts_of(one), one.at, one.on) for one in events]
    missions.note_moments(moments, left=left)


def of_paid(event: Event) -> list[Fact]:
    """Return the facts of a paid order: that it is paid, that it took points, and its whole
    yuan.
    """
    told, cash = [Fact("order_paid", event.reference)], int(Decimal(event.data["cash"]))
    if event.data["points"]:
        told.append(Fact("redeem", event.reference))
    if cash:
        told.append(Fact("spend_cash", event.reference, cash))
    return told


def _left_of(events) -> list[Fact]:
    """Return what the facts of the events' orders count for now; of one that is undone, nothing."""
    orders = Order.objects.only(*STANDING).filter(no__in={event.data["no"] for event in events})
    return [fact for order in orders for fact in _left_of_order(order)]


def _left_of_order(order):
    is_undone = order.status == Order.Status.CANCELLED or order.refunded_at is not None
    is_left = not is_undone and not order.is_gift  # what was won is no purchase
    redeemed = is_left and order.refunded_points < order.points
    cash = int(order.cash - order.refunded_cash) if is_left else 0
    return [
        Fact("order_paid", order.reference, int(is_left)),
        Fact("order_completed", order.reference, int(is_left)),
        Fact("redeem", order.reference, int(redeemed)),
        Fact("spend_cash", order.reference, cash),
    ]


# --- what earns at once -------------------------------------------------------------
@transactional
def reward_review(event: Event) -> None:
    """Award a published review, once per order line however often it is taken down and published
    again.

    One of goods that went back whole while it waited is shown, and earns nothing any more.
    """
    key, entry = event.reference, None
    goods = Product.objects.get(pk=event.data["product"])
    if not is_returned(event.data["line"]):
        words = {"reference": key, "is_told": False, "things": _things(goods)}
        entry = rules.award(event.member, "review", key=key, at=event.at, **words)
        missions.note(event.member, "review", key=key, at=event.at)
    _tell_of_review(event, goods, Kind.REVIEW_PUBLISHED, "published", points=_worth(entry))


def _things(goods) -> tuple[rules.Thing, ...]:
    """Return what a review is about, for rules that ask for a category."""
    if not rulebook.is_any_for_categories():
        return ()
    return (rules.Thing(category_tree.around().get(goods.category_id, frozenset())),)


@transactional
def tell_review_rejected(event: Event) -> None:
    """Tell the author why a review is not shown; each time the shop decides so."""
    review = Review.objects.select_related("product").get(pk=event.data["review"])
    what = f"rejected:{event.at:%Y%m%d%H%M%S}"
    _tell_of_review(event, review.product, Kind.REVIEW_REJECTED, what, reason=review.reason)


def _tell_of_review(event, goods, kind, what, **params):
    key, url = f"{event.reference}:{what}", reverse("orders:reviews")
    notify(event.member, kind=kind, key=key, url=url, product=names_of(goods), **params)


@transactional
def reward_profile(event: Event) -> None:
    """Award a complete profile, once in a person's lifetime: a second account of the same mailbox
    earns nothing for it.
    """
    entry = (
        rules.award(
            event.member,
            "profile",
            key="profile",
            at=event.at,
            reference="profile",
            is_told=False,
        )
        if persons.is_first(event.member)
        else None
    )
    missions.note(event.member, "profile", key="profile", at=event.at)
    notify(
        event.member,
        kind=Kind.PROFILE_COMPLETED,
        key="profile",
        url=reverse("accounts:profile"),
        points=_worth(entry),
    )


# --- what was set aside ---------------------------------------------------------------
def settle_set_aside(events: list[Event]) -> None:
    """Show with check-ins and missions what a decided case did to what they had earned, and have
    the days counted again that points were credited for.
    """
    for member in sorted({event.member for event in events}):
        streak.settle(member)
        rewards.settle(member)
    days.mark_late({date.fromisoformat(on) for one in events for on in one.data.get("days", ())})


# --- birthdays ----------------------------------------------------------------------
def congratulate(*, on: date | None = None) -> int:
    """Give everybody whose birthday is today (or was in the last days, and was missed) the present;
    return how many are new.

    How much is the tier's to say (points/perks.py). Once in 365 days by the rule's spacing, once
    per birthday by the key ``birthday:<day>``, and in
    one account of a person. A birthday said on the day itself, or after it, brings nothing before
    the next one. Whoever was born on 29 February celebrates on the 28th in other years.
    """
    on, given = on or clock.today(), 0
    for day in (on - timedelta(days=late) for late in range(LATE_DAYS)):
        for batch in keyset.batches(_celebrating(day).values_list("pk", flat=True), BATCH):
            given += _give_presents(batch, day)
    return given


def _celebrating(day):
    """Members born on a day of the year who were here on it, had said so before it, and have no
    present of it yet.
    """
    given = LedgerEntry.objects.filter(account_id=OuterRef("pk"), key=f"birthday:{day}")
    born = get_user_model().objects.filter(
        _born_on(day), is_active=True, birthday__lt=day, date_joined__lt=clock.end_of(day)
    )
    had_said = Q(birthday_set_on__isnull=True) | Q(birthday_set_on__lt=day)
    return born.filter(had_said, ~Exists(given))


def _born_on(day) -> Q:
    born = Q(birthday__month=day.month, birthday__day=day.day)
    is_last_of_february = (day + timedelta(days=1)).month == 3 and day.month == 2
    if is_last_of_february and (day.month, day.day) != LEAP_DAY:
        born |= Q(birthday__month=LEAP_DAY[0], birthday__day=LEAP_DAY[1])
    return born


@transactional
def _give_presents(user_ids, day) -> int:
    first, key, now = persons.first_accounts(user_ids), f"birthday:{day}", clock.now()
    gifts = perks.gifts_of(user_ids)
    awards = [
        rules.Award(
            user_id,
            perks.BIRTHDAY,
            key,
            now,
            reference=key,
            is_told=False,
            exactly=gifts[user_id],
        )
        for user_id in user_ids
        if user_id in first
    ]
    given = [entry for entry in rules.award_all(awards) if entry is not None]
    notify_many([_congratulation(entry) for entry in given])
    return len(given)


def _congratulation(entry) -> Notification:
    return Notification(
        user_id=entry.account_id,
        kind=Kind.BIRTHDAY,
        key=entry.key,
        url=reverse("points:statement"),
        params={"points": _worth(entry)},
    )


def _worth(entry) -> int:
    return max(0, entry.worth) if entry else 0
