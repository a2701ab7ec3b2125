"""A one-time key that comes again: with the same content it repeats the first outcome, with other
content it is refused, aloud.
"""

import re

PLAIN = "[A-Za-z0-9_.:-]"
LONGEST_KEY = 64
KEY = re.compile(rf"\A{PLAIN}{{1,{LONGEST_KEY}}}\Z")


def is_key(sent, *, longest: int = LONGEST_KEY) -> bool:
    """Say whether what a caller sent may be a one-time key: 1 to ``longest`` plain characters."""
    return isinstance(sent, str) and len(sent) <= longest and KEY.match(sent) is not None


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
