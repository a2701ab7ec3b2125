"""What is made meanwhile: the next of an iterator, in a thread, while this one is worked on."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context

from django.utils import translation

END = object()


@contextmanager
def ahead(items: Iterable) -> Iterator[Iterator]:
    """Give an iterator over ``items`` whose next one is made while the one before it is worked on:
    worth it where that work is mostly waiting, for a database for instance, and each item is much.

    They are made in one thread with the caller's language and clock, but not with its connection:
    they must not ask the database. At the end none is being made any more.
    """
    items, context, language = iter(items), copy_context(), translation.get_language()

    def make():
        with translation.override(language):  # Django keeps it for each thread
            return next(items, END)

    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:

        def each():
            coming = thread.submit(context.run, make)
            while (item := coming.result()) is not END:
                coming = thread.submit(context.run, make)
                yield item

        yield each()
