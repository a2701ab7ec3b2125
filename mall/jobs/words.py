"""What the periodic jobs do, in words an operator reads beside their names.
``tests/mall/test_schedule.py`` misses none.
"""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "expire-points": _("Takes overdue points out of balances"),
    "reassess-tiers": _("Looks at tiers again"),
    "deliver-facts": _("Does what follows from facts"),
    "mature-grants": _("Lets points on the way arrive"),
    "watch-budgets": _("Tells of budgets that are nearly spent"),
    "run-back-tests": _("Replays drafts of rules over past facts"),
    "cancel-unpaid-orders": _("Cancels orders nobody paid"),
    "ask-about-payments": _("Asks providers about payments nobody told us of"),
    "fetch-bills": _("Fetches the bills of payment providers and compares them"),
    "settle-refunds": _("Sends cash back"),
    "complete-sent-orders": _("Takes sent orders as received"),
    "send-account-mails": _("Sends mails about accounts"),
    "send-mails": _("Sends mails"),
    "send-messages": _("Sends text messages, WeChat messages and browser notices"),
    "send-webhooks": _("Sends webhooks"),
    "forget-webhooks": _("Clears old webhook deliveries"),
    "remind-expiring": _("Tells of points that end soon"),
    "tell-back-in-stock": _("Tells who waits that goods are back"),
    "settle-flash-sessions": _("Returns what flash sessions left"),
    "settle-draws": _("Reveals lucky draws that are over"),
    "draw-flash-lots": _("Draws the lots of flash sessions that are over"),
    "tell-flash-starting": _("Tells of flash sessions that start"),
    "remind-coupons": _("Tells of coupons that end soon"),
    "expire-coupons": _("Closes coupons whose day has passed"),
    "hand-out-coupons": _("Hands out coupons to segments"),
    "carry-on-campaigns": _("Carries on campaigns"),
    "congratulate": _("Gives birthday presents"),
    "settle-referrals": _("Pays invitations whose time has come"),
    "watch-sign-ups": _("Looks for many sign-ups from one place"),
    "watch-orders": _("Looks for many orders from one place, and for many refunds"),
    "forget-traces": _("Forgets marks of devices and networks"),
    "draw-streaks": _("Draws streaks anew after outages"),
    "count-leaderboards": _("Counts the leaderboards"),
    "give-badges": _("Gives badges of streaks and years"),
    "remind-streaks": _("Reminds of streaks about to end"),
    "verify-ledger": _("Checks the ledger"),
    "roll-up-days": _("Counts days up for the reports"),
    "close-months": _("Closes months that are over for the accountant"),
    "refresh-popularity": _("Counts what is popular"),
    "turn-prices": _("Shows scheduled prices that begin or end"),
    "refresh-recommendations": _("Counts what goes together"),
    "move-members-in": _("Lets members of files move in"),
    "welcome-moved-members": _("Writes welcome mails to members who moved in"),
    "link-history": _("Links earlier orders with members who moved in"),
    "import-history": _("Imports files of an earlier shop's orders"),
    "send-dispatch-files": _("Sends the orders of files of tracking numbers"),
    "import-goods": _("Writes files of goods"),
    "mark-contacts": _("Makes orders findable by recipient and phone"),
    "forget-sessions": _("Clears sessions that are over"),
    "forget-job-runs": _("Clears old job runs"),
    "sweep-renditions": _("Clears smaller copies of pictures that are gone"),
    "make-up-jobs": _("Makes up daily jobs nobody ran"),
}


def in_words(job: str) -> str:
    """Return what a job does; nothing for a job of somebody else's."""
    return str(WORDS.get(job, ""))
