"""What accounts does by itself; mall/schedule.py says when."""

from celery import shared_task

from accounts import outbox, sessions


@shared_task(name="accounts.forget_sessions")
def forget_sessions():
    """Delete sessions whose time has passed, and account mails of long ago."""
    return {"forgotten": sessions.forget_expired(), "mails": outbox.forget_old()}


@shared_task
def send_mails():
    """Send the account mails that are due; returns how they fared."""
    return outbox.send_due()
