"""What marketing does when something happened further down; each receiver calls one idempotent
verb.

Wired in one place, sent inside the sender's transaction: the notice appears with the fact or not at
all.
"""

from django.dispatch import receiver

from accounts.signals import (
    account_closing,
    new_device,
    personal_data_asked,
    profile_completed,
    user_registered,
    user_signed_in,
)
from catalog.signals import review_published, review_rejected
from mall.core import clock
from marketing import facts, missions, news, takeaway
from marketing.analytics import activity, days
from marketing.notifications import Kind
from orders.signals import (
    coupons_granted,
    flash_starting,
    order_cancelled,
    order_completed,
    order_paid,
    order_refunded,
    order_shipped,
    refund_rejected,
    refund_requested,
    refund_settled,
)
from points.signals import case_closed, case_opened, points_adjusted, points_awarded


@receiver(user_signed_in, dispatch_uid="marketing.activity")
def record_sign_in(sender, user, on, **_):
    activity.record(user.pk, on, activity.Action.SIGN_IN)


@receiver([order_paid, order_completed, order_refunded], dispatch_uid="marketing.late_day")
def count_day_again(sender, order, **_):
    days.mark_late([clock.day_of(order.created_at)])


# --- the person ---------------------------------------------------------------------
@receiver(personal_data_asked, dispatch_uid="marketing.personal_data")
def hand_over(sender, user, **_):
    return takeaway.chapters(user)


@receiver(new_device, dispatch_uid="marketing.new_device")
def tell_new_device(sender, user, device, at, **_):
    news.of_sign_in(user, device, at)


@receiver(account_closing, dispatch_uid="marketing.closing")
def forget_the_reader(sender, user, **_):
    takeaway.forget(user.pk)


# --- what members are told ---------------------------------------------------------
@receiver(order_paid, dispatch_uid="marketing.order_paid")
def tell_order_paid(sender, order, **_):
    news.of_paid(order)


@receiver(order_shipped, dispatch_uid="marketing.order_shipped")
def tell_order_shipped(sender, order, **_):
    news.of_shipped(order)


@receiver(order_completed, dispatch_uid="marketing.order_completed")
def tell_order_completed(sender, order, **_):
    news.of_order(order, Kind.ORDER_COMPLETED)


@receiver(order_cancelled, dispatch_uid="marketing.order_cancelled")
def tell_order_cancelled(sender, order, **_):
    news.of_order(order, Kind.ORDER_CANCELLED)


@receiver(refund_requested, dispatch_uid="marketing.refund_requested")
def tell_refund_requested(sender, order, refund, **_):
    news.of_refund(order, refund, Kind.REFUND_REQUESTED)


@receiver(refund_rejected, dispatch_uid="marketing.refund_rejected")
def tell_refund_rejected(sender, order, refund, **_):
    news.of_refund(order, refund, Kind.REFUND_REJECTED, reason=refund.note)


@receiver(order_refunded, dispatch_uid="marketing.order_refunded")
def tell_refund_approved(sender, order, refund, **_):
    news.of_granted_refund(order, refund)


@receiver(refund_settled, dispatch_uid="marketing.refund_settled")
def tell_refund_settled(sender, order, refund, **_):
    news.of_settled_refund(order, refund)


@receiver(coupons_granted, dispatch_uid="marketing.coupons_granted")
def tell_coupons_granted(sender, coupons, **_):
    news.of_coupons(coupons)


@receiver(flash_starting, dispatch_uid="marketing.flash_starting")
def tell_flash_starting(sender, session, user, **_):
    news.of_flash(session, user)


@receiver(points_awarded, dispatch_uid="marketing.points_awarded")
def tell_points_awarded(sender, user_id, action, entry, **_):
    news.of_award(user_id, action, entry)


@receiver(points_adjusted, dispatch_uid="marketing.points_adjusted")
def tell_points_adjusted(sender, adjustment, **_):
    news.of_adjustment(adjustment)


@receiver([case_opened, case_closed], dispatch_uid="marketing.case_moved")
def tell_case_moved(sender, case, **_):
    news.of_case(case)


# --- facts that earn, and move missions ------------------------------------------
@receiver(user_registered, dispatch_uid="marketing.missions.registered")
def count_registration(sender, user, **_):
    missions.note(user.pk, "register", key="register")


@receiver(user_signed_in, dispatch_uid="marketing.missions.signed_in")
def count_sign_in(sender, user, on, **_):
    missions.note(user.pk, "login", key=f"login:{on}", on=on)


@receiver(profile_completed, dispatch_uid="marketing.profile_completed")
def reward_profile(sender, user, **_):
    facts.profile_completed(user)


@receiver(review_published, dispatch_uid="marketing.review_published")
def reward_review(sender, review, **_):
    facts.review_published(review)


@receiver(review_rejected, dispatch_uid="marketing.review_rejected")
def tell_review_rejected(sender, review, **_):
    facts.review_rejected(review)


@receiver(order_paid, dispatch_uid="marketing.missions.order_paid")
def count_paid_order(sender, order, **_):
    missions.note_all(order.user_id, facts.of_paid(order))


@receiver(order_completed, dispatch_uid="marketing.missions.order_completed")
def count_completed_order(sender, order, **_):
    missions.note(order.user_id, "order_completed", key=order.reference)


@receiver(order_cancelled, dispatch_uid="marketing.missions.order_cancelled")
def take_cancelled_order_back(sender, order, **_):
    if order.paid_at is not None:
        missions.withdraw(order.user_id, facts.of_paid(order))


@receiver(order_refunded, dispatch_uid="marketing.missions.order_refunded")
def take_refunded_part_back(sender, order, **_):
    missions.lessen(order.user_id, facts.of_refunded(order))
