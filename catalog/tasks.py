"""What happens to the shelves by itself."""

from celery import shared_task

from catalog import popularity


@shared_task(name="catalog.refresh_popularity")
def refresh_popularity() -> int:
    """Count what was redeemed lately, for the order "most popular"."""
    return popularity.refresh()
