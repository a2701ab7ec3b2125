"""What the audit log says was done, in words. Rows keep the code: it is what filters, exports and
machines go by.
"""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "accounts.access_change": _("Changed a member's access"),
    "accounts.close": _("Closed an account"),
    "accounts.reveal_email": _("Looked at an e-mail"),
    "accounts.role_change": _("Changed a role's permissions"),
    "catalog.book_stock_file": _("Booked a file of stock"),
    "catalog.import_keys": _("Imported card keys"),
    "catalog.policy_change": _("Changed the review policy"),
    "catalog.product_change": _("Changed a product"),
    "catalog.product_off": _("Took a product off sale"),
    "catalog.product_on": _("Put a product on sale"),
    "catalog.reprice": _("Changed a price"),
    "catalog.review_answer": _("Answered a review"),
    "catalog.review_publish": _("Published a review"),
    "catalog.review_reject": _("Rejected a review"),
    "catalog.void_key": _("Made a card key void"),
    "coupons.hand_out": _("Handed out coupons"),
    "coupons.revoke": _("Took a coupon back"),
    "coupons.undo_hand_out": _("Took a hand-out back"),
    "history.import": _("Had earlier orders imported"),
    "history.link": _("Linked an earlier customer"),
    "marketing.mission_add": _("Added a mission"),
    "marketing.mission_change": _("Changed a mission"),
    "marketing.mission_delete": _("Deleted a mission"),
    "marketing.mission_status": _("Opened, paused or ended a mission"),
    "marketing.send_again": _("Sent mails again"),
    "orders.announce_flash": _("Announced a flash session"),
    "orders.approve_refund": _("Approved a refund"),
    "orders.call_off_flash": _("Called a flash session off"),
    "orders.cancel": _("Cancelled an order"),
    "orders.complete": _("Completed an order"),
    "orders.notice_refused": _("Refused a payment notice"),
    "orders.pay": _("Marked an order paid"),
    "orders.read_bill": _("Read in a daily bill"),
    "orders.settle_difference": _("Looked into a difference of a bill"),
    "orders.policy_change": _("Changed the checkout policy"),
    "orders.reject_refund": _("Rejected a refund"),
    "orders.reveal_address": _("Looked at an address"),
    "orders.ship": _("Shipped an order"),
    "orders.ship_part": _("Shipped a part of an order"),
    "points.adjust": _("Adjusted points"),
    "points.adjust_approve": _("Approved an adjustment"),
    "points.adjust_ask": _("Asked for an adjustment"),
    "points.adjust_reject": _("Rejected an adjustment"),
    "points.batch_post": _("Posted a file of adjustments"),
    "points.batch_undo": _("Undid a file of adjustments"),
    "points.case_decide": _("Decided a case"),
    "points.case_open": _("Opened a case"),
    "points.policy_change": _("Changed the points policy"),
    "points.rate_drop": _("Dropped an exchange rate"),
    "points.rate_set": _("Set an exchange rate"),
    "points.make_up_for": _("Had a fact followed up"),
    "points.release": _("Released an account"),
    "points.rule_add": _("Added a rule"),
    "points.rule_change": _("Changed a rule"),
    "points.tier_change": _("Changed a tier"),
}


def in_words(deed: str) -> str:
    """Return what a deed is called; a code nobody named stays a code."""
    return str(WORDS.get(deed, deed))
