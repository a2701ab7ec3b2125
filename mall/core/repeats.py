"""A one-time key that comes again: with the same content it repeats the first outcome, with other
content it is refused, aloud.
"""


def same(first, *, otherwise: type[Exception], **said):
    """Return the row a key left before, once it is clear that it says the same; ``said`` is
    ``column=what comes now``.

    Every door that repeats an earlier answer asks here first: an answer that belongs to another
    fact loses this one.
    Raises: ``otherwise``.
    """
    if any(getattr(first, name) != value for name, value in said.items()):
        raise otherwise
    return first
