"""What happens to the shelves by itself."""

from celery import shared_task

from catalog import popularity, shelf_prices


@shared_task(name="catalog.refresh_popularity")
def refresh_popularity() -> int:
    """Count what was redeemed lately, for the order "most popular"; and draw the prices anew of
    which an earlier release beside this one told the shelf nothing.
    """
    shelf_prices.mend()
    return popularity.refresh()
