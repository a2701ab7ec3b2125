"""Every periodic job of the mall, one line each. Times are shop time (Asia/Shanghai).

Beat only knocks; ``mall.tasks.run_job`` takes the row (job, period) first, so two beats or a
message delivered twice run a job once, and later knocks of the same period mend a failed one. No
job needs this for its figures to be right: each is idempotent by its own keys. Daily jobs knock
every hour, so a shop that is switched off at night does them in the morning. These times are the
shop's proposal: an operator may choose others in the back office, and they stay
(mall/jobs/beat.py). Without a broker the same list is run by ``manage.py nightly``.
"""

from dataclasses import dataclass

from celery.schedules import crontab, schedule
from django.utils.module_loading import import_string

DAY, HOUR, MINUTE = "%Y-%m-%d", "%Y-%m-%dT%H", "%Y-%m-%dT%H:%M"
# A sweep whose rows are claimed one by one needs no run of its own, and would leave thousands of
# them a day.
EVERY_KNOCK = ""


@dataclass(frozen=True)
class Job:
    """A periodic job: the task it runs, when beat knocks, and the period it runs once in."""

    name: str
    task: str
    when: crontab | schedule
    once_a: str = DAY
    # a knock nobody heard in time is dropped: the next one does the same
    worthless_after_seconds: int | None = None

    def run(self):
        """Run the task here and now; returns its numbers."""
        return import_string(self.task)()


JOBS = (
    # What follows from the facts of members: promised points, missions, notices.
    Job(
        "deliver-facts",
        "points.tasks.deliver_facts",
        schedule(1.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=5,
    ),
    # Overdue points leave the balances; spending already ignores them, so lateness costs nobody a
    # point.
    Job("expire-points", "points.tasks.expire_points", crontab(minute=10)),
    # Tiers whose points left the twelve months are kept for thirty days, then fall one step; rising
    # needs no job.
    Job("reassess-tiers", "points.tasks.reassess_tiers", crontab(minute=25)),
    # Points on the way arrive once the goods can no longer be sent back.
    Job("mature-grants", "points.tasks.mature_grants", crontab(minute="*/5"), once_a=MINUTE),
    # Operators hear of budgets that are nearly spent; what is spent is paused where it is spent.
    Job("watch-budgets", "points.tasks.watch_budgets", crontab(), once_a=MINUTE),
    # What a draft of a rule would have cost: somebody waits for it.
    Job(
        "run-back-tests",
        "points.tasks.run_back_tests",
        schedule(5.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # Orders whose cash did not come in time give points and goods back.
    Job("cancel-unpaid-orders", "orders.tasks.cancel_unpaid_orders", crontab(), once_a=MINUTE),
    # Cash that must go back is sent back by its provider, asked again until it is.
    Job("settle-refunds", "orders.tasks.settle_refunds", crontab(), once_a=MINUTE),
    # A payment whose notice did not come is asked about, and one that is wanted no more closed.
    Job("ask-about-payments", "orders.tasks.ask_about_payments", crontab(), once_a=MINUTE),
    # Yesterday's bills of the providers are compared with our books; they are ready by eleven.
    Job("fetch-bills", "orders.tasks.fetch_bills", crontab(minute=10, hour="11-23")),
    # Orders sent long ago are taken as received, unless a refund waits for its answer.
    Job(
        "complete-sent-orders", "orders.tasks.complete_sent_orders", crontab(minute=5), once_a=HOUR
    ),
    # Streaks of who checked in before a day was declared an outage.
    Job("draw-streaks", "marketing.tasks.draw_streaks", crontab(), once_a=MINUTE),
    # Mails about accounts leave the shop: somebody waits for the link in them.
    Job(
        "send-account-mails",
        "accounts.tasks.send_mails",
        schedule(2.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # Mails that are due leave the shop.
    Job(
        "send-mails",
        "marketing.tasks.send_mails",
        schedule(5.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # And what members want on their phones.
    Job(
        "send-messages",
        "marketing.tasks.send_messages",
        schedule(5.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # Servers of others hear of facts.
    Job(
        "send-webhooks",
        "marketing.tasks.send_webhooks",
        schedule(2.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # And what was sent to them long ago is forgotten.
    Job("forget-webhooks", "marketing.tasks.forget_webhooks", crontab(minute=52)),
    # Members hear of points that end in 30, 7 or 1 days, and of what these can buy.
    Job("remind-expiring", "marketing.tasks.remind_expiring", crontab(minute=0, hour="9-21")),
    # A flash session that is over gives its leftovers back to the shelf.
    Job("settle-flash-sessions", "orders.tasks.settle_flash_sessions", crontab(), once_a=MINUTE),
    # Lots of sessions that are over are drawn; who had no luck has the points back at once.
    Job(
        "draw-flash-lots",
        "orders.tasks.draw_flash_lots",
        schedule(5.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # Who asked to be told hears five minutes before a flash session starts.
    Job("tell-flash-starting", "orders.tasks.tell_flash_starting", crontab(), once_a=MINUTE),
    # Who asked to be told hears when what was sold out is back, and not gone again at once.
    Job("tell-back-in-stock", "orders.tasks.tell_back_in_stock", crontab(), once_a=MINUTE),
    # A lucky draw that is over reveals its seed and gives what nobody won back to the shelf.
    Job("settle-draws", "marketing.tasks.settle_draws", crontab(), once_a=MINUTE),
    # And of coupons that end within three days.
    Job("remind-coupons", "marketing.tasks.remind_coupons", crontab(minute=5, hour="9-21")),
    # Coupons whose day has passed leave the list of usable ones; they are refused without this too.
    Job("expire-coupons", "orders.tasks.expire_coupons", crontab(minute=5)),
    # What an operator hands out to a segment is carried on, batch by batch.
    Job("hand-out-coupons", "orders.tasks.hand_out_coupons", crontab(), once_a=MINUTE),
    # Campaigns begin, draw their arms, give, end, and are read on their day.
    Job(
        "carry-on-campaigns",
        "marketing.tasks.carry_on_campaigns",
        crontab(),
        once_a=MINUTE,
    ),
    # Whose birthday it is gets the present; a shop that was off congratulates up to two days late.
    Job("congratulate", "marketing.tasks.congratulate", crontab(minute=15)),
    # The leaderboards count who earned since, and a board that is over is frozen.
    Job("count-leaderboards", "marketing.tasks.count_leaderboards", crontab(), once_a=MINUTE),
    # A streak of thirty days and a year together earn a badge.
    Job("give-badges", "marketing.tasks.give_badges", crontab(minute="25"), once_a=HOUR),
    # Invitations whose order can no longer be sent back are paid, or wait for a person.
    Job("settle-referrals", "marketing.tasks.settle_referrals", crontab(minute="*/5"), MINUTE),
    # Many accounts from one place, and members much of whose orders goes back, are looked at.
    Job("watch-sign-ups", "points.tasks.watch_sign_ups", crontab(minute="*/5"), MINUTE),
    Job("watch-orders", "orders.tasks.watch_orders", crontab(minute="*/15"), MINUTE),
    # Members about to lose a streak find a line in their inbox while there is still an evening
    # left.
    Job("remind-streaks", "marketing.tasks.remind_streaks", crontab(minute=0, hour="19-21")),
    # Entries, balances, lots and hashes are compared; a mismatch fails the job and says which
    # account.
    Job("verify-ledger", "mall.tasks.verify_ledger", crontab(minute=30, hour="2-23")),
    # Yesterday and today are counted up for the reports.
    Job("roll-up-days", "marketing.tasks.roll_up_days", crontab(minute=20), once_a=HOUR),
    # Months that are over are closed: their figures never change afterwards.
    Job("close-months", "marketing.tasks.close_months", crontab(minute=15, hour="3-23")),
    # A price that began or ended shows in lists; what something costs is asked of the instant.
    Job(
        "turn-prices",
        "catalog.tasks.turn_prices",
        schedule(10.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=20,
    ),
    # What was redeemed lately stands first where the goods are sorted by popularity.
    Job("refresh-popularity", "catalog.tasks.refresh_popularity", crontab(minute=40)),
    # What goes with what is counted over everybody's orders; the pages add the member's own.
    Job(
        "refresh-recommendations",
        "marketing.tasks.refresh_recommendations",
        crontab(minute=45, hour="1-23"),
    ),
    # Files of an earlier shop's orders that an operator let in.
    Job(
        "import-history",
        "marketing.tasks.import_history",
        schedule(5.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # Files of members that a second person let in, or had taken back.
    Job(
        "move-members-in",
        "points.tasks.move_members_in",
        schedule(5.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # Who moved in hears of it, some at a time and by day.
    Job("welcome-moved-members", "points.tasks.welcome_moved_members", crontab(), once_a=MINUTE),
    # And finds the orders of the earlier shop.
    Job("link-history", "marketing.tasks.link_history", crontab(), once_a=MINUTE),
    # Files of tracking numbers that an operator let in.
    Job(
        "send-dispatch-files",
        "orders.tasks.send_dispatch_files",
        schedule(5.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # Files of goods that an operator let in, or has taken back.
    Job(
        "import-goods",
        "catalog.tasks.import_goods",
        schedule(5.0),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=10,
    ),
    # Orders of before, and of a release that knew no marks, are found by their recipient, too.
    Job("mark-contacts", "orders.tasks.mark_contacts", crontab(minute="*/5"), once_a=MINUTE),
    # Sessions whose time has passed go; nobody can use them meanwhile.
    Job("forget-sessions", "accounts.tasks.forget_sessions", crontab(minute=55)),
    # Marks of devices and networks are forgotten after their time.
    Job("forget-traces", "mall.tasks.forget_traces", crontab(minute=58)),
    # The list of past job runs stays short.
    Job("forget-job-runs", "mall.tasks.forget_job_runs", crontab(minute=50)),
    # Smaller copies of pictures that are gone go too.
    Job("sweep-renditions", "mall.tasks.sweep_renditions", crontab(minute=35)),
    # A daily job whose hour passed without a run is run: an operator's plain hour has no second
    # knock that day.
    Job(
        "make-up-jobs",
        "mall.tasks.make_up_jobs",
        crontab(minute="*/10"),
        once_a=EVERY_KNOCK,
        worthless_after_seconds=600,
    ),
)


def by_name() -> dict:
    """Return every job under its name."""
    return {job.name: job for job in JOBS}


def find(name) -> Job:
    """Return the job of a name. Raises: KeyError."""
    return by_name()[name]


def beat_schedule() -> dict:
    """Return the schedule as Celery beat wants it; the database scheduler copies it into its
    tables.
    """
    return {job.name: _entry(job) for job in JOBS}


def _entry(job):
    entry = {"task": "mall.run_job", "schedule": job.when, "args": (job.name,)}
    return (
        {**entry, "options": {"expire_seconds": job.worthless_after_seconds}}
        if job.worthless_after_seconds
        else entry
    )
