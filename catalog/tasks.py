"""What happens to the shelves by itself."""

from celery import shared_task

from catalog import popularity, price_schedule, searches, shelf_prices
from catalog.goods_file import imports


@shared_task(name="catalog.refresh_popularity")
def refresh_popularity() -> int:
    """Count what was redeemed lately, for the order "most popular"; and draw the prices anew of
    which an earlier release beside this one told the shelf nothing; forget old searches.
    """
    shelf_prices.mend()
    searches.forget_old()
    return popularity.refresh()


@shared_task
def import_goods() -> int:
    """Look over the files of goods that were brought, carry out those let in, take back others."""
    return imports.carry_on()


@shared_task(name="catalog.turn_prices")
def turn_prices() -> int:
    """Show the scheduled prices that began or ended in lists."""
    return price_schedule.turn_due()
