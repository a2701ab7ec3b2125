"""What follows in marketing, verb by verb, and what marketing answers (mall/core/events.py)."""

from accounts import closing as leaving
from accounts import export, registration
from accounts.events import NEW_DEVICE, PROFILE_COMPLETED, REGISTERED, SIGNED_IN
from catalog import sales
from catalog.events import REVIEW_PUBLISHED, REVIEW_REJECTED
from catalog.looked import LOOKED
from mall.core.events import Bystander, each
from marketing import facts, past_facts, takeaway
from marketing.analytics import activity, days
from marketing.badges import awarding as badges
from marketing.campaigns import multiplier, segments
from marketing.draws import board as draw_board
from marketing.draws import goods as draw_goods
from marketing.draws.events import TICKET_DRAWN
from marketing.missions import board
from marketing.notices import lots, news, offers
from marketing.recommendations import impressions
from marketing.referral import invitations, referrals
from marketing.webhooks import endpoints, queue
from orders import tickets
from orders.events import (
    BACK_IN_STOCK,
    COUPON_GRANTED,
    FLASH_STARTING,
    LOT_SETTLED,
    ORDER_AUTO_COMPLETED,
    ORDER_CANCELLED,
    ORDER_COMPLETED,
    ORDER_NOTE,
    ORDER_PAID,
    ORDER_REFUNDED,
    ORDER_SHIPPED,
    ORDER_TIMED_OUT,
    REFUND_REJECTED,
    REFUND_REQUESTED,
    REFUND_SETTLED,
)
from points import conditions, owning, wording
from points.events import (
    CASE_DECIDED,
    CASE_OPENED,
    POINTS_ADJUSTED,
    POINTS_AWARDED,
    TIER_RISEN,
)
from points.past_facts import HAPPENED

LISTENERS = {
    # the person
    REGISTERED: [facts.count_registration, referrals.bind],
    SIGNED_IN: [activity.record_sign_in, facts.count_sign_in],
    NEW_DEVICE: [news.of_sign_in],
    PROFILE_COMPLETED: [each(facts.reward_profile)],
    REVIEW_PUBLISHED: [each(facts.reward_review), badges.of_reviews],
    REVIEW_REJECTED: [each(facts.tell_review_rejected)],
    # orders
    ORDER_PAID: [
        days.count_again,
        news.of_paid,
        facts.count_paid_order,
        impressions.count_redeemed,
    ],
    ORDER_SHIPPED: [news.of_shipped],
    ORDER_NOTE: [news.of_notes],
    **dict.fromkeys(
        (ORDER_COMPLETED, ORDER_AUTO_COMPLETED),
        [
            days.count_again,
            news.of_completed,
            facts.count_completed_order,
            badges.of_orders,
            referrals.note_received,
        ],
    ),
    **dict.fromkeys(
        (ORDER_CANCELLED, ORDER_TIMED_OUT),
        [news.of_cancelled, facts.take_back_what_is_undone],
    ),
    ORDER_REFUNDED: [
        days.count_again,
        news.of_granted_refund,
        facts.take_back_what_is_undone,
    ],
    REFUND_REQUESTED: [news.of_requested_refund],
    REFUND_REJECTED: [news.of_rejected_refund],
    REFUND_SETTLED: [news.of_settled_refund],
    COUPON_GRANTED: [offers.of_coupons],
    FLASH_STARTING: [offers.of_flash],
    LOT_SETTLED: [lots.of_lots],
    TICKET_DRAWN: [lots.of_prizes],
    BACK_IN_STOCK: [offers.of_stock],
    # points
    POINTS_AWARDED: [news.of_awards],
    POINTS_ADJUSTED: [news.of_adjustments],
    TIER_RISEN: [news.of_tiers, badges.of_tiers],
    CASE_OPENED: [news.of_cases],
    CASE_DECIDED: [facts.settle_set_aside, news.of_cases],
}

# who hears of any fact that somebody outside wants to hear of
BYSTANDERS = [Bystander(queue.write_down, endpoints.wants)]

ANSWERS = {
    conditions.IN_SEGMENT: [segments.holding],
    conditions.SEGMENTS: [segments.names],
    owning.OWNER: [multiplier.owner_of],
    LOOKED: [impressions.note_opened],
    sales.LACKING: [draw_goods.lacking],
    tickets.ISSUE: [draw_goods.issue],
    tickets.CHECK_UNUSED: [draw_goods.check_unused],
    tickets.TAKE_BACK: [draw_goods.take_back],
    tickets.REFUSALS: [draw_goods.refusals],
    export.PERSONAL_DATA: [takeaway.chapters],
    leaving.FORGETTING: [takeaway.forget],
    registration.INVITER: [invitations.inviter_of],
    wording.PAID_FOR: [board.names],
    wording.THINGS: [draw_board.names],
    HAPPENED: [past_facts.happened],
}
