"""What members are told of coupons, flash sessions and goods that are back."""

from datetime import timedelta

from django.urls import reverse

from catalog.models import Sku
from mall.core import clock, keyset
from mall.core.languages import names_of
from marketing.models import Notification
from marketing.notices.inbox import Kind, notify_many, notify_new
from orders.models import Coupon, CouponTemplate, FlashSession

BATCH = 500
COUPON_DAYS = 3


def of_coupons(events) -> None:
    """Tell members of coupons they were given, and of points a bought one took."""
    templates = CouponTemplate.objects.in_bulk({event.data["template"] for event in events})
    notify_many([_granted(event, templates[event.data["template"]]) for event in events])


def _granted(event, template):
    if event.data["source"] == Coupon.Source.BOUGHT:
        kind, what, words = Kind.POINTS_SPENT, "bought", {"points": event.data["points"]}
    else:
        kind, what, words = Kind.COUPON_GRANTED, "granted", {"on": event.data["until"]}
    return Notification(
        user_id=event.member,
        kind=kind,
        key=f"{event.reference}:{what}",
        url=reverse("orders:coupons"),
        params={"coupon": names_of(template, "name"), **words},
    )


def of_ending_coupons(*, on=None) -> int:
    """Tell members of coupons that end within three days; once a coupon. Returns how many are
    new.
    """
    day = (on or clock.today()) + timedelta(days=COUPON_DAYS)
    ending = Coupon.objects.usable(clock.now()).filter(
        expires_at__lt=clock.end_of(day), user__is_active=True
    )
    batches = keyset.batches(ending.select_related("template"), BATCH)
    return sum(notify_new([_ending(coupon) for coupon in batch]) for batch in batches)


def of_flash(events) -> None:
    """Tell members who asked that a session is about to start."""
    sessions = FlashSession.objects.in_bulk({event.data["session"] for event in events})
    told = [(event, sessions[event.data["session"]]) for event in events]
    notify_many(
        [
            Notification(
                user_id=event.member,
                kind=Kind.FLASH_STARTING,
                key=event.reference,
                url=session.get_absolute_url(),
                params={
                    "session": names_of(session, "name"),
                    "at": session.opens_at(event.data.get("minutes_early", 0)).isoformat(),
                },
            )
            for event, session in told
        ]
    )


def of_stock(events) -> None:
    """Tell members who asked that something is back."""
    found = Sku.objects.select_related("product").in_bulk({event.data["sku"] for event in events})
    told = [(event, found[event.data["sku"]]) for event in events if event.data["sku"] in found]
    notify_many(
        [
            Notification(
                user_id=event.member,
                kind=Kind.BACK_IN_STOCK,
                key=event.reference,
                url=sku.product.get_absolute_url(),
                params={"product": names_of(sku.product, "name")},
            )
            for event, sku in told
        ]
    )


def _ending(coupon):
    day = clock.day_of(coupon.expires_at).isoformat()
    return Notification(
        user_id=coupon.user_id,
        kind=Kind.COUPON_EXPIRING,
        key=f"coupon:{coupon.pk}:ending",
        url=coupon.get_absolute_url(),
        params={"coupon": names_of(coupon.template, "name"), "on": day},
    )
