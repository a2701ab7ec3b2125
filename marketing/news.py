"""What members are told of facts elsewhere in the shop: which kind, under which key, with which
numbers.

Each verb is harmless when the same fact is told again: the key decides.
"""

from datetime import timedelta

from django.urls import reverse

from mall.core import clock
from marketing.models import Notification
from marketing.notifications import Kind, notify, notify_many, notify_new
from orders.models import Coupon
from points import risk
from points.models import Adjustment, RiskCase

BATCH = 500
COUPON_DAYS = 3
# What has a notice of its own, or is the member's daily habit, is not told a second time.
TOLD_ELSEWHERE = {"register", "login", "checkin", "mission", "profile", "birthday", "review"}


def of_sign_in(user, device, at) -> None:
    """Tell a member that somebody signed in with a browser that is new."""
    words = {"device": device, "at": at.isoformat(timespec="seconds")}
    notify(
        user.pk,
        kind=Kind.NEW_SIGN_IN,
        key=f"device:{at:%Y%m%d%H%M%S}",
        url=reverse("usersessions_list"),
        **words,
    )


# --- orders ---------------------------------------------------------------------
def of_order(order, kind, **params) -> None:
    """Tell the buyer how an order moved."""
    notify_many([_about(order, kind, kind.removeprefix("order_"), **params)])


def of_paid(order) -> None:
    """Tell what was paid, and apart from it what it took of the points."""
    told = [_about(order, Kind.ORDER_PAID, "paid", points=order.points, cash=str(order.cash))]
    if order.points:
        told.append(_about(order, Kind.POINTS_SPENT, "spent", points=order.points))
    notify_many(told)


def of_shipped(order) -> None:
    """Tell with which carrier the goods come, and under which number."""
    of_order(order, Kind.ORDER_SHIPPED, carrier=order.carrier, tracking=order.tracking_number)


def of_refund(order, refund, kind, **params) -> None:
    """Tell what became of a wish to give something back."""
    notify_many(
        [_about(order, kind, f"refund:{refund.number}:{kind.removeprefix('refund_')}", **params)]
    )


def of_granted_refund(order, refund) -> None:
    """Tell that points are back and money is on its way; without money, that all is back."""
    kind = Kind.REFUND_APPROVED if refund.cash else Kind.ORDER_REFUNDED
    of_refund(order, refund, kind, points=refund.points, cash=str(refund.cash))


def of_settled_refund(order, refund) -> None:
    """Tell that the money is back, too."""
    of_refund(order, refund, Kind.ORDER_REFUNDED, points=refund.points, cash=str(refund.cash))


# --- points ---------------------------------------------------------------------
def of_award(user_id, action, entry) -> None:
    """Tell of points for something done, unless it has a notice of its own."""
    points = entry.worth
    if action in TOLD_ELSEWHERE or points <= 0:
        return
    words = {"points": points, "action": action, "description": entry.description}
    notify(
        user_id,
        kind=Kind.POINTS_EARNED,
        key=f"earned:{entry.pk}",
        url=reverse("points:statement"),
        **words,
    )


def of_adjustment(adjustment) -> None:
    """Tell of a correction once it stands in the books, and of its undoing, in the words meant for
    the member.
    """
    if adjustment.status != Adjustment.Status.POSTED:
        return
    key, points = f"adjustment:{adjustment.pk}", adjustment.points
    if adjustment.undo_seq:
        key, points = f"{key}:undone", -points
    words = {"points": points, "reason": adjustment.description}
    notify(
        adjustment.account_id,
        kind=Kind.POINTS_ADJUSTED,
        key=key,
        url=reverse("points:statement"),
        **words,
    )


def of_case(case) -> None:
    """Tell what is paused and why, that it stays so, and later what goes on: what another case
    forbids does not.
    """
    words = {"scope": case.scope, "case": case.kind, "is_kept": case.status == RiskCase.Status.KEPT}
    kind = Kind.EARNING_PAUSED
    if case.status == RiskCase.Status.RELEASED:
        freed = _paused_by([case.scope]) - _paused_by(
            risk.standing(case.account_id).values_list("scope", flat=True)
        )
        if not freed:
            return
        kind, words = Kind.EARNING_RESUMED, {"scope": "all" if len(freed) > 1 else freed.pop()}
    notify(
        case.account_id,
        kind=kind,
        key=f"case:{case.pk}:{case.status}",
        url=reverse("points:statement"),
        **words,
    )


def _paused_by(scopes) -> set[str]:
    """Return what cases of these scopes forbid together."""
    return {
        what for scope in scopes for what in (("earn", "spend") if scope == "all" else (scope,))
    }


# --- coupons and flash sessions ---------------------------------------------------
def of_coupons(coupons) -> None:
    """Tell members of coupons they were given, and of points a bought one took."""
    notify_many(
        [
            _bought(coupon) if coupon.source == Coupon.Source.BOUGHT else _given(coupon)
            for coupon in coupons
        ]
    )


def of_ending_coupons(*, on=None) -> int:
    """Tell members of coupons that end within three days; once a coupon. Returns how many are
    new.
    """
    day = (on or clock.today()) + timedelta(days=COUPON_DAYS)
    ending = Coupon.objects.usable(clock.now()).filter(
        expires_at__lt=clock.end_of(day), user__is_active=True
    )
    told, after = 0, 0
    while batch := list(
        ending.filter(pk__gt=after).select_related("template").order_by("pk")[:BATCH]
    ):
        after = batch[-1].pk
        told += notify_new([_ending(coupon) for coupon in batch])
    return told


def of_flash(session, user) -> None:
    """Tell a member who asked that a session is about to start."""
    key, url = f"flash:{session.pk}", session.get_absolute_url()
    notify(
        user.pk,
        kind=Kind.FLASH_STARTING,
        key=key,
        url=url,
        session=_names(session, "name"),
        at=session.starts_at.isoformat(),
    )


def _given(coupon):
    return _of_coupon(
        coupon, Kind.COUPON_GRANTED, "granted", on=clock.day_of(coupon.expires_at).isoformat()
    )


def _ending(coupon):
    return _of_coupon(
        coupon, Kind.COUPON_EXPIRING, "ending", on=clock.day_of(coupon.expires_at).isoformat()
    )


def _bought(coupon):
    return _of_coupon(coupon, Kind.POINTS_SPENT, "bought", points=coupon.price_points)


def _of_coupon(coupon, kind, what, **params):
    words = {"coupon": _names(coupon.template, "name"), **params}
    return Notification(
        user_id=coupon.user_id,
        kind=kind,
        key=f"coupon:{coupon.pk}:{what}",
        url=coupon.get_absolute_url(),
        params=words,
    )


def _names(row, field):
    """Return a translated field in every language; the reader's is chosen when the notice is
    read.
    """
    return {
        "zh-hans": getattr(row, f"{field}_zh_hans") or getattr(row, field),
        "en": getattr(row, f"{field}_en") or getattr(row, field),
    }


def _about(order, kind, what, **params):
    words = {"no": order.no, **params}
    return Notification(
        user_id=order.user_id,
        kind=kind,
        key=f"{order.reference}:{what}",
        url=order.get_absolute_url(),
        params=words,
    )
