"""Headers that are put on many answers and were checked once.

Django checks and encodes each header when it is set, a dozen times an answer, which takes longer
than finding many an answer. Checked ones are kept as Django (5.2) holds them: {name in small
letters: (name, value)}.
"""


def checked(response) -> dict:
    """Return all headers of a response, to be put on others."""
    return dict(response.headers._store)


def put(response, headers: dict) -> None:
    """Put checked headers on a response, and no others."""
    response.headers._store = headers.copy()


def put_missing(response, headers: dict) -> None:
    """Put those checked headers on a response that it has not."""
    response.headers._store = {**headers, **response.headers._store}
