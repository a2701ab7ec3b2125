"""What accounts does by itself; mall/schedule.py says when."""

from celery import shared_task

from accounts import sessions


@shared_task(name="accounts.forget_sessions")
def forget_sessions():
    """Delete sessions whose time has passed."""
    return {"forgotten": sessions.forget_expired()}
