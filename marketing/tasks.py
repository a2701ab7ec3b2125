"""What marketing does by the clock; mall/schedule.py says when."""

from celery import shared_task

from mall.core import clock
from marketing import facts
from marketing.analytics import history_imports, history_links, rollup, statements
from marketing.badges import awarding as badges
from marketing.campaigns import sweep
from marketing.channels import sending as channel_sending
from marketing.checkin import outages
from marketing.draws import programme as draws
from marketing.leaderboard import counting as leaderboard
from marketing.notices import deliveries, offers, reminders
from marketing.recommendations import nightly
from marketing.referral import referrals
from marketing.webhooks import sending


@shared_task
def send_mails():
    """Send the mails that are due; returns how they fared."""
    return deliveries.send_due()


@shared_task
def remind_expiring():
    """Tell members of points that end soon; returns how many were told."""
    return {"reminded": reminders.remind_expiring()}


@shared_task
def remind_coupons():
    """Tell members of coupons that end soon; returns how many were told."""
    return {"reminded": offers.of_ending_coupons()}


@shared_task
def congratulate():
    """Give today's birthdays their present; returns how many."""
    return {"presents": facts.congratulate()}


@shared_task
def count_leaderboards():
    """Count the scores of members who earned since; returns how many."""
    return {"members": leaderboard.count_due()}


@shared_task
def give_badges():
    """Give the badges of streaks and of a year together; returns how many."""
    return {"badges": badges.give_due()}


@shared_task
def settle_referrals():
    """Pay, hold or drop the invitations whose time has come; returns how many came to an end."""
    return {"ended": referrals.settle_due()}


@shared_task
def remind_streaks():
    """Write the evening's reminders; returns how many."""
    return {"reminded": reminders.remind_streaks()}


@shared_task
def draw_streaks():
    """Draw streaks anew after outage days; returns how many changed."""
    return {"members": outages.draw_due()}


@shared_task
def refresh_recommendations():
    """Count anew what goes with what; returns how many pairs there are."""
    return {"pairs": nightly.refresh()}


@shared_task
def settle_draws():
    """Reveal the seeds of draws that are over and return what nobody won; returns how many."""
    return {"draws": draws.settle_due(clock.now())}


@shared_task
def roll_up_days():
    """Count up yesterday and today; returns their active members."""
    return {str(day.on): day.dau for day in rollup.roll_up_recent()}


@shared_task
def import_history():
    """Import the files of earlier orders that operators let in; returns how many."""
    done = history_imports.carry_on()
    if done:
        history_links.link_known()
    return {"files": done}


@shared_task
def link_history():
    """Join earlier customers to members who moved in since; returns how many."""
    return {"customers": history_links.link_due()}


@shared_task
def carry_on_campaigns():
    """Begin, draw, give, end and read campaigns; returns how many were drawn, given to and read."""
    return sweep.carry_on()


@shared_task
def send_webhooks():
    """Send the webhooks that are due; returns how they fared."""
    return sending.send_due()


@shared_task
def forget_webhooks():
    """Delete webhook deliveries of long ago; returns how many."""
    return {"webhooks": sending.forget_old()}


@shared_task
def close_months():
    """Count lots and close the months that are over; returns how many."""
    return {"closed": statements.close_due()}


@shared_task
def send_messages():
    """Send the text messages, WeChat messages and browser notices that are due."""
    return channel_sending.send_due()
