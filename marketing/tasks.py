"""What marketing does by the clock; mall/schedule.py says when."""

from celery import shared_task

from marketing import reminders
from marketing.analytics import rollup


@shared_task
def remind_streaks():
    """Write the evening's reminders; returns how many."""
    return {"reminded": reminders.remind_streaks()}


@shared_task
def roll_up_days():
    """Count up yesterday and today; returns their active members."""
    return {str(day.on): day.dau for day in rollup.roll_up_recent()}
