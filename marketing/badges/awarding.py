"""How badges are earned: by facts, as they are heard, and by the days, as a sweep finds them.

A badge is there once a member and kind for good; its row decides, so whatever is told twice, late
or at once gives the same. What it is earned for is drawn from the rows of the thing itself (orders
received, reviews published), never from who came first.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.urls import reverse

from catalog.models import Review
from mall.core import clock, keyset
from mall.core.events import Event
from mall.core.transactions import transactional
from marketing.models import CheckIn, MemberBadge, Notification
from marketing.notices.inbox import Kind, notify_many
from orders.models import Order
from points.models import LEVELS

Code = MemberBadge.Code
BATCH = 200
NEWS_DAYS = 30  # what was earned before a shop had badges is no news
ORDERS = {Code.FIRST_ORDER: 1, Code.TEN_ORDERS: 10}
REVIEWS = {Code.TEN_REVIEWS: 10}
STREAKS = {Code.STREAK_30: 30, Code.STREAK_100: 100}
LATE_DAYS = 8  # a missed day may be made up a week later, and lengthens the days after it


@transactional
def give(user_ids: Iterable[int], code: str, *, on: date) -> int:
    """Give members a badge they do not have, and tell them; return how many are new."""
    return _give({user_id: on for user_id in user_ids}, code)


def _give(days: dict[int, date], code) -> int:
    had = MemberBadge.objects.filter(user__in=days, code=code).values_list("user", flat=True)
    fresh = sorted(set(days) - set(had))
    MemberBadge.objects.bulk_create(
        [MemberBadge(user_id=pk, code=code, earned_on=days[pk]) for pk in fresh],
        ignore_conflicts=True,  # somebody may give it at this moment
    )
    lately = clock.today() - timedelta(days=NEWS_DAYS)
    notify_many([_notice(user_id, code) for user_id in fresh if days[user_id] >= lately])
    return len(fresh)


def _notice(user_id, code):
    return Notification(
        user_id=user_id,
        kind=Kind.BADGE_EARNED,
        key=f"badge:{code}",
        url=reverse("marketing:badges"),
        params={"code": str(code)},
    )


# --- by facts -----------------------------------------------------------------------
def of_orders(events: list[Event]) -> None:
    """Give the badges of orders received; one that goes back later was received all the same."""
    received = Order.objects.purchases().filter(completed_at__isnull=False)
    _give_for_counts(events, ORDERS, received, "completed_at")


def of_reviews(events: list[Event]) -> None:
    """Give the badges of reviews published."""
    _give_for_counts(events, REVIEWS, Review.objects.filter(status="published"), "created_at")


def of_tiers(events: list[Event]) -> None:
    """Give the badge of the highest tier."""
    for event in events:
        if event.data["to"] == LEVELS:
            give([event.member], Code.TOP_TIER, on=event.on)


def _give_for_counts(events, counts, things, moment):
    """Give badges to those of the events' members who have enough things, as of the one that made
    it enough.
    """
    members = {event.member for event in events}
    had = MemberBadge.objects.filter(user__in=members, code__in=counts)
    owned = set(had.values_list("user", "code"))
    lacking = {pk for pk in members if any((pk, code) not in owned for code in counts)}
    if not lacking:
        return
    moments = defaultdict(list)
    for user_id, at in things.filter(user__in=lacking).order_by(moment).values_list("user", moment):
        moments[user_id].append(at)
    for code, needed in counts.items():
        enough = {
            user_id: clock.day_of(found[needed - 1])
            for user_id, found in moments.items()
            if len(found) >= needed and (user_id, code) not in owned
        }
        if enough:
            _give(enough, code)


# --- by the days --------------------------------------------------------------------
def give_due(on: date | None = None) -> int:
    """Give the badges of streaks and of a year together; return how many are new. Late or twice is
    harmless.
    """
    on = on or clock.today()
    return sum(_of_streaks(code, days, on) for code, days in STREAKS.items()) + _of_years(on)


def _of_streaks(code, days, on):
    lately = CheckIn.objects.filter(on__range=(on - timedelta(days=LATE_DAYS), on))
    lately = lately.filter(_lacks(code, "user_id"), streak__gte=days)
    given = 0
    for batch in keyset.batches(lately.values_list("pk", "user", "on"), BATCH):
        first = {}
        for _pk, user_id, day in batch:
            first[user_id] = min(day, first.get(user_id, day))
        given += _give_all(first, code)
    return given


def _of_years(on):
    """Give the badge to those who came a year ago, or longer."""
    joined = get_user_model().objects.filter(
        _lacks(Code.YEAR, "pk"), is_active=True, date_joined__lt=clock.end_of(_year_before(on))
    )
    given = 0
    for batch in keyset.batches(joined.values_list("pk", "date_joined"), BATCH):
        given += _give_all({pk: _year_after(clock.day_of(at)) for pk, at in batch}, Code.YEAR)
    return given


@transactional
def _give_all(days, code) -> int:
    return _give(days, code)


def _lacks(code, member):
    return ~Exists(MemberBadge.objects.filter(user=OuterRef(member), code=code))


def _year_before(day) -> date:
    return _in_year(day, day.year - 1)


def _year_after(day) -> date:
    return _in_year(day, day.year + 1)


def _in_year(day, year) -> date:
    """Return the same day in another year; 28 February for the 29th of a year without one."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(year, 2, 28) if is_leap_day and not _is_leap(year) else day.replace(year=year)


def _is_leap(year) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
