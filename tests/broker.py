"""The broker of the tests: Celery's database of the run's Redis."""

from mall.celery import app


def empty():
    """Forget every message, those a killed worker had taken too: `app.control.purge()` leaves them
    in "unacked", and after the visibility timeout they come back to the worker of another test.
    """
    with app.connection() as connection:
        connection.default_channel.client.flushdb()
